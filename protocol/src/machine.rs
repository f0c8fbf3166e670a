//! What an execution of the model does: a definition of a handful of states.
//!
//! Data does not exist here: a state is its kind, and how often its task fails.

/// A definition.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// The states of the root, one after the other.
    pub root: Body,
    /// Whether a record runs on through states that need nothing from outside (`STATES_PER_INVOCATION` above 1).
    pub runs_on: bool,
    /// Whether it has `TimeoutSeconds`.
    pub timeout: bool,
}

/// The states of one strand, one after the other.
pub type Body = &'static [Stage];

/// A state of the definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Needs nothing from outside.
    Pass,
    /// Waits for a timer.
    Wait,
    /// Calls.
    Task(Task),
    /// Parallel or Map.
    Fork(Fork),
    /// The engine panics on it, each time.
    Poison,
}

/// A Task state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// Whether it then waits for its token.
    pub token: bool,
    /// Whether that wait has a clock: `TimeoutSeconds` or `HeartbeatSeconds`.
    pub clock: bool,
    /// How many of its attempts fail, from the first on.
    pub fails: u8,
    /// How often it is tried again.
    pub retries: u8,
    /// Whether a Catcher goes on with the next state after the last failure.
    pub catches: bool,
}

/// A Parallel or Map state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fork {
    /// What each child does; none: an empty Map.
    pub children: &'static [Body],
    /// `MaxConcurrency`.
    pub at_once: u8,
    /// How often it is tried again.
    pub retries: u8,
    /// Whether a Catcher goes on with the next state after the last failure.
    pub catches: bool,
}

impl Task {
    /// A request that succeeds.
    pub const PLAIN: Self = Self { token: false, clock: false, fails: 0, retries: 0, catches: false };
}

impl Fork {
    /// All of them at once; their failure is that of the strand.
    pub const fn of(children: &'static [Body]) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "a handful")]
        let at_once = children.len() as u8;
        Self { children, at_once, retries: 0, catches: false }
    }

    /// How many children there are to be.
    pub fn total(&self) -> u8 {
        u8::try_from(self.children.len()).unwrap_or(u8::MAX)
    }
}

/// A task that succeeds.
pub const TASK: Stage = Stage::Task(Task::PLAIN);
