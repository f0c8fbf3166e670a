//! What a service integration asks of its `Parameters` or `Arguments`, before anything runs.

use super::fields::Fields;
use super::language::Language;
use crate::machine::{Integration, IntegrationKind};
use serde_json::Value;

/// What AWS refuses to be without: service, action, fields.
///
/// Seen: ValidateStateMachineDefinition in ap-northeast-1 in September 2026.
const REQUIRED: [(&str, &str, &[&str]); 9] = [
    ("lambda", "invoke", &["FunctionName"]),
    ("sqs", "sendMessage", &["QueueUrl", "MessageBody"]),
    ("sns", "publish", &["Message"]),
    ("dynamodb", "putItem", &["TableName", "Item"]),
    ("dynamodb", "getItem", &["TableName", "Key"]),
    ("states", "startExecution", &["StateMachineArn"]),
    ("events", "putEvents", &["Entries"]),
    ("ecs", "runTask", &["TaskDefinition"]),
    ("glue", "startJobRun", &["JobName"]),
];

impl Fields<'_> {
    /// The parameters of a Task that calls a service.
    pub(super) fn check_parameters(&self, integration: &Integration) {
        let name = match self.language {
            Language::JsonPath => "Parameters",
            Language::Jsonata => "Arguments",
        };
        let Some(value) = self.get(name) else {
            let message = format!("{name} field is required for resource ARN: {}", integration.arn);
            self.schema("Resource", message);
            return;
        };
        // An expression of JSONata may give anything.
        let Value::Object(parameters) = value else {
            return;
        };
        for field in required(integration) {
            if !parameters.contains_key(*field) && !parameters.contains_key(&format!("{field}.$")) {
                self.schema(name, format!("The field '{field}' is required but was missing"));
            }
        }
    }
}

fn required(integration: &Integration) -> &'static [&'static str] {
    if integration.kind != IntegrationKind::Optimized {
        return &[];
    }
    let known =
        REQUIRED.iter().find(|(service, action, _)| integration.service == *service && integration.action == *action);
    known.map_or(&[], |(_, _, fields)| fields)
}
