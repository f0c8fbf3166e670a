//! Limits of the service, with their sources.

/// Largest input or output of a state on AWS, in bytes of UTF-8 JSON.
///
/// Source: Step Functions quotas, "Maximum input or output size for a task, state, or execution".
pub const AWS_MAX_PAYLOAD_BYTES: usize = 262_144;

/// Largest definition, in bytes of UTF-8.
///
/// Source: the service model, shape `Definition`.
pub const MAX_DEFINITION_BYTES: usize = 1_048_576;

/// Longest name of a machine, an execution, an activity or a state, in characters.
///
/// Source: the service model, shape `Name`.
pub const MAX_NAME_CHARACTERS: usize = 80;

/// Longest error name, in characters.
///
/// Source: the service model, shape `SensitiveError`.
pub const MAX_ERROR_CHARACTERS: usize = 256;

/// Longest cause, in characters.
///
/// Source: the service model, shape `SensitiveCause`.
pub const MAX_CAUSE_CHARACTERS: usize = 32_768;

/// Longest location of an evaluation that failed, in characters.
///
/// Source: the service model, shape `EvaluationFailureLocation`.
pub const MAX_LOCATION_CHARACTERS: usize = 256;

/// Longest task token, in characters.
///
/// Source: the service model, shape `TaskToken`.
pub const MAX_TASK_TOKEN_CHARACTERS: usize = 2_048;

/// The most seconds that a field of a definition, or of what its path finds, may say; also how long a task may take when
/// its state does not say.
///
/// Source: States Language reference, `TimeoutSeconds`.
pub const MAX_SECONDS: u64 = 99_999_999;

/// How many iterations of an inline Map run at once at most.
///
/// Source: Step Functions developer guide, "Map state processing modes".
pub const INLINE_MAP_CONCURRENCY: u32 = 40;

/// How long an execution may take, in seconds: a year.
///
/// Source: Step Functions quotas, "Maximum execution time".
pub const MAX_EXECUTION_SECONDS: u64 = 31_536_000;

/// How long an Express execution may take, in seconds.
///
/// Source: Step Functions quotas, "Maximum execution time".
pub const MAX_EXPRESS_EXECUTION_SECONDS: u64 = 300;

/// How many versions a machine has at most.
///
/// Source: Step Functions quotas, "Quotas related to versions and aliases".
pub const MAX_VERSIONS: u32 = 1_000;

/// How many aliases a machine has at most.
///
/// Source: Step Functions quotas, "Quotas related to versions and aliases".
pub const MAX_ALIASES: u32 = 100;

/// Longest description of a version or an alias, in characters.
///
/// Source: the service model, shapes `VersionDescription` and `AliasDescription`.
pub const MAX_DESCRIPTION_CHARACTERS: usize = 256;

/// The largest page of a list.
///
/// Source: the service model, shape `PageSize`.
pub const MAX_PAGE_SIZE: u32 = 1_000;

/// The page of a list when the caller does not say.
///
/// Source: the API reference, `maxResults`.
pub const DEFAULT_PAGE_SIZE: u32 = 100;

/// The deepest nesting of arrays and objects that a payload's text is read back with.
///
/// Ours: the JSON parser's limit is 128, and a value is never nearer to it than one level.
pub const MAX_NESTING: usize = 127;

/// For how long after its end AWS redrives an execution.
///
/// Source: "Restarting state machine executions with redrive", "Redrive eligibility for unsuccessful executions".
pub const AWS_REDRIVE_WINDOW: std::time::Duration = std::time::Duration::from_hours(14 * 24);

/// Largest value of a variable on AWS, in bytes of UTF-8 JSON.
///
/// Source: Step Functions developer guide, "Passing data between states with variables", limits.
pub const AWS_MAX_VARIABLE_BYTES: usize = 262_144;

/// The most that one Assign sets on AWS, in bytes of UTF-8 JSON.
///
/// Source: the same.
pub const AWS_MAX_ASSIGN_BYTES: usize = 262_144;

/// The most that an execution's variables take on AWS, in bytes of UTF-8 JSON: 10 MiB.
///
/// Source: the same.
pub const AWS_MAX_VARIABLES_BYTES: usize = 10_485_760;
