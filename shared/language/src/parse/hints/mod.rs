//! Warnings about what is allowed and surely not meant. AWS says nothing of most of it.
//!
//! They look at the raw definition, once nothing refuses it: every field has its type. One thing that people get wrong a
//! file. A hint is given only where there is no doubt.

mod callbacks;
mod choices;
mod errors;
mod literals;
mod loops;
pub(super) mod queries;
mod templates;
mod variables;

use super::report::{Place, Report};
use super::transitions::Scope;
use crate::diagnostic::Code;
use serde_json::Value;

/// One state of the definition.
struct State<'a> {
    value: &'a Value,
    place: Place,
    report: &'a Report,
}

/// Looks through a definition that is not refused.
pub(super) fn check(definition: &Value, scopes: &[Scope<'_>], report: &Report) {
    if definition.get("TimeoutSeconds").and_then(Value::as_u64) == Some(0) {
        report
            .warning(
                Code::ImmediateTimeout,
                &Place::default().field("TimeoutSeconds"),
                "Every execution times out as soon as it starts",
            )
            .help("Give it more seconds, or leave 'TimeoutSeconds' out");
    }
    variables::check(definition, scopes, report);
    for scope in scopes {
        for (name, value) in &scope.states {
            let state = State { value, place: scope.place_of(name), report };
            errors::check(&state);
            callbacks::check(&state);
            choices::check(&state);
            state.check_discarded_result();
        }
        loops::check(scope, report);
        literals::check(scope, report);
    }
}

impl<'a> State<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.value.get(name)
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name).and_then(Value::as_str)
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn at(&self, name: &str) -> Place {
        self.place.field(name)
    }

    /// A result that is selected, to be thrown away.
    fn check_discarded_result(&self) {
        let discards = self.get("ResultPath").is_some_and(Value::is_null);
        if discards && self.has("ResultSelector") && !self.has("Assign") {
            let message =
                "The result is thrown away, because 'ResultPath' is null: 'ResultSelector' selects it for nothing";
            self.report
                .warning(Code::ResultDiscarded, &self.at("ResultSelector"), message)
                .help("Remove 'ResultSelector', or say with 'ResultPath' where the result goes");
        }
    }
}
