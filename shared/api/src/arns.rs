//! ARNs of requests: of the right kind, or refused in AWS's words.

use crate::refusal::Refusal;
use model::arn::{self, ActivityArn, ExecutionArn, StateMachineArn};
use model::{AliasArn, QualifiedArn, VersionArn};
use orchestrator::Tagged;

/// The ARN of a machine for operations to which a version or an alias of one is no machine.
pub(crate) fn machine(text: &str) -> Result<StateMachineArn, Refusal> {
    if qualifier(text).is_some() {
        return Err(Refusal::no_such_machine(text));
    }
    unlabelled(text)
}

/// The ARN of a machine, or of a version or alias of one.
pub(crate) fn qualified(text: &str) -> Result<QualifiedArn, Refusal> {
    let arn: QualifiedArn = text.parse().map_err(Refusal::invalid_arn)?;
    check_label(arn.machine())?;
    Ok(arn)
}

/// The ARN of a version.
pub(crate) fn version(text: &str) -> Result<VersionArn, Refusal> {
    match qualified(text)? {
        QualifiedArn::Version(arn) => Ok(arn),
        QualifiedArn::Machine(_) | QualifiedArn::Alias(_) => Err(Refusal::invalid_arn(arn::Error::Shape(text.into()))),
    }
}

/// The ARN of an alias.
pub(crate) fn alias(text: &str) -> Result<AliasArn, Refusal> {
    match qualified(text)? {
        QualifiedArn::Alias(arn) => Ok(arn),
        QualifiedArn::Machine(_) | QualifiedArn::Version(_) => {
            Err(Refusal::invalid_arn(arn::Error::Shape(text.into())))
        }
    }
}

/// The ARN of a machine for operations that take no version or alias at all.
pub(crate) fn whole_machine(text: &str) -> Result<StateMachineArn, Refusal> {
    if qualifier(text).is_some() {
        return Err(Refusal::validation(format!(
            "This operation takes a state machine ARN without a version or an alias. Received: '{text}'"
        )));
    }
    unlabelled(text)
}

/// The ARN of an execution.
pub(crate) fn execution(text: &str) -> Result<ExecutionArn, Refusal> {
    text.parse().map_err(Refusal::invalid_arn)
}

/// The ARN of an activity.
pub(crate) fn activity(text: &str) -> Result<ActivityArn, Refusal> {
    text.parse().map_err(Refusal::invalid_arn)
}

/// The ARN of something that has tags.
pub(crate) fn tagged(text: &str) -> Result<Tagged, Refusal> {
    match text.parse::<ActivityArn>() {
        Ok(arn) => Ok(Tagged::Activity(arn)),
        // Versions and aliases have no tags of their own.
        Err(arn::Error::ResourceType(_)) => unlabelled(text).map(Tagged::Machine),
        Err(error @ (arn::Error::Prefix(_) | arn::Error::Shape(_))) => Err(Refusal::invalid_arn(error)),
    }
}

/// Refuses what is not the ARN of a role.
pub(crate) fn check_role(text: &str) -> Result<(), Refusal> {
    let mut parts = text.splitn(6, ':');
    let is_arn = parts.next() == Some("arn") && parts.next().is_some_and(|partition| !partition.is_empty());
    let is_role = parts.next() == Some("iam") && parts.nth(2).is_some_and(|rest| rest.starts_with("role/"));
    if is_arn && is_role { Ok(()) } else { Err(Refusal::new("InvalidArn", format!("Invalid Role Arn: '{text}'"))) }
}

/// The version or alias that a machine's ARN ends with.
fn qualifier(text: &str) -> Option<&str> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_qualified = parts.len() == 8 && parts[0] == "arn" && parts[2] == "states" && parts[5] == "stateMachine";
    if is_qualified { parts.last().copied() } else { None }
}

/// A machine's ARN without the label of a Map state.
fn unlabelled(text: &str) -> Result<StateMachineArn, Refusal> {
    let arn: StateMachineArn = text.parse().map_err(Refusal::invalid_arn)?;
    check_label(&arn)?;
    Ok(arn)
}

fn check_label(arn: &StateMachineArn) -> Result<(), Refusal> {
    if arn.name().contains('/') {
        return Err(Refusal::validation("This operation does not support labeled ARNs")
            .with("reason", "API_DOES_NOT_SUPPORT_LABELED_ARNS"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:pay";

    fn code<T>(result: Result<T, Refusal>) -> Option<(&'static str, String)> {
        result.err().map(|refusal| (refusal.code, refusal.message))
    }

    #[test]
    fn what_is_no_arn_is_refused_with_its_text() {
        let message = "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'".to_owned();
        assert_eq!(code(machine("not_a_valid_arn")), Some(("InvalidArn", message)));
    }

    #[test]
    fn an_arn_of_a_version_names_no_machine() {
        let version = format!("{MACHINE}:2");
        let message = format!("State Machine Does Not Exist: '{version}'");
        assert_eq!(code(machine(&version)), Some(("StateMachineDoesNotExist", message)));
        assert_eq!(code(whole_machine(&version)).map(|(code, _)| code), Some("ValidationException"));
    }

    #[test]
    fn a_label_is_refused_with_its_reason() {
        let refused = machine(&format!("{MACHINE}/label")).err().and_then(|refusal| refusal.extra);
        assert_eq!(refused, Some(("reason", "API_DOES_NOT_SUPPORT_LABELED_ARNS".to_owned())));
    }

    #[test]
    fn a_role_is_a_role_of_iam() {
        assert_eq!(check_role("arn:aws:iam::123456789012:role/service-role/x"), Ok(()));
        let message = "Invalid Role Arn: 'role'".to_owned();
        assert_eq!(code(check_role("role")), Some(("InvalidArn", message)));
        assert!(check_role("arn:aws:iam::123456789012:user/x").is_err());
    }

    #[test]
    fn tags_belong_to_machines_and_activities() {
        assert!(matches!(tagged(MACHINE), Ok(Tagged::Machine(_))));
        assert!(matches!(tagged("arn:aws:states:us-east-1:123456789012:activity:a"), Ok(Tagged::Activity(_))));
        assert!(tagged("arn:aws:states:us-east-1:123456789012:execution:a:b").is_err());
        assert_eq!(code(tagged(&format!("{MACHINE}:1"))).map(|(code, _)| code), Some("InvalidArn"));
    }

    #[test]
    fn versions_and_aliases_are_told_apart() {
        let (number, name) = (format!("{MACHINE}:1"), format!("{MACHINE}:PROD"));
        assert!(version(&number).is_ok() && alias(&name).is_ok());
        for refused in [version(&name).err(), version(MACHINE).err(), alias(&number).err(), alias(MACHINE).err()] {
            assert_eq!(refused.map(|refusal| refusal.code), Some("InvalidArn"));
        }
        let labelled = qualified(&format!("{MACHINE}/label:1")).err();
        assert_eq!(labelled.map(|refusal| refusal.code), Some("ValidationException"));
    }
}
