//! What runs while the server is killed: the machines, their inputs, and how their executions must end.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How an execution must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Whatever is killed.
    Succeeded,
    /// Unless a kill hits a call, whose outcome nobody knows then and which nobody tries again.
    SucceededOrUnknown,
    /// By the definition, with this error.
    Failed(&'static str),
    /// The test stops it.
    Aborted,
    /// By its own time limit.
    TimedOut,
}

/// A machine, and how many executions of it are started.
pub(crate) struct Machine {
    pub(crate) name: &'static str,
    pub(crate) definition: Value,
    pub(crate) executions: usize,
    pub(crate) expected: Expected,
    /// How often each state is entered in an execution that succeeds; none where kills have a say in it.
    pub(crate) entered: Option<BTreeMap<&'static str, usize>>,
    /// An execution's input.
    pub(crate) input: Value,
}

/// All of them: several hundred executions.
pub(crate) fn machines(activity: &str) -> Vec<Machine> {
    vec![
        waits(),
        retries(),
        fork(),
        map(),
        retried_fork(),
        bare(),
        caught(),
        callbacks(),
        activities(activity),
        failing(),
        stopped(),
        timed_out(),
    ]
}

fn waits() -> Machine {
    let states = json!({
        "Begin": {"Type": "Pass", "Result": {"round": 0}, "ResultPath": "$.loop", "Next": "Sleep"},
        "Sleep": {"Type": "Wait", "Seconds": 1, "Next": "Work"},
        "Work": with(retried(invoke("$.loop.round", &json!({}))), &json!({"Next": "Again"})),
        "Again": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.loop.round", "NumericLessThan": 2, "Next": "Count"}],
            "Default": "Until"
        },
        "Count": {
            "Type": "Pass",
            "Parameters": {"round.$": "States.MathAdd($.loop.round, 1)"},
            "ResultPath": "$.loop",
            "Next": "SleepPath"
        },
        "SleepPath": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Work"},
        "Until": {"Type": "Wait", "TimestampPath": "$.until", "Next": "Past"},
        "Past": {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "Next": "Done"},
        "Done": {"Type": "Succeed"}
    });
    Machine {
        name: "waits",
        definition: definition("Begin", &states),
        executions: 60,
        expected: Expected::Succeeded,
        entered: Some(counts(&[
            ("Begin", 1),
            ("Sleep", 1),
            ("Work", 3),
            ("Again", 3),
            ("Count", 2),
            ("SleepPath", 2),
            ("Until", 1),
            ("Past", 1),
            ("Done", 1),
        ])),
        // `until` is filled in at the start.
        input: json!({"n": 0, "seconds": 1}),
    }
}

fn retries() -> Machine {
    let states = json!({
        "First": with(retried(direct("$.n", &json!({"fail": 2}))), &json!({"Next": "Second"})),
        "Second": with(retried(invoke("$.n", &json!({"fail": 1}))), &json!({"Next": "Risky"})),
        "Risky": with(retried(direct("$.n", &json!({"declined": true}))), &json!({
            "Catch": [{"ErrorEquals": ["Declined"], "ResultPath": "$.error", "Next": "Undo"}],
            "Next": "Second"
        })),
        "Undo": with(retried(invoke("$.n", &json!({}))), &json!({"End": true}))
    });
    Machine {
        name: "retries",
        definition: definition("First", &states),
        executions: 60,
        expected: Expected::Succeeded,
        entered: Some(counts(&[("First", 1), ("Second", 1), ("Risky", 1), ("Undo", 1)])),
        input: json!({"n": 0}),
    }
}

