//! Definition text to a checked machine.
//!
//! Three passes over one JSON value: each state by itself (one file a state type), names across the whole machine,
//! transitions within each scope. Each reports all that it finds; a machine comes out only if none found an error.

mod assign;
mod choice;
mod data;
mod error_handling;
mod execution_input;
mod fail;
mod fields;
mod fork;
mod hints;
mod language;
mod parameters;
mod patterns;
mod queries;
mod report;
mod resource;
mod scope;
mod state;
mod task;
mod transitions;
mod wait;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::json::{self, Failure};
use crate::machine::{Machine, StateName};
use fields::Fields;
use language::Language;
use model::MachineType;
use model::limits::MAX_SECONDS;
use report::{Place, Report};
use scope::Scopes;
use serde_json::{Value, json};

/// A definition that may run.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// What it describes.
    pub machine: Machine,
    /// What its author should look at.
    pub warnings: Vec<Diagnostic>,
}

/// What a machine is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// To run it: what this version cannot call is refused.
    Run,
    /// To test single states of it, whose calls may be mocked.
    Test,
    /// To test a state that came without a machine.
    TestLoneState,
}

/// What AWS calls a state that is tested without its machine.
pub const LONE_STATE: &str = "StateName";

/// Parses and checks the definition of a Standard machine: [`parse_as`].
pub fn parse(text: &str) -> Result<Parsed, Vec<Diagnostic>> {
    parse_as(text, MachineType::Standard)
}

/// Parses and checks a definition that is to run: a machine with its warnings, or everything that is wrong with it, up
/// to a megabyte.
///
/// Its type decides what it may do: an Express machine waits for no job, callback or activity.
pub fn parse_as(text: &str, machine_type: MachineType) -> Result<Parsed, Vec<Diagnostic>> {
    parse_for(Purpose::Run, machine_type, text)
}

/// Parses and checks a definition whose states are tested one by one: integrations that this version cannot call, and
/// distributed Maps, are taken.
pub fn parse_to_test(text: &str) -> Result<Parsed, Vec<Diagnostic>> {
    parse_for(Purpose::Test, MachineType::Standard, text)
}

/// Parses and checks a single state that is tested: a machine that has it alone, under the name [`LONE_STATE`]. Where it
/// leads need not be there.
pub fn parse_state_to_test(text: &str) -> Result<Parsed, Vec<Diagnostic>> {
    parse_for(Purpose::TestLoneState, MachineType::Standard, text)
}

fn parse_for(purpose: Purpose, machine_type: MachineType, text: &str) -> Result<Parsed, Vec<Diagnostic>> {
    let node = json::read(text).map_err(|failure| vec![unreadable(&failure)])?;
    let value = node.map(json::Node::into_value).filter(Value::is_object);
    let report = Report::new(purpose);
    if value.is_none() {
        report.placeless(Code::SchemaValidationFailed, "Definition must be a valid JSON object");
    }
    let value = match purpose {
        Purpose::Run | Purpose::Test => value,
        Purpose::TestLoneState => value.map(|state| json!({"StartAt": LONE_STATE, "States": {LONE_STATE: state}})),
    };
    let machine = value.and_then(|value| machine(text, &value, machine_type, &report));
    let findings = report.into_findings();
    match machine {
        Some(machine) if findings.iter().all(|finding| finding.severity == Severity::Warning) => {
            Ok(Parsed { machine, warnings: findings })
        }
        _ => Err(findings),
    }
}

fn unreadable(failure: &Failure) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: Code::InvalidJsonDescription,
        message: format!("{}\n at {}", failure.message, failure.source),
        pointer: String::new(),
        items: Vec::new(),
        focus: None,
        help: None,
    }
}

fn machine(text: &str, value: &Value, machine_type: MachineType, report: &Report) -> Option<Machine> {
    let place = Place::default();
    let fields = Fields::of(value, place.clone(), report)?;
    fields.require(&["States", "StartAt"]);
    let comment = fields.comment();
    let timeout_seconds = fields.integer("TimeoutSeconds", &(0..=MAX_SECONDS));
    fields.word("Version", &["1.0"]);
    let language = fields.query_language(Language::JsonPath);
    let mut scopes = Scopes::new(language, machine_type, report);
    let start_at = scopes.read(&fields);
    fields.finish();
    let mut states = scopes.states;
    states.shrink_to_fit();
    let graph = transitions::scopes(value);
    transitions::check(&graph, report);
    assign::check(&graph, report);
    if report.is_fine() {
        hints::check(value, &graph, report);
    }
    let reads_execution_input = execution_input::may_be_read(text);
    Some(Machine { start_at: start_at?, states, timeout_seconds, comment, reads_execution_input })
}

/// The name of a state that a field holds.
fn state_name(fields: &Fields<'_>, name: &'static str) -> Option<StateName> {
    fields.string(name).map(StateName::from)
}
