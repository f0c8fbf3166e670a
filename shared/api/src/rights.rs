//! Doors with limited rights: which operations each accepts.
//!
//! Every call of the AWS protocol is a `POST /`, so a gateway that decides by path cannot tell StartExecution from
//! DeleteStateMachine. The doors give it paths to decide by: a caller who may use `/starter` alone can start and do
//! nothing else. An SDK uses a door when its endpoint ends with the door's path.

use crate::operation::Operation;
use crate::refusal::Refusal;

/// A door of the AWS protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rights {
    /// Everything.
    All,
    /// Looks and changes nothing.
    Reader,
    /// Starts executions.
    Starter,
    /// Works for activities, and answers tasks.
    Worker,
}

impl Rights {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::All, Self::Reader, Self::Starter, Self::Worker];

    /// Where the door is.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::All => "/",
            Self::Reader => "/reader",
            Self::Starter => "/starter",
            Self::Worker => "/worker",
        }
    }

    /// Refuses what this door does not accept.
    pub(crate) fn check(self, operation: Operation) -> Result<(), Refusal> {
        if self.accepts(operation) {
            return Ok(());
        }
        let others = match Self::of(operation) {
            Self::All => "POST / does".to_owned(),
            limited => format!("POST / and POST {} do", limited.path()),
        };
        let message = format!("The door {} does not accept {}; {others}", self.path(), operation.name());
        Err(Refusal::new("AccessDeniedException", message))
    }

    /// Whether this door accepts it.
    pub(crate) fn accepts(self, operation: Operation) -> bool {
        self == Self::All || self == Self::of(operation)
    }

    /// The narrowest door that accepts it.
    fn of(operation: Operation) -> Self {
        match operation {
            Operation::DescribeActivity
            | Operation::DescribeExecution
            | Operation::DescribeMapRun
            | Operation::DescribeStateMachine
            | Operation::DescribeStateMachineAlias
            | Operation::DescribeStateMachineForExecution
            | Operation::GetExecutionHistory
            | Operation::ListActivities
            | Operation::ListExecutions
            | Operation::ListMapRuns
            | Operation::ListStateMachineAliases
            | Operation::ListStateMachineVersions
            | Operation::ListStateMachines
            | Operation::ListTagsForResource
            | Operation::ValidateStateMachineDefinition => Self::Reader,
            Operation::StartExecution | Operation::StartSyncExecution => Self::Starter,
            Operation::GetActivityTask
            | Operation::SendTaskFailure
            | Operation::SendTaskHeartbeat
            | Operation::SendTaskSuccess => Self::Worker,
            // TestState calls what its definition names, with a role that its caller names.
            Operation::CreateActivity
            | Operation::CreateStateMachine
            | Operation::CreateStateMachineAlias
            | Operation::DeleteActivity
            | Operation::DeleteStateMachine
            | Operation::DeleteStateMachineAlias
            | Operation::DeleteStateMachineVersion
            | Operation::PublishStateMachineVersion
            | Operation::RedriveExecution
            | Operation::StopExecution
            | Operation::TagResource
            | Operation::TestState
            | Operation::UntagResource
            | Operation::UpdateMapRun
            | Operation::UpdateStateMachine
            | Operation::UpdateStateMachineAlias => Self::All,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(rights: Rights, operation: Operation) -> Option<String> {
        rights.check(operation).err().map(|refusal| format!("{}: {}", refusal.code, refusal.message))
    }

    #[test]
    fn a_refusal_names_the_door_and_those_that_accept() {
        let starter =
            "AccessDeniedException: The door /reader does not accept StartExecution; POST / and POST /starter do";
        assert_eq!(refused(Rights::Reader, Operation::StartExecution).as_deref(), Some(starter));
        let all = "AccessDeniedException: The door /worker does not accept StopExecution; POST / does";
        assert_eq!(refused(Rights::Worker, Operation::StopExecution).as_deref(), Some(all));
    }

    #[test]
    fn the_main_door_accepts_all_and_no_operation_has_two_limited_doors() {
        for operation in Operation::ALL {
            assert_eq!(refused(Rights::All, *operation), None);
            let limited = Rights::ALL[1..].iter().filter(|rights| rights.accepts(*operation)).count();
            assert!(limited <= 1, "{operation:?}");
        }
    }

    #[test]
    fn who_reads_changes_nothing() {
        let verbs = ["Describe", "Get", "List", "Validate"];
        for operation in Operation::ALL.iter().filter(|operation| Rights::Reader.accepts(**operation)) {
            assert!(verbs.iter().any(|verb| operation.name().starts_with(verb)), "{operation:?}");
        }
    }
}
