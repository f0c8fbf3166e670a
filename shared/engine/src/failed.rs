//! Why a state cannot go on, and what the history says of it besides what comes of it.

use crate::Visit;
use crate::writer::Writer;
use model::history::{Kind, StateType};
use model::limits::MAX_LOCATION_CHARACTERS;
use model::{Failure, Payload};

/// Why a state cannot go on.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) failure: Failure,
    origin: Origin,
}

/// What failed.
#[derive(Debug)]
enum Origin {
    /// The state, or what it called: the event that says so, if there is one, was put before.
    State,
    /// A child of the fork.
    Child,
    /// An expression.
    Evaluation {
        location: Option<String>,
        /// Whether it was evaluated once the state had been entered, for what is seen of the history.
        is_after_entering: bool,
    },
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self { failure, origin: Origin::State }
    }
}

impl Failed {
    /// A child of a fork failed.
    pub(crate) fn child(failure: Failure) -> Self {
        Self { failure, origin: Origin::Child }
    }

    /// An expression failed; `location` is its field.
    pub(crate) fn evaluation(failure: Failure, location: Option<&str>) -> Self {
        let location = location.map(|location| location.chars().take(MAX_LOCATION_CHARACTERS).collect());
        Self { failure, origin: Origin::Evaluation { location, is_after_entering: false } }
    }

    /// The same of what is evaluated as late as the state's work.
    pub(crate) fn after_entering(mut self) -> Self {
        if let Origin::Evaluation { is_after_entering, .. } = &mut self.origin {
            *is_after_entering = true;
        }
        self
    }

    /// Whether an expression failed.
    pub(crate) fn is_evaluation(&self) -> bool {
        matches!(self.origin, Origin::Evaluation { .. })
    }

    /// Says that an expression of this state failed, if one did.
    pub(crate) fn note(&self, writer: &mut Writer<'_>, state: &str) {
        let Origin::Evaluation { location, is_after_entering } = &self.origin else { return };
        let (state, failure, location) = (state.to_owned(), self.failure.clone(), location.clone());
        let kind = Kind::EvaluationFailed { state, failure, location };
        if *is_after_entering { writer.put(kind) } else { writer.put_while_entering(kind) }
    }

    /// Says that the fork failed with this, which it does in so many words only of what its children or its expressions
    /// did.
    pub(crate) fn note_fork(&self, writer: &mut Writer<'_>, visit: &Visit<Payload>) {
        let is_noted = match &self.origin {
            Origin::State => false,
            Origin::Child | Origin::Evaluation { .. } => true,
        };
        match visit.state_type {
            StateType::Map if is_noted => writer.put(Kind::MapStateFailed),
            StateType::Parallel if is_noted => writer.put(Kind::ParallelStateFailed),
            StateType::Map
            | StateType::Parallel
            | StateType::Pass
            | StateType::Task
            | StateType::Choice
            | StateType::Wait
            | StateType::Succeed
            | StateType::Fail => {}
        }
    }
}
