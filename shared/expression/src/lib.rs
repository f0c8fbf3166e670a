//! JSONPath as AWS evaluates it, payload templates, intrinsic functions, and the bridge to JSONata.
//!
//! Step Functions uses Jayway JsonPath, not RFC 9535, and shows its exception texts to users, so [`JsonPath`] follows
//! Jayway: its grammar, its idea of a definite path, its coercions and its words. [`Expression`] is what one field may
//! hold, [`Template`] a whole payload of them, [`ResultPath`] the one kind of path that is written to.
//!
//! In the states that speak JSONata, [`Query`] is what a field may hold, [`QueryTemplate`] a whole payload of them, and
//! [`QueryScope`] what they see.
//!
//! Everything here is pure: no clock, no randomness but the [`Random`] that the caller seeds. What the states do with the
//! values, and which field wants which error text, is the engine's business.

mod context;
mod decimal;
mod error;
mod expression;
mod intrinsic;
mod json;
pub mod path;
mod query;
mod result_path;
mod scope;
mod template;

pub use context::{Context, Part};
pub use decimal::compare_numbers;
pub use error::Error;
pub use expression::{Expression, MAX_VARIABLE_NAME, ParseError, Variable, is_variable_name};
pub use intrinsic::Intrinsic;
pub use json::{MAX_DEPTH, is_deeper_than, json_text};
pub use path::{JsonPath, ReferencePath};
pub use query::{Query, QueryError, QueryProblem, QueryScope, QueryTemplate, QueryTemplateError};
pub use result_path::ResultPath;
pub use scope::{Random, Scope, Variables};
pub use template::{Template, TemplateError};
