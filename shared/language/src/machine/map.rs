//! The Map state. A distributed one is data: this version runs inline ones.

use super::{Catcher, Data, DataFlow, Next, PayloadTemplate, Retrier, StateName};
use expression::{Expression, Query, QueryTemplate};
use serde_json::Number;

/// Runs its processor once for each item; its result is the array of their outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Input and output (`parameters` and `arguments` are always `None`: the legacy field is `item_selector`).
    pub data: Data<DataFlow>,
    /// Where the items are.
    pub items: Items,
    /// What each iteration gets (`ItemSelector`, or the legacy `Parameters`).
    pub item_selector: Option<PayloadTemplate>,
    /// How many iterations at once.
    pub max_concurrency: MaxConcurrency,
    /// What it has because `ProcessorConfig.Mode` is `DISTRIBUTED`.
    pub distribution: Option<Box<Distribution>>,
    /// The state that each iteration starts at.
    pub start_at: StateName,
    /// Tried in order when it fails.
    pub retry: Vec<Retrier>,
    /// Tried in order when no retrier takes the failure.
    pub catch: Vec<Catcher>,
    /// The variables that it sets; `$` is the array of outputs.
    pub assign: Option<PayloadTemplate>,
    /// Where it leads.
    pub next: Next,
}

/// The items of a Map.
#[derive(Clone, Debug, PartialEq)]
pub enum Items {
    /// The effective input itself.
    Input,
    /// `ItemsPath`.
    Path(Expression),
    /// `Items` in JSONata.
    Query(QueryTemplate),
}

/// How many iterations run at once. 0: as many as the service allows.
#[derive(Clone, Debug, PartialEq)]
pub enum MaxConcurrency {
    /// Written in the definition; absent is 0.
    Fixed(u64),
    /// `MaxConcurrencyPath`.
    Path(Expression),
    /// A JSONata expression.
    Query(Query),
}

/// What a distributed Map has besides.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// How many items may fail.
    pub tolerated_failure_count: Option<Tolerated>,
    /// How many of a hundred items may fail.
    pub tolerated_failure_percentage: Option<Tolerated>,
    /// Whether it has an `ItemReader`, which is not read yet.
    pub reads_items: bool,
    /// Whether it has an `ItemBatcher`, which is not read yet.
    pub batches_items: bool,
    /// Whether it has a `ResultWriter`, which is not read yet.
    pub writes_results: bool,
}

/// `ToleratedFailureCount` or `ToleratedFailurePercentage`.
#[derive(Clone, Debug, PartialEq)]
pub enum Tolerated {
    /// Written in the definition.
    Fixed(Number),
    /// The `...Path` form.
    Path(Expression),
    /// A JSONata expression.
    Query(Query),
}
