//! Task tokens and paging tokens that somebody forged, kept or found elsewhere.

use crate::support::{ACTIVITY, Api, Done, Fault, MACHINE};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ratchet_api::Options;
use serde_json::{Value, json};

const INVALID: (&str, &str) = ("InvalidToken", "Invalid Token: 'Invalid token'");
const GONE: (&str, &str) = ("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");

/// An API with an activity, and a machine whose task is the activity's, with these fields more.
async fn with_task(world: simulation::Options, more: Value) -> Result<Api, Fault> {
    let api = Api::of(Options::default(), world).await;
    api.ok("CreateActivity", json!({"name": "a"})).await?;
    let mut task = json!({"Type": "Task", "Resource": ACTIVITY, "End": true});
    if let (Some(task), Value::Object(more)) = (task.as_object_mut(), more) {
        task.extend(more);
    }
    api.machine(json!({"A": task})).await?;
    Ok(api)
}

/// Starts an execution and takes its task: its ARN and the token.
async fn taken(api: &Api) -> Result<(Value, Value), Fault> {
    let mut started = api.ok("StartExecution", json!({"stateMachineArn": MACHINE})).await?;
    Ok((started["executionArn"].take(), take(api).await?))
}

async fn take(api: &Api) -> Result<Value, Fault> {
    Ok(api.ok("GetActivityTask", json!({"activityArn": ACTIVITY})).await?["taskToken"].take())
}

async fn status(api: &Api, execution: &Value) -> Result<Value, Fault> {
    Ok(api.ok("DescribeExecution", json!({"executionArn": execution})).await?["status"].take())
}

/// That no operation takes this token.
async fn check_refused(api: &Api, token: &Value, (code, message): (&str, &str)) -> Done {
    api.refused("SendTaskHeartbeat", json!({"taskToken": token}), code, message).await?;
    api.refused("SendTaskSuccess", json!({"taskToken": token, "output": "{\"forged\":true}"}), code, message).await?;
    api.refused("SendTaskFailure", json!({"taskToken": token, "error": "Forged"}), code, message).await
}

