//! Variables that no state sets which could have run before.

use crate::diagnostic::Code;
use crate::parse::assign::Assigned;
use crate::parse::report::Report;
use crate::parse::transitions::Scope;
use crate::references::references_of_state;
use serde_json::Value;

/// Looks at the states of a machine. One that came alone is told its variables.
pub(super) fn check(definition: &Value, scopes: &[Scope<'_>], report: &Report) {
    if !report.is_of_machine() {
        return;
    }
    let in_jsonata = speaks_jsonata(definition);
    let assigned = Assigned::of(scopes, &["Choices", "Catch"]);
    for (index, scope) in scopes.iter().enumerate() {
        for (name, state) in &scope.states {
            let Some(fields) = state.as_object() else { continue };
            let read = references_of_state(fields, in_jsonata || speaks_jsonata(state));
            for variable in read.iter().filter(|variable| !assigned.is_set(index, variable)) {
                let message =
                    format!("The state reads the variable '${variable}', which no state sets here or around it");
                report.warning(Code::UnassignedVariable, &scope.place_of(name), message).help(format!(
                    "Correct the name, or set '{variable}' with the 'Assign' of a state that runs before"
                ));
            }
        }
    }
}

fn speaks_jsonata(part: &Value) -> bool {
    part.get("QueryLanguage").is_some_and(|language| language == "JSONata")
}
