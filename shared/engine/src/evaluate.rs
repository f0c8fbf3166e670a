//! Paths, templates and the context object, evaluated for one visit of a state.
//!
//! Every failure is a [`Failure`] with AWS's text, ready for the history.

use crate::{Hop, Inspector, Place, StepContext, Visit};
use expression::{Context, Error, Expression, Part, Random, Scope, Template};
use language::machine::{PathField, ResultPathField};
use model::history::StateType;
use model::limits::MAX_NESTING;
use model::{Failure, Payload, Variables, error_name};
use serde_json::{Value, json};

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

    /// What the step may know.
    pub(crate) fn context(&self) -> &'a StepContext<'a> {
        self.context
    }

    /// Shows the data after a hop to whoever watches.
    pub(crate) fn reached(&self, hop: Hop, data: &Payload) {
        self.context.reached(hop, data);
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

    /// What the state hands on: `OutputPath`, then the limit.
    pub(crate) fn output(&self, path: &PathField, combined: &Payload) -> Result<Payload, Failure> {
        self.within_limit(self.path(path, combined)?)
    }

    /// The payload, unless it is too large to be passed on from this state.
    pub(crate) fn within_limit(&self, payload: Payload) -> Result<Payload, Failure> {
        self.context.within_limit(payload, &self.visit.state)
    }

    /// A payload template, if there is one; otherwise the input as it is.
    pub(crate) fn template(&self, template: Option<&Template>, input: &Payload) -> Result<Payload, Failure> {
        let Some(template) = template else { return Ok(input.clone()) };
        self.scoped(input, |scope| template.evaluate(scope)).map(Payload::from_value)
    }

    /// The variables that an `Assign` sets; their values do not see each other.
    pub(crate) fn assign(&self, assign: Option<&Template>, input: &Payload) -> Result<Variables<Payload>, Failure> {
        let Some(template) = assign else { return Ok(Variables::none()) };
        let value = self.scoped(input, |scope| template.evaluate(scope))?;
        // The language takes nothing but an object.
        let Value::Object(values) = value else { return Ok(Variables::none()) };
        let assigned = Variables::from_values(values);
        match self.context.variable_limits.and_then(|limits| self.place.variables.excess(&assigned, limits)) {
            Some(excess) => Err(Failure::new(
                error_name::DATA_LIMIT_EXCEEDED,
                format!(
                    "The state/task '{}' {excess} a size exceeding the maximum number of bytes service limit.",
                    self.visit.state
                ),
            )),
            None => Ok(assigned),
        }
    }

    /// `InputPath` of the state's raw input.
    pub(crate) fn input(&self, path: &PathField, raw: &Payload) -> Result<Payload, Failure> {
        self.path(path, raw).inspect(|input| self.reached(Hop::InputPath, input))
    }

    /// `Parameters`.
    pub(crate) fn parameters(&self, template: Option<&Template>, input: &Payload) -> Result<Payload, Failure> {
        self.template(template, input).inspect(|parameters| self.reached(Hop::Parameters, parameters))
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
        let execution_input = Part { place: &["Execution", "Input"], payload: &self.context.execution.input };
        let item = self.place.item.as_ref().map(|item| Part { place: &["Map", "Item", "Value"], payload: &item.value });
        // A context object that was given has its own input.
        let is_given = self.given_context_object().is_some();
        let both;
        let parts = match item {
            Some(item) => {
                both = [item, execution_input];
                if is_given { &both[..1] } else { &both[..] }
            }
            None if is_given => &[],
            None => std::slice::from_ref(&execution_input),
        };
        let context = Context::lazy(&build, parts);
        let variables = &self.place.variables;
        let scope = Scope { input: input.value(), context: &context, variables, random: &self.random };
        evaluate(&scope).map_err(|error| self.explain(&error))
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

    /// `$$`, but for the parts that exist already.
    fn context_object(&self) -> Value {
        let mut object = self.given_context_object().map_or_else(|| self.context_object_of_execution(), Value::clone);
        if let Some(item) = &self.place.item {
            object["Map"] = json!({ "Item": { "Index": item.index, "Value": null } });
        }
        object
    }

    /// The context object that stands for that of an execution, if there is one.
    fn given_context_object(&self) -> Option<&'a Value> {
        self.context.inspector.and_then(Inspector::context_object)
    }

    fn context_object_of_execution(&self) -> Value {
        let execution = self.context.execution;
        let mut object = json!({
            "Execution": {
                "Id": execution.arn.as_str(),
                "Input": null,
                "StartTime": execution.started.to_string(),
                "Name": execution.arn.name(),
                "RoleArn": execution.role_arn,
            },
            "StateMachine": { "Id": execution.machine.as_str(), "Name": execution.machine.name() },
            "State": { "Name": self.visit.state, "EnteredTime": self.visit.entered.to_string() },
        });
        // Recorded in test_express_sync's test_query_runtime_memory, and otherwise in test_express_async's.
        if !execution.is_synchronous {
            object["Execution"]["RedriveCount"] = json!(self.place.redriven.map_or(0, |redriven| redriven.count));
        }
        if let Some(redriven) = self.place.redriven {
            object["Execution"]["RedriveTime"] = json!(redriven.at.to_string());
        }
        // A state that cannot be retried has no count.
        if matches!(self.visit.state_type, StateType::Task | StateType::Parallel | StateType::Map) {
            object["State"]["RetryCount"] = json!(self.visit.retry_count());
        }
        if self.token {
            object["Task"] = json!({ "Token": (self.context.token)(self.context.seq) });
        }
        object
    }
}
