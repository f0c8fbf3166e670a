//! JSONata in the fields of a state: what the expressions see, and what their values must be.

use crate::Failed;
use crate::evaluate::{Came, Clause, Evaluation};
use expression::{Query, QueryError, QueryScope, QueryTemplate};
use jsonata::Limits;
use model::{Payload, error_name};
use serde_json::{Number, Value};

impl Evaluation<'_> {
    /// A clause's template, if it has one; otherwise what came of the state as it is.
    pub(crate) fn queried_or(
        &self,
        clause: Clause,
        name: &'static str,
        template: Option<&QueryTemplate>,
        came: Came<'_>,
    ) -> Result<Payload, Failed> {
        match template {
            None => Ok(came.payload().clone()),
            Some(template) => self.queried(&clause.field(name), template, came).map(Payload::from_value),
        }
    }

    /// A template's value.
    pub(crate) fn queried(&self, field: &str, template: &QueryTemplate, came: Came<'_>) -> Result<Value, Failed> {
        self.with_scope(came, |scope| template.evaluate(field, scope))
    }

    /// The items of a Map: of an expression an array, or an array with expressions in it.
    pub(crate) fn items(&self, template: &QueryTemplate) -> Result<Payload, Failed> {
        const FIELD: &str = "Items";
        let items = match template.as_query() {
            Some(query) => self.value(FIELD, query, "array", |value| match value {
                array @ Value::Array(_) => Ok(array),
                other => Err(other),
            }),
            None => self.queried(FIELD, template, Came::Input(&self.visit.input)),
        };
        items.map(Payload::from_value)
    }

    /// The truth of an expression.
    pub(crate) fn truth(&self, field: &str, query: &Query) -> Result<bool, Failed> {
        self.value(field, query, "boolean", |value| value.as_bool().ok_or(value))
    }

    /// The text of an expression.
    pub(crate) fn text(&self, field: &str, query: &Query) -> Result<String, Failed> {
        self.value(field, query, "string", |value| match value {
            Value::String(text) => Ok(text),
            other => Err(other),
        })
    }

    /// The number of an expression, from 0 to `most`, which is far below 2^53.
    pub(crate) fn number(&self, field: &str, query: &Query, most: u64) -> Result<Number, Failed> {
        let number = self.value(field, query, "number", |value| match value {
            Value::Number(number) => Ok(number),
            other => Err(other),
        })?;
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let range = 0.0..=most as f64;
        if number.as_f64().is_some_and(|double| range.contains(&double)) {
            return Ok(number);
        }
        let text = format!("{field} must be between 0 and {most} but was: {number}");
        Err(self.evaluation_failed(Some(field), &text))
    }

    /// The whole number of an expression, from 0 to `most`.
    pub(crate) fn whole_number(&self, field: &str, query: &Query, most: u64) -> Result<u64, Failed> {
        let number = self.number(field, query, most)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and from 0 to `most`")]
        let whole = number.as_f64().filter(|double| double.fract() == 0.0).map(|double| double as u64);
        whole.ok_or_else(|| {
            let text = format!("The {field} field cannot be parsed as an integer: {number}");
            self.evaluation_failed(Some(field), &text)
        })
    }

    /// A failure to evaluate; `location` is the field that is to blame, if one is.
    pub(crate) fn evaluation_failed(&self, location: Option<&str>, what: &str) -> Failed {
        Failed::evaluation(self.failure(error_name::QUERY_EVALUATION_ERROR, what), location)
    }

    /// The value of an expression, of a kind.
    fn value<T>(
        &self,
        field: &str,
        query: &Query,
        kind: &'static str,
        take: impl FnOnce(Value) -> Result<T, Value>,
    ) -> Result<T, Failed> {
        self.with_scope(Came::Input(&self.visit.input), |scope| query.evaluate_as(field, kind, scope, take))
    }

    fn with_scope<T>(
        &self,
        came: Came<'_>,
        evaluate: impl FnOnce(&QueryScope<'_>) -> Result<T, QueryError>,
    ) -> Result<T, Failed> {
        let (result, error_output) = match came {
            Came::Input(_) => (None, None),
            Came::Result(result) => (Some(result), None),
            Came::Error(error_output) => (None, Some(error_output)),
        };
        let evaluated = self.with_context(|context| {
            evaluate(&QueryScope {
                input: &self.visit.input,
                result,
                error_output,
                context,
                variables: &self.place.variables,
                random: &self.random,
                now_milliseconds: self.context().now.as_micros().div_euclid(1_000),
                limits: limits(self.context().max_payload_bytes),
            })
        });
        evaluated.map_err(|error| self.evaluation_failed(Some(&error.field), &error.to_string()))
    }
}

/// What one evaluation may spend: as much as on AWS, whose limit goes with that of its payloads. Where payloads may be of
/// any size, several times that: what a function of half a gigabyte can still hold, in which a number of an array takes
/// some ten bytes for each unit, and what ends in time for its message.
fn limits(max_payload_bytes: Option<usize>) -> Limits {
    const LARGE_MEMORY: usize = 64 << 20;
    const LARGE_STEPS: u64 = 30_000_000;
    match max_payload_bytes {
        Some(_) => Limits::default(),
        None => Limits { memory: LARGE_MEMORY, steps: LARGE_STEPS, ..Limits::default() },
    }
}
