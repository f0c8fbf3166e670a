//! One state: what all types share, and the two types that have little of their own.

use super::choice::choice;
use super::fail::fail;
use super::fields::Fields;
use super::fork::{map, parallel};
use super::language::Language;
use super::queries::Outcome;
use super::report::Place;
use super::scope::Scopes;
use super::state_name;
use super::task::{credentials, task};
use super::wait::wait;
use crate::machine::{Next, Pass, State, Succeed};
use serde_json::Value;

/// Every `Type`, in AWS's order.
const TYPES: [&str; 8] = ["Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map"];

/// Where a state leads.
pub(super) const NEXT_OR_END: [&str; 2] = ["Next", "End"];

/// Reads a state, and the states inside of it into `scopes`.
pub(super) fn read(scopes: &mut Scopes<'_>, value: &Value, place: &Place) -> Option<State> {
    let mut fields = Fields::of(value, place.clone(), scopes.report)?;
    fields.require(&["Type"]);
    let state_type = state_type(&fields);
    fields.language = fields.language_of_state(scopes.language);
    credentials(&fields);
    let state_type = state_type?;
    fields.outcome = match state_type {
        "Task" | "Parallel" | "Map" => Outcome::Result,
        _ => Outcome::Nothing,
    };
    fields.refuse_other_language(state_type);
    let state = match state_type {
        "Pass" => pass(&fields).map(State::Pass),
        "Task" => task(&fields, scopes.machine_type).map(State::Task),
        "Choice" => Some(State::Choice(choice(&fields))),
        "Wait" => wait(&fields).map(State::Wait),
        "Succeed" => Some(State::Succeed(Succeed { data: fields.data(Fields::input_output) })),
        "Fail" => Some(State::Fail(fail(&fields))),
        "Parallel" => parallel(scopes, &fields).map(State::Parallel),
        _ => map(scopes, &fields).map(State::Map),
    };
    fields.finish();
    state
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
    let data = fields.data(|fields| {
        let mut data = fields.data_flow_of_pass_and_map();
        data.parameters = fields.template("Parameters");
        data
    });
    let result = match fields.language {
        Language::JsonPath => {
            fields.hint_static_result();
            fields.get("Result").cloned()
        }
        Language::Jsonata => None,
    };
    let next = next(fields);
    let assign = fields.assign();
    Some(Pass { data, result, assign, next: next? })
}
