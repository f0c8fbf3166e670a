//! JSONata in Rust.
#![doc = include_str!("../README.md")]
#![expect(clippy::float_cmp, reason = "JavaScript compares numbers exactly, and so must everything here")]

mod analysis;
mod ast;
mod datetime;
mod error;
mod evaluate;
mod expression;
mod functions;
mod lexer;
mod limits;
mod meter;
mod number;
mod options;
mod parse;
mod regex;
mod signature;
mod value;

pub use analysis::{DocumentReference, References};
pub use error::{Code, Error, Limit};
pub use expression::Expression;
pub use limits::Limits;
pub use options::{Dialect, Options, Random, Seeded, Variable};
pub use value::Outcome;
