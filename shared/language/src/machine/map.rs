//! The Map state, inline.

use super::{Catcher, DataFlow, Next, Retrier, StateName};
use expression::{Expression, Template};

/// Runs its processor once for each item; its result is the array of their outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Input and output (`parameters` is always `None`: the legacy field is `item_selector`).
    pub data: DataFlow,
    /// Where the items are; none: the effective input itself.
    pub items_path: Option<Expression>,
    /// What each iteration gets (`ItemSelector`, or the legacy `Parameters`).
    pub item_selector: Option<Template>,
    /// How many iterations at once.
    pub max_concurrency: MaxConcurrency,
    /// The state that each iteration starts at.
    pub start_at: StateName,
    /// Tried in order when it fails.
    pub retry: Vec<Retrier>,
    /// Tried in order when no retrier takes the failure.
    pub catch: Vec<Catcher>,
    /// Where it leads.
    pub next: Next,
}

/// How many iterations run at once. 0: as many as the service allows.
#[derive(Clone, Debug, PartialEq)]
pub enum MaxConcurrency {
    /// Written in the definition; absent is 0.
    Fixed(u64),
    /// `MaxConcurrencyPath`.
    Path(Expression),
}
