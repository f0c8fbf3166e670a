//! JSONata in random machines: which states speak it, and what only they do.
//!
//! What they are does not depend on the machine's other dice, nor these on them: a seed means the same machine, in the
//! one language or the other, with states besides in some.

mod extras;
mod translate;

use super::dice::Dice;
use extras::Extras;
pub(super) use extras::{DRAWS, EVALUATION, drawn_in};
use serde_json::{Value, json};

/// How much of a machine speaks JSONata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    /// Nothing.
    Nothing,
    /// Each state in a hundred cases so many times.
    States(u64),
    /// The machine as a whole.
    Machine,
}

impl Speech {
    /// That of a seed's machine.
    pub(super) fn of(dice: &mut Dice) -> Self {
        match dice.below(10) {
            0..=3 => Self::Nothing,
            4..=6 => Self::States(40),
            _ => Self::Machine,
        }
    }
}

/// Has the definition, which speaks JSONPath, speak JSONata, and do what only JSONata can.
pub(super) fn spoken(mut definition: Value, dice: &mut Dice) -> Value {
    let speech = Speech::of(dice);
    if speech != Speech::Nothing {
        definition = translated(definition, speech, dice);
        Extras::new(speech, dice).add_to(&mut definition);
    }
    definition
}

/// The definition in as much JSONata as that, to the same end.
pub(super) fn translated(mut definition: Value, speech: Speech, dice: &mut Dice) -> Value {
    for_each_chain(&mut definition, &mut |chain| {
        for state in chain["States"].as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
            match speech {
                Speech::Nothing => {}
                Speech::Machine => *state = translate::to_jsonata(state, dice),
                Speech::States(percent) => {
                    if dice.chance(percent) {
                        *state = translate::to_jsonata(state, dice);
                        state["QueryLanguage"] = "JSONata".into();
                    }
                }
            }
        }
    });
    if speech == Speech::Machine {
        definition["QueryLanguage"] = json!("JSONata");
    }
    definition
}

/// Changes each chain of states: the machine itself, branches, what is done for each item; the outermost first.
fn for_each_chain(chain: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    change(chain);
    let Some(states) = chain["States"].as_object_mut() else { return };
    for state in states.values_mut() {
        let branches = state.get_mut("Branches").and_then(Value::as_array_mut);
        for branch in branches.into_iter().flatten() {
            for_each_chain(branch, change);
        }
        if let Some(processor) = state.get_mut("ItemProcessor") {
            for_each_chain(processor, change);
        }
    }
}

/// An expression where a text may be one.
fn delimited(source: &str) -> Value {
    format!("{{% {source} %}}").into()
}
