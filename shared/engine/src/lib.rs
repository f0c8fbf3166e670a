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
mod failure;
mod fork;
mod leave;
mod redrive;
mod step;
mod task;
mod trigger;
mod wait;
mod writer;

pub use context::{Claim, ExecutionFacts, StepContext};
pub use cursor::{
    Awaits, Call, Cursor, Ending, Fork, Forked, MapItem, Origin, Outcome, Pending, Phase, Place, Redriven, Siblings,
    TaskRequest, Visit, Waiting,
};
pub use effect::{Effect, effects};
pub use fork::begin_child;
pub use redrive::{End, Left, Resume, left, redrive};
pub use step::{Step, Then, makes_call, start, step};
pub use trigger::{ChildEnd, Trigger};
