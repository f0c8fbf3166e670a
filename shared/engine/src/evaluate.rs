//! What the fields of a state come to in one visit of it, whichever query language the state speaks.
//!
//! The states ask here. What JSONPath makes of a field is in `paths`, what JSONata makes of it in `query`; both see the
//! same context object and variables. Every failure has AWS's text, ready for the history.

use crate::leave::Leaving;
use crate::paths::Paths;
use crate::writer::Writer;
use crate::{Failed, Hop, Inspector, Place, StepContext, Visit};
use expression::{Context, Part, Random};
use language::machine::{Data, DataFlow, PayloadTemplate};
use model::history::StateType;
use model::{Failure, Payload, Variables, error_name};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Evaluates for one visit of a state.
pub(crate) struct Evaluation<'a> {
    context: &'a StepContext<'a>,
    pub(crate) place: &'a Place<Payload>,
    pub(crate) visit: &'a Visit<Payload>,
    pub(crate) random: Random,
    token: bool,
}

/// What came of a state so far: `$` of JSONPath's Assign, and in JSONata what goes on where no `Output` says otherwise.
#[derive(Clone, Copy)]
pub(crate) enum Came<'p> {
    /// Nothing but what it sees of its input.
    Input(&'p Payload),
    /// The result of its work: `$states.result`.
    Result(&'p Payload),
    /// What a catcher took: `$states.errorOutput`.
    Error(&'p Payload),
}

impl<'p> Came<'p> {
    pub(crate) fn payload(self) -> &'p Payload {
        match self {
            Self::Input(payload) | Self::Result(payload) | Self::Error(payload) => payload,
        }
    }
}

/// Which part of a state a field belongs to.
#[derive(Clone, Copy)]
pub(crate) enum Clause {
    /// The state itself.
    State,
    /// This rule of a Choice.
    Rule(usize),
    /// This catcher.
    Catcher(usize),
}

impl Clause {
    /// The field as AWS names it: `Choices[1]/Output`.
    pub(crate) fn field(self, name: &'static str) -> Cow<'static, str> {
        match self {
            Self::State => name.into(),
            Self::Rule(index) => format!("Choices[{index}]/{name}").into(),
            Self::Catcher(index) => format!("Catch[{index}]/{name}").into(),
        }
    }
}

impl<'a> Evaluation<'a> {
    /// For this visit of a state, at this point of a step: what draws again after another event draws anew.
    pub(crate) fn at(writer: &Writer<'a>, place: &'a Place<Payload>, visit: &'a Visit<Payload>) -> Self {
        Self::after(writer.context(), place, visit, writer.written())
    }

    /// For this visit of a state, of which the step has said nothing yet.
    pub(crate) fn new(context: &'a StepContext<'a>, place: &'a Place<Payload>, visit: &'a Visit<Payload>) -> Self {
        Self::after(context, place, visit, 0)
    }

    fn after(context: &'a StepContext<'a>, place: &'a Place<Payload>, visit: &'a Visit<Payload>, events: u64) -> Self {
        let events = u64::from(context.events_before).saturating_add(events);
        let random = Random::seeded(context.seed ^ events.rotate_left(32));
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

    /// Shows the data after a hop to whoever watches, if AWS shows it in such a state.
    pub(crate) fn reached(&self, hop: Hop, data: &Payload) {
        let is_shown = match hop {
            Hop::InputPath | Hop::Parameters => self.visit.state_type != StateType::Parallel,
            Hop::Arguments => self.visit.state_type == StateType::Task,
            Hop::ItemsPath | Hop::ItemSelector | Hop::Result | Hop::ResultSelector | Hop::ResultPath => true,
        };
        if is_shown {
            self.context.reached(hop, data);
        }
    }

    /// What the state sees of its input, shown to whoever watches.
    pub(crate) fn input<P: Paths>(&self, data: &Data<P>) -> Result<Payload, Failed> {
        let input = self.effective_input(data)?;
        if let Data::JsonPath(_) = data {
            self.reached(Hop::InputPath, &input);
        }
        Ok(input)
    }

    /// What the state sees of its input: `InputPath` of it, in JSONata all.
    pub(crate) fn effective_input<P: Paths>(&self, data: &Data<P>) -> Result<Payload, Failed> {
        match data {
            Data::JsonPath(paths) => Ok(self.path(paths.input_path(), &self.visit.input)?),
            Data::Jsonata(_) => Ok(self.visit.input.clone()),
        }
    }

    /// What the state's work gets: `Parameters` or `Arguments`, otherwise what the state sees of its input.
    pub(crate) fn arguments(&self, data: &Data<DataFlow>, input: &Payload) -> Result<Payload, Failed> {
        let (hop, arguments) = match data {
            Data::JsonPath(paths) => (Hop::Parameters, self.template(paths.parameters.as_ref(), input)?),
            Data::Jsonata(queries) => (
                Hop::Arguments,
                self.queried_or(Clause::State, "Arguments", queries.arguments.as_ref(), Came::Input(input))?,
            ),
        };
        self.reached(hop, &arguments);
        Ok(arguments)
    }

    /// What the state leaves behind after this came of it.
    pub(crate) fn leaving<P: Paths>(
        &self,
        data: &Data<P>,
        assign: Option<&PayloadTemplate>,
        came: Came<'_>,
    ) -> Result<Leaving, Failed> {
        let output = match data {
            Data::JsonPath(paths) => paths.output(self, came.payload())?,
            Data::Jsonata(queries) => self.queried_or(Clause::State, "Output", queries.output.as_ref(), came)?,
        };
        self.left(Clause::State, output, assign, came)
    }

    /// This output, unless it is too large, and the variables that the clause sets.
    pub(crate) fn left(
        &self,
        clause: Clause,
        output: Payload,
        assign: Option<&PayloadTemplate>,
        came: Came<'_>,
    ) -> Result<Leaving, Failed> {
        let output = self.within_limit(output)?;
        let assigned = match assign {
            None => Variables::none(),
            Some(template) => self.assigned(self.payload(clause, "Assign", template, came)?)?,
        };
        Ok(Leaving { output, assigned })
    }

    /// A payload template of either language.
    pub(crate) fn payload(
        &self,
        clause: Clause,
        name: &'static str,
        template: &PayloadTemplate,
        came: Came<'_>,
    ) -> Result<Value, Failed> {
        match template {
            PayloadTemplate::JsonPath(template) => Ok(self.scoped(came.payload(), |scope| template.evaluate(scope))?),
            PayloadTemplate::Jsonata(template) => self.queried(&clause.field(name), template, came),
        }
    }

    /// The payload, unless it is too large to be passed on from this state.
    pub(crate) fn within_limit(&self, payload: Payload) -> Result<Payload, Failure> {
        self.context.within_limit(payload, &self.visit.state)
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

    /// Evaluates with the context object.
    pub(crate) fn with_context<T>(&self, evaluate: impl FnOnce(&Context<'_>) -> T) -> T {
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
        evaluate(&Context::lazy(&build, parts))
    }

    /// The variables that an `Assign` came to; their values do not see each other.
    fn assigned(&self, value: Value) -> Result<Variables<Payload>, Failure> {
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
        // Recorded: of what ran in memory, the start comes after the role.
        if execution.arn.is_express()
            && let Some(facts) = object["Execution"].as_object_mut()
            && let Some(start) = facts.shift_remove("StartTime")
        {
            facts.insert("StartTime".to_owned(), start);
        }
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
