//! States that speak JSONata: what they make of their data, and what is shown of it.

use super::{answer, test, tested, with};
use crate::support::{Api, Done, Fault};
use serde_json::{Value, json};

/// A state that speaks JSONata.
fn state(fields: Value) -> Value {
    with(json!({"QueryLanguage": "JSONata"}), fields)
}

/// A task that nothing here calls.
fn task() -> Value {
    let arguments = json!({"QueueUrl": "{% $states.input.q %}", "MessageBody": "m"});
    state(json!({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Arguments": arguments, "End": true}))
}

fn map() -> Value {
    let processor = json!({"StartAt": "I", "States": {"I": {"Type": "Succeed"}}});
    state(json!({"Type": "Map", "ItemProcessor": processor, "End": true}))
}

/// The input that every state here gets.
fn input() -> Value {
    json!({"q": "u", "items": ["a", "b"], "most": 3})
}

fn given(more: Value) -> Value {
    with(json!({"input": input().to_string()}), more)
}

fn answered(result: &Value) -> Value {
    given(json!({"mock": {"result": result.to_string()}}))
}

/// The answer, whose inspection data must be these besides the raw input.
async fn check(state: &Value, more: Value, expected: Value) -> Result<Value, Fault> {
    let answer = tested(state, more).await?;
    let expected = with(json!({"input": input()}), expected);
    assert_eq!(answer["inspectionData"], expected, "{state}");
    Ok(answer)
}

#[tokio::test(start_paused = true)]
async fn a_task_shows_its_arguments_and_its_result() -> Done {
    let fields = json!({
        "Assign": {"sent": "{% $states.result.MessageId %}"},
        "Output": {"id": "{% $states.result.MessageId %}", "to": "{% $states.input.q & $suffix %}"},
    });
    let shown = json!({
        "afterArguments": {"QueueUrl": "u", "MessageBody": "m"}, "result": {"MessageId": "m"},
        "variables": {"suffix": "!", "sent": "m"},
    });
    let more = with(answered(&json!({"MessageId": "m"})), json!({"variables": "{\"suffix\": \"!\"}"}));
    let answer = check(&with(task(), fields), more, shown).await?;
    assert_eq!(json!([answer["output"], answer["status"]]), json!([{"id": "m", "to": "u!"}, "SUCCEEDED"]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn without_arguments_and_output_data_goes_as_it_is() -> Done {
    let resource = "arn:aws:lambda:us-east-1:123456789012:function:f";
    let task = state(json!({"Type": "Task", "Resource": resource, "End": true}));
    let shown = json!({"afterArguments": input(), "result": [1]});
    let answer = check(&task, answered(&json!([1])), shown).await?;
    assert_eq!(answer["output"], json!([1]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn states_that_call_nothing_show_their_input_alone() -> Done {
    let half = "{% $states.input.most / 2 %}";
    for (fields, expected) in [
        (json!({"Type": "Pass", "Output": half, "End": true}), json!([1.5, null, null])),
        (json!({"Type": "Succeed", "Output": half}), json!([1.5, null, null])),
        (
            json!({"Type": "Wait", "Seconds": "{% $states.input.most %}", "Output": half, "End": true}),
            json!([1.5, null, null]),
        ),
        (
            json!({"Type": "Choice", "Choices": [
                {"Condition": "{% $states.input.most > 3 %}", "Next": "A"},
                {"Condition": "{% $states.input.most = 3 %}", "Output": half, "Next": "B"},
            ]}),
            json!([1.5, "B", null]),
        ),
        (json!({"Type": "Fail", "Error": "{% $states.input.q & 'ps' %}"}), json!([null, null, "ups"])),
    ] {
        let answer = check(&state(fields.clone()), given(json!({})), json!({})).await?;
        assert_eq!(json!([answer["output"], answer["nextState"], answer["error"]]), expected, "{fields}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_map_shows_what_each_iteration_gets_and_how_many_run_at_once() -> Done {
    let fields = json!({
        "Items": "{% $states.input.items %}", "MaxConcurrency": "{% $states.input.most %}",
        "ItemSelector": {"at": "{% $states.context.Map.Item.Index %}", "item": "{% $states.context.Map.Item.Value %}"},
        "Output": "{% $sum($states.result) %}",
    });
    let shown = json!({"afterItemSelector": [{"at": 0, "item": "a"}, {"at": 1, "item": "b"}], "maxConcurrency": 3});
    let answer = check(&with(map(), fields), answered(&json!([1, 2])), shown).await?;
    assert_eq!(answer["output"], json!(3));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_distributed_map_tolerates_what_its_expressions_come_to() -> Done {
    let config = json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"});
    let processor = json!({"ProcessorConfig": config, "StartAt": "I", "States": {"I": {"Type": "Succeed"}}});
    let map = with(map(), json!({"Items": "{% $states.input.items %}", "ItemProcessor": processor}));
    let failed =
        |count: u64| with(answered(&json!([1, 2])), json!({"stateConfiguration": {"mapIterationFailureCount": count}}));
    for (field, expression, shown, most) in [
        ("ToleratedFailureCount", "{% $states.input.most - 2 %}", json!({"toleratedFailureCount": 1}), 1),
        ("ToleratedFailurePercentage", "{% 49.5 %}", json!({"toleratedFailurePercentage": 49.5}), 0),
    ] {
        let map = with(map.clone(), json!({field: expression}));
        let shown = with(json!({"maxConcurrency": 0}), shown);
        assert_eq!(check(&map, failed(most), shown.clone()).await?["status"], "SUCCEEDED", "{field}");
        let answer = check(&map, failed(most + 1), shown).await?;
        assert_eq!(answer["error"], "States.ExceedToleratedFailureThreshold", "{field}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_parallel_shows_its_input_alone() -> Done {
    let branch = json!({"StartAt": "B", "States": {"B": {"Type": "Succeed"}}});
    let parallel = state(json!({
        "Type": "Parallel", "Arguments": "{% $states.input.q %}", "Branches": [branch],
        "Output": "{% $append($states.result, $states.input.q) %}", "End": true,
    }));
    let answer = check(&parallel, answered(&json!([7])), json!({})).await?;
    assert_eq!(answer["output"], json!([7, "u"]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_catcher_makes_its_own_output() -> Done {
    let caught = json!({"why": "{% $states.errorOutput.Cause %}", "of": "{% $states.input.q %}"});
    let catcher = json!({"ErrorEquals": ["E"], "Output": caught, "Assign": {"error": "{% $states.errorOutput.Error %}"}, "Next": "C"});
    let more = given(json!({"mock": {"errorOutput": {"error": "E", "cause": "because"}}}));
    let shown = json!({
        "afterArguments": {"QueueUrl": "u", "MessageBody": "m"}, "errorDetails": {"catchIndex": 0}, "variables": {"error": "E"},
    });
    let answer = check(&with(task(), json!({"Catch": [catcher]})), more, shown).await?;
    assert_eq!(
        json!([answer["status"], answer["nextState"], answer["output"]]),
        json!(["CAUGHT_ERROR", "C", {"why": "because", "of": "u"}])
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_expression_that_gives_nothing_fails_the_state_unless_that_is_caught() -> Done {
    let task = with(task(), json!({"Output": {"a": "{% $states.result.missing %}"}}));
    let cause = "An error occurred while executing the state 'StateName' (entered at the event id #2). The JSONata \
                 expression '$states.result.missing' specified for the field 'Output/a' returned nothing (undefined).";
    let error = "States.QueryEvaluationError";
    let answer = tested(&task, answered(&json!({"MessageId": "m"}))).await?;
    assert_eq!(json!([answer["status"], answer["error"], answer["cause"]]), json!(["FAILED", error, cause]));
    let caught = with(task, json!({"Catch": [{"ErrorEquals": [error], "Next": "C"}]}));
    let answer = tested(&caught, answered(&json!({"MessageId": "m"}))).await?;
    let output = json!({"Error": error, "Cause": cause});
    assert_eq!(
        json!([answer["status"], answer["nextState"], answer["output"], answer["inspectionData"]["errorDetails"]]),
        json!(["CAUGHT_ERROR", "C", output, {"catchIndex": 0}])
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_context_object_that_is_given_is_what_expressions_see() -> Done {
    let task = with(task(), json!({"Output": "{% $states.context %}"}));
    for context in [json!({}), json!({"Execution": {"Name": "mine"}, "Map": {"Item": {"Index": 4}}})] {
        let more = with(answered(&json!({"MessageId": "m"})), json!({"context": context.to_string()}));
        assert_eq!(tested(&task, more).await?["output"], context);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_whole_of_what_expressions_see_comes_in_aws_order() -> Done {
    let task = with(task(), json!({"Output": "{% $keys($states) %}"}));
    let answer = tested(&task, answered(&json!({"MessageId": "m"}))).await?;
    assert_eq!(answer["output"], json!(["input", "context", "result"]));
    let caught = json!([{"ErrorEquals": ["E"], "Output": "{% $keys($states) %}", "Next": "C"}]);
    let answer =
        tested(&with(task, json!({"Catch": caught})), given(json!({"mock": {"errorOutput": {"error": "E"}}}))).await?;
    assert_eq!(answer["output"], json!(["input", "context", "errorOutput"]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_state_speaks_the_language_of_its_machine() -> Done {
    let pass = json!({"Type": "Pass", "Output": "{% $states.input.q %}", "End": true});
    let machine = json!({"QueryLanguage": "JSONata", "StartAt": "P", "States": {"P": pass}});
    let request = test(&machine, given(json!({"stateName": "P"})));
    assert_eq!(answer(&Api::new().await, request).await?["output"], "u");
    Ok(())
}
