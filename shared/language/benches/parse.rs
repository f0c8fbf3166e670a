//! The speed of reading definitions: a usual one of twenty states, and one of a megabyte.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Map, Value, json};
use std::hint::black_box;

/// A definition of so many states: calls with templates and handlers, choices, passes and maps in turn.
fn definition(states: usize) -> String {
    let name = |number: usize| format!("State {number:06}");
    let state = |number: usize| {
        let next = name(number + 1);
        match number % 4 {
            0 => json!({
                "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 30, "ResultPath": "$.result",
                "Parameters": {
                    "FunctionName": "pay", "Payload": { "id.$": "$.order.id", "at.$": "$$.State.EnteredTime", "kind": "card" },
                },
                "Retry": [{ "ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 2, "MaxAttempts": 3 }],
                "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed" }],
                "Next": next,
            }),
            1 => json!({
                "Type": "Choice", "Default": "Failed",
                "Choices": [
                    { "Variable": "$.result.status", "StringEquals": "PAID", "Next": next },
                    { "And": [
                        { "Variable": "$.order.total", "NumericGreaterThan": 100 },
                        { "Variable": "$.order.vip", "BooleanEquals": true },
                    ], "Next": next },
                ],
            }),
            2 => json!({
                "Type": "Pass", "ResultPath": "$.note", "Next": next,
                "Parameters": { "text.$": "States.Format('{} of {}', $.order.id, $.order.total)", "fixed": [1, 2, 3] },
            }),
            _ => json!({
                "Type": "Map", "ItemsPath": "$.order.items", "MaxConcurrency": 10, "ResultPath": "$.items", "Next": next,
                "ItemProcessor": {
                    "StartAt": format!("Item {number}"),
                    "States": { format!("Item {number}"): { "Type": "Wait", "Seconds": 1, "End": true } },
                },
            }),
        }
    };
    let mut all: Map<String, Value> = (0..states).map(|number| (name(number), state(number))).collect();
    all.insert(name(states), json!({ "Type": "Succeed" }));
    all.insert("Failed".to_owned(), json!({ "Type": "Fail", "Error": "Failed" }));
    json!({ "StartAt": name(0), "States": all }).to_string()
}

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for (label, states) in [("20 states", 20), ("1 MB", 3_075)] {
        let text = definition(states);
        assert!(ratchet_language::parse(&text).is_ok_and(|parsed| parsed.machine.states.len() > states));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(label, |bencher| bencher.iter(|| ratchet_language::parse(black_box(&text)).is_ok()));
    }
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
