//! JSONata in the fields of states: `{% … %}`, what it sees and what it gives.

mod error;
mod scope;
mod template;

pub use error::{QueryError, QueryProblem};
pub use scope::QueryScope;
pub use template::{QueryTemplate, QueryTemplateError};

use jsonata::{Dialect, Options, Outcome, References};
use serde_json::Value;
use std::sync::Arc;

/// What an expression stands between: nothing may stand before or after.
const DELIMITERS: (&str, &str) = ("{%", "%}");

/// A JSONata expression, as a field of a state holds it.
#[derive(Clone, Debug)]
pub struct Query {
    parsed: Arc<Parsed>,
}

#[derive(Debug)]
struct Parsed {
    source: String,
    expression: jsonata::Expression,
    references: References,
}

impl Query {
    /// The expression in a text, without its delimiters and the spaces within them; none if the text is a plain string.
    pub fn source_in(text: &str) -> Option<&str> {
        let (start, end) = DELIMITERS;
        text.strip_prefix(start)?.strip_suffix(end).map(str::trim)
    }

    /// Parses an expression without its delimiters.
    pub fn parse(source: &str) -> Result<Self, jsonata::Error> {
        let expression = jsonata::Expression::parse(source)?;
        let references = expression.references();
        Ok(Self { parsed: Arc::new(Parsed { source: source.to_owned(), expression, references }) })
    }

    /// The text it was read from, without its delimiters.
    pub fn source(&self) -> &str {
        &self.parsed.source
    }

    /// What it takes from outside of itself.
    pub fn references(&self) -> &References {
        &self.parsed.references
    }

    /// Its value. `field` is where it stands, as AWS names it: `Output/total`.
    pub fn evaluate(&self, field: &str, scope: &QueryScope<'_>) -> Result<Value, QueryError> {
        let outcome = scope.with_variables(self.references(), |variables, random| {
            let options = Options {
                limits: scope.limits,
                dialect: Dialect::Aws,
                now: scope.now_milliseconds,
                variables,
                random: Some(random),
            };
            self.parsed.expression.evaluate_with(None, options)
        });
        let problem = match outcome {
            Ok(Outcome::Json(value)) => return Ok(value),
            Ok(Outcome::Undefined) => QueryProblem::Undefined,
            Ok(Outcome::Function) => QueryProblem::Function,
            Err(error) => QueryProblem::of_error(&error, scope.random),
        };
        Err(self.failed(field, problem))
    }

    /// Its value, which must be of a kind: what AWS calls it, such as `array`, and what takes such a value out.
    pub fn evaluate_as<T>(
        &self,
        field: &str,
        kind: &'static str,
        scope: &QueryScope<'_>,
        take: impl FnOnce(Value) -> Result<T, Value>,
    ) -> Result<T, QueryError> {
        take(self.evaluate(field, scope)?).map_err(|value| self.failed(field, QueryProblem::unexpected(kind, &value)))
    }

    /// A failure of this expression.
    pub fn failed(&self, field: &str, problem: QueryProblem) -> QueryError {
        QueryError { field: field.to_owned(), expression: self.source().to_owned(), problem }
    }
}

/// The same text means the same.
impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}
