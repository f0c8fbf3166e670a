//! Machines from bytes: every state type, in both query languages, nested, with and without handlers, all of them valid.

use crate::strand::{activity, callback, function, invoke, jsonata};
use serde_json::{Value, json};

/// Builds a definition; each byte is a decision, and none left is the plainest one.
pub(crate) struct Builder<'b> {
    bytes: std::slice::Iter<'b, u8>,
    states: usize,
}

/// The machine that these bytes decide.
pub(crate) fn machine(bytes: &[u8]) -> Value {
    Builder { bytes: bytes.iter(), states: 0 }.scope(2)
}

impl Builder<'_> {
    fn scope(&mut self, depth: usize) -> Value {
        let names: Vec<String> = (0..=self.choose(4)).map(|_| self.name()).collect();
        let last = self.name();
        let mut states = json!({});
        for (index, name) in names.iter().enumerate() {
            let next = names.get(index + 1).unwrap_or(&last);
            states[name] = self.state(depth, next, &last);
        }
        states[&last] = match self.choose(4) {
            0 => json!({ "Type": "Succeed" }),
            1 => json!({ "Type": "Succeed", "OutputPath": "$.a" }),
            2 => json!({ "Type": "Fail", "Error": "E" }),
            _ => json!({ "Type": "Pass", "End": true }),
        };
        json!({ "StartAt": names[0], "States": states })
    }

    fn state(&mut self, depth: usize, next: &str, last: &str) -> Value {
        if self.choose(3) == 2 {
            return self.query_state(depth, next, last);
        }
        let mut state = match self.choose(if depth == 0 { 9 } else { 13 }) {
            0 => json!({ "Type": "Pass" }),
            1 => json!({ "Type": "Pass", "Result": { "items": [1, 2, 3], "a": 1 }, "ResultPath": "$.r" }),
            2 => json!({ "Type": "Pass", "Parameters": { "a.$": "$.a", "items.$": "$$.Execution.Input.items" } }),
            3 => function(&json!({})),
            4 => invoke(&json!({ "TimeoutSeconds": 5 })),
            5 => callback(&json!({ "HeartbeatSeconds": 5 })),
            6 => activity(&json!({ "ResultPath": "$.r" })),
            7 => json!({ "Type": "Wait", "SecondsPath": "$.a" }),
            8 => {
                let mut rule = json!({ "Variable": "$.a", "IsPresent": true, "Next": next });
                self.assign(depth, &mut rule);
                return json!({ "Type": "Choice", "Choices": [rule], "Default": last });
            }
            9 | 10 => {
                let branches: Vec<Value> = (0..=self.choose(3)).map(|_| self.scope(depth - 1)).collect();
                json!({ "Type": "Parallel", "Branches": branches, "ResultPath": "$.r" })
            }
            _ => {
                let limit = self.choose(3);
                let processor = self.scope(depth - 1);
                let mut map = json!({ "Type": "Map", "MaxConcurrency": limit, "ItemProcessor": processor });
                map["ItemsPath"] = json!(["$.items", "$$.Execution.Input.items"][self.choose(2)]);
                if self.choose(2) == 1 {
                    map["ItemSelector"] = json!({ "a.$": "$$.Map.Item.Value", "b.$": "$.a" });
                }
                map
            }
        };
        self.handle(depth, &mut state, last);
        self.assign(depth, &mut state);
        state["Next"] = json!(next);
        state
    }

    /// A state that speaks JSONata.
    fn query_state(&mut self, depth: usize, next: &str, last: &str) -> Value {
        let mut state = match self.choose(if depth == 0 { 6 } else { 8 }) {
            0 => json!({ "Type": "Pass", "Output": { "a": 1, "items": "{% $states.input.items %}" } }),
            1 => json!({ "Type": "Pass", "Output": ["{% $uuid() %}", "{% $states.context.State.Name %}"] }),
            2 => function(
                &json!({ "Arguments": "{% $states.input.a %}", "Output": { "a": 2, "r": "{% $states.result %}" } }),
            ),
            3 => activity(&json!({ "TimeoutSeconds": "{% $states.input.a + 5 %}" })),
            4 => json!({ "Type": "Wait", "Seconds": "{% $states.input.a %}", "Output": "{% $states.input %}" }),
            5 => {
                let mut rule = json!({ "Condition": "{% $states.input.a = 1 %}", "Output": { "a": 3 }, "Next": next });
                self.assign_queried(depth, &mut rule);
                return jsonata(json!({ "Type": "Choice", "Choices": [rule], "Default": last }));
            }
            6 => {
                let branches: Vec<Value> = (0..=self.choose(3)).map(|_| self.scope(depth - 1)).collect();
                json!({ "Type": "Parallel", "Branches": branches, "Arguments": "{% $states.input %}" })
            }
            _ => {
                let processor = self.scope(depth - 1);
                let mut map =
                    json!({ "Type": "Map", "ItemProcessor": processor, "Items": "{% $states.input.items %}" });
                map["MaxConcurrency"] = json!("{% $states.input.a %}");
                if self.choose(2) == 1 {
                    map["ItemSelector"] = json!({ "a": "{% $states.context.Map.Item.Value %}" });
                }
                map
            }
        };
        state = jsonata(state);
        self.handle(depth, &mut state, last);
        self.assign_queried(depth, &mut state);
        state["Next"] = json!(next);
        state
    }

    /// Sometimes retries and catches, where the state may.
    fn handle(&mut self, depth: usize, state: &mut Value, last: &str) {
        if !matches!(state["Type"].as_str(), Some("Task" | "Parallel" | "Map")) {
            return;
        }
        if self.choose(2) == 1 {
            let error = ["States.ALL", "E", "States.Timeout"][self.choose(3)];
            state["Retry"] = json!([{ "ErrorEquals": [error], "MaxAttempts": self.choose(3) }]);
        }
        if self.choose(2) == 1 {
            let mut catcher = json!({ "ErrorEquals": ["States.ALL"], "Next": last });
            if state["QueryLanguage"] == "JSONata" {
                catcher["Output"] =
                    json!(["{% $states.errorOutput %}", "{% $states.errorOutput.Cause.x %}"][self.choose(2)]);
                self.assign_queried(depth, &mut catcher);
            } else {
                catcher["ResultPath"] = json!("$.r");
                self.assign(depth, &mut catcher);
            }
            state["Catch"] = json!([catcher]);
        }
    }

    /// Sometimes sets variables: those of a depth are its own.
    fn assign(&mut self, depth: usize, state: &mut Value) {
        let name = format!("v{depth}");
        match self.choose(6) {
            1 => state["Assign"] = json!({ format!("{name}.$"): "$", format!("{name}long"): "l".repeat(600) }),
            2 => state["Assign"] = json!({ format!("{name}long"): self.choose(3), format!("{name}.$"): "$$.State" }),
            _ => {}
        }
    }

    /// The same in JSONata.
    fn assign_queried(&mut self, depth: usize, state: &mut Value) {
        let name = format!("v{depth}");
        match self.choose(6) {
            1 => state["Assign"] = json!({ format!("{name}long"): "l".repeat(600), name: "{% $states.input %}" }),
            2 => state["Assign"] = json!({ format!("{name}long"): format!("{{% ${name} %}}") }),
            _ => {}
        }
    }

    fn name(&mut self) -> String {
        self.states += 1;
        format!("S{}", self.states)
    }

    fn choose(&mut self, of: usize) -> usize {
        self.bytes.next().map_or(0, |byte| usize::from(*byte) % of)
    }
}
