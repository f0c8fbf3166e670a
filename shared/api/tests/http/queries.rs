//! Machines that speak JSONata, over the wire: what is refused of them, what is told about them, and how they fail.

use crate::support::{Api, Done, MACHINE, ROLE};
use serde_json::{Value, json};

fn machine(states: &Value) -> String {
    json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": states}).to_string()
}

fn pass(output: &str) -> Value {
    json!({"Type": "Pass", "Output": output, "End": true})
}

/// A machine's name, definition and role.
fn named(definition: &str) -> Value {
    json!({"name": "m", "definition": definition, "roleArn": ROLE})
}

/// Expressions that are refused: the code, the text, and where they stand.
fn refused() -> Vec<(Value, &'static str, &'static str, &'static str)> {
    vec![
        (
            pass("{% phone.number %}"),
            "UNSUPPORTED_JSONATA_EXPRESSION",
            "Reference to 'phone' at the top level is not supported.",
            "/States/A/Output",
        ),
        (
            json!({"Type": "Pass", "QueryLanguage": "JSONPath", "End": true}),
            "SCHEMA_VALIDATION_FAILED",
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
            "/States/A",
        ),
        (
            json!({"Type": "Pass", "OutputPath": "$.a", "End": true}),
            "SCHEMA_VALIDATION_FAILED",
            "The QueryLanguage is set to 'JSONata', but field 'OutputPath' is only supported for the 'JSONPath' QueryLanguage",
            "/States/A",
        ),
        (
            pass("{% 1"),
            "SCHEMA_VALIDATION_FAILED",
            "JSONata string must start with {% and end with %}",
            "/States/A/Output",
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn an_expression_that_cannot_work_is_refused_at_creation_and_at_each_update() -> Done {
    let api = Api::new().await;
    api.ok("CreateStateMachine", named(&machine(&json!({"A": pass("{% $states.input %}")})))).await?;
    for (state, code, text, place) in refused() {
        let definition = machine(&json!({"A": state}));
        let message = format!("Invalid State Machine Definition: '{code}: {text} at {place}'");
        api.refused("CreateStateMachine", named(&definition), "InvalidDefinition", &message).await?;
        let update = json!({"stateMachineArn": MACHINE, "definition": definition});
        api.refused("UpdateStateMachine", update, "InvalidDefinition", &message).await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_same_is_told_as_data() -> Done {
    let api = Api::new().await;
    for (state, code, text, place) in refused() {
        let definition = machine(&json!({"A": state}));
        let diagnostic = json!({"severity": "ERROR", "code": code, "message": text, "location": place});
        assert_eq!(
            api.ok("ValidateStateMachineDefinition", json!({"definition": definition})).await?,
            json!({"result": "FAIL", "diagnostics": [diagnostic], "truncated": false})
        );
    }
    let fine = machine(&json!({"A": pass("{% $states.input.a[b > 1] %}")}));
    assert_eq!(
        api.ok("ValidateStateMachineDefinition", json!({"definition": fine})).await?,
        json!({"result": "OK", "diagnostics": [], "truncated": false})
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn variables_that_expressions_read_are_told_with_the_machine() -> Done {
    let api = Api::new().await;
    let set = json!({"Type": "Pass", "Assign": {"total": 1, "names": ["{% $states.input.name %}"]}, "Next": "B"});
    let sum = "{% ($twice := function($n) { $n * $total }; $map($states.input.list, $twice) ~> $append($names)) %}";
    let inner = json!({"StartAt": "C", "States": {"C": pass("{% $total & '$no' %}")}});
    let map = json!({"Type": "Map", "Items": "{% $names %}", "ItemProcessor": inner, "End": true});
    let read = json!({"Type": "Pass", "Output": {"sum": sum}, "Next": "M"});
    let definition = machine(&json!({"A": set, "B": read, "M": map}));
    api.ok("CreateStateMachine", named(&definition)).await?;
    let references = json!({"B": ["names", "total"], "C": ["total"], "M": ["names"]});
    let described = api.ok("DescribeStateMachine", json!({"stateMachineArn": MACHINE})).await?;
    assert_eq!(described["variableReferences"], references);
    let run = api.run(json!({"name": "n", "list": [1, 2]})).await?;
    assert_eq!(run["output"], r#"["1$no"]"#);
    let of = api.ok("DescribeStateMachineForExecution", json!({"executionArn": run["executionArn"]})).await?;
    assert_eq!(of["variableReferences"], references);
    Ok(())
}

/// A machine that divides.
fn ratio() -> String {
    let ratio = "{% $states.input.a / $states.input.b %}";
    machine(&json!({"A": {"Type": "Pass", "Output": {"ratio": ratio}, "End": true}}))
}

const CAUSE: &str = "An error occurred while executing the state 'A' (entered at the event id #2). The JSONata expression \
                     '$states.input.a / $states.input.b' specified for the field 'Output/ratio' threw an error during \
                     evaluation. T2002: The right side of the \"/\" operator must evaluate to a number";

#[tokio::test(start_paused = true)]
async fn an_evaluation_that_fails_has_an_event_that_says_where_and_why() -> Done {
    let api = Api::new().await;
    api.ok("CreateStateMachine", named(&ratio())).await?;
    let described = api.run(json!({"a": 1, "b": "none"})).await?;
    let error = "States.QueryEvaluationError";
    assert_eq!(json!([described["status"], described["error"], described["cause"]]), json!(["FAILED", error, CAUSE]));
    let of = json!({"executionArn": described["executionArn"]});
    let mut history = api.ok("GetExecutionHistory", of.clone()).await?;
    let event = &mut history["events"][2];
    assert!(event["timestamp"].take().is_number());
    let details = json!({"error": error, "cause": CAUSE, "location": "Output/ratio", "state": "A"});
    assert_eq!(
        *event,
        json!({"timestamp": null, "type": "EvaluationFailed", "id": 3, "previousEventId": 0, "evaluationFailedEventDetails": details.clone()})
    );
    let without_data = json!({"executionArn": of["executionArn"], "includeExecutionData": false});
    let event = api.ok("GetExecutionHistory", without_data).await?["events"][2].take();
    assert_eq!(event["evaluationFailedEventDetails"], details, "it holds neither input nor output");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_synchronous_execution_fails_in_the_same_words() -> Done {
    let api = Api::new().await;
    let mut express = named(&ratio());
    express["type"] = json!("EXPRESS");
    api.ok("CreateStateMachine", express).await?;
    let start = |input: Value| json!({"stateMachineArn": MACHINE, "input": input.to_string()});
    let answer = api.ok("StartSyncExecution", start(json!({"a": 1, "b": "none"}))).await?;
    assert_eq!(
        json!([answer["status"], answer["error"], answer["cause"]]),
        json!(["FAILED", "States.QueryEvaluationError", CAUSE])
    );
    let answer = api.ok("StartSyncExecution", start(json!({"a": 1, "b": 4}))).await?;
    assert_eq!(json!([answer["status"], answer["output"]]), json!(["SUCCEEDED", "{\"ratio\":0.25}"]));
    Ok(())
}
