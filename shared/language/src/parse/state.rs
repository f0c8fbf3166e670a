//! One state: what all types share, and the two types that have little of their own.

use super::choice::choice;
use super::fail::fail;
use super::fields::Fields;
use super::fork::{map, parallel};
use super::report::{Place, Report};
use super::scope::Scopes;
use super::task::{credentials, task};
use super::wait::wait;
use super::{Language, jsonata, state_name};
use crate::machine::{Next, Pass, State, Succeed};
use serde_json::Value;

/// Every `Type`, in AWS's order.
const TYPES: [&str; 8] = ["Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map"];

/// Where a state leads.
pub(super) const NEXT_OR_END: [&str; 2] = ["Next", "End"];

/// Reads a state, and the states inside of it into `scopes`.
pub(super) fn read(scopes: &mut Scopes<'_>, value: &Value, place: &Place) -> Option<State> {
    let report = scopes.report;
    let fields = Fields::of(value, place.clone(), report)?;
    fields.require(&["Type"]);
    let state_type = state_type(&fields);
    credentials(&fields, report);
    if is_jsonata(&fields, scopes.language, report) {
        jsonata::check(scopes, &fields, state_type);
        // A machine that speaks it says so for its states.
        if scopes.language == Language::JsonPath {
            fields.refuse_to_run_jsonata();
        }
        return None;
    }
    let state = match state_type? {
        "Pass" => pass(&fields).map(State::Pass),
        "Task" => task(&fields, scopes.machine_type).map(State::Task),
        "Choice" => Some(State::Choice(choice(&fields))),
        "Wait" => wait(&fields).map(State::Wait),
        "Succeed" => Some(State::Succeed(Succeed { data: fields.input_output() })),
        "Fail" => Some(State::Fail(fail(&fields))),
        "Parallel" => parallel(scopes, &fields).map(State::Parallel),
        _ => map(scopes, &fields).map(State::Map),
    };
    if state_type != Some("Fail") {
        fields.refuse_other_language(Language::JsonPath, &["Output"]);
    }
    fields.finish();
    state
}

/// Whether a state speaks JSONata, or must because its machine does.
fn is_jsonata(fields: &Fields<'_>, machine: Language, report: &Report) -> bool {
    let language = fields.query_language(machine);
    if (machine, language) == (Language::Jsonata, Language::JsonPath) {
        let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
        report.schema(&fields.place, message).focus(&fields.at("QueryLanguage"));
    }
    machine == Language::Jsonata || language == Language::Jsonata
}

/// `Type`, which AWS refuses in words of its own.
///
/// Seen: TestState, recorded by the tests of an emulator.
fn state_type<'a>(fields: &Fields<'a>) -> Option<&'a str> {
    let word = fields.string("Type")?;
    if !TYPES.contains(&word) {
        let message = format!("The field 'Type' should have one of these values: [{}]", TYPES.join(", "));
        fields.schema("Type", message);
        return None;
    }
    Some(word)
}

/// `Next` or `End`.
pub(super) fn next(fields: &Fields<'_>) -> Option<Next> {
    let end = fields.boolean("End");
    let next = state_name(fields, "Next");
    match (fields.has("Next"), fields.has("End"), end) {
        (true, true, Some(true)) => {
            fields.exclude(&NEXT_OR_END);
            None
        }
        (false, true, Some(true)) => Some(Next::End),
        (true, _, _) => next.map(Next::State),
        (false, true, None) => None,
        (false, _, _) => {
            fields.report_none_of(&NEXT_OR_END);
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
    let assign = fields.assign();
    Some(Pass { data, result, assign, next: next? })
}
