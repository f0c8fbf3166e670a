//! The tree that is evaluated: paths are lists of steps, and every step knows what it must keep for later ones.

use crate::functions::Native;
use crate::lexer::Symbol;
use crate::regex::Regex;
use crate::signature::Signature;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    /// In UTF-16 units. A path has none.
    pub(crate) position: Option<usize>,
    /// `[]` follows: a single value stays an array.
    pub(crate) keeps_array: bool,
    /// `[...]` behind an expression that is no step of a path.
    pub(crate) predicates: Vec<Stage>,
    pub(crate) group: Option<Box<Group>>,
    pub(crate) step: Step,
}

/// What makes an expression a special step of its path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Step {
    pub(crate) stages: Vec<Stage>,
    /// `@$name`
    pub(crate) focus: Option<String>,
    /// `#$name`
    pub(crate) index: Option<String>,
    /// The label under which a later `%` finds this step's context.
    pub(crate) ancestor: Option<Slot>,
    /// Works on a stream of tuples.
    pub(crate) is_tuple: bool,
    /// An array constructor that is not flattened into its path.
    pub(crate) is_constructed: bool,
    /// Slots of `%` within, whose steps are further out. Used while parsing only.
    pub(crate) seeking: Vec<usize>,
}

/// What `%` refers to. The label is known once the step is found whose context it is.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) number: usize,
    pub(crate) label: Arc<OnceLock<String>>,
}

impl Slot {
    /// The variable that holds the context; no variable of the user's can have this name.
    pub(crate) fn label(&self) -> &str {
        self.label.get().map_or("!", String::as_str)
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Path {
        steps: Vec<Expr>,
        keeps_singleton: bool,
    },
    Name(String),
    Text(String),
    Number(f64),
    Bool(bool),
    Null,
    Regex(Arc<Regex>),
    Wildcard,
    Descendants,
    Parent(Slot),
    /// The native function is what the name means where nothing else was bound to it.
    Variable {
        name: String,
        native: Option<Native>,
    },
    Binary {
        operator: Symbol,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Negate(Box<Expr>),
    Array(Vec<Expr>),
    Object(Group),
    Call(Call),
    /// A call with `?` for some arguments.
    Partial {
        procedure: Box<Expr>,
        arguments: Vec<Option<Expr>>,
    },
    Lambda(Lambda),
    /// A call in tail position of a function's body.
    TailCall(Box<Expr>),
    Condition {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Option<Box<Expr>>,
    },
    Block {
        expressions: Vec<Expr>,
        /// Whether something in it may bind a variable, which then lives as long as the block.
        is_scope: bool,
    },
    Bind {
        name: String,
        value: Box<Expr>,
    },
    Apply {
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Transform {
        pattern: Box<Expr>,
        update: Box<Expr>,
        delete: Option<Box<Expr>>,
    },
    Sort(Vec<Term>),
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) procedure: Box<Expr>,
    pub(crate) arguments: Vec<Expr>,
}

#[derive(Clone, Debug)]
pub(crate) struct Lambda {
    pub(crate) parameters: Vec<String>,
    pub(crate) signature: Option<Signature>,
    pub(crate) body: Box<Expr>,
}

/// Pairs of an object constructor, or of the grouping that follows an expression.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) pairs: Vec<(Expr, Expr)>,
    pub(crate) position: usize,
    /// All keys are written as texts, each another.
    pub(crate) has_written_keys: bool,
}

impl Group {
    pub(crate) fn new(pairs: Vec<(Expr, Expr)>, position: usize) -> Self {
        let mut keys = HashSet::new();
        let has_written_keys = pairs.iter().all(|(key, _)| match &key.kind {
            Kind::Text(text) => key.predicates.is_empty() && key.group.is_none() && keys.insert(text.as_str()),
            _ => false,
        });
        Self { pairs, position, has_written_keys }
    }

