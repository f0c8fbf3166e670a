//! What a JSONata expression sees: `$states`, and the variables that a machine sets.

use crate::context::Context;
use crate::scope::{Random, Variables};
use jsonata::{Limits, References, Variable};
use model::Payload;

/// The variable that every state has.
const STATES: &str = "states";

/// Everything that an expression may read. Of a payload that it does not name, the text is not even parsed.
#[derive(Clone, Copy, Debug)]
pub struct QueryScope<'a> {
    /// `$states.input`: the state's input.
    pub input: &'a Payload,
    /// `$states.result`: what the state's work came to, once it has.
    pub result: Option<&'a Payload>,
    /// `$states.errorOutput`: in a catcher, what was caught.
    pub error_output: Option<&'a Payload>,
    /// `$states.context`: the context object.
    pub context: &'a Context<'a>,
    /// `$name`: the variables set by Assign.
    pub variables: &'a dyn Variables,
    /// Where `$random`, `$shuffle` and `$uuid` draw from.
    pub random: &'a Random,
    /// What `$now` and `$millis` say, in milliseconds since the start of 1970.
    pub now_milliseconds: i64,
    /// What one evaluation may spend.
    pub limits: Limits,
}

impl QueryScope<'_> {
    /// Calls `evaluate` with the variables that an expression reads: nothing is built or copied that it does not name.
    pub(super) fn with_variables<T>(
        &self,
        references: &References,
        evaluate: impl FnOnce(&[(&str, Variable<'_>)], &mut dyn jsonata::Random) -> T,
    ) -> T {
        let mut variables = Vec::new();
        for name in references.names() {
            if name == STATES {
                variables.push((name, self.states(references)));
            } else if let Some(value) = self.variables.value(name) {
                variables.push((name, Variable::Json(value)));
            }
        }
        evaluate(&variables, &mut Draws(self.random))
    }

    /// `$states`, with the members that an expression reads, in AWS's order.
    fn states(&self, references: &References) -> Variable<'_> {
        let reads_whole = references.uses_whole(STATES);
        let reads = |member| reads_whole || references.uses_member(STATES, member);
        let mut states = Vec::with_capacity(4);
        if reads("input") {
            states.push(("input", Variable::Json(self.input.value())));
        }
        if reads("context") {
            states.push(("context", self.context.as_variable()));
        }
        for (member, value) in [("result", self.result), ("errorOutput", self.error_output)] {
            states.extend(value.filter(|_| reads(member)).map(|value| (member, Variable::Json(value.value()))));
        }
        Variable::Object(states)
    }
}

/// The stream of randomness as JSONata draws from it.
struct Draws<'a>(&'a Random);

impl jsonata::Random for Draws<'_> {
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}
