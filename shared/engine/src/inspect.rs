//! What a state's data goes through, for whoever tries a state out.
//!
//! Steps of executions have no [`Inspector`], and pay a look at an absent field.

use model::{Failure, Payload};
use serde_json::{Number, Value};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Watches one state, and says what the context object is there.
#[derive(Debug)]
pub struct Inspector {
    context_object: Option<Value>,
    inspection: Mutex<Inspection>,
}

/// What a state's data went through. What the state did not come to is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inspection {
    /// The data after each hop that was reached.
    pub hops: Vec<(Hop, Payload)>,
    /// How many iterations a Map has.
    pub iterations: Option<u32>,
    /// How many iterations of a Map run at once; 0: as many as can.
    pub max_concurrency: Option<u64>,
    /// How many items of a distributed Map may fail.
    pub tolerated_failure_count: Option<Number>,
    /// How many of a hundred items may fail.
    pub tolerated_failure_percentage: Option<Number>,
    /// The failure that Retry and Catch were asked about.
    pub failure: Option<Failure>,
    /// The retrier that is for the failure, by its index.
    pub retrier: Option<usize>,
    /// How long it waits before it tries again, if it does.
    pub backoff: Option<Duration>,
    /// The catcher that took the failure, by its index.
    pub catcher: Option<usize>,
}

/// A stage of a state's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hop {
    /// After `InputPath`.
    InputPath,
    /// After `Parameters`.
    Parameters,
    /// After `Arguments`, in a Task.
    Arguments,
    /// After `ItemsPath`, in a Map.
    ItemsPath,
    /// The items as `ItemSelector` makes them, in a Map that has one.
    ItemSelector,
    /// What the state's work came to.
    Result,
    /// After `ResultSelector`.
    ResultSelector,
    /// After `ResultPath`.
    ResultPath,
}

impl Inspection {
    /// The data after a hop, if it was reached.
    pub fn after(&self, hop: Hop) -> Option<&Payload> {
        self.hops.iter().find(|(reached, _)| *reached == hop).map(|(_, payload)| payload)
    }
}

impl Inspector {
    /// For a state with this context object; none: the one that it has in an execution.
    pub fn new(context_object: Option<Value>) -> Self {
        Self { context_object, inspection: Mutex::default() }
    }

    /// What was seen so far.
    pub fn inspection(&self) -> Inspection {
        self.inspection.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The context object.
    pub(crate) fn context_object(&self) -> Option<&Value> {
        self.context_object.as_ref()
    }

    /// Notes something.
    pub(crate) fn note(&self, note: impl FnOnce(&mut Inspection)) {
        note(&mut self.inspection.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
