//! One state: what all types share, and the two types that have little of their own.

use super::choice::choice;
use super::fail::fail;
use super::fields::Fields;
use super::fork::{branches, map, parallel, processor};
use super::report::{Place, Report};
use super::scope::Scopes;
use super::task::{credentials, task};
use super::wait::wait;
use super::{Language, state_name};
use crate::machine::{Next, Pass, State, Succeed};
use serde_json::Value;

/// Every `Type`.
const TYPES: [&str; 8] = ["Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"];

/// Reads a state, and the states inside of it into `scopes`.
pub(super) fn read(scopes: &mut Scopes<'_>, value: &Value, place: &Place) -> Option<State> {
    let report = scopes.report;
    let fields = Fields::of(value, place.clone(), report)?;
    fields.require(&["Type"]);
    let state_type = fields.word("Type", &TYPES);
    credentials(&fields, report);
    if is_jsonata(&fields, scopes.language, report) {
        // Its fields cannot be checked yet, but the states inside of it may speak JSONPath.
        processor(scopes, &fields);
        branches(scopes, &fields);
        return None;
    }
    let state = match state_type? {
        "Pass" => pass(&fields).map(State::Pass),
        "Task" => task(&fields).map(State::Task),
        "Choice" => Some(State::Choice(choice(&fields))),
        "Wait" => wait(&fields).map(State::Wait),
        "Succeed" => Some(State::Succeed(Succeed { data: fields.input_output() })),
        "Fail" => Some(State::Fail(fail(&fields))),
        "Parallel" => parallel(scopes, &fields).map(State::Parallel),
        _ => map(scopes, &fields).map(State::Map),
    };
    if state_type != Some("Fail") {
        fields.refuse_jsonata(&["Output"]);
    }
    fields.finish();
    state
}

/// Whether a state speaks JSONata, or must because its machine does.
fn is_jsonata(fields: &Fields<'_>, machine: Language, report: &Report) -> bool {
    let language = fields.query_language(machine);
    if (machine, language) == (Language::Jsonata, Language::JsonPath) {
        let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
        report.schema(&fields.place, message);
    }
    machine == Language::Jsonata || language == Language::Jsonata
}

/// `Next` or `End`.
pub(super) fn next(fields: &Fields<'_>) -> Option<Next> {
    let end = fields.boolean("End");
    let next = state_name(fields, "Next");
    match (fields.has("Next"), fields.has("End"), end) {
        (true, true, Some(true)) => {
            fields.exclude(&["Next", "End"]);
            None
        }
        (false, true, Some(true)) => Some(Next::End),
        (true, _, _) => next.map(Next::State),
        (false, true, None) => None,
        (false, _, _) => {
            let message = "Exactly one of these fields is required: [Next, End]";
            fields.report.schema(&fields.place, message);
            None
        }
    }
}

fn pass(fields: &Fields<'_>) -> Option<Pass> {
    let mut data = fields.data_flow_of_pass_and_map();
    data.parameters = fields.template("Parameters");
    let result = fields.get("Result").cloned();
    fields.hint_static_result();
    let next = next(fields);
    fields.refuse_assign();
    Some(Pass { data, result, next: next? })
}
