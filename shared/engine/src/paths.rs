//! JSONPath in the fields of a state: paths, payload templates, and where a result goes.

use crate::evaluate::Evaluation;
use crate::{Hop, Visit};
use expression::{Error, Expression, Scope, Template};
use language::machine::{DataFlow, InputOutput, PathField, ResultPathField};
use model::limits::MAX_NESTING;
use model::{Failure, Payload, error_name};
use serde_json::Value;

/// The paths that lead data through a state.
pub(crate) trait Paths {
    /// What the state sees of its input.
    fn input_path(&self) -> &PathField;

    /// What goes on after this came of the state.
    fn output(&self, evaluation: &Evaluation<'_>, came: &Payload) -> Result<Payload, Failure>;
}

impl Paths for InputOutput {
    fn input_path(&self) -> &PathField {
        &self.input_path
    }

    fn output(&self, evaluation: &Evaluation<'_>, came: &Payload) -> Result<Payload, Failure> {
        evaluation.path(&self.output_path, came)
    }
}

impl Paths for DataFlow {
    fn input_path(&self) -> &PathField {
        &self.input_path
    }

    fn output(&self, evaluation: &Evaluation<'_>, came: &Payload) -> Result<Payload, Failure> {
        let selected = evaluation.template(self.result_selector.as_ref(), came)?;
        evaluation.reached(Hop::ResultSelector, &selected);
        let combined = evaluation.combine(&self.result_path, selected)?;
        evaluation.reached(Hop::ResultPath, &combined);
        evaluation.path(&self.output_path, &combined)
    }
}

impl Evaluation<'_> {
    /// `InputPath` or `OutputPath`.
    pub(crate) fn path(&self, path: &PathField, input: &Payload) -> Result<Payload, Failure> {
        match path {
            PathField::Whole => Ok(input.clone()),
            PathField::Empty => Ok(Payload::empty()),
            PathField::Path(expression) => {
                let value = self.field(expression, input)?;
                // The context object holds inputs, and is deeper than they are.
                if expression::is_deeper_than(&value, MAX_NESTING) {
                    let text = format!("the value is nested deeper than {MAX_NESTING} levels");
                    return Err(self.failure(error_name::RUNTIME, &text));
                }
                Ok(Payload::from_value(value))
            }
        }
    }

    /// A payload template, if there is one; otherwise the input as it is.
    pub(crate) fn template(&self, template: Option<&Template>, input: &Payload) -> Result<Payload, Failure> {
        let Some(template) = template else { return Ok(input.clone()) };
        self.scoped(input, |scope| template.evaluate(scope)).map(Payload::from_value)
    }

    /// The value that a `...Path` field finds.
    pub(crate) fn field(&self, expression: &Expression, input: &Payload) -> Result<Value, Failure> {
        self.scoped(input, |scope| expression.evaluate(scope))
    }

    /// The value of a `...Path` field that wants a reference path.
    pub(crate) fn reference(&self, expression: &Expression, input: &Payload) -> Result<Value, Failure> {
        self.scoped(input, |scope| expression.evaluate_reference(scope))
    }

    /// The value of a `...Path` field, or none where it finds nothing.
    pub(crate) fn look_up(&self, expression: &Expression, input: &Payload) -> Option<Value> {
        self.scoped(input, |scope| expression.evaluate(scope)).ok()
    }

    /// The text that `ErrorPath` or `CausePath` gives.
    pub(crate) fn text_at(&self, field: &str, expression: &Expression) -> Result<String, Failure> {
        let value = self.scoped(&self.visit.input, |scope| expression.evaluate_for(field, scope))?;
        match value {
            Value::String(text) => Ok(text),
            other => Err(self.failure(
                error_name::RUNTIME,
                &format!("The field '{field}' must give a string, but '{}' gave {other}", expression.source()),
            )),
        }
    }

    /// Where the result goes: `ResultPath` over the state's raw input.
    pub(crate) fn combine(&self, path: &ResultPathField, result: Payload) -> Result<Payload, Failure> {
        let Visit { input, .. } = self.visit;
        match path {
            ResultPathField::Replace => Ok(result),
            ResultPathField::Discard => Ok(input.clone()),
            ResultPathField::Insert(path) => path
                .insert(input.value().clone(), result.value().clone())
                .map(Payload::from_value)
                .map_err(|error| self.explain(&error)),
        }
    }

    /// Evaluates with this input as `$` and the context object as `$$`.
    pub(crate) fn scoped<T>(
        &self,
        input: &Payload,
        evaluate: impl FnOnce(&Scope<'_>) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        self.with_context(|context| {
            let variables = &self.place.variables;
            evaluate(&Scope { input: input.value(), context, variables, random: &self.random })
        })
        .map_err(|error| self.explain(&error))
    }

    fn explain(&self, error: &Error) -> Failure {
        let text = match error {
            // Seen on AWS: these do not say in which state.
            Error::ResultPath { .. } | Error::Step { .. } => {
                return Failure::new(error.error_name(), error.to_string()).clipped();
            }
            Error::Path { path, source } => format!("Invalid path '{path}' : {source}"),
            other => other.to_string(),
        };
        self.failure(error.error_name(), &text)
    }
}
