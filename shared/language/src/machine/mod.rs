//! The machine that a definition describes: plain data, checked once.
//!
//! States of every scope (the top level, branches, item processors) lie in one table, since names are unique
//! across the whole machine; [`Next`] stays within its scope. One state type a file.

mod choice;
mod error_handling;
mod fail;
mod fields;
mod integration;
mod map;
mod parallel;
mod pass;
mod scopes;
mod succeed;
mod task;
mod wait;

pub use choice::{Choice, ChoiceRule, Comparison, Condition, Operand, Operator, Relation, TypeTest};
pub use error_handling::{Catcher, CaughtOutput, ErrorMatch, JitterStrategy, Retrier};
pub use fail::{Fail, FailText};
pub use fields::{Data, DataFlow, InputOutput, Next, PathField, PayloadTemplate, Queries, ResultPathField, Seconds};
pub use integration::{Integration, IntegrationKind, Pattern};
pub use map::{Distribution, Items, Map, MaxConcurrency, Tolerated};
pub use parallel::Parallel;
pub use pass::Pass;
pub use succeed::Succeed;
pub use task::{Resource, Task};
pub use wait::{Wait, WaitUntil};

use indexmap::IndexMap;
use std::borrow::Borrow;
use std::sync::Arc;

/// The name of a state: 1 to 80 characters, unique in its machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateName(pub Arc<str>);

impl StateName {
    /// The name as the definition spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for StateName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

/// States are looked up by plain text, without a name made for it.
impl Borrow<str> for StateName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for StateName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A parsed, checked definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// The state that an execution enters first; a key of `states`.
    pub start_at: StateName,
    /// Every state of every scope, in the order of the definition.
    pub states: IndexMap<StateName, State>,
    /// Seconds after which an execution times out; none: AWS's limit of a year.
    pub timeout_seconds: Option<u64>,
    /// The author's comment.
    pub comment: Option<String>,
    /// Whether something in it may read `$$.Execution.Input`. If not, a step needs nothing of the execution's start.
    pub reads_execution_input: bool,
}

/// One state.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Passes its input on, or puts a fixed result in.
    Pass(Pass),
    /// Calls something.
    Task(Task),
    /// Branches.
    Choice(Choice),
    /// Waits.
    Wait(Wait),
    /// Ends its scope well.
    Succeed(Succeed),
    /// Fails its execution.
    Fail(Fail),
    /// Runs branches side by side.
    Parallel(Parallel),
    /// Runs one processor for each item.
    Map(Map),
}

impl Machine {
    /// The state of that name; there is one for every name that the machine itself mentions.
    pub fn state(&self, name: &str) -> Option<&State> {
        self.states.get(name)
    }
}

impl State {
    /// The state's `Type`.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Pass(_) => "Pass",
            Self::Task(_) => "Task",
            Self::Choice(_) => "Choice",
            Self::Wait(_) => "Wait",
            Self::Succeed(_) => "Succeed",
            Self::Fail(_) => "Fail",
            Self::Parallel(_) => "Parallel",
            Self::Map(_) => "Map",
        }
    }

    /// Its retriers, in order; none where the type has no `Retry`.
    pub fn retry(&self) -> &[Retrier] {
        match self {
            Self::Task(task) => &task.retry,
            Self::Parallel(parallel) => &parallel.retry,
            Self::Map(map) => &map.retry,
            Self::Pass(_) | Self::Choice(_) | Self::Wait(_) | Self::Succeed(_) | Self::Fail(_) => &[],
        }
    }

    /// Its catchers, in order; none where the type has no `Catch`.
    pub fn catch(&self) -> &[Catcher] {
        match self {
            Self::Task(task) => &task.catch,
            Self::Parallel(parallel) => &parallel.catch,
            Self::Map(map) => &map.catch,
            Self::Pass(_) | Self::Choice(_) | Self::Wait(_) | Self::Succeed(_) | Self::Fail(_) => &[],
        }
    }
}
