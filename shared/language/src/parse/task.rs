//! The Task state.

use super::fields::Fields;
use super::patterns::is_activity;
use super::state::next;
use crate::machine::{Resource, Seconds, Task};
use model::MachineType;
use model::limits::MAX_SECONDS;
use serde_json::Value;

/// A Task state.
pub(super) fn task(fields: &Fields<'_>, machine_type: MachineType) -> Option<Task> {
    fields.require(&["Resource"]);
    let data = fields.data_with_arguments();
    fields.check_pattern(machine_type);
    let resource = fields.resource();
    let range = 1..=MAX_SECONDS;
    let timeout = fields.seconds("TimeoutSeconds", "TimeoutSecondsPath", &range);
    let heartbeat = fields.seconds("HeartbeatSeconds", "HeartbeatSecondsPath", &range);
    if let (Some(Seconds::Fixed(timeout)), Some(Seconds::Fixed(heartbeat))) = (&timeout, &heartbeat)
        && heartbeat >= timeout
    {
        let message = format!("Value must be less than 'TimeoutSeconds', which is {timeout}");
        fields.schema("HeartbeatSeconds", message).help("The task would time out before its first heartbeat is due");
    }
    if let Some(Resource::Service(integration)) = &resource {
        fields.check_parameters(integration);
    }
    let (retry, catch, next) = (fields.retry(), fields.catch(), next(fields));
    let assign = fields.assign();
    Some(Task { data, resource: resource?, timeout, heartbeat, retry, catch, assign, next: next? })
}

/// `Credentials` of a Task, which must name a role even before they are supported.
pub(super) fn credentials(fields: &Fields<'_>) {
    let is_task = fields.iter().any(|(name, value)| name == "Type" && value == "Task");
    if !is_task {
        return;
    }
    let Some(value) = fields.get("Credentials") else {
        return;
    };
    let place = fields.at("Credentials");
    let is_activity = fields.get("Resource").and_then(Value::as_str).is_some_and(is_activity);
    if is_activity {
        fields.report.schema(&place, "The field 'Credentials' is not supported for activities");
        return;
    }
    let Some(credentials) = fields.part(value, place.clone()) else {
        return;
    };
    if credentials.has("RoleArn") || credentials.has("RoleArn.$") {
        credentials.check_queries("RoleArn");
        fields.report.not_supported(&place, "Credentials (calling with another role)");
    } else {
        fields.report.schema(&place, "The field 'RoleArn' is required but was missing");
    }
}
