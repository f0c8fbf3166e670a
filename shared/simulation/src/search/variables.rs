//! Variables of random machines: a scope sets one first, and the states in it and in the scopes inside of it use it.
//!
//! What they are does not depend on the machine's other dice, nor these on them: a seed means the same machine, with
//! variables in it.

use super::dice::Dice;
use serde_json::{Map, Value, json};

/// Where the generator of a machine is.
pub(super) struct Variables {
    dice: Dice,
    /// The variable of each scope around, the outermost first; none where a scope has none.
    scopes: Vec<Option<String>>,
    names: u32,
}

impl Variables {
    /// Those of a seed's machine.
    pub(super) fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed, 6), scopes: Vec::new(), names: 0 }
    }

    /// The states that are made from now on are in a scope of their own.
    pub(super) fn enter(&mut self) {
        let name = self.dice.chance(50).then(|| {
            self.names += 1;
            format!("v{}", self.names)
        });
        self.scopes.push(name);
    }

    /// All states of the innermost scope are made, and this one is the first: what the scope really starts at.
    pub(super) fn leave(&mut self, states: &mut Map<String, Value>, first: Option<String>) -> Option<String> {
        let Some(variable) = self.scopes.pop().flatten() else { return first };
        let name = format!("Set{variable}");
        let text = if self.dice.chance(30) { "v".repeat(700) } else { variable.clone() };
        let assign = json!({variable: {"n": 0, "text": text, "seed.$": "$.seed"}});
        states.insert(name.clone(), json!({"Type": "Pass", "Assign": assign, "Next": first}));
        Some(name)
    }

    /// Has a Pass read a variable that was set around it, or count in its scope's own one.
    pub(super) fn use_in(&mut self, pass: &mut Value) {
        let readable: Vec<&String> = self.scopes.iter().flatten().collect();
        if readable.is_empty() || self.dice.chance(40) {
            return;
        }
        let read = self.dice.pick(&readable);
        pass["Parameters"] = json!({"read.$": format!("${read}")});
        if let Some(fields) = pass.as_object_mut() {
            fields.remove("Result");
        }
        if let Some(Some(own)) = self.scopes.last() {
            let count = json!({
                "n.$": format!("States.MathAdd(${own}.n, 1)"), "text.$": format!("${own}.text"), "seed.$": format!("${read}.seed")
            });
            pass["Assign"] = json!({own: count});
        }
    }
}