    fn may_bind(&self) -> bool {
        self.pairs.iter().any(|(key, value)| key.may_bind() || value.may_bind())
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Stage {
    Filter(Box<Expr>),
    Index(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Term {
    pub(crate) is_descending: bool,
    pub(crate) expression: Expr,
}

impl Expr {
    pub(crate) fn new(kind: Kind, position: Option<usize>) -> Self {
        Self { kind, position, keeps_array: false, predicates: Vec::new(), group: None, step: Step::default() }
    }

    /// Whether evaluating it may bind a variable in the scope that it stands in. A call may: `$eval` can hide behind it.
    pub(crate) fn may_bind(&self) -> bool {
        let may_bind_here = match &self.kind {
            Kind::Path { steps, .. } => steps.iter().any(Self::may_bind),
            Kind::Binary { left, right, .. } => left.may_bind() || right.may_bind(),
            Kind::Negate(operand) => operand.may_bind(),
            Kind::Array(items) => items.iter().any(Self::may_bind),
            Kind::Object(group) => group.may_bind(),
            Kind::Condition { condition, then, otherwise } => {
                condition.may_bind() || then.may_bind() || otherwise.as_ref().is_some_and(|it| it.may_bind())
            }
            Kind::Sort(terms) => terms.iter().any(|term| term.expression.may_bind()),
            Kind::Block { .. }
            | Kind::Name(_)
            | Kind::Text(_)
            | Kind::Number(_)
            | Kind::Bool(_)
            | Kind::Null
            | Kind::Regex(_)
            | Kind::Wildcard
            | Kind::Descendants
            | Kind::Parent(_)
            | Kind::Variable { .. } => false,
            Kind::Call(_)
            | Kind::Partial { .. }
            | Kind::Lambda(_)
            | Kind::TailCall(_)
            | Kind::Bind { .. }
            | Kind::Apply { .. }
            | Kind::Transform { .. } => true,
        };
        let in_stage = |stage: &Stage| matches!(stage, Stage::Filter(predicate) if predicate.may_bind());
        may_bind_here
            || self.predicates.iter().any(in_stage)
            || self.step.stages.iter().any(in_stage)
            || self.group.as_ref().is_some_and(|group| group.may_bind())
    }

    /// The name by which the reference calls this kind of expression.
    pub(crate) fn kind_name(&self) -> &'static str {
        match &self.kind {
            Kind::Path { .. } => "path",
            Kind::Name(_) => "name",
            Kind::Text(_) => "string",
            Kind::Number(_) => "number",
            Kind::Bool(_) | Kind::Null => "value",
            Kind::Regex(_) => "regex",
            Kind::Wildcard => "wildcard",
            Kind::Descendants => "descendant",
            Kind::Parent(_) => "parent",
            Kind::Variable { .. } => "variable",
            Kind::Binary { .. } => "binary",
            Kind::Negate(_) | Kind::Array(_) | Kind::Object(_) => "unary",
            Kind::Call(_) => "function",
            Kind::Partial { .. } => "partial",
            Kind::Lambda(_) | Kind::TailCall(_) => "lambda",
            Kind::Condition { .. } => "condition",
            Kind::Block { .. } => "block",
            Kind::Bind { .. } => "bind",
            Kind::Apply { .. } => "apply",
            Kind::Transform { .. } => "transform",
            Kind::Sort(_) => "sort",
        }
    }

    /// The name by which a failing call is reported: that of the variable or of the path's first step, or else the
    /// operator, if it is one.
    pub(crate) fn called_name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Variable { name, .. } | Kind::Name(name) | Kind::Text(name) => Some(name),
            Kind::Path { steps, .. } => steps.first().and_then(Self::called_name),
            Kind::Binary { operator, .. } => Some(operator.text()),
            Kind::Wildcard => Some("*"),
            Kind::Descendants => Some("**"),
            Kind::Negate(_) => Some("-"),
            Kind::Array(_) => Some("["),
            Kind::Object(_) => Some("{"),
            Kind::Call(_) | Kind::Partial { .. } => Some("("),
            Kind::Bind { .. } => Some(":="),
            Kind::Apply { .. } => Some("~>"),
            Kind::Number(_)
            | Kind::Bool(_)
            | Kind::Null
            | Kind::Regex(_)
            | Kind::Parent(_)
            | Kind::Lambda(_)
            | Kind::TailCall(_)
            | Kind::Condition { .. }
            | Kind::Block { .. }
            | Kind::Transform { .. }
            | Kind::Sort(_) => None,
        }
    }
}