fn fork() -> Machine {
    let end = json!({"End": true});
    let inner = json!({
        "Type": "Parallel",
        "Branches": [
            definition("C", &json!({"C": with(retried(invoke("$.n", &json!({}))), &end)})),
            definition("Nap", &json!({
                "Nap": {"Type": "Wait", "Seconds": 1, "Next": "D"},
                "D": with(retried(direct("$.n", &json!({}))), &end)
            }))
        ],
        "End": true
    });
    let states = json!({
        "Fork": {
            "Type": "Parallel",
            "Branches": [
                definition("Rest", &json!({
                    "Rest": {"Type": "Wait", "Seconds": 2, "Next": "A"},
                    "A": with(retried(direct("$.n", &json!({}))), &end)
                })),
                definition("B", &json!({"B": with(retried(invoke("$.n", &json!({"fail": 1}))), &end)})),
                definition("Inner", &json!({"Inner": inner})),
                definition("Each", &json!({"Each": {
                    "Type": "Map",
                    "ItemsPath": "$.items",
                    "ItemProcessor": definition("M", &json!({"M": with(retried(invoke("$.n", &json!({}))), &end)})),
                    "End": true
                }}))
            ],
            "ResultPath": "$.branches",
            "Next": "After"
        },
        "After": with(retried(direct("$.n", &json!({}))), &end)
    });
    Machine {
        name: "fork",
        definition: definition("Fork", &states),
        executions: 60,
        expected: Expected::Succeeded,
        entered: Some(counts(&[
            ("Fork", 1),
            ("Rest", 1),
            ("A", 1),
            ("B", 1),
            ("Inner", 1),
            ("C", 1),
            ("Nap", 1),
            ("D", 1),
            ("Each", 1),
            ("M", 3),
            ("After", 1),
        ])),
        input: json!({"n": 0, "items": items(3, 0)}),
    }
}

fn map() -> Machine {
    let end = json!({"End": true});
    let wide = json!({
        "Even": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.even", "BooleanEquals": true, "Next": "Doze"}],
            "Default": "E"
        },
        "Doze": {"Type": "Wait", "Seconds": 1, "Next": "E"},
        "E": with(retried(invoke("$.n", &json!({}))), &end)
    });
    let nested = json!({"Columns": {
        "Type": "Map",
        "ItemsPath": "$.columns",
        "MaxConcurrency": 2,
        "ItemProcessor": definition("Cell", &json!({"Cell": with(retried(direct("$.n", &json!({}))), &end)})),
        "End": true
    }});
    let rows: Vec<Value> = (0..3).map(|row| json!({"columns": items(3, row * 10)})).collect();
    let states = json!({
        "Wide": {
            "Type": "Map",
            "ItemsPath": "$.wide",
            "ItemProcessor": definition("Even", &wide),
            "ResultSelector": {"ns.$": "$[*].last.n"},
            "ResultPath": "$.out.wide",
            "Next": "Narrow"
        },
        "Narrow": {
            "Type": "Map",
            "ItemsPath": "$.narrow",
            "MaxConcurrency": 1,
            "Parameters": {"n.$": "$$.Map.Item.Value.n", "index.$": "$$.Map.Item.Index"},
            "Iterator": definition("F", &json!({"F": with(retried(direct("$.n", &json!({"fail": 0}))), &end)})),
            "ResultSelector": {"ns.$": "$[*].last.n"},
            "ResultPath": "$.out.narrow",
            "Next": "Rows"
        },
        "Rows": {
            "Type": "Map",
            "ItemsPath": "$.rows",
            "MaxConcurrency": 2,
            "ItemProcessor": definition("Columns", &nested),
            "ResultSelector": {"ns.$": "$[*][*].last.n"},
            "ResultPath": "$.out.rows",
            "Next": "Nothing"
        },
        "Nothing": {
            "Type": "Map",
            "ItemsPath": "$.nothing",
            "ItemProcessor": definition("Never", &json!({"Never": {"Type": "Pass", "End": true}})),
            "ResultPath": "$.out.nothing",
            "Next": "Done"
        },
        "Done": {"Type": "Pass", "InputPath": "$.out", "End": true}
    });
    Machine {
        name: "map",
        definition: definition("Wide", &states),
        executions: 45,
        expected: Expected::Succeeded,
        entered: Some(counts(&[
            ("Wide", 1),
            ("Even", 12),
            ("Doze", 6),
            ("E", 12),
            ("Narrow", 1),
            ("F", 4),
            ("Rows", 1),
            ("Columns", 3),
            ("Cell", 9),
            ("Nothing", 1),
            ("Done", 1),
        ])),
        input: json!({"wide": items(12, 0), "narrow": items(4, 0), "rows": rows, "nothing": [], "out": {}}),
    }
}

/// The output of `map`: every item's own number, in the order of the items.
pub(crate) fn map_output() -> Value {
    json!({
        "wide": {"ns": (0..12).collect::<Vec<_>>()},
        "narrow": {"ns": (0..4).collect::<Vec<_>>()},
        "rows": {"ns": [0, 1, 2, 10, 11, 12, 20, 21, 22]},
        "nothing": []
    })
}

