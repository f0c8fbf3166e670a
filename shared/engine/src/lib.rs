//! The next step of one strand: pure, total, with no clock, no input or output and no randomness of its own.
//!
//! [`step`] takes a machine, the cursor of a strand and a [`Trigger`], and gives the history events, the new
//! cursor and what the driver does next. [`effects`] says what a cursor asks of the world. The drivers are in
//! the `orchestrator` crate.

mod abort;
mod choice;
mod context;
mod cursor;
mod effect;
mod evaluate;
mod failed;
mod failure;
mod fork;
mod give_up;
mod inspect;
mod leave;
mod paths;
mod query;
mod redrive;
mod scopes;
mod step;
mod task;
mod trigger;
mod try_out;
mod wait;
mod writer;

use failed::Failed;

pub use context::{Claim, ExecutionFacts, StepContext};

pub use cursor::{
    Awaits, Call, Cursor, Ending, Fork, Forked, Join, MapItem, Origin, Outcome, Pending, Phase, Place, Redriven,
    Siblings, TaskRequest, Visit, Waiting,
};
pub use effect::{Effect, effects};
pub use fork::begin_child;
pub use inspect::{Hop, Inspection, Inspector};
pub use redrive::{End, Left, Resume, Resumed, left, redrive};
pub use scopes::{Scopes, VariableLimits};
pub use step::{Step, Then, makes_call, start, step};
pub use trigger::{ChildEnd, Trigger};
pub use try_out::{Mock, TryOut, try_out};
