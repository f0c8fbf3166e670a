//! Executions in memory: what they do, what they take up, how they end.

mod forks;
mod limits;
mod states;
mod support;
