//! The Task state.

use super::data::MAX_SECONDS;
use super::fields::Fields;
use super::report::Report;
use super::state::next;
use crate::machine::{Resource, Seconds, Task};
use serde_json::Value;

/// A Task state.
pub(super) fn task(fields: &Fields<'_>) -> Option<Task> {
    fields.require(&["Resource"]);
    let data = fields.data_flow();
    let resource = fields.resource();
    let range = 1..=MAX_SECONDS;
    let timeout = fields.seconds("TimeoutSeconds", "TimeoutSecondsPath", &range);
    let heartbeat = fields.seconds("HeartbeatSeconds", "HeartbeatSecondsPath", &range);
    if let (Some(Seconds::Fixed(timeout)), Some(Seconds::Fixed(heartbeat))) = (&timeout, &heartbeat)
        && heartbeat >= timeout
    {
        fields.schema("HeartbeatSeconds", format!("Value must be less than 'TimeoutSeconds', which is {timeout}"));
    }
    if matches!(resource, Some(Resource::LambdaInvoke | Resource::LambdaInvokeWaitForTaskToken)) {
        function_name(fields);
    }
    let (retry, catch, next) = (fields.retry(), fields.catch(), next(fields));
    fields.refuse_assign();
    fields.refuse_jsonata(&["Arguments"]);
    Some(Task { data, resource: resource?, timeout, heartbeat, retry, catch, next: next? })
}

/// `lambda:invoke` must say which function, where it has parameters at all.
fn function_name(fields: &Fields<'_>) {
    let Some(Value::Object(parameters)) = fields.get("Parameters") else {
        return;
    };
    if !parameters.contains_key("FunctionName") && !parameters.contains_key("FunctionName.$") {
        fields.schema("Parameters", "The field 'FunctionName' is required but was missing");
    }
}

/// `Credentials` of a Task, which must name a role even before they are supported.
pub(super) fn credentials(fields: &Fields<'_>, report: &Report) {
    let is_task = fields.iter().any(|(name, value)| name == "Type" && value == "Task");
    if !is_task {
        return;
    }
    let Some(value) = fields.get("Credentials") else {
        return;
    };
    let place = fields.at("Credentials");
    let Some(credentials) = Fields::of(value, place.clone(), report) else {
        return;
    };
    if credentials.has("RoleArn") || credentials.has("RoleArn.$") {
        report.not_supported(&place, "Credentials (calling with another role)");
    } else {
        report.schema(&place, "The field 'RoleArn' is required but was missing");
    }
}
