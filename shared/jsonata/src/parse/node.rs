//! The tree as the grammar gives it, before paths are put together.

use crate::lexer::Symbol;
use crate::regex::Regex;
use crate::signature::Signature;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) shape: Shape,
    pub(super) position: usize,
    /// `[]` follows.
    pub(super) keeps_array: bool,
    /// Levels of the tree from here down.
    pub(super) levels: usize,
}

#[derive(Debug)]
pub(super) enum Shape {
    Name(String),
    Variable(String),
    Text(String),
    Number(f64),
    Bool(bool),
    Null,
    Regex(Arc<Regex>),
    /// `and`, `or`, `in` where an operand stands: a name.
    Keyword(&'static str),
    Placeholder,
    Wildcard,
    Descendants,
    Parent,
    End,
    Binary {
        operator: Symbol,
        left: Box<Node>,
        right: Box<Node>,
    },
    Filter {
        left: Box<Node>,
        predicate: Box<Node>,
    },
    Sort {
        left: Box<Node>,
        terms: Vec<(bool, Node)>,
    },
    Group {
        left: Box<Node>,
        pairs: Vec<(Node, Node)>,
    },
    Focus {
        left: Box<Node>,
        name: String,
    },
    Index {
        left: Box<Node>,
        name: String,
    },
    Bind {
        name: String,
        value: Box<Node>,
    },
    Negate(Box<Node>),
    Array(Vec<Node>),
    Object(Vec<(Node, Node)>),
    Call {
        procedure: Box<Node>,
        arguments: Vec<Node>,
    },
    Partial {
        procedure: Box<Node>,
        arguments: Vec<Node>,
    },
    Lambda {
        parameters: Vec<String>,
        signature: Option<Signature>,
        body: Box<Node>,
    },
    Block(Vec<Node>),
    Condition {
        condition: Box<Node>,
        then: Box<Node>,
        otherwise: Option<Box<Node>>,
    },
    Transform {
        pattern: Box<Node>,
        update: Box<Node>,
        delete: Option<Box<Node>>,
    },
}

impl Shape {
    /// The highest of the trees below.
    pub(super) fn levels_below(&self) -> usize {
        let highest = |nodes: &mut dyn Iterator<Item = &Node>| nodes.map(|node| node.levels).max().unwrap_or(0);
        match self {
            Self::Name(_)
            | Self::Variable(_)
            | Self::Text(_)
            | Self::Number(_)
            | Self::Bool(_)
            | Self::Null
            | Self::Regex(_)
            | Self::Keyword(_)
            | Self::Placeholder
            | Self::Wildcard
            | Self::Descendants
            | Self::Parent
            | Self::End => 0,
            Self::Binary { left, right, .. } | Self::Filter { left, predicate: right } => left.levels.max(right.levels),
            Self::Sort { left, terms } => left.levels.max(highest(&mut terms.iter().map(|(_, node)| node))),
            Self::Group { left, pairs } => {
                left.levels.max(highest(&mut pairs.iter().flat_map(|(key, value)| [key, value])))
            }
            Self::Focus { left, .. } | Self::Index { left, .. } => left.levels,
            Self::Bind { value, .. } | Self::Negate(value) => value.levels,
            Self::Array(nodes) | Self::Block(nodes) => highest(&mut nodes.iter()),
            Self::Object(pairs) => highest(&mut pairs.iter().flat_map(|(key, value)| [key, value])),
            Self::Call { procedure, arguments } | Self::Partial { procedure, arguments } => {
                procedure.levels.max(highest(&mut arguments.iter()))
            }
            Self::Lambda { body, .. } => body.levels,
            Self::Condition { condition, then, otherwise } => {
                highest(&mut [condition, then].into_iter().chain(otherwise).map(|node| &**node))
            }
            Self::Transform { pattern, update, delete } => {
                highest(&mut [pattern, update].into_iter().chain(delete).map(|node| &**node))
            }
        }
    }
}
