//! The limit on payloads: what it applies to, what a state or task beyond it fails with, and who catches that.

use crate::strand::{ACTIVITY, FUNCTION, Strand, activity, callback, function, invoke, map, parallel, payload, single};
use model::Failure;
use ratchet_engine::{ChildEnd, Outcome, Phase, Trigger};
use serde_json::{Value, json};

/// The limit of all strands here, in bytes.
const LIMIT: usize = 100;

/// A JSON string of so many bytes.
fn text(bytes: usize) -> Value {
    json!("x".repeat(bytes - 2))
}

/// The state entered as `S` under the limit.
fn enter(state: Value, input: &Value) -> Strand {
    let mut strand = Strand::start(&single(state), input);
    strand.max_payload_bytes = Some(LIMIT);
    strand.after(Trigger::Entered)
}

/// Fails unless the execution failed for what this state or task gave.
#[track_caller]
fn check(strand: &Strand, of: &str) {
    let failure = Failure::new(
        "States.DataLimitExceeded",
        format!(
            "The state/task '{of}' returned a result with a size exceeding the maximum number of bytes service limit."
        ),
    );
    assert_eq!(strand.cursor.phase, Phase::Ended(Outcome::Failed(failure)), "{:?}", strand.lines());
}

/// Fails unless the strand goes on.
#[track_caller]
fn check_fits(strand: &Strand) {
    assert!(!matches!(strand.cursor.phase, Phase::Ended(Outcome::Failed(_))), "{:?}", strand.cursor.phase);
}

#[test]
fn what_a_state_hands_on_is_limited() {
    let pass = |more: Value| {
        let mut state = json!({ "Type": "Pass" });
        state
            .as_object_mut()
            .into_iter()
            .for_each(|fields| fields.extend(more.as_object().cloned().unwrap_or_default()));
        state
    };
    check_fits(&enter(pass(json!({ "Result": text(LIMIT) })), &json!({})));
    check(&enter(pass(json!({ "Result": text(LIMIT + 1) })), &json!({})), "S");
    check(&enter(pass(json!({ "Parameters": { "a.$": "$", "b.$": "$" } })), &text(50)), "S");
    // A result that fits into what it is put into no more.
    check_fits(&enter(pass(json!({ "Result": text(44), "ResultPath": "$.b" })), &json!({ "a": text(40) })));
    check(&enter(pass(json!({ "Result": text(50), "ResultPath": "$.b" })), &json!({ "a": text(50) })), "S");
    // Bytes of UTF-8 count, not characters.
    check(&enter(pass(json!({ "Result": "é".repeat(LIMIT / 2) })), &json!({})), "S");
    // What is larger on the way but not when it is handed on.
    let out = json!({ "Result": { "keep": 1, "drop": text(LIMIT) }, "OutputPath": "$.keep" });
    check_fits(&enter(pass(out), &json!({})));
    check_fits(&enter(pass(json!({ "Result": text(LIMIT * 2), "ResultPath": null })), &json!({})));
}

#[test]
fn what_a_task_is_given_is_limited() {
    let parameters = json!({ "Parameters": { "FunctionName": "pay", "Payload": text(LIMIT) } });
    for state in [function(&parameters), invoke(&parameters), activity(&parameters)] {
        let strand = enter(state, &json!({}));
        assert_eq!(strand.events.len(), 2, "nothing was scheduled: {:?}", strand.lines());
        check(&strand, "S");
    }
}

#[test]
fn a_result_that_is_too_large_fails_the_task_under_the_name_of_what_was_called() {
    let done = |bytes| Trigger::TaskSucceeded(payload(text(bytes)));
    let none = json!({});
    check_fits(&enter(function(&none), &none).after(done(LIMIT)));
    let direct = enter(function(&none), &none).after(done(LIMIT + 1));
    check(&direct, FUNCTION);
    assert!(direct.lines()[0].starts_with("LambdaFunctionFailed"), "{:?}", direct.lines());
    let invoked = enter(invoke(&none), &none).after(done(LIMIT + 1));
    check(&invoked, "lambda");
    assert!(invoked.lines()[0].starts_with("TaskFailed"), "{:?}", invoked.lines());
    let taken = enter(activity(&none), &none).after(Trigger::ActivityStarted { worker_name: None });
    check(&taken.after(done(LIMIT + 1)), ACTIVITY);
    let waiting = json!({ "Parameters": { "FunctionName": "pay", "Payload": {} } });
    let submitted = Trigger::TaskSubmitted(payload(text(LIMIT + 1)));
    check(&enter(callback(&waiting), &none).after(submitted), "lambda");
}

/// Seen on AWS: although it is said of `States.ALL` that it does not.
#[test]
fn a_task_whose_result_is_too_large_is_retried_and_caught() {
    let done = || Trigger::TaskSucceeded(payload(text(LIMIT + 1)));
    for name in ["States.ALL", "States.TaskFailed", "States.DataLimitExceeded"] {
        let catch = json!({ "Catch": [{ "ErrorEquals": [name], "ResultPath": null, "Next": "Caught" }] });
        let caught = enter(function(&catch), &json!({})).after(done());
        assert!(matches!(&caught.cursor.phase, Phase::Ready { state, .. } if state == "Caught"), "{name}");
        let retry = json!({ "Retry": [{ "ErrorEquals": [name] }] });
        let waiting = enter(function(&retry), &json!({})).after(done());
        assert!(matches!(&waiting.cursor.phase, Phase::Waiting(waiting) if waiting.retry), "{name}");
    }
}

#[test]
fn what_a_catcher_hands_on_is_limited() {
    let catch = json!({ "Catch": [{ "ErrorEquals": ["E"], "ResultPath": "$.e", "Next": "Caught" }] });
    let cause = Failure::new("E", "x".repeat(LIMIT));
    check(&enter(function(&catch), &json!({})).after(Trigger::TaskFailed(cause)), "S");
}

#[test]
fn what_children_are_given_and_what_comes_of_them_is_limited() {
    let input = text(60);
    check(&enter(parallel(1, &json!({ "Parameters": { "a.$": "$", "b.$": "$" } })), &input), "S");
    let selector = json!({ "ItemSelector": { "a.$": "$$.Map.Item.Value", "b.$": "$$.Map.Item.Value" } });
    check(&enter(map(&selector), &json!([text(60)])).child(0).expect("it begins"), "S");

    let ended = |strand: Strand| {
        let end = |index| {
            let outcome = Outcome::Succeeded { output: payload(text(60)) };
            ChildEnd { index, outcome, last: None, inner: None, in_task: false, events: 2, time: crate::strand::NOW }
        };
        strand.after(Trigger::ChildrenDone(vec![end(0), end(1)]))
    };
    let large = ended(enter(parallel(2, &json!({})), &json!({})));
    assert!(large.lines()[0].starts_with("ParallelStateSucceeded"), "{:?}", large.lines());
    check(&large, "S");
    check(&ended(enter(map(&json!({})), &json!([1, 2]))), "S");
    // What is dropped or cut down in time was never too large.
    check_fits(&ended(enter(map(&json!({ "ResultPath": null })), &json!([1, 2]))));
    check_fits(&ended(enter(map(&json!({ "ResultSelector": { "first.$": "$[0]" } })), &json!([1, 2]))));
}

#[test]
fn without_a_limit_anything_passes() {
    let large = text(4 << 20);
    let strand = Strand::enter(function(&json!({ "ResultPath": "$.r" })), &json!({ "a": large }));
    check_fits(&strand.after(Trigger::TaskSucceeded(payload(large))));
}
