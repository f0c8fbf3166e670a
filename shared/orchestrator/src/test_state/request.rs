//! What a test is asked for, what it says, and why it is refused.

use engine::Inspection;
use language::Diagnostic;
use model::{Failure, Payload, Variables};
use serde_json::{Map, Value};

/// What TestState is asked for.
#[derive(Clone, Debug)]
pub struct TestState {
    /// A state, or with `state_name` a whole machine.
    pub definition: String,
    /// Which state of the machine, of whatever scope.
    pub state_name: Option<String>,
    /// Who calls.
    pub role_arn: Option<String>,
    /// The state's raw input.
    pub input: Payload,
    /// The variables that it sees.
    pub variables: Map<String, Value>,
    /// What comes of the state's work, in place of the work.
    pub mock: Option<Mock>,
    /// The context object, JSON text; none: one that is made up.
    pub context: Option<String>,
    /// Whether the secrets of an HTTP task are shown.
    pub reveals_secrets: bool,
    /// What happened before.
    pub configuration: Configuration,
}

/// What comes of a state's work: an answer or a failure, as long as it is one of them.
#[derive(Clone, Debug, Default)]
pub struct Mock {
    /// The answer, JSON text.
    pub result: Option<String>,
    /// The failure.
    pub failure: Option<Failure>,
    /// How closely the answer is looked at.
    pub validation: FieldValidation,
}

/// How closely a mocked answer is held against the API model of the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// What is required must be there, what is there must fit.
    #[default]
    Strict,
    /// What is there must fit.
    Present,
    /// Not at all.
    None,
}

/// What happened to the state before.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// How often the retrier has retried that is for the failure.
    pub retrier_retry_count: u64,
    /// The state inside of a Map or Parallel from which its failure comes.
    pub error_caused_by_state: Option<String>,
    /// How many iterations of a Map have failed.
    pub map_iteration_failure_count: Option<u64>,
    /// What the `ItemReader` of a Map reads.
    pub map_item_reader_data: Option<String>,
}

/// What became of the state.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    /// What follows from it.
    pub status: TestStatus,
    /// Its raw input.
    pub input: Payload,
    /// The state's output, if it has one.
    pub output: Option<Payload>,
    /// Why it failed, if it did, also when that was caught or is to be retried.
    pub failure: Option<Failure>,
    /// Where it leads.
    pub next_state: Option<String>,
    /// The variables afterwards, if there are any.
    pub variables: Option<Variables<Payload>>,
    /// How its data went.
    pub inspection: Inspection,
}

/// What follows from a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestStatus {
    /// It did its work.
    Succeeded,
    /// Nothing takes its failure.
    Failed,
    /// A retrier takes its failure.
    Retriable,
    /// A catcher takes its failure.
    CaughtError,
}

/// Why a test is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// What was asked for makes no sense.
    #[error("{0}")]
    Validation(String),
    /// The definition is wrong.
    #[error("{}", language::invalid_definition_message(.0))]
    Definition(Vec<Diagnostic>),
    /// The definition is right, and the state of a kind that is not tested like this.
    #[error("{0}")]
    NotTestable(String),
}

impl Refused {
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::Validation(message.into())
    }
}
