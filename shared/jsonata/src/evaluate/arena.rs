//! Places for what is parsed while an expression is evaluated. All lives as long as the evaluation.

use crate::ast::Expr;
use serde_json::Number;
use std::cell::{Cell, OnceCell};

#[derive(Default)]
pub(crate) struct Arena {
    /// What `$eval` parsed.
    pub(crate) expressions: Kept<Expr>,
    /// Numbers of parsed JSON that a float cannot hold.
    pub(crate) numbers: Kept<Number>,
}

/// The first chunk's length; each further chunk is twice as long.
const FIRST: usize = 8;
const CHUNKS: usize = 24;

pub(crate) struct Kept<T> {
    chunks: OnceCell<Box<[Chunk<T>; CHUNKS]>>,
    len: Cell<usize>,
}

type Chunk<T> = OnceCell<Box<[OnceCell<T>]>>;

impl<T> Kept<T> {
    /// Keeps a value; none when there is no place left.
    pub(crate) fn keep(&self, value: T) -> Option<&T> {
        let mut index = self.len.get();
        self.len.set(index + 1);
        for (number, chunk) in
            self.chunks.get_or_init(|| Box::new([const { OnceCell::new() }; CHUNKS])).iter().enumerate()
        {
            let len = FIRST << number;
            if index < len {
                let chunk = chunk.get_or_init(|| (0..len).map(|_| OnceCell::new()).collect());
                return Some(chunk.get(index)?.get_or_init(|| value));
            }
            index -= len;
        }
        None
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { chunks: OnceCell::new(), len: Cell::new(0) }
    }
}