fn retried_fork() -> Machine {
    let end = json!({"End": true});
    let item = json!({"Each": {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemProcessor": definition("G", &json!({"G": with(invoke("$.n", &json!({"fail": 1})), &end)})),
        "End": true
    }});
    let states = json!({
        "Fork": {
            "Type": "Parallel",
            "Branches": [
                definition("Slow", &json!({
                    "Slow": {"Type": "Wait", "Seconds": 1, "Next": "Fine"},
                    "Fine": with(invoke("$.n", &json!({})), &end)
                })),
                definition("Shaky", &json!({"Shaky": with(direct("$.n", &json!({"fail": 1})), &end)})),
                definition("Each", &item)
            ],
            "Retry": retry(),
            "End": true
        }
    });
    Machine {
        name: "retried-fork",
        definition: definition("Fork", &states),
        executions: 35,
        expected: Expected::Succeeded,
        entered: None,
        input: json!({"n": 0, "items": items(2, 0)}),
    }
}

fn bare() -> Machine {
    let end = json!({"End": true});
    let states = json!({
        "One": with(invoke("$.n", &json!({})), &json!({"Next": "Two"})),
        "Two": with(direct("$.n", &json!({})), &json!({"Next": "Fork"})),
        "Fork": {
            "Type": "Parallel",
            "Branches": [
                definition("Three", &json!({"Three": with(invoke("$.n", &json!({})), &end)})),
                definition("Four", &json!({"Four": with(direct("$.n", &json!({})), &json!({"Next": "Five"})),
                    "Five": with(direct("$.n", &json!({})), &end)}))
            ],
            "ResultPath": "$.fork",
            "Next": "Six"
        },
        "Six": with(invoke("$.n", &json!({})), &end)
    });
    Machine {
        name: "bare",
        definition: definition("One", &states),
        executions: 90,
        expected: Expected::SucceededOrUnknown,
        entered: Some(counts(&[
            ("One", 1),
            ("Two", 1),
            ("Fork", 1),
            ("Three", 1),
            ("Four", 1),
            ("Five", 1),
            ("Six", 1),
        ])),
        input: json!({"n": 0}),
    }
}

fn caught() -> Machine {
    let catch = json!({
        "Catch": [{"ErrorEquals": ["Lambda.Unknown"], "ResultPath": "$.error", "Next": "Undo"}],
        "Next": "Good"
    });
    let states = json!({
        "Try": with(direct("$.n", &json!({})), &catch),
        "Good": {"Type": "Pass", "End": true},
        "Undo": with(retried(invoke("$.n", &json!({}))), &json!({"End": true}))
    });
    Machine {
        name: "caught",
        definition: definition("Try", &states),
        executions: 45,
        expected: Expected::Succeeded,
        entered: None,
        input: json!({"n": 0}),
    }
}

fn callbacks() -> Machine {
    let end = json!({"End": true});
    let states = json!({
        "Ask": with(retried(ask("$.n")), &json!({"Next": "Both"})),
        "Both": {
            "Type": "Parallel",
            "Branches": [
                definition("Left", &json!({"Left": with(retried(ask("$.n")), &end)})),
                definition("Right", &json!({"Right": with(retried(ask("$.n")), &end)}))
            ],
            "End": true
        }
    });
    Machine {
        name: "callbacks",
        definition: definition("Ask", &states),
        executions: 45,
        expected: Expected::Succeeded,
        entered: Some(counts(&[("Ask", 1), ("Both", 1), ("Left", 1), ("Right", 1)])),
        input: json!({"n": 0}),
    }
}

fn activities(activity: &str) -> Machine {
    let task = json!({
        "Type": "Task",
        "Resource": activity,
        "Parameters": payload("$.n", &json!({})),
        // A poll whose answer was lost in a kill leaves the task with a worker that does not know of it.
        "HeartbeatSeconds": 2,
        "TimeoutSeconds": 60,
        "Retry": [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 30, "BackoffRate": 1.0}],
        "ResultPath": "$.last"
    });
    let states = json!({
        "By": with(task.clone(), &json!({"Next": "Hand"})),
        "Hand": with(task, &json!({"End": true}))
    });
    Machine {
        name: "activities",
        definition: definition("By", &states),
        executions: 25,
        expected: Expected::Succeeded,
        entered: Some(counts(&[("By", 1), ("Hand", 1)])),
        input: json!({"n": 0}),
    }
}