#[tokio::test(start_paused = true)]
async fn a_token_is_good_once_and_its_own_answer_may_be_repeated() -> Done {
    let api = with_task(simulation::Options::default(), json!({})).await?;
    let (execution, token) = taken(&api).await?;
    let answer = json!({"taskToken": token, "output": "[1, 2]"});
    api.ok("SendTaskSuccess", answer.clone()).await?;
    assert_eq!(api.end_of(&execution).await?["output"], "[1, 2]");
    api.ok("SendTaskSuccess", answer).await?;
    check_refused(&api, &token, GONE).await?;
    // The same value in other words is another answer.
    let (code, message) = GONE;
    api.refused("SendTaskSuccess", json!({"taskToken": token, "output": "[1,2]"}), code, message).await?;
    let described = api.ok("DescribeExecution", json!({"executionArn": execution})).await?;
    assert_eq!((&described["status"], &described["output"]), (&json!("SUCCEEDED"), &json!("[1, 2]")));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_answered_once() -> Done {
    let api = with_task(simulation::Options::default(), json!({})).await?;
    let (execution, token) = taken(&api).await?;
    api.ok("SendTaskFailure", json!({"taskToken": token, "error": "E", "cause": "first"})).await?;
    assert_eq!(api.end_of(&execution).await?["cause"], "first");
    check_refused(&api, &token, GONE).await
}

#[tokio::test(start_paused = true)]
async fn the_token_of_an_attempt_is_gone_when_the_next_one_begins() -> Done {
    let retry = json!({"Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]});
    let api = with_task(simulation::Options::default(), retry).await?;
    let (execution, first) = taken(&api).await?;
    api.ok("SendTaskFailure", json!({"taskToken": first, "error": "E"})).await?;
    check_refused(&api, &first, GONE).await?;
    let second = take(&api).await?;
    assert_ne!(first, second);
    check_refused(&api, &first, GONE).await?;
    assert_eq!(status(&api, &execution).await?, "RUNNING");
    api.ok("SendTaskSuccess", json!({"taskToken": second, "output": "2"})).await?;
    assert_eq!(api.end_of(&execution).await?["output"], "2");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_stopped_execution_is_gone() -> Done {
    let api = with_task(simulation::Options::default(), json!({})).await?;
    let (execution, token) = taken(&api).await?;
    api.ok("StopExecution", json!({"executionArn": execution})).await?;
    check_refused(&api, &token, GONE).await?;
    assert_eq!(api.end_of(&execution).await?["status"], "ABORTED");
    check_refused(&api, &token, GONE).await
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_task_that_timed_out_is_gone() -> Done {
    let api = with_task(simulation::Options::default(), json!({"TimeoutSeconds": 5})).await?;
    let (execution, token) = taken(&api).await?;
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    check_refused(&api, &token, GONE).await?;
    assert_eq!(api.end_of(&execution).await?["error"], "States.Timeout");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_token_answers_its_own_execution_alone() -> Done {
    let api = with_task(simulation::Options::default(), json!({})).await?;
    let ((one, token), (other, _)) = (taken(&api).await?, taken(&api).await?);
    api.ok("SendTaskSuccess", json!({"taskToken": token, "output": "1"})).await?;
    assert_eq!(api.end_of(&one).await?["output"], "1");
    assert_eq!(status(&api, &other).await?, "RUNNING");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_token_of_another_deployment_is_none() -> Done {
    let mine = with_task(simulation::Options::default(), json!({})).await?;
    let settings: fn(&mut orchestrator::Settings) = |settings| settings.token_key = vec![7; 32];
    let other = with_task(simulation::Options { settings, ..simulation::Options::default() }, json!({})).await?;
    let ((execution, _), (_, foreign)) = (taken(&mine).await?, taken(&other).await?);
    check_refused(&mine, &foreign, INVALID).await?;
    assert_eq!(status(&mine, &execution).await?, "RUNNING");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_not_a_token_is_refused_in_aws_words() -> Done {
    let api = with_task(simulation::Options::default(), json!({})).await?;
    let (execution, token) = taken(&api).await?;
    let token = token.as_str().unwrap_or_default();
    let mut forged =
        vec!["A".repeat(2_048), "\u{0}".to_owned(), "é\u{202e}".to_owned(), "=".to_owned(), " ".to_owned()];
    forged.extend([
        format!("{token}A"),
        format!("{token}="),
        format!(" {token}"),
        format!("{token}\n"),
        token.to_uppercase(),
    ]);
    // The signature, and what it is of.
    forged.extend([10, 43, 44, 60, token.len() - 1].map(|at| {
        let letter = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        format!("{}{letter}{}", &token[..at], &token[at + 1..])
    }));
    forged.extend([1, 40, 43, 44, 80, token.len() - 1].map(|end| token[..end].to_owned()));
    for token in forged {
        check_refused(&api, &json!(token), INVALID).await?;
    }
    let constraint =
        "1 validation error detected: Value at 'taskToken' failed to satisfy constraint: Member must have length";
    for (token, most) in
        [("A".repeat(2_049), "less than or equal to 2048"), (String::new(), "greater than or equal to 1")]
    {
        check_refused(&api, &json!(token), ("ValidationException", &format!("{constraint} {most}"))).await?;
    }
    assert_eq!(status(&api, &execution).await?, "RUNNING");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_paging_token_that_somebody_changed_is_refused_or_begins_elsewhere() -> Done {
    let api = with_task(simulation::Options::default(), json!({})).await?;
    let (execution, _) = taken(&api).await?;
    taken(&api).await?;
    for name in ["b", "c"] {
        api.ok("CreateActivity", json!({"name": name})).await?;
        let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}).to_string();
        let create = json!({"name": name, "definition": definition, "roleArn": crate::support::ROLE});
        api.ok("CreateStateMachine", create).await?;
    }
    for (operation, mut request) in [
        ("ListExecutions", json!({"stateMachineArn": MACHINE})),
        ("ListActivities", json!({})),
        ("ListStateMachines", json!({})),
        ("GetExecutionHistory", json!({"executionArn": execution})),
        ("GetExecutionHistory", json!({"executionArn": execution, "reverseOrder": true})),
    ] {
        request["maxResults"] = json!(1);
        let page = api.ok(operation, request.clone()).await?;
        let token = URL_SAFE_NO_PAD.decode(page["nextToken"].as_str().unwrap_or_default())?;
        let token: Value = serde_json::from_slice(&token)?;
        let after = token["after"].as_str().unwrap_or_default();
        let mut forged = vec![
            String::new(),
            "0".to_owned(),
            "-1".to_owned(),
            "1e400".to_owned(),
            "18446744073709551616".to_owned(),
            "\u{0}\u{202e}é".to_owned(),
            "{}".to_owned(),
            "[".repeat(300),
            "::::////".to_owned(),
            format!("{after}{after}"),
            format!("{after}0"),
            after.chars().rev().collect(),
        ];
        forged.extend((0..after.len()).filter(|end| after.is_char_boundary(*end)).map(|end| after[..end].to_owned()));
        for after in forged {
            let mut token = token.clone();
            token["after"] = json!(after);
            request["nextToken"] = json!(URL_SAFE_NO_PAD.encode(token.to_string()));
            let answer = api.call(operation, &request).await?;
            let refused = answer.body["__type"] == "InvalidToken" || answer.body["__type"] == "ValidationException";
            assert!(answer.status == 200 || refused, "{operation} after {after:?}: {} {}", answer.status, answer.body);
        }
    }
    Ok(())
}
