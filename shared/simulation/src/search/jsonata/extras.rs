//! What only states in JSONata do in random machines: draw at random and keep it, and fail to evaluate.
//!
//! An evaluation that fails is caught, tried again until it does not, or ends its strand. Which of several failures ends
//! a fork is a matter of time, so forks take those of evaluations for `Boom`.

use super::{Speech, delimited, for_each_chain};
use crate::search::dice::Dice;
use crate::search::machine::{BOOM, unknown};
use serde_json::{Value, json};

/// With what all begins that was drawn at random.
const DRAWN: &str = "drawn:";

/// How the names of states begin that draw.
pub(crate) const DRAWS: &str = "Draw";

/// What an evaluation fails with.
pub(crate) const EVALUATION: &str = "States.QueryEvaluationError";

/// Something that nobody drew before.
const DRAW: &str = "'drawn:' & $uuid() & ':' & $random() & ':' & $now()";

/// Expressions that have no value.
const WRONG: [&str; 6] =
    ["$states.input.nothing", "$error('why')", "1 + 'one'", "$uppercase", "$number('one')", "[1..20000000]"];

/// Times that are none.
const NO_SECONDS: [&str; 4] = ["'soon'", "-1", "1.5", "$states.input.nothing"];

/// The most of all this in one machine.
const MOST: u32 = 8;

/// What is added to a machine.
pub(super) struct Extras<'d> {
    dice: &'d mut Dice,
    speech: Speech,
    names: u32,
    breaks: bool,
}

/// States by their names, the first of them first.
type Named = Vec<(String, Value)>;

impl<'d> Extras<'d> {
    pub(super) fn new(speech: Speech, dice: &'d mut Dice) -> Self {
        Self { dice, speech, names: 0, breaks: false }
    }

    /// Puts them between the states of the definition.
    pub(super) fn add_to(mut self, definition: &mut Value) {
        for_each_chain(definition, &mut |chain| {
            for (percent, make) in
                [(25, Self::draw as fn(&mut Self, &str) -> Named), (25, Self::stumble), (10, Self::fall)]
            {
                if self.names < MOST && self.dice.chance(percent) {
                    self.insert(chain, make);
                }
            }
        });
        if self.breaks {
            take_for_boom(definition);
        }
    }

    /// Puts states before one of the chain: what led there leads to the first of them.
    fn insert(&mut self, chain: &mut Value, make: fn(&mut Self, &str) -> Named) {
        self.names += 1;
        let states = chain["States"].as_object().into_iter().flatten();
        let leads: Vec<String> =
            states.filter(|(_, state)| state["Next"].is_string()).map(|(name, _)| name.clone()).collect();
        let place = match leads.get(self.dice.index(leads.len() + 1)) {
            Some(before) => &mut chain["States"][before]["Next"],
            None => &mut chain["StartAt"],
        };
        let next = place.as_str().unwrap_or_default().to_owned();
        let made = make(self, &next);
        *place = made[0].0.as_str().into();
        for (name, mut state) in made {
            if self.speech != Speech::Machine {
                state["QueryLanguage"] = "JSONata".into();
            }
            chain["States"][&name] = state;
        }
    }

    /// Draws, shows what was drawn, and fails if that is something else.
    fn draw(&mut self, next: &str) -> Named {
        let number = self.names;
        let [draw, show, same, odd] = [DRAWS, "Show", "Same", "Odd"].map(|kind| format!("{kind}{number}"));
        let pad = if self.dice.chance(30) { "d".repeat(700) } else { String::new() };
        let assign = json!({format!("d{number}"): {"text": delimited(DRAW), "pad": pad}});
        let output = delimited(&format!("$merge([$states.input, {{'{draw}': {DRAW}}}])"));
        let mut drawing = match self.dice.below(5) {
            0 => json!({"Type": "Wait", "Seconds": self.dice.below(2), "Next": show}),
            1 => {
                let rule = json!({"Condition": "{% true %}", "Assign": assign, "Output": output, "Next": show});
                json!({"Type": "Choice", "Choices": [rule], "Default": odd})
            }
            2 => one_branch(&draw, &show),
            _ => json!({"Type": "Pass", "Next": show}),
        };
        if drawing["Type"] != "Choice" {
            drawing["Assign"] = assign;
            if drawing["Type"] == "Parallel" || self.dice.chance(50) {
                drawing["Output"] = output;
            }
        }
        let shown = delimited(&format!("$merge([$states.input, {{'{show}': $d{number}}}])"));
        let is_same = format!("$states.input.{show} = $d{number}");
        let is_same = if self.dice.chance(30) {
            format!("{is_same} and $exists($states.context.Execution.Input.seed)")
        } else {
            is_same
        };
        vec![
            (draw, drawing),
            (show, json!({"Type": "Pass", "Output": shown, "Next": same})),
            (
                same,
                json!({
                    "Type": "Choice", "Choices": [{"Condition": delimited(&is_same), "Next": next}], "Default": odd
                }),
            ),
            (odd, json!({"Type": "Fail", "Error": "Odd", "Cause": "what was drawn is not what was kept"})),
        ]
    }

