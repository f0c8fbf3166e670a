//! The search: random machines in worlds where everything goes wrong that a seed decides, and what must hold all the same.
//!
//! `plan` says what a seed means, `machine` makes the machine, `jsonata` has some of it speak JSONata, `people` are whoever
//! its tasks call, `trial` runs it, `invariants` and `reference` say what must hold whatever went wrong. `campaign` tries
//! many seeds, `shrink` makes what failed small, `planted` shows that the search finds what is wrong when something is.

mod campaign;
mod dice;
mod express;
mod invariants;
mod jsonata;
mod machine;
mod node;
mod people;
mod plan;
#[cfg(feature = "planted-defects")]
pub mod planted;
mod reference;
pub mod shrink;
mod story;
mod trial;
mod variables;

pub use campaign::{Campaign, Failed, Found};
pub use dice::Dice;
pub use express::{ends_alike, speaks_alike};
pub use machine::{Generated, Size};
pub use node::Engine;
pub use plan::{Interference, Scenario};
pub use story::open_strands;
pub use trial::{Report, try_out};
