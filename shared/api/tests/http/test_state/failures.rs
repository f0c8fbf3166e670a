//! What Retry and Catch make of a failure.

use super::{task, tested, with};
use crate::support::Done;
use serde_json::{Value, json};

fn handled(retry: &Value, catch: &Value) -> Value {
    with(task(), json!({"Retry": retry, "Catch": catch}))
}

fn fails(error: &str, retries: u64) -> Value {
    json!({
        "input": "{\"a\": 1}",
        "mock": {"errorOutput": {"error": error, "cause": "because"}},
        "stateConfiguration": {"retrierRetryCount": retries},
    })
}

/// Status, error details, next state.
async fn check(state: &Value, more: Value, expected: Value) -> Done {
    let answer = tested(state, more).await?;
    let found = json!([answer["status"], answer["inspectionData"]["errorDetails"], answer["nextState"]]);
    assert_eq!(found, expected, "{answer}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_retried_says_when() -> Done {
    let retry = json!([
        {"ErrorEquals": ["Other"]},
        {"ErrorEquals": ["E"], "IntervalSeconds": 3, "MaxAttempts": 2, "BackoffRate": 1.5, "MaxDelaySeconds": 4},
    ]);
    let state = handled(&retry, &json!([]));
    let details = |seconds: u64| json!({"retryIndex": 1, "retryBackoffIntervalSeconds": seconds});
    check(&state, fails("E", 0), json!(["RETRIABLE", details(3), null])).await?;
    check(&state, fails("E", 1), json!(["RETRIABLE", details(4), null])).await?;
    check(&state, fails("E", 2), json!(["FAILED", {"retryIndex": 1}, null])).await?;
    check(&state, fails("Unknown", 0), json!(["FAILED", null, null])).await?;
    let answer = tested(&state, fails("E", 0)).await?;
    assert_eq!(json!([answer["error"], answer["cause"], answer["output"]]), json!(["E", "because", null]));
    let data = &answer["inspectionData"];
    assert_eq!(
        json!([data["afterInputPath"], data["afterParameters"], data["result"]]),
        json!([{"a": 1}, {"QueueUrl": "q", "MessageBody": "m"}, null])
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_caught_leads_on() -> Done {
    let catch = json!([
        {"ErrorEquals": ["Other"], "Next": "O"},
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "C"},
    ]);
    let state = handled(&json!([{"ErrorEquals": ["E"], "MaxAttempts": 1}]), &catch);
    check(&state, fails("Other", 0), json!(["CAUGHT_ERROR", {"catchIndex": 0}, "O"])).await?;
    check(&state, fails("E", 1), json!(["CAUGHT_ERROR", {"catchIndex": 1, "retryIndex": 0}, "C"])).await?;
    let answer = tested(&state, fails("X", 0)).await?;
    assert_eq!(answer["output"], json!({"a": 1, "error": {"Error": "X", "Cause": "because"}}));
    assert_eq!(json!([answer["error"], answer["cause"]]), json!(["X", "because"]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_a_fork_comes_from_inside_of_it() -> Done {
    let processor = json!({"StartAt": "I", "States": {"I": {"Type": "Succeed"}}});
    let state =
        json!({"Type": "Map", "ItemProcessor": processor, "Catch": [{"ErrorEquals": ["E"], "Next": "C"}], "End": true});
    let more = json!({
        "input": "[]",
        "mock": {"errorOutput": {"error": "E", "cause": "because"}},
        "stateConfiguration": {"errorCausedByState": "I"},
    });
    check(&state, more, json!(["CAUGHT_ERROR", {"catchIndex": 0}, "C"])).await
}

#[tokio::test(start_paused = true)]
async fn a_distributed_map_tolerates_what_it_says() -> Done {
    let map = |tolerance: Value| {
        let config = json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"});
        let processor = json!({"ProcessorConfig": config, "StartAt": "I", "States": {"I": {"Type": "Succeed"}}});
        with(json!({"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "End": true}), tolerance)
    };
    let failed = |count: u64| {
        json!({
            "input": "{\"items\": [1, 2, 3, 4], \"count\": 1}",
            "mock": {"result": "[1, 2, 3, 4]"},
            "stateConfiguration": {"mapIterationFailureCount": count},
        })
    };
    for (tolerance, most) in [
        (json!({"ToleratedFailureCount": 2}), 2),
        (json!({"ToleratedFailureCountPath": "$.count"}), 1),
        (json!({"ToleratedFailurePercentage": 75}), 3),
        (json!({"ToleratedFailurePercentage": 50, "ToleratedFailureCount": 3}), 2),
        (json!({}), 4),
    ] {
        for count in 0..=4 {
            let answer = tested(&map(tolerance.clone()), failed(count)).await?;
            let expected = if count > most {
                json!(["FAILED", "States.ExceedToleratedFailureThreshold"])
            } else {
                json!(["SUCCEEDED", null])
            };
            assert_eq!(json!([answer["status"], answer["error"]]), expected, "{count} of {tolerance}");
        }
    }
    let data = &tested(&map(json!({"ToleratedFailurePercentage": 50})), failed(0)).await?["inspectionData"];
    assert_eq!(json!([data["toleratedFailurePercentage"], data["maxConcurrency"]]), json!([50.0, 0]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn data_that_does_not_fit_the_state_fails_it() -> Done {
    let pass = json!({"Type": "Pass", "InputPath": "$.missing", "End": true});
    let answer = tested(&pass, json!({"input": "{}"})).await?;
    assert_eq!(json!([answer["status"], answer["error"]]), json!(["FAILED", "States.Runtime"]));
    let cause = answer["cause"].as_str().unwrap_or_default();
    assert!(
        cause.starts_with("An error occurred while executing the state 'StateName' (entered at the event id #2)."),
        "{cause}"
    );
    let choice = json!({"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "N"}]});
    let answer = tested(&choice, json!({"input": "{\"a\": 2}"})).await?;
    assert_eq!(json!([answer["status"], answer["error"]]), json!(["FAILED", "States.NoChoiceMatched"]));
    Ok(())
}
