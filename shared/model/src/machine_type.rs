//! Standard and Express.

use serde::{Deserialize, Serialize};

/// The type of a state machine, chosen when it is created and never changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MachineType {
    /// Durable: every step is recorded, for up to a year.
    #[default]
    Standard,
    /// Runs whole in memory, for up to five minutes: no jobs, no callbacks, no activities, no distributed Map.
    Express,
}

impl MachineType {
    /// The type as the API spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::Express => "EXPRESS",
        }
    }

    /// The type that the API spells like this.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Standard, Self::Express].into_iter().find(|kind| kind.as_str() == name)
    }
}

impl std::fmt::Display for MachineType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
