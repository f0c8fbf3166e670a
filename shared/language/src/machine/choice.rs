//! The Choice state.

use super::{Data, InputOutput, PayloadTemplate, StateName};
use expression::{Expression, Query, QueryTemplate};
use serde_json::Number;

/// Takes the first rule that holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Input and output.
    pub data: Data<InputOutput>,
    /// Tried in order.
    pub choices: Vec<ChoiceRule>,
    /// Where it leads when no rule holds; none: `States.NoChoiceMatched`.
    pub default: Option<StateName>,
    /// The variables that it sets when no rule holds; `$` is the effective input.
    pub assign: Option<PayloadTemplate>,
}

/// One rule of a Choice.
#[derive(Clone, Debug, PartialEq)]
pub struct ChoiceRule {
    /// When it holds.
    pub condition: Condition,
    /// The variables that it sets; `$` is the effective input.
    pub assign: Option<PayloadTemplate>,
    /// In JSONata: what goes on; none: the state's input.
    pub output: Option<QueryTemplate>,
    /// Where it leads.
    pub next: StateName,
}

/// A condition over the state's effective input.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All of them.
    And(Vec<Condition>),
    /// Any of them.
    Or(Vec<Condition>),
    /// The opposite.
    Not(Box<Condition>),
    /// One comparison.
    Compare(Comparison),
    /// A JSONata expression that gives a boolean.
    Query(Query),
    /// In JSONata: whatever the data is.
    Constant(bool),
}

/// `Variable` and one operator.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The path compared: of the input, (`$$.`) the context object or (`$name`) a variable.
    pub variable: Expression,
    /// What it is compared with.
    pub operator: Operator,
}

/// The 39 operators, by family.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    /// `StringEquals`, `StringLessThanPath`, ...
    String(Relation, Operand<String>),
    /// `NumericEquals`, ...
    Numeric(Relation, Operand<Number>),
    /// `TimestampEquals`, ...: the text and the instant.
    Timestamp(Relation, Operand<(String, jiff::Timestamp)>),
    /// `BooleanEquals`, `BooleanEqualsPath`.
    Boolean(Operand<bool>),
    /// `StringMatches`: `*` stands for any characters, `\*` for a star, `\\` for a backslash.
    StringMatches(String),
    /// `IsNull`, `IsPresent`, ...: whether the test must hold or must not.
    Is(TypeTest, bool),
}

/// The five relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `Equals`
    Equals,
    /// `LessThan`
    LessThan,
    /// `LessThanEquals`
    LessThanEquals,
    /// `GreaterThan`
    GreaterThan,
    /// `GreaterThanEquals`
    GreaterThanEquals,
}

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand<T> {
    /// Written in the definition.
    Literal(T),
    /// The `...Path` form.
    Path(Expression),
}

/// `Is...` operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeTest {
    /// `IsNull`
    Null,
    /// `IsPresent`
    Present,
    /// `IsNumeric`
    Numeric,
    /// `IsString`
    String,
    /// `IsBoolean`
    Boolean,
    /// `IsTimestamp`
    Timestamp,
}
