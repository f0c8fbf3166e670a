//! States that speak JSONata: what their expressions see, and what comes of them.

use crate::strand::{NOW, Strand, activity, callback, function, jsonata, map, parallel, payload, single};
use model::Failure;
use model::history::Kind;
use ratchet_engine::{Awaits, Outcome, Phase, TaskRequest, Trigger};
use serde_json::{Value, json};

/// What the next state gets, and the variables that the last record's events set.
fn left(strand: &Strand) -> (Value, Value) {
    let Phase::Ready { input, .. } = &strand.cursor.phase else { panic!("{:?}", strand.cursor.phase) };
    let assigned = strand.events.iter().find_map(|event| match &event.kind {
        Kind::StateExited { assigned, .. } => Some(json!(assigned.texts())),
        _ => None,
    });
    (input.value().clone(), assigned.unwrap_or_default())
}

/// What this state, entered in JSONata with this input, hands on.
#[track_caller]
fn check(state: Value, input: &Value, output: &Value) {
    assert_eq!(left(&Strand::enter(jsonata(state), input)).0, *output);
}

/// What a call of the strand is given.
#[track_caller]
fn called_with(strand: &Strand) -> Value {
    match &strand.cursor.phase {
        Phase::Calling(call) => match &call.request {
            TaskRequest::LambdaFunction { input, .. } | TaskRequest::LambdaInvoke { parameters: input, .. } => {
                input.value().clone()
            }
        },
        phase => panic!("{phase:?}"),
    }
}

#[test]
fn output_is_a_template_of_expressions_and_absent_it_is_the_input() {
    let input = json!({ "a": [1, 2], "b": { "c": null } });
    let pass = |output: Value| json!({ "Type": "Pass", "Output": output });
    check(json!({ "Type": "Pass" }), &input, &input);
    check(pass(json!("{% $sum($states.input.a) %}")), &input, &json!(3));
    check(
        pass(json!({ "x": ["{% $states.input.b %}", " {% 1 %} ", "$.a"], "{% 1 %}": 1.50 })),
        &input,
        &json!({ "x": [{ "c": null }, " {% 1 %} ", "$.a"], "{% 1 %}": 1.50 }),
    );
    for literal in [json!(null), json!(0), json!(0.1), json!(true), json!([]), json!({}), json!("text")] {
        check(pass(literal.clone()), &input, &literal);
    }
}

