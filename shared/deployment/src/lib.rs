//! The deployed system: the settings of its functions, the orchestrator over AWS, and what each function does with
//! its events.
//!
//! Only this crate and the CLI name concrete adapters; the functions are a few lines over it.

mod deployment;
mod door;
mod messages;
mod part;
mod schedule;
mod settings;

pub use deployment::{Deployment, Error};
pub use messages::Messages;
pub use part::Part;
pub use schedule::{Minute, Schedule};
pub use settings::Settings;