    /// Fails to evaluate, and goes on all the same.
    fn stumble(&mut self, next: &str) -> Named {
        let name = format!("Stumble{}", self.names);
        if self.dice.chance(20) {
            return self.stumble_at_first(name, next);
        }
        let wrong = delimited(self.dice.pick(&WRONG));
        let (call, fork, map) = (call(&name, next), one_branch(&name, next), three_items(&name, next));
        let no_seconds = delimited(self.dice.pick(&NO_SECONDS));
        let (mut state, field, value) = match self.dice.below(12) {
            0 => (call, "Arguments", json!({"FunctionName": "work", "Payload": {"wrong": wrong}})),
            1 => (call, "Output", wrong),
            2 => (call, "Assign", json!({format!("never{name}"): wrong})),
            3 => (call, "TimeoutSeconds", no_seconds),
            4 => (call, "HeartbeatSeconds", no_seconds),
            5 => (fork, "Arguments", json!({"seed": 1, "wrong": [wrong]})),
            6 => (fork, "Output", json!({"seed": 1, "wrong": wrong})),
            7 => (fork, "Assign", json!({format!("never{name}"): wrong})),
            8 => (map, "Items", wrong),
            9 => (map, "MaxConcurrency", no_seconds),
            10 => {
                let of_item = "$states.context.Map.Item.Index = 1 ? $error('why') : 1";
                (map, "ItemSelector", json!({"seed": delimited(of_item)}))
            }
            _ => (map, "Output", wrong),
        };
        state[field] = value;
        let mut retry = state["Retry"].as_array().cloned().unwrap_or_default();
        if self.dice.chance(40) {
            retry.push(again(self.dice.between(1, 2)));
        }
        if !retry.is_empty() {
            state["Retry"] = retry.into();
        }
        let caught = delimited(&format!("$merge([$states.input, {{'{name}': $states.errorOutput.Error}}])"));
        let assign = json!({format!("of{name}"): "{% $states.errorOutput.Error %}"});
        state["Catch"] = json!([{"ErrorEquals": [EVALUATION], "Assign": assign, "Output": caught, "Next": next}]);
        vec![(name, state)]
    }

    /// Fails to evaluate until it has been tried often enough, before it calls anybody.
    fn stumble_at_first(&mut self, name: String, next: &str) -> Named {
        let mut state = call(&name, next);
        let times = self.dice.between(1, 3);
        let late = format!("$states.context.State.RetryCount < {times} ? $error('not yet') : 'now'");
        state["Arguments"]["Payload"]["late"] = delimited(&late);
        state["Retry"] = json!([unknown(), again(times)]);
        vec![(name, state)]
    }

    /// Fails to evaluate for some seeds, and ends its strand.
    fn fall(&mut self, next: &str) -> Named {
        self.breaks = true;
        let name = format!("Fall{}", self.names);
        let (seed, wrong) = (self.dice.below(5), self.dice.pick(&WRONG));
        let unless = |right: &str| delimited(&format!("$states.input.seed = {seed} ? {wrong} : {right}"));
        let (right, input) = (json!({"Condition": "{% true %}", "Next": next}), "$states.input");
        let assign = json!({format!("of{name}"): unless("'nobody'")});
        let choice = |rule: Value| json!({"Type": "Choice", "Choices": [rule], "Default": next});
        let with = |mut rule: Value, field: &str, value: Value| {
            rule[field] = value;
            rule
        };
        let state = match self.dice.below(7) {
            0 => json!({"Type": "Pass", "Output": unless(input), "Next": next}),
            1 => json!({"Type": "Pass", "Assign": assign, "Next": next}),
            2 => json!({"Type": "Wait", "Seconds": unless("1"), "Next": next}),
            3 => choice(with(right, "Condition", unless("true"))),
            4 => choice(with(right, "Output", unless(input))),
            5 => choice(with(right, "Assign", assign)),
            _ => {
                let catcher = json!({"ErrorEquals": [EVALUATION], "Output": unless(input), "Next": next});
                with(with(one_branch(&name, next), "Output", delimited(wrong)), "Catch", json!([catcher]))
            }
        };
        vec![(name, state)]
    }
}

/// All in a text that was drawn at random.
pub(crate) fn drawn_in(text: &str) -> Vec<String> {
    let of_drawn = |c: char| c.is_alphanumeric() || "-:.+".contains(c);
    let starts = text.match_indices(DRAWN).map(|(at, _)| &text[at..]);
    starts.map(|rest| rest.chars().take_while(|c| of_drawn(*c)).collect()).collect()
}

/// Has forks take the failure of an evaluation for Boom.
fn take_for_boom(definition: &mut Value) {
    for_each_chain(definition, &mut |chain| {
        for state in chain["States"].as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
            if state["Type"] != "Parallel" && state["Type"] != "Map" {
                continue;
            }
            for list in ["Retry", "Catch"] {
                for rule in state.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                    if rule["ErrorEquals"] == json!([BOOM]) {
                        rule["ErrorEquals"] = json!([BOOM, EVALUATION]);
                    }
                }
            }
        }
    });
}

/// Tried again when it cannot be evaluated.
fn again(times: u64) -> Value {
    json!({"ErrorEquals": [EVALUATION], "IntervalSeconds": 1, "MaxAttempts": times})
}

/// A call that does well.
fn call(name: &str, next: &str) -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "work", "Payload": {"do": {"kind": "ok", "done": name}, "nonce": "{% $uuid() %}"}},
        "Output": "{% $states.input %}",
        "Retry": [unknown()],
        "Next": next
    })
}

fn one_branch(name: &str, next: &str) -> Value {
    json!({"Type": "Parallel", "Branches": [one_pass(name)], "Output": "{% $states.input %}", "Next": next})
}

fn three_items(name: &str, next: &str) -> Value {
    json!({
        "Type": "Map",
        "Items": [{"seed": 1}, {"seed": "{% $states.input.seed %}"}, {"seed": 3}],
        "ItemProcessor": one_pass(name),
        "Output": "{% $states.input %}",
        "Next": next
    })
}

/// A chain of one state, in either language.
fn one_pass(name: &str) -> Value {
    let within = format!("In{name}");
    json!({"StartAt": within, "States": {within: {"Type": "Pass", "End": true}}})
}
