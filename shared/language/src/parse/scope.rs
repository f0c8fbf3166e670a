//! `States` and `StartAt`: the machine's own, a branch's, an item processor's.

use super::fields::Fields;
use super::language::Language;
use super::report::{Place, Report};
use super::{fork, state, state_name};
use crate::diagnostic::Code;
use crate::machine::{State, StateName};
use indexmap::IndexMap;
use model::MachineType;
use serde_json::Value;
use std::collections::HashSet;

/// Longest name of a state, in characters.
///
/// Source: Step Functions quotas and the States Language specification.
const MAX_NAME: usize = 80;

/// The states of every scope read so far.
pub(super) struct Scopes<'r> {
    pub(super) language: Language,
    pub(super) machine_type: MachineType,
    pub(super) report: &'r Report,
    pub(super) states: IndexMap<StateName, State>,
    names: HashSet<String>,
}

impl<'r> Scopes<'r> {
    pub(super) fn new(language: Language, machine_type: MachineType, report: &'r Report) -> Self {
        Self { language, machine_type, report, states: IndexMap::new(), names: HashSet::new() }
    }

    /// Reads `StartAt` and `States` of an object that has both.
    pub(super) fn read(&mut self, fields: &Fields<'_>) -> Option<StateName> {
        let start_at = state_name(fields, "StartAt");
        let states = fields.get("States")?;
        let place = fields.at("States");
        let states = Fields::of(states, place, self.report)?;
        if states.iter().next().is_none() {
            fields.schema("States", "Value cannot be empty");
        }
        for (name, value) in states.iter() {
            self.state(name, value, &states.at(name));
        }
        start_at
    }

    /// Reads a branch or an item processor.
    pub(super) fn nested(&mut self, value: &Value, place: Place, is_processor: bool) -> Option<StateName> {
        let fields = Fields::of(value, place, self.report)?;
        fields.require(&["States", "StartAt"]);
        if is_processor {
            fork::processor_config(&fields, self.machine_type);
        }
        let start_at = self.read(&fields);
        fields.finish();
        start_at
    }

    fn check_name(&self, name: &str, place: &Place) {
        let length = name.chars().count();
        if length > MAX_NAME {
            let message =
                format!("Invalid State name: {name} exceeds the {MAX_NAME}-character limit allowed by the service");
            self.report.error(Code::InvalidStateName, place, message);
        } else if length == 0 {
            self.report.error(Code::InvalidStateName, place, "Invalid State name: it is empty");
        }
    }

    fn state(&mut self, name: &str, value: &Value, place: &Place) {
        self.check_name(name, place);
        let is_first = self.names.insert(name.to_owned());
        if !is_first {
            self.report.error(Code::DuplicateStateName, place, format!("Duplicate State name: {name}"));
        }
        // The table keeps the order of the definition: a state comes before those inside of it.
        let name = StateName::from(name);
        let index = self.states.len();
        let state = state::read(self, value, place);
        if let Some(state) = state.filter(|_| is_first) {
            self.states.shift_insert(index, name, state);
        }
    }
}
