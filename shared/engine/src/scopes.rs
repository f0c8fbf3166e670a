//! The variables that a strand can read: its own, and those of the strands around it.
//!
//! A branch or an iteration reads what was set around it before it began, and writes only its own scope, which is gone
//! when it ends. No name is in two scopes that lie in each other: the language refuses such a definition.

use model::{Payload, Variables};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The variables that a strand can read. Scopes without variables are not kept, but for its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scopes<P> {
    /// The strand's own.
    #[serde(default = "Variables::none", skip_serializing_if = "Variables::is_empty")]
    pub own: Variables<P>,
    /// Those around it, the outermost first. None of them changes while the strand runs.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub outer: Vec<Variables<P>>,
}

/// The most that variables may take, in bytes of JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariableLimits {
    /// One value.
    pub value: usize,
    /// All that one Assign sets.
    pub assign: usize,
    /// All that a strand can read.
    pub total: usize,
}

impl VariableLimits {
    /// AWS's.
    pub const AWS: Self = Self {
        value: model::limits::AWS_MAX_VARIABLE_BYTES,
        assign: model::limits::AWS_MAX_ASSIGN_BYTES,
        total: model::limits::AWS_MAX_VARIABLES_BYTES,
    };
}

impl<P> Scopes<P> {
    /// Before anything was set.
    pub const fn none() -> Self {
        Self { own: Variables::none(), outer: Vec::new() }
    }

    /// Whether there are no variables.
    pub fn are_empty(&self) -> bool {
        self.own.is_empty() && self.outer.is_empty()
    }

    pub(crate) fn try_map<Q, E>(self, f: &mut impl FnMut(P) -> Result<Q, E>) -> Result<Scopes<Q>, E> {
        let own = self.own.try_map(f)?;
        let outer = self.outer.into_iter().map(|scope| scope.try_map(f)).collect::<Result<_, E>>()?;
        Ok(Scopes { own, outer })
    }
}

impl Scopes<Payload> {
    /// What a child of the strand can read, which has set nothing yet.
    pub(crate) fn of_child(&self) -> Self {
        let mut outer = self.outer.clone();
        outer.extend((!self.own.is_empty()).then(|| self.own.clone()));
        Self { own: Variables::none(), outer }
    }

    /// Sets variables of the strand's own scope.
    pub(crate) fn assign(&mut self, variables: &Variables<Payload>) {
        self.own.assign(variables);
    }

    /// What exceeds the limits if these are set: a variable, all of these, or all that there would be.
    pub(crate) fn excess(&self, assigned: &Variables<Payload>, limits: VariableLimits) -> Option<String> {
        if let Some((name, _)) = assigned.longest().filter(|(_, bytes)| *bytes > limits.value) {
            return Some(format!("assigned the variable '{name}' a value with"));
        }
        if assigned.bytes() > limits.assign {
            return Some("assigned variables with".to_owned());
        }
        let mut own = self.own.clone();
        own.assign(assigned);
        let total = self.outer.iter().map(Variables::bytes).sum::<usize>() + own.bytes();
        (total > limits.total).then(|| "brought the variables that it can read to".to_owned())
    }
}

impl expression::Variables for Scopes<Payload> {
    fn value(&self, name: &str) -> Option<&Value> {
        let outer = || self.outer.iter().rev().find_map(|scope| scope.value(name));
        self.own.value(name).or_else(outer)
    }
}
