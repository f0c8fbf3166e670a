//! The speed of what a state evaluates: paths, a template, intrinsic functions. All are parsed once.

use criterion::{Criterion, criterion_group, criterion_main};
use ratchet_expression::{Context, Expression, JsonPath, Random, ResultPath, Scope, Template};
use serde_json::{Map, Value, json};
use std::hint::black_box;

/// Some 3 KB: an order of twenty items.
fn order() -> Value {
    let item = |number: usize| json!({ "sku": format!("SKU-{number:05}"), "quantity": number % 5, "price": 4.5, "tags": ["new", "blue"], "note": "as discussed" });
    json!({
        "id": "order-1", "customer": { "name": "Ann", "address": { "city": "Bern", "zip": 3000 } }, "total": 250,
        "items": (0..20).map(item).collect::<Vec<_>>(),
    })
}

fn with_scope<T>(input: &Value, evaluate: impl FnOnce(&Scope<'_>) -> T) -> T {
    let build = || json!({ "Execution": { "Id": "arn", "Name": "order-1" }, "State": { "Name": "S" } });
    let context = Context::lazy(&build, &[]);
    evaluate(&Scope { input, context: &context, variables: &Map::new(), random: &Random::seeded(7) })
}

fn paths(criterion: &mut Criterion) {
    let order = order();
    let mut group = criterion.benchmark_group("path");
    for (name, text) in [
        ("definite", "$.customer.address.city"),
        ("wildcard", "$.items[*].price"),
        ("filter", "$.items[?(@.quantity > 2 && @.price < 5)]"),
        ("regex", "$.items[?(@.sku =~ /SKU-0000[0-4]/)].sku"),
        ("scan", "$..price"),
        ("sum", "$.items[*].price.sum()"),
    ] {
        let path = JsonPath::parse(text).expect(text);
        group.bench_function(name, |bencher| bencher.iter(|| black_box(&path).evaluate(black_box(&order)).is_ok()));
    }
    group.bench_function("parse", |bencher| {
        bencher.iter(|| JsonPath::parse(black_box("$.items[?(@.quantity > 2 && @.price < 5)]")).is_ok());
    });
    let target = ResultPath::parse("$.customer.result").expect("a reference path");
    group.bench_function("result path", |bencher| {
        bencher.iter(|| black_box(&target).insert(order.clone(), json!({ "paid": true })).is_ok());
    });
    group.finish();
}

fn templates(criterion: &mut Criterion) {
    let order = order();
    let ten_fields = json!({
        "id.$": "$.id", "name.$": "$.customer.name", "city.$": "$.customer.address.city", "first.$": "$.items[0].sku",
        "total.$": "$.total", "source": "web", "limit": 10, "flags": { "gift": false, "rush": true },
        "nested": { "zip.$": "$.customer.address.zip" }, "text.$": "States.Format('{} of {}', $.id, $.customer.name)",
    });
    let mut group = criterion.benchmark_group("template");
    for (name, template) in [
        ("ten fields", ten_fields),
        ("a subtree", json!({ "order.$": "$" })),
        ("context", json!({ "s.$": "$$.State.Name" })),
    ] {
        let template = Template::parse(&template).expect("a template");
        group.bench_function(name, |bencher| {
            bencher.iter(|| with_scope(&order, |scope| black_box(&template).evaluate(scope).is_ok()));
        });
    }
    group.finish();
}

fn intrinsics(criterion: &mut Criterion) {
    let order = order();
    let mut group = criterion.benchmark_group("intrinsic");
    for (name, text) in [
        ("Format", "States.Format('{} of {}', $.id, $.customer.name)"),
        ("MathAdd", "States.MathAdd($.total, 1)"),
        ("nested", "States.ArrayGetItem(States.StringSplit($.id, '-'), 1)"),
        ("JsonToString", "States.JsonToString($.customer)"),
        ("ArrayPartition", "States.ArrayPartition($.items, 5)"),
        ("Hash", "States.Hash($.id, 'SHA-256')"),
    ] {
        let expression = Expression::parse(text).expect(text);
        group.bench_function(name, |bencher| {
            bencher.iter(|| with_scope(&order, |scope| black_box(&expression).evaluate(scope).is_ok()));
        });
    }
    group.finish();
}

criterion_group!(benches, paths, templates, intrinsics);
criterion_main!(benches);
