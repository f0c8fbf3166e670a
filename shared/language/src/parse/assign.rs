//! `Assign`: which variables a state sets.
//!
//! Names are checked where they stand, scopes over the whole definition: what is set around a branch or an item processor
//! cannot be set in it.

use super::fields::Fields;
use super::language::Language;
use super::report::{Place, Report};
use super::transitions::{Scope, array};
use crate::diagnostic::Code;
use crate::machine::PayloadTemplate;
use crate::references::RESERVED;
use expression::{MAX_VARIABLE_NAME, is_variable_name};
use serde_json::{Map, Value};
use std::collections::HashSet;

impl Fields<'_> {
    /// `Assign`: a payload template whose members are variables.
    ///
    /// Seen: the texts, of ValidateStateMachineDefinition in ap-northeast-1 in September 2026.
    pub(super) fn assign(&self) -> Option<PayloadTemplate> {
        const NAME: &str = "Assign";
        if let Some(Value::Object(members)) = self.get(NAME) {
            for key in members.keys() {
                let name = match self.language {
                    Language::JsonPath => variable(key),
                    Language::Jsonata => key,
                };
                let place = self.at(NAME);
                if name == RESERVED {
                    let message = format!("Cannot assign to reserved variable '${RESERVED}'.");
                    self.report.error(Code::ReservedVariableName, &place, message).focus(&place.field(key));
                } else if !is_variable_name(name) {
                    let what = if name.chars().count() > MAX_VARIABLE_NAME {
                        format!("the variable name has more than {MAX_VARIABLE_NAME} characters")
                    } else {
                        "the variable name contains invalid characters".to_owned()
                    };
                    let message = format!("Invalid variable name '{name}': {what}.");
                    self.report.error(Code::InvalidVariableName, &place, message).focus(&place.field(key));
                }
            }
        }
        match self.language {
            Language::JsonPath => self.template(NAME).map(PayloadTemplate::JsonPath),
            Language::Jsonata => {
                self.expect(NAME, "Object", self.get(NAME)?.as_object())?;
                self.query_template(NAME, self.outcome).map(PayloadTemplate::Jsonata)
            }
        }
    }
}

/// Checks that no variable is set in a scope inside of one that sets it.
///
/// AWS lets a catcher around a branch set what the branch sets too: `PARALLEL_CATCH_ERROR_VARIABLE_SAMPLING` among the
/// recorded cases. So catchers are not looked at.
pub(super) fn check(scopes: &[Scope<'_>], report: &Report) {
    const LISTS: &[&str] = &["Choices"];
    let assigned = Assigned::of(scopes, LISTS);
    for scope in scopes {
        let Some(around) = scope.around else { continue };
        for (name, state) in &scope.states {
            for (place, members) in assigns(state, &scope.place_of(name), LISTS) {
                for variable in members.keys().map(|key| variable(key)).filter(|name| assigned.is_set(around, name)) {
                    let message = format!("The variable '{variable}' is already assigned in an outer scope");
                    report.schema(&place, message);
                }
            }
        }
    }
}

/// The variables that each scope of a definition sets.
pub(super) struct Assigned<'a> {
    scopes: Vec<(Option<usize>, HashSet<&'a str>)>,
}

impl<'a> Assigned<'a> {
    /// By its states, and by what is in these lists of them.
    pub(super) fn of(scopes: &[Scope<'a>], lists: &[&str]) -> Self {
        let names = |scope: &Scope<'a>| {
            let assigns = scope.states.values().flat_map(|state| assigns(state, &Place::default(), lists));
            assigns.flat_map(|(_, members)| members.keys()).map(|key| variable(key)).collect()
        };
        Self { scopes: scopes.iter().map(|scope| (scope.around, names(scope))).collect() }
    }

    /// Whether a scope, or one around it, sets a variable.
    pub(super) fn is_set(&self, scope: usize, variable: &str) -> bool {
        let around = std::iter::successors(self.scopes.get(scope), |(around, _)| self.scopes.get((*around)?));
        around.into_iter().any(|(_, names)| names.contains(variable))
    }
}

/// The `Assign` of a state, and those of the entries of these lists of it.
fn assigns<'d>(state: &'d Value, place: &Place, lists: &[&str]) -> Vec<(Place, &'d Map<String, Value>)> {
    let mut holders = vec![(place.clone(), state)];
    for list in lists {
        holders.extend(array(state, list).enumerate().map(|(index, entry)| (place.field(list).item(index), entry)));
    }
    let assign =
        |(place, holder): (Place, &'d Value)| Some((place.field("Assign"), holder.get("Assign")?.as_object()?));
    holders.into_iter().filter_map(assign).collect()
}

/// The variable that a member of `Assign` sets.
fn variable(key: &str) -> &str {
    key.strip_suffix(".$").unwrap_or(key)
}
