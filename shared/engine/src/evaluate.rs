//! Paths, templates and the context object, evaluated for one visit of a state.
//!
//! Every failure is a [`Failure`] with AWS's text, ready for the history.

use crate::{Place, StepContext, Visit};
use expression::{Context, Error, Expression, Random, Scope, Template};
use language::machine::{PathField, ResultPathField};
use model::history::StateType;
use model::limits::MAX_NESTING;
use model::{Failure, Payload, error_name};
use serde_json::{Map, Value, json};

/// Evaluates for one visit of a state.
pub(crate) struct Evaluation<'a> {
    context: &'a StepContext<'a>,
    place: &'a Place<Payload>,
    visit: &'a Visit<Payload>,
    random: Random,
    token: bool,
}

impl<'a> Evaluation<'a> {
    /// For this visit of a state in this strand.
    pub(crate) fn new(context: &'a StepContext<'a>, place: &'a Place<Payload>, visit: &'a Visit<Payload>) -> Self {
        let random = Random::seeded(context.seed ^ u64::from(context.events_before).rotate_left(32));
        Self { context, place, visit, random, token: false }
    }

    /// For the parameters of a task that waits for its token: with `$$.Task.Token`.
    pub(crate) fn with_token(mut self) -> Self {
        self.token = true;
        self
    }

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

    /// The value of a `...Path` field, or none where it finds nothing.
    pub(crate) fn look_up(&self, expression: &Expression, input: &Payload) -> Option<Value> {
        self.scoped(input, |scope| expression.evaluate(scope)).ok()
    }

    /// The text that `ErrorPath` or `CausePath` gives.
    pub(crate) fn text(&self, field: &str, expression: &Expression, input: &Payload) -> Result<String, Failure> {
        let value = self.scoped(input, |scope| expression.evaluate_for(field, scope))?;
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
        match path {
            ResultPathField::Replace => Ok(result),
            ResultPathField::Discard => Ok(self.visit.input.clone()),
            ResultPathField::Insert(path) => path
                .insert(self.visit.input.value().clone(), result.value().clone())
                .map(Payload::from_value)
                .map_err(|error| self.explain(&error)),
        }
    }

    /// A failure of this visit, with the sentence that AWS puts before.
    pub(crate) fn failure(&self, error: &str, what: &str) -> Failure {
        let Visit { state, entered_id, .. } = self.visit;
        Failure::new(
            error,
            format!(
                "An error occurred while executing the state '{state}' (entered at the event id #{entered_id}). {what}"
            ),
        )
        .clipped()
    }

    /// Evaluates with this input as `$` and the context object as `$$`.
    pub(crate) fn scoped<T>(
        &self,
        input: &Payload,
        evaluate: impl FnOnce(&Scope<'_>) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let build = || self.context_object();
        let context = Context::lazy(&build);
        let variables = Map::new();
        let scope = Scope { input: input.value(), context: &context, variables: &variables, random: &self.random };
        evaluate(&scope).map_err(|error| self.explain(&error))
    }

    fn explain(&self, error: &Error) -> Failure {
        let text = match error {
            Error::Path { path, source } => format!("Invalid path '{path}' : {source}"),
            other => other.to_string(),
        };
        self.failure(error.error_name(), &text)
    }

    /// `$$`.
    fn context_object(&self) -> Value {
        let execution = self.context.execution;
        let mut object = json!({
            "Execution": {
                "Id": execution.arn.as_str(),
                "Input": execution.input.value(),
                "StartTime": execution.started.to_string(),
                "Name": execution.arn.name(),
                "RoleArn": execution.role_arn,
                "RedriveCount": self.place.redriven.map_or(0, |redriven| redriven.count),
            },
            "StateMachine": { "Id": execution.machine.as_str(), "Name": execution.machine.name() },
            "State": { "Name": self.visit.state, "EnteredTime": self.visit.entered.to_string() },
        });
        if let Some(redriven) = self.place.redriven {
            object["Execution"]["RedriveTime"] = json!(redriven.at.to_string());
        }
        // A state that cannot be retried has no count.
        if matches!(self.visit.state_type, StateType::Task | StateType::Parallel | StateType::Map) {
            object["State"]["RetryCount"] = json!(self.visit.retry_count());
        }
        if let Some(item) = &self.place.item {
            object["Map"] = json!({ "Item": { "Index": item.index, "Value": item.value.value() } });
        }
        if self.token {
            object["Task"] = json!({ "Token": (self.context.token)(self.context.seq) });
        }
        object
    }
}
