//! States that do their work themselves: waits, and calls of functions.

use super::{answer, test};
use crate::support::{Api, Done, Fault, ROLE};
use serde_json::{Value, json};
use simulation::Behaviour;
use std::time::Duration;
use tokio::time::Instant;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:work";

/// What becomes of a state, and after how many seconds.
async fn timed(state: &Value, function: Behaviour) -> Result<(Value, u64), Fault> {
    let api = Api::new().await;
    api.world.functions().define("work", function);
    let before = Instant::now();
    let answer = answer(&api, test(state, json!({"roleArn": ROLE, "input": "{\"n\": 1}"}))).await?;
    Ok((answer, before.elapsed().as_secs()))
}

#[tokio::test(start_paused = true)]
async fn a_wait_waits_for_five_minutes_at_most() -> Done {
    let wait = |seconds: u64| json!({"Type": "Wait", "Seconds": seconds, "Next": "N"});
    let (answer, seconds) = timed(&wait(20), Behaviour::Identity).await?;
    assert_eq!(
        (json!([answer["status"], answer["nextState"], answer["output"]]), seconds),
        (json!(["SUCCEEDED", "N", {"n": 1}]), 20)
    );
    let (answer, seconds) = timed(&wait(301), Behaviour::Identity).await?;
    assert_eq!((json!([answer["status"], answer["error"]]), seconds), (json!(["FAILED", "States.Timeout"]), 300));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_function_is_called_with_what_the_state_makes_of_its_input() -> Done {
    let direct = json!({"Type": "Task", "Resource": FUNCTION, "Parameters": {"twice.$": "States.MathAdd($.n, $.n)"}, "End": true});
    let (answer, _) = timed(&direct, Behaviour::Identity).await?;
    assert_eq!(json!([answer["output"], answer["inspectionData"]["result"]]), json!([{"twice": 2}, {"twice": 2}]));
    let parameters = json!({"FunctionName": "work", "Payload.$": "$"});
    let invoke =
        json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters, "End": true});
    let (answer, _) = timed(&invoke, Behaviour::Identity).await?;
    assert_eq!(json!([answer["output"]["Payload"], answer["output"]["StatusCode"]]), json!([{"n": 1}, 200]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_function_that_fails_is_retried_or_caught_by_name() -> Done {
    let raise =
        || Behaviour::Raise { error_type: "Boom".to_owned(), error_message: "no".to_owned(), stack_trace: Vec::new() };
    let retry = json!([{"ErrorEquals": ["Boom"], "IntervalSeconds": 9}]);
    let state = json!({"Type": "Task", "Resource": FUNCTION, "Retry": retry, "End": true});
    let (answer, _) = timed(&state, raise()).await?;
    let details = json!({"retryIndex": 0, "retryBackoffIntervalSeconds": 9});
    assert_eq!(json!([answer["status"], answer["inspectionData"]["errorDetails"]]), json!(["RETRIABLE", details]));
    let state =
        json!({"Type": "Task", "Resource": FUNCTION, "Catch": [{"ErrorEquals": ["Boom"], "Next": "C"}], "End": true});
    let (answer, _) = timed(&state, raise()).await?;
    assert_eq!(json!([answer["status"], answer["error"], answer["nextState"]]), json!(["CAUGHT_ERROR", "Boom", "C"]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_with_the_time_of_its_task_or_of_the_test() -> Done {
    let slow = || Behaviour::Sleep(Duration::from_secs(1_000), Box::new(Behaviour::Identity));
    for (limit, expected) in [(json!(7), 7), (json!(900), 300)] {
        let state = json!({"Type": "Task", "Resource": FUNCTION, "TimeoutSeconds": limit, "End": true});
        let (answer, seconds) = timed(&state, slow()).await?;
        assert_eq!(
            (json!([answer["status"], answer["error"]]), seconds),
            (json!(["FAILED", "States.Timeout"]), expected)
        );
    }
    Ok(())
}
