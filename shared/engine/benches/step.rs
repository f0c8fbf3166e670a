//! The speed of one step of each kind, from the record before to the events and the cursor after.

#[path = "../tests/first/mod.rs"]
mod first;

use criterion::{Criterion, criterion_group, criterion_main};
use first::First;
use model::{Payload, StrandId};
use ratchet_engine::{Phase, Step, Trigger, begin_child};
use serde_json::{Map, Value, json};
use std::hint::black_box;

/// The step with the texts of its payloads, which a journal is about to ask for.
fn written(step: Step) -> Step {
    for event in &step.events {
        let _ = event.kind.clone().try_map(&mut |payload: Payload| Ok::<_, ()>(black_box(payload.text().len())));
    }
    step
}

/// A payload of a kilobyte: twenty members, a list among them.
fn kilobyte() -> Value {
    let mut members: Map<String, Value> = (0..19)
        .map(|number| (format!("member-{number:02}"), json!(format!("a value of some usual length, {number:04}"))))
        .collect();
    members.insert("order".to_owned(), json!({ "id": "order-1", "total": 250, "items": [1, 2, 3, 4, 5] }));
    Value::Object(members)
}

fn passes(criterion: &mut Criterion) {
    let input = kilobyte();
    assert!((950..1_100).contains(&input.to_string().len()), "{}", input.to_string().len());
    let mut group = criterion.benchmark_group("pass");
    for (name, state) in [
        ("1 KB", json!({ "Type": "Pass", "Next": "Next" })),
        ("1 KB, Result", json!({ "Type": "Pass", "Result": { "done": true }, "Next": "Next" })),
        (
            "1 KB, ResultPath",
            json!({ "Type": "Pass", "Result": { "done": true }, "ResultPath": "$.result", "Next": "Next" }),
        ),
        ("1 KB, InputPath", json!({ "Type": "Pass", "InputPath": "$.order", "Next": "Next" })),
        (
            "1 KB, Parameters",
            json!({ "Type": "Pass", "Parameters": { "id.$": "$.order.id", "all.$": "$.order", "by.$": "$$.State.Name" }, "Next": "Next" }),
        ),
        ("1 KB, JSONata", json!({ "Type": "Pass", "QueryLanguage": "JSONata", "Next": "Next" })),
        (
            "1 KB, JSONata, Output",
            json!({
                "Type": "Pass",
                "QueryLanguage": "JSONata",
                "Output": {
                    "id": "{% $states.input.order.id %}",
                    "all": "{% $states.input.order %}",
                    "by": "{% $states.context.State.Name %}",
                },
                "Next": "Next",
            }),
        ),
    ] {
        let mut first = First::new(&state, &input);
        group.bench_function(name, |bencher| bencher.iter(|| first.step(Trigger::Entered).map(written)));
        // As from a journal: nobody has looked into the text yet.
        group.bench_function(format!("{name}, from text"), |bencher| {
            bencher.iter(|| {
                if let Phase::Ready { input, .. } = &mut first.cursor.phase {
                    *input = Payload::from_checked(input.text());
                }
                first.step(Trigger::Entered).map(written)
            });
        });
    }
    group.finish();
}

fn choices(criterion: &mut Criterion) {
    let rule = |number: usize| match number % 3 {
        0 => json!({ "Variable": "$.order.id", "StringEquals": format!("order-{}", number + 2), "Next": "Next" }),
        1 => json!({ "Variable": "$.order.total", "NumericLessThan": number, "Next": "Next" }),
        _ => json!({ "And": [
            { "Variable": "$.order.nope", "IsPresent": true },
            { "Variable": "$.order.vip", "BooleanEquals": true },
        ], "Next": "Next" }),
    };
    let choice = json!({ "Type": "Choice", "Choices": (0..10).map(rule).collect::<Vec<_>>(), "Default": "Next" });
    let first = First::new(&choice, &kilobyte());
    criterion.bench_function("choice/10 rules", |bencher| bencher.iter(|| first.step(Trigger::Entered).map(written)));
    let rule = |number: usize| {
        let condition = match number % 3 {
            0 => format!("{{% $states.input.order.id = 'order-{}' %}}", number + 2),
            1 => format!("{{% $states.input.order.total < {number} %}}"),
            _ => "{% $exists($states.input.order.nope) and $states.input.order.vip = true %}".to_owned(),
        };
        json!({ "Condition": condition, "Next": "Next" })
    };
    let rules: Vec<Value> = (0..10).map(rule).collect();
    let choice = json!({ "Type": "Choice", "QueryLanguage": "JSONata", "Choices": rules, "Default": "Next" });
    let first = First::new(&choice, &kilobyte());
    let name = "choice/10 rules, JSONata";
    criterion.bench_function(name, |bencher| bencher.iter(|| first.step(Trigger::Entered).map(written)));
}

fn tasks(criterion: &mut Criterion) {
    let resource = "arn:aws:states:::lambda:invoke";
    let parameters = json!({ "FunctionName": "pay", "Payload.$": "$.order" });
    let by_paths = json!({ "Type": "Task", "Resource": resource, "Parameters": parameters, "Next": "Next" });
    let by_queries = json!({
        "Type": "Task",
        "QueryLanguage": "JSONata",
        "Resource": resource,
        "Arguments": { "FunctionName": "pay", "Payload": "{% $states.input.order %}" },
        "Output": "{% $states.result.Payload %}",
        "Next": "Next",
    });
    for (language, task) in [("", by_paths), (", JSONata", by_queries)] {
        let mut first = First::new(&task, &kilobyte());
        criterion.bench_function(&format!("task/claim{language}"), |bencher| {
            bencher.iter(|| first.step(Trigger::Entered).map(written));
        });
        first.cursor = first.step(Trigger::Entered).expect("a claim").cursor;
        let answer = Payload::from_value(json!({ "StatusCode": 200, "Payload": { "paid": true } }));
        criterion.bench_function(&format!("task/answer{language}"), |bencher| {
            bencher.iter(|| first.step(Trigger::TaskSucceeded(answer.clone())).map(written));
        });
    }
}

fn forks(criterion: &mut Criterion) {
    let processor = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } });
    let selector = json!({ "item.$": "$$.Map.Item.Value", "of.$": "$.id" });
    let input = json!({ "id": "order-1", "items": vec![json!({ "sku": "a", "quantity": 2 }); 40] });
    let map = json!({ "Type": "Map", "ItemsPath": "$.items", "ItemSelector": selector, "ItemProcessor": processor, "Next": "Next" });
    let first = First::new(&map, &input);
    criterion.bench_function("map/fork of 40", |bencher| bencher.iter(|| first.step(Trigger::Entered).map(written)));
    let parent = first.step(Trigger::Entered).expect("a fork").cursor;
    criterion.bench_function("map/40 children begin", |bencher| {
        bencher.iter(|| {
            let begin = |index| {
                let strand = StrandId::root().child(1, index);
                first
                    .with_context(&strand, |context| begin_child(&first.machine, &parent, index, None, context))
                    .map(written)
            };
            (0..40).filter_map(begin).count()
        });
    });
}

criterion_group!(benches, passes, choices, tasks, forks);
criterion_main!(benches);
