//! Random machines in a world where everything goes wrong that a seed decides.
//!
//! `machine` makes the machine, `people` are whoever its tasks call, `run` runs it once, and `invariants` say what
//! must hold whatever went wrong. `tests/tests/simulation.rs` is where the seeds are.

mod dice;
mod invariants;
mod machine;
mod node;
mod people;
mod run;

pub use dice::Dice;
pub use invariants::open_strands;
pub use machine::Generated;
pub use node::Engine;
pub use run::{Interference, Plan, Report, run};
