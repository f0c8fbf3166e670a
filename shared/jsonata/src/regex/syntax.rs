//! Patterns as trees.

use super::class::Class;

#[derive(Debug)]
pub(super) enum Node {
    Empty,
    Char(char),
    Any,
    Class(Class),
    Start,
    End,
    /// `\b`, or else `\B`.
    Boundary(bool),
    Group {
        number: usize,
        node: Box<Node>,
    },
    Reference(usize),
    Look {
        is_ahead: bool,
        is_negative: bool,
        node: Box<Node>,
    },
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Repeat {
        node: Box<Node>,
        bounds: Bounds,
        groups: (usize, usize),
    },
}

/// How often something repeats; without a maximum, any number of times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) min: u32,
    pub(super) max: Option<u32>,
    pub(super) is_greedy: bool,
}

#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) root: Node,
    /// Number of capturing groups.
    pub(super) groups: usize,
}
