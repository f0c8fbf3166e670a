//! The operations of the service model, and one match from each to the file that does it.

use crate::members::Request;
use crate::operations;
use crate::refusal::Refusal;
use orchestrator::Orchestrator;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

macro_rules! operations {
    ($($name:ident),* $(,)?) => {
        /// An operation of the service model.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Operation {
            $(
                #[doc = stringify!($name)]
                $name,
            )*
        }

        impl Operation {
            /// All of them, in the model's order.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// The operation with this name.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Its name.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

operations! {
    CreateActivity,
    CreateStateMachine,
    CreateStateMachineAlias,
    DeleteActivity,
    DeleteStateMachine,
    DeleteStateMachineAlias,
    DeleteStateMachineVersion,
    DescribeActivity,
    DescribeExecution,
    DescribeMapRun,
    DescribeStateMachine,
    DescribeStateMachineAlias,
    DescribeStateMachineForExecution,
    GetActivityTask,
    GetExecutionHistory,
    ListActivities,
    ListExecutions,
    ListMapRuns,
    ListStateMachineAliases,
    ListStateMachineVersions,
    ListStateMachines,
    ListTagsForResource,
    PublishStateMachineVersion,
    RedriveExecution,
    SendTaskFailure,
    SendTaskHeartbeat,
    SendTaskSuccess,
    StartExecution,
    StartSyncExecution,
    StopExecution,
    TagResource,
    TestState,
    UntagResource,
    UpdateMapRun,
    UpdateStateMachine,
    UpdateStateMachineAlias,
    ValidateStateMachineDefinition,
}

impl Operation {
    /// Whether it waits for something to happen, so that it should end when its caller goes.
    pub(crate) fn is_long_poll(self) -> bool {
        self == Self::GetActivityTask
    }

    /// Does it, and gives the body of the answer. Its caller waits as long as `patience` lasts.
    pub(crate) async fn perform(
        self,
        orchestrator: &Arc<Orchestrator>,
        patience: Duration,
        request: Request,
    ) -> Result<Vec<u8>, Refusal> {
        match self {
            Self::CreateActivity => body(&operations::create_activity::run(orchestrator, request).await?),
            Self::CreateStateMachine => body(&operations::create_state_machine::run(orchestrator, request).await?),
            Self::CreateStateMachineAlias => {
                body(&operations::create_state_machine_alias::run(orchestrator, request).await?)
            }
            Self::DeleteActivity => body(&operations::delete_activity::run(orchestrator, request).await?),
            Self::DeleteStateMachine => body(&operations::delete_state_machine::run(orchestrator, request).await?),
            Self::DeleteStateMachineAlias => {
                body(&operations::delete_state_machine_alias::run(orchestrator, request).await?)
            }
            Self::DeleteStateMachineVersion => {
                body(&operations::delete_state_machine_version::run(orchestrator, request).await?)
            }
            Self::DescribeActivity => body(&operations::describe_activity::run(orchestrator, request).await?),
            Self::DescribeExecution => body(&operations::describe_execution::run(orchestrator, request).await?),
            Self::DescribeStateMachine => body(&operations::describe_state_machine::run(orchestrator, request).await?),
            Self::DescribeStateMachineAlias => {
                body(&operations::describe_state_machine_alias::run(orchestrator, request).await?)
            }
            Self::DescribeStateMachineForExecution => {
                body(&operations::describe_state_machine_for_execution::run(orchestrator, request).await?)
            }
            Self::GetActivityTask => body(&operations::get_activity_task::run(orchestrator, request, patience).await?),
            Self::GetExecutionHistory => body(&operations::get_execution_history::run(orchestrator, request).await?),
            Self::ListActivities => body(&operations::list_activities::run(orchestrator, request).await?),
            Self::ListExecutions => body(&operations::list_executions::run(orchestrator, request).await?),
            Self::ListStateMachineAliases => {
                body(&operations::list_state_machine_aliases::run(orchestrator, request).await?)
            }
            Self::ListStateMachineVersions => {
                body(&operations::list_state_machine_versions::run(orchestrator, request).await?)
            }
            Self::ListStateMachines => body(&operations::list_state_machines::run(orchestrator, request).await?),
            Self::ListTagsForResource => body(&operations::list_tags_for_resource::run(orchestrator, request).await?),
            Self::PublishStateMachineVersion => {
                body(&operations::publish_state_machine_version::run(orchestrator, request).await?)
            }
            Self::RedriveExecution => body(&operations::redrive_execution::run(orchestrator, request).await?),
            Self::SendTaskFailure => body(&operations::send_task_failure::run(orchestrator, request).await?),
            Self::SendTaskHeartbeat => body(&operations::send_task_heartbeat::run(orchestrator, request).await?),
            Self::SendTaskSuccess => body(&operations::send_task_success::run(orchestrator, request).await?),
            Self::StartExecution => body(&operations::start_execution::run(orchestrator, request).await?),
            Self::StartSyncExecution => {
                body(&operations::start_sync_execution::run(orchestrator, request, patience).await?)
            }
            Self::StopExecution => body(&operations::stop_execution::run(orchestrator, request).await?),
            Self::TagResource => body(&operations::tag_resource::run(orchestrator, request).await?),
            Self::TestState => body(&operations::test_state::run(orchestrator, request).await?),
            Self::UntagResource => body(&operations::untag_resource::run(orchestrator, request).await?),
            Self::UpdateStateMachine => body(&operations::update_state_machine::run(orchestrator, request).await?),
            Self::UpdateStateMachineAlias => {
                body(&operations::update_state_machine_alias::run(orchestrator, request).await?)
            }
            Self::ValidateStateMachineDefinition => body(&operations::validate_state_machine_definition::run(request)?),
            Self::DescribeMapRun | Self::ListMapRuns | Self::UpdateMapRun => Err(Refusal::not_supported(self.name())),
        }
    }
}

/// The body of an answer.
fn body(answer: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(answer).map_err(|error| Refusal::internal(format!("failed to write the answer: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_model_has_thirty_seven_operations_each_with_its_name() {
        assert_eq!(Operation::ALL.len(), 37);
        for operation in Operation::ALL {
            assert_eq!(Operation::named(operation.name()), Some(*operation));
        }
        assert_eq!(Operation::named("startExecution"), None);
    }
}
