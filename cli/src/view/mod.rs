//! What a person sees of a running execution: a model of it from its records ([`tree`]), drawn on a terminal
//! ([`live`]) or told in lines ([`plain`]).

pub(crate) mod layout;
pub(crate) mod live;
pub(crate) mod plain;
pub(crate) mod style;
#[cfg(test)]
mod tests;
pub(crate) mod tree;
mod watcher;

pub(crate) use watcher::{Watcher, Watching};