#[test]
fn output_and_variables_are_both_worked_out_from_the_values_at_entry() {
    let state = jsonata(json!({
        "Type": "Pass",
        "Assign": { "n": "{% $n + 1 %}", "m": "{% $n %}", "o": { "literal": "$n" } },
        "Output": { "n": "{% $n %}" },
    }));
    let mut strand = Strand::start(&single(state), &json!({}));
    strand.cursor.place.variables.own = crate::strand::variables(&json!({ "n": 1 }));
    let strand = strand.after(Trigger::Entered);
    assert_eq!(left(&strand), (json!({ "n": 1 }), json!({ "n": "2", "m": "1", "o": r#"{"literal":"$n"}"# })));
}

#[test]
fn a_task_gets_its_arguments_and_its_whole_result_is_seen() {
    let state = jsonata(function(&json!({
        "Arguments": { "id": "{% $states.input.id %}" },
        "Assign": { "r": "{% $states.result %}" },
        "Output": { "in": "{% $states.input %}", "out": "{% $states.result.n %}" },
    })));
    let strand = Strand::enter(state, &json!({ "id": 7 }));
    assert_eq!(called_with(&strand), json!({ "id": 7 }));
    let strand = strand.after(Trigger::TaskSucceeded(payload(json!({ "n": [1] }))));
    assert_eq!(left(&strand), (json!({ "in": { "id": 7 }, "out": [1] }), json!({ "r": r#"{"n":[1]}"# })));
    let bare = Strand::enter(jsonata(function(&json!({}))), &json!({ "id": 7 }));
    assert_eq!(called_with(&bare), json!({ "id": 7 }), "without Arguments: the input");
    let text = payload_text(&bare.after(Trigger::TaskSucceeded(crate::strand::text(r#"{"n":  1.0}"#))));
    assert_eq!(text, r#"{"n":  1.0}"#, "without Output: the result as it is");
}

fn payload_text(strand: &Strand) -> String {
    match &strand.cursor.phase {
        Phase::Ready { input, .. } => input.text().to_owned(),
        phase => panic!("{phase:?}"),
    }
}

#[test]
fn time_limits_of_a_task_may_be_expressions() {
    let state = jsonata(function(&json!({
        "TimeoutSeconds": "{% $states.input.t %}", "HeartbeatSeconds": "{% $states.input.t / 2 %}",
    })));
    for (input, timeout, heartbeat) in [("10", 10, 5), ("3e1", 30, 15), ("2.0", 2, 1)] {
        let input: Value = serde_json::from_str(&format!(r#"{{"t":{input}}}"#)).expect("JSON");
        let Phase::Calling(call) = Strand::enter(state.clone(), &input).cursor.phase else { panic!("{input}") };
        assert_eq!((call.timeout, call.heartbeat), (Some(timeout), Some(heartbeat)), "{input}");
    }
}

#[test]
fn arguments_of_a_callback_see_its_token_and_of_an_activity_the_count_of_retries() {
    let mut state = jsonata(callback(&json!({
        "Arguments": { "FunctionName": "pay", "Payload": "{% $states.context.Task.Token %}" },
    })));
    state.as_object_mut().expect("a state").remove("Parameters");
    let strand = Strand::enter(state, &json!({}));
    assert_eq!(called_with(&strand)["Payload"], json!("token of 0 since 1"));
    let count = json!({
        "Arguments": "{% $states.context.State.RetryCount %}", "Retry": [{ "ErrorEquals": ["E"] }],
    });
    let strand = Strand::enter(jsonata(activity(&count)), &json!({}));
    let strand = strand.after(Trigger::ActivityStarted { worker_name: None });
    let strand = strand.after(Trigger::TaskFailed(Failure::named("E"))).later(2).after(Trigger::TimerFired);
    let Phase::Pending(pending) = &strand.cursor.phase else { panic!("{:?}", strand.cursor.phase) };
    assert!(matches!(&pending.awaits, Awaits::ActivityWorker { input, .. } if input.text() == "1"), "{pending:?}");
}

#[test]
fn a_choice_takes_the_first_condition_that_is_true_with_the_output_and_assign_of_its_own() {
    let state = jsonata(json!({
        "Type": "Choice",
        "Choices": [
            { "Condition": false, "Next": "Caught" },
            { "Condition": "{% $states.input.n > 5 %}", "Output": "{% $states.input.n %}",
              "Assign": { "v": "{% 'rule' %}" }, "Next": "Next" },
            { "Condition": "{% $states.input.n > 3 %}", "Next": "Next" },
            { "Condition": "{% $nothing %}", "Next": "Next" },
        ],
        "Default": "Caught", "Output": "default", "Assign": { "v": "default" },
    }));
    for (input, output, assigned) in [
        (json!({ "n": 6 }), json!(6), json!({ "v": r#""rule""# })),
        // What the rule does not say is not said by the state.
        (json!({ "n": 4 }), json!({ "n": 4 }), json!({})),
    ] {
        assert_eq!(left(&Strand::enter(state.clone(), &input)), (output, assigned), "{input}");
    }
    let mut state = state;
    state["Choices"].as_array_mut().expect("rules").truncate(3);
    let strand = Strand::enter(state, &json!({ "n": 1 }));
    assert_eq!(left(&strand), (json!("default"), json!({ "v": r#""default""# })));
    assert!(matches!(&strand.cursor.phase, Phase::Ready { state, .. } if state == "Caught"));
}

#[test]
fn a_wait_lasts_as_long_as_its_expressions_say() {
    let until = |field: &str, value: Value| {
        let state = jsonata(json!({ "Type": "Wait", field: value, "Output": "{% $states.input.t %}" }));
        let strand = Strand::enter(state, &json!({ "t": 30, "at": "2023-11-14T22:13:50Z" }));
        let Phase::Waiting(waiting) = &strand.cursor.phase else { panic!("{:?}", strand.cursor.phase) };
        let until = waiting.until;
        strand.later(30).after(Trigger::TimerFired).check(&["WaitStateExited S 30 < 1.0"]);
        until
    };
    assert_eq!(until("Seconds", json!("{% $states.input.t %}")), NOW.plus_seconds(30));
    assert_eq!(until("Seconds", json!(30)), NOW.plus_seconds(30));
    assert_eq!(until("Timestamp", json!("{% $states.input.at %}")), NOW.plus_seconds(30));
    assert_eq!(until("Timestamp", json!("{% $fromMillis($millis() + 1000) %}")), NOW.plus_seconds(1));
}

#[test]
fn succeed_and_fail_say_what_their_expressions_give() {
    let succeed = jsonata(json!({ "Type": "Succeed", "Output": "{% $states.input.a %}" }));
    Strand::enter(succeed, &json!({ "a": 1 })).check(&[
        r#"SucceedStateEntered {"a":1} S < -"#,
        "SucceedStateExited S 1 < 1.0",
        "ExecutionSucceeded 1 < 1.1",
    ]);
    let fail =
        jsonata(json!({ "Type": "Fail", "Error": "{% $states.input.e %}", "Cause": "{% 'of ' & $states.input.e %}" }));
    let strand = Strand::enter(fail, &json!({ "e": "Oops" }));
    assert_eq!(strand.cursor.phase, Phase::Ended(Outcome::Failed(Failure::new("Oops", "of Oops"))));
}

#[test]
fn branches_get_the_arguments_and_their_outputs_are_the_result() {
    let state = jsonata(parallel(
        2,
        &json!({
            "Arguments": "{% $states.input.a %}", "Output": "{% $reverse($states.result) %}",
            "Assign": { "n": "{% $count($states.result) %}" },
        }),
    ));
    let strand = Strand::enter(state, &json!({ "a": 5 }));
    let ends = [0, 1].map(|index| strand.child(index).expect("it begins").after(Trigger::Entered).end());
    let strand = strand.after(Trigger::ChildrenDone(ends.to_vec()));
    assert_eq!(left(&strand), (json!([5, 5]), json!({ "n": "2" })));
}

#[test]
fn a_map_takes_its_items_from_an_expression_a_literal_or_its_input() {
    let inputs = |more: Value, input: &Value| -> Vec<Value> {
        let strand = Strand::enter(jsonata(map(&more)), input);
        let Phase::Forked(forked) = &strand.cursor.phase else { panic!("{:?}", strand.cursor.phase) };
        let input = |index: u32| match strand.child(index).expect("it begins").cursor.phase {
            Phase::Ready { input, .. } => input.value().clone(),
            phase => panic!("{phase:?}"),
        };
        (0..forked.fork.total).map(input).collect()
    };
    let input = json!({ "list": [1, { "x": 2 }], "n": 3 });
    assert_eq!(inputs(json!({ "Items": "{% $states.input.list %}" }), &input), [json!(1), json!({ "x": 2 })]);
    assert_eq!(inputs(json!({ "Items": [0, "{% $states.input.n %}", "a"] }), &input), [json!(0), json!(3), json!("a")]);
    assert_eq!(inputs(json!({}), &json!([4])), [json!(4)]);
    let selector = json!({
        "Items": "{% $states.input.list %}",
        "ItemSelector": { "i": "{% $states.context.Map.Item.Index %}", "v": "{% $states.context.Map.Item.Value %}",
                          "n": "{% $states.input.n %}", "literal": 1 },
    });
    let selected = |index, item| json!({ "i": index, "v": item, "n": 3, "literal": 1 });
    assert_eq!(inputs(selector, &input), [selected(0, json!(1)), selected(1, json!({ "x": 2 }))]);
}

#[test]
fn a_map_of_no_items_and_one_of_some_see_their_results() {
    let state = jsonata(map(&json!({
        "Items": "{% $states.input %}", "MaxConcurrency": "{% 1 %}", "Output": "{% $count($states.result) %}",
    })));
    assert_eq!(left(&Strand::enter(state.clone(), &json!([]))).0, json!(0));
    let strand = Strand::enter(state, &json!(["a"]));
    let Phase::Forked(forked) = &strand.cursor.phase else { panic!("{:?}", strand.cursor.phase) };
    assert_eq!(forked.fork.limit, 1);
    let end = strand.child(0).expect("it begins").after(Trigger::Entered).end();
    assert_eq!(left(&strand.after(Trigger::ChildrenDone(vec![end]))).0, json!(1));
}

#[test]
fn variables_pass_between_states_of_both_languages() {
    let definition = json!({
        "StartAt": "A",
        "States": {
            "A": { "Type": "Pass", "Assign": { "x.$": "$.n" }, "Next": "B" },
            "B": jsonata(json!({ "Type": "Pass", "Assign": { "y": "{% [$x, 1.5, null] %}" }, "Next": "C" })),
            "C": { "Type": "Pass", "Parameters": { "y.$": "$y[1]", "x.$": "$x" }, "End": true },
        }
    });
    let mut strand = Strand::start(&definition, &json!({ "n": 4 }));
    while !strand.cursor.is_terminal() {
        strand = strand.after(Trigger::Entered);
    }
    let output = payload(json!({ "y": 1.5, "x": 4 }));
    assert_eq!(strand.cursor.phase, Phase::Ended(Outcome::Succeeded { output }));
}

#[test]
fn the_clock_stands_still_in_a_step_and_the_same_seed_gives_the_same_random_values() {
    let state = jsonata(json!({
        "Type": "Pass",
        "Output": ["{% $now() %}", "{% $millis() %}", "{% $uuid() %}", "{% $uuid() %}", "{% $random() %}",
                   "{% $shuffle([1..20]) %}"],
        "Assign": { "at": "{% $now() %}" },
    }));
    let strand = Strand::start(&single(state), &json!({}));
    let (output, assigned) = left(&strand.clone().after(Trigger::Entered));
    assert_eq!(output[0], json!("2023-11-14T22:13:20.000Z"));
    assert_eq!(output[1], json!(1_700_000_000_000_i64));
    assert_eq!(assigned, json!({ "at": r#""2023-11-14T22:13:20.000Z""# }));
    assert_ne!(output[2], output[3]);
    assert_eq!(strand.try_step(Trigger::Entered), strand.try_step(Trigger::Entered));
    let other = Strand { seed: 8, ..strand }.after(Trigger::Entered);
    assert_ne!(left(&other).0[4], output[4]);
}
