//! Error names that the States Language reserves, and those of the Lambda integration.

/// Matches any error that may be caught.
pub const ALL: &str = "States.ALL";
/// A branch of a Parallel failed.
pub const BRANCH_FAILED: &str = "States.BranchFailed";
/// A result was larger than the limit.
pub const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";
/// More items of a distributed Map failed than it tolerates.
pub const EXCEED_TOLERATED_FAILURE_THRESHOLD: &str = "States.ExceedToleratedFailureThreshold";
/// No heartbeat came in time.
pub const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
/// An intrinsic function could not give a value.
pub const INTRINSIC_FAILURE: &str = "States.IntrinsicFailure";
/// No rule of a Choice held, and it has no default.
pub const NO_CHOICE_MATCHED: &str = "States.NoChoiceMatched";
/// A path of a payload template found nothing.
pub const PARAMETER_PATH_FAILURE: &str = "States.ParameterPathFailure";
/// The caller may not do what the task does.
pub const PERMISSIONS: &str = "States.Permissions";
/// A JSONata expression could not give a value that its field takes.
pub const QUERY_EVALUATION_ERROR: &str = "States.QueryEvaluationError";
/// A result could not be put where `ResultPath` says.
pub const RESULT_PATH_MATCH_FAILURE: &str = "States.ResultPathMatchFailure";
/// The definition met data that it cannot work on; neither retried nor caught by `States.ALL`.
pub const RUNTIME: &str = "States.Runtime";
/// Any failure of a task but a time-out.
pub const TASK_FAILED: &str = "States.TaskFailed";
/// A task or an execution took longer than it may.
pub const TIMEOUT: &str = "States.Timeout";
/// The outcome of a call to a function is not known.
pub const LAMBDA_UNKNOWN: &str = "Lambda.Unknown";
/// The function does not exist.
pub const LAMBDA_RESOURCE_NOT_FOUND: &str = "Lambda.ResourceNotFoundException";