fn failing() -> Machine {
    let states = json!({
        "Fork": {
            "Type": "Parallel",
            "Branches": [
                definition("Stay", &json!({"Stay": {"Type": "Wait", "Seconds": 3600, "End": true}})),
                definition("Soon", &json!({
                    "Soon": {"Type": "Wait", "Seconds": 1, "Next": "Broken"},
                    "Broken": {"Type": "Fail", "Error": "Inner", "Cause": "on purpose"}
                }))
            ],
            "Catch": [{"ErrorEquals": ["Inner"], "ResultPath": "$.error", "Next": "GiveUp"}],
            "End": true
        },
        "GiveUp": {"Type": "Fail", "Error": "Outer", "CausePath": "$.error.Cause"}
    });
    Machine {
        name: "failing",
        definition: definition("Fork", &states),
        executions: 15,
        expected: Expected::Failed("Outer"),
        entered: Some(counts(&[("Fork", 1), ("Stay", 1), ("Soon", 1), ("Broken", 1), ("GiveUp", 1)])),
        input: json!({"n": 0}),
    }
}

fn stopped() -> Machine {
    Machine {
        name: "stopped",
        definition: definition("Fork", &endless()),
        executions: 12,
        expected: Expected::Aborted,
        entered: None,
        input: json!({"n": 0, "items": items(3, 0)}),
    }
}

fn timed_out() -> Machine {
    Machine {
        name: "timed-out",
        definition: with(definition("Fork", &endless()), &json!({"TimeoutSeconds": 3})),
        executions: 12,
        expected: Expected::TimedOut,
        entered: None,
        input: json!({"n": 0, "items": items(3, 0)}),
    }
}

/// States that end only by force.
fn endless() -> Value {
    let stay = json!({"Type": "Wait", "Seconds": 3600, "End": true});
    json!({
        "Fork": {
            "Type": "Parallel",
            "Branches": [
                definition("Stay", &json!({"Stay": stay})),
                definition("Each", &json!({"Each": {
                    "Type": "Map",
                    "ItemsPath": "$.items",
                    "MaxConcurrency": 2,
                    "ItemProcessor": definition("Linger", &json!({"Linger": stay})),
                    "End": true
                }}))
            ],
            "End": true
        }
    })
}

fn definition(start_at: &str, states: &Value) -> Value {
    json!({ "StartAt": start_at, "States": states })
}

/// Items whose numbers say which call is whose.
fn items(count: usize, from: usize) -> Value {
    (from..from + count).map(|n| json!({"n": n, "even": n % 2 == 0})).collect()
}

fn counts(entered: &[(&'static str, usize)]) -> BTreeMap<&'static str, usize> {
    entered.iter().copied().collect()
}

/// What the callee is told: who calls, so that its log can be compared with the history.
fn payload(n: &str, extra: &Value) -> Value {
    let own = json!({
        "execution.$": "$$.Execution.Name",
        "state.$": "$$.State.Name",
        "entered.$": "$$.State.EnteredTime",
        "retry.$": "$$.State.RetryCount",
        "n.$": n,
    });
    with(own, extra)
}

/// A Task by `lambda:invoke`.
fn invoke(n: &str, extra: &Value) -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "callee", "Payload": payload(n, extra)},
        "ResultSelector": {"serial.$": "$.Payload.serial", "n.$": "$.Payload.n"},
        "ResultPath": "$.last"
    })
}

/// A Task by a function's ARN.
fn direct(n: &str, extra: &Value) -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:callee",
        "Parameters": payload(n, extra),
        "ResultPath": "$.last"
    })
}

/// A Task that waits for somebody's answer.
fn ask(n: &str) -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "callee", "Payload": payload(n, &json!({"token.$": "$$.Task.Token"}))},
        "ResultPath": "$.last"
    })
}

fn retry() -> Value {
    json!([
        {"ErrorEquals": ["Flaky"], "IntervalSeconds": 1, "MaxAttempts": 6, "BackoffRate": 1.0, "JitterStrategy": "FULL"},
        {"ErrorEquals": ["Lambda.Unknown"], "IntervalSeconds": 1, "MaxAttempts": 30, "BackoffRate": 1.0}
    ])
}

fn retried(task: Value) -> Value {
    with(task, &json!({"Retry": retry()}))
}

/// The object with more fields.
fn with(mut object: Value, more: &Value) -> Value {
    if let (Some(fields), Some(more)) = (object.as_object_mut(), more.as_object()) {
        fields.extend(more.clone());
    }
    object
}
