//! Fields that several state types share.

use super::StateName;
use expression::{Expression, Query, QueryTemplate, ResultPath, Template};

/// Where a state leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// To another state of its scope.
    State(StateName),
    /// Nowhere: the scope ends here (`"End": true`).
    End,
}

/// What becomes of data on its way through a state, in the state's query language; `P` is how JSONPath has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Data<P> {
    /// By paths.
    JsonPath(P),
    /// By expressions.
    Jsonata(Queries),
}

/// What JSONata makes of a state's data. What is absent hands on what it gets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Queries {
    /// `Arguments`: what the state's work gets.
    pub arguments: Option<QueryTemplate>,
    /// `Output`: what goes on.
    pub output: Option<QueryTemplate>,
}

/// A payload with expressions in it, in the query language of the state.
#[derive(Clone, Debug, PartialEq)]
pub enum PayloadTemplate {
    /// A payload template: names of members that end in `.$`.
    JsonPath(Template),
    /// Strings between `{%` and `%}`.
    Jsonata(QueryTemplate),
}

/// `InputPath` or `OutputPath`.
#[derive(Clone, Debug, PartialEq)]
pub enum PathField {
    /// Absent, or `$`: everything.
    Whole,
    /// `null`: the empty object.
    Empty,
    /// What the path picks: from the input, (`$$.`) the context object or (`$name`) a variable.
    Path(Expression),
}

/// `ResultPath`.
#[derive(Clone, Debug, PartialEq)]
pub enum ResultPathField {
    /// Absent, or `$`: the result replaces the input.
    Replace,
    /// `null`: the result is thrown away.
    Discard,
    /// The result is put into the input at the path.
    Insert(ResultPath),
}

/// `InputPath` and `OutputPath`, for states with no result.
#[derive(Clone, Debug, PartialEq)]
pub struct InputOutput {
    /// What the state sees of its input.
    pub input_path: PathField,
    /// What of its output goes on.
    pub output_path: PathField,
}

/// How data passes through a state that has a result: `InputPath`, `Parameters`, `ResultSelector`,
/// `ResultPath`, `OutputPath`, applied in this order.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFlow {
    /// What the state sees of its input.
    pub input_path: PathField,
    /// What is made of that for the work itself. Not for Map, whose legacy `Parameters` is its item selector.
    pub parameters: Option<Template>,
    /// What is kept of the raw result.
    pub result_selector: Option<Template>,
    /// Where the result goes.
    pub result_path: ResultPathField,
    /// What of the whole goes on.
    pub output_path: PathField,
}

/// A number of seconds, fixed or read when the state is entered.
#[derive(Clone, Debug, PartialEq)]
pub enum Seconds {
    /// Written in the definition.
    Fixed(u64),
    /// `...Path`: read from the input (or the context object, or a variable).
    Path(Expression),
    /// A JSONata expression.
    Query(Query),
}
