//! TestState: what is refused, and what becomes of states of each type.

mod failures;
mod hops;
mod queries;
mod refusals;
mod work;

use crate::support::{Api, Fault};
use serde_json::{Value, json};

/// A task that nothing here calls.
fn task() -> Value {
    let parameters = json!({"QueueUrl": "q", "MessageBody": "m"});
    json!({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": parameters, "End": true})
}

/// The state with these fields besides.
fn with(mut state: Value, fields: Value) -> Value {
    if let (Some(state), Value::Object(fields)) = (state.as_object_mut(), fields) {
        state.extend(fields);
    }
    state
}

/// A request to test this state, with these members besides.
fn test(state: &Value, more: Value) -> Value {
    with(json!({"definition": state.to_string(), "inspectionLevel": "DEBUG"}), more)
}

/// The answer to a test, with the texts in it as values.
async fn tested(state: &Value, more: Value) -> Result<Value, Fault> {
    answer(&Api::new().await, test(state, more)).await
}

async fn answer(api: &Api, request: Value) -> Result<Value, Fault> {
    let mut answer = api.ok("TestState", request).await?;
    let parse = |text: &mut Value| -> Result<(), Fault> {
        if let Some(json) = text.as_str() {
            *text = serde_json::from_str(json)?;
        }
        Ok(())
    };
    if let Some(output) = answer.get_mut("output") {
        parse(output)?;
    }
    if let Some(data) = answer.get_mut("inspectionData").and_then(Value::as_object_mut) {
        data.values_mut().try_for_each(parse)?;
    }
    Ok(answer)
}
