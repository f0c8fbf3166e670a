//! Which integration patterns a machine's type allows.

use super::fields::Fields;
use model::MachineType;

/// What waits for something that outlasts an Express machine.
const PATTERNS: [&str; 2] = [".sync", ".waitForTaskToken"];

impl Fields<'_> {
    /// The `Resource` of a Task in a machine of this type. An Express machine runs in one go: it waits for no job, no
    /// callback and no activity.
    pub(super) fn check_pattern(&self, machine_type: MachineType) {
        const NAME: &str = "Resource";
        let Some(resource) = self.get(NAME).and_then(serde_json::Value::as_str) else {
            return;
        };
        if let Some(pattern) = refused(resource, machine_type) {
            self.schema(NAME, format!("Express state machine does not support {pattern}"));
        }
    }
}

/// What of a resource the type refuses, in AWS's words.
fn refused(resource: &str, machine_type: MachineType) -> Option<String> {
    if machine_type != MachineType::Express {
        return None;
    }
    if is_activity(resource) {
        return Some("Activity ARN".to_owned());
    }
    if resource.split(':').nth(2) != Some("states") {
        return None;
    }
    let call = resource.strip_suffix(":2").unwrap_or(resource);
    let pattern = PATTERNS.into_iter().find(|pattern| call.ends_with(pattern))?;
    // With a space at its end.
    Some(format!("'{pattern}' service integration "))
}

/// Whether a resource is an activity: `arn:aws:states:REGION:ACCOUNT:activity:NAME`.
pub(super) fn is_activity(resource: &str) -> bool {
    let mut parts = resource.split(':').skip(2);
    parts.next() == Some("states") && parts.nth(2) == Some("activity")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(resource: &str, expected: Option<&str>) {
        assert_eq!(refused(resource, MachineType::Express).as_deref(), expected, "{resource}");
        assert_eq!(refused(resource, MachineType::Standard), None, "{resource}");
    }

    #[test]
    fn express_waits_for_nothing() {
        let sync = Some("'.sync' service integration ");
        check("arn:aws:states:::states:startExecution.sync:2", sync);
        check("arn:aws:states:::ecs:runTask.sync", sync);
        check("arn:aws:states:::lambda:invoke.waitForTaskToken", Some("'.waitForTaskToken' service integration "));
        check("arn:aws:states:us-east-1:123456789012:activity:a", Some("Activity ARN"));
        check("arn:aws:states:::lambda:invoke", None);
        check("arn:aws:states:::aws-sdk:sfn:startSyncExecution", None);
        check("arn:aws:lambda:us-east-1:123456789012:function:activity", None);
        check("nothing", None);
    }
}
