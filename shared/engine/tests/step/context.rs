//! `$$`: what the context object holds where.

use crate::strand::{Strand, activity, callback, function, invoke, map, parallel, payload};
use model::Failure;
use ratchet_engine::{Awaits, Phase, TaskRequest, Trigger};
use serde_json::{Value, json};

/// The whole context object as a state's `Parameters` see it.
fn seen(strand: &Strand) -> Value {
    let found = match &strand.cursor.phase {
        Phase::Ready { input, .. } => input,
        Phase::Calling(call) => match &call.request {
            TaskRequest::LambdaFunction { input, .. } => input,
            TaskRequest::LambdaInvoke { parameters, .. } => parameters,
        },
        Phase::Pending(pending) => match &pending.awaits {
            Awaits::ActivityWorker { input, .. } => input,
            Awaits::Callback(_) | Awaits::ActivityResult { .. } => panic!("{pending:?}"),
        },
        Phase::Forked(forked) => &forked.fork.input,
        phase => panic!("{phase:?}"),
    };
    found.value().get("seen").cloned().unwrap_or_default()
}

/// What entering this state sees, beside `Execution` and `StateMachine`, which are the same everywhere.
#[track_caller]
fn check(state: Value, expected: &Value) {
    let mut context = seen(&Strand::enter(state, &json!({ "a": 1 })));
    let fields = context.as_object_mut().expect("an object");
    assert_eq!(
        fields.shift_remove("Execution"),
        Some(json!({
            "Id": "arn:aws:states:us-east-1:123456789012:execution:shop:order-1",
            "Input": { "a": 1 },
            "StartTime": "2023-11-14T22:13:20.000Z",
            "Name": "order-1",
            "RoleArn": "arn:aws:iam::123456789012:role/shop",
            "RedriveCount": 0,
        }))
    );
    let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:shop";
    assert_eq!(fields.shift_remove("StateMachine"), Some(json!({ "Id": machine, "Name": "shop" })));
    assert_eq!(&context, expected);
}

fn sees() -> Value {
    json!({ "Parameters": { "seen.$": "$$" } })
}

fn state(count: Option<u64>) -> Value {
    let mut state = json!({ "Name": "S", "EnteredTime": "2023-11-14T22:13:20.000Z" });
    if let Some(count) = count {
        state["RetryCount"] = json!(count);
    }
    state
}

#[test]
fn pass_has_no_retry_count() {
    check(json!({ "Type": "Pass", "Parameters": { "seen.$": "$$" } }), &json!({ "State": state(None) }));
}

#[test]
fn states_that_can_be_retried_have_a_count() {
    let expected = json!({ "State": state(Some(0)) });
    check(function(&sees()), &expected);
    check(activity(&sees()), &expected);
    check(parallel(1, &sees()), &expected);
    check(invoke(&json!({ "Parameters": { "FunctionName": "f", "seen.$": "$$" } })), &expected);
}

#[test]
fn a_task_that_waits_for_its_token_has_it() {
    let state_and_token = json!({ "State": state(Some(0)), "Task": { "Token": "token of 0 since 1" } });
    let parameters = json!({ "FunctionName": "f", "Payload.$": "$$.Task.Token", "seen.$": "$$" });
    check(callback(&json!({ "Parameters": parameters })), &state_and_token);
}

#[test]
fn a_retry_counts_and_its_token_is_a_new_one() {
    let parameters = json!({ "FunctionName": "f", "Payload.$": "$$.Task.Token", "seen.$": "$$" });
    let state = callback(&json!({ "Parameters": parameters, "Retry": [{ "ErrorEquals": ["E"] }] }));
    let strand = Strand::enter(state, &json!({})).after(Trigger::TaskFailed(Failure::named("E")));
    let context = seen(&strand.later(1).after(Trigger::TimerFired));
    assert_eq!(context["State"]["RetryCount"], json!(1));
    assert_eq!(context["State"]["EnteredTime"], json!("2023-11-14T22:13:20.000Z"));
    assert_eq!(context["Task"]["Token"], json!("token of 0 since 3"));
}

#[test]
fn an_iteration_has_its_item_in_the_selector_and_in_its_states() {
    let processor = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "Parameters": { "seen.$": "$$.Map" }, "End": true } } });
    let selector = json!({ "seen.$": "$$.Map.Item", "all.$": "$.items" });
    let state = map(&json!({ "ItemProcessor": processor, "ItemsPath": "$.items", "ItemSelector": selector }));
    let strand = Strand::enter(state, &json!({ "items": ["x", "y"] }));
    let child = strand.child(1).expect("it begins");
    let Phase::Ready { input, .. } = &child.cursor.phase else { panic!("{:?}", child.cursor) };
    assert_eq!(input.value(), &json!({ "seen": { "Index": 1, "Value": "y" }, "all": ["x", "y"] }));
    let child = child.after(Trigger::Entered);
    assert!(child.lines()[1].contains(r#"{"seen":{"Item":{"Index":1,"Value":"y"}}}"#), "{:?}", child.lines());
}

#[test]
fn a_branch_inside_an_iteration_still_has_the_item() {
    let inner = json!({ "StartAt": "P", "States": { "P": { "Type": "Parallel", "End": true, "Branches": [
        { "StartAt": "B", "States": { "B": { "Type": "Pass", "Parameters": { "seen.$": "$$.Map.Item.Value" }, "End": true } } }
    ] } } });
    let strand = Strand::enter(map(&json!({ "ItemProcessor": inner })), &json!(["x"]));
    let branch = strand.child(0).expect("it begins").after(Trigger::Entered).child(0).expect("it begins");
    assert_eq!(branch.id.as_str(), "0/1.0/1.0");
    let branch = branch.after(Trigger::Entered);
    assert!(branch.lines()[1].contains(r#"{"seen":"x"}"#), "{:?}", branch.lines());
    assert_eq!(branch.cursor.place.iteration_of, None, "a branch's end is no iteration's");
}

#[test]
fn fail_and_choice_and_wait_read_the_context_object_too() {
    let failed = Strand::enter(json!({ "Type": "Fail", "ErrorPath": "$$.State.Name" }), &json!({}));
    assert_eq!(failed.lines()[1], "ExecutionFailed S < 1.0");
    let rule = json!({ "Variable": "$$.Execution.Name", "StringEquals": "order-1", "Next": "Next" });
    let chosen = Strand::enter(json!({ "Type": "Choice", "Choices": [rule] }), &json!({}));
    assert!(matches!(chosen.cursor.phase, Phase::Ready { .. }));
    let waits = Strand::enter(json!({ "Type": "Wait", "TimestampPath": "$$.Execution.StartTime" }), &json!({}));
    assert!(matches!(waits.cursor.phase, Phase::Waiting(_)), "{:?}", waits.cursor);
    assert_eq!(payload(json!({})).text(), "{}");
}
