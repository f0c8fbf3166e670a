//! What must hold of every Choice state: the fuzz target has the same body.

use crate::first::First;
use ratchet_engine::{Outcome, Phase, Trigger};
use serde_json::{Value, json};

/// A Choice with these rules: it leads to a state of its own, or fails with a name and a cause.
pub(crate) fn choice(rules: &Value, input: &Value) {
    let state = json!({ "Type": "Choice", "Choices": rules, "Default": "Next" });
    let definition = json!({ "StartAt": "S", "States": { "S": state, "Next": { "Type": "Succeed" } } });
    if language::parse(&definition.to_string()).is_err() {
        return;
    }
    let first = First::new(&state, input);
    let step = first.step(Trigger::Entered).expect("it can be entered");
    match &step.cursor.phase {
        Phase::Ready { state, input: handed_on } => {
            assert_eq!((state.as_str(), handed_on.value()), ("Next", input));
        }
        Phase::Ended(Outcome::Failed(failure)) => {
            assert!(failure.error.as_deref().is_some_and(|error| error.starts_with("States.")), "{failure:?}");
            assert!(failure.cause.as_deref().is_some_and(|cause| !cause.is_empty()), "{failure:?}");
        }
        phase => panic!("{phase:?} of a Choice"),
    }
    assert_eq!(first.step(Trigger::Entered).as_ref(), Some(&step), "the same again");
}
