//! What is measured: expressions as they are in states, and the `$states` that they read.

use serde_json::{Value, json};

/// Name and text.
pub(crate) const ROWS: [(&str, &str); 6] = [
    ("path", "$states.input.customer.address.city"),
    ("condition", "$states.input.total > 100 and $states.input.customer.tier = 'gold'"),
    (
        "object",
        "{'id': $states.input.id, 'name': $states.input.customer.name, 'total': $states.input.total * 1.1,
          'execution': $states.context.Execution.Id, 'text': 'Order ' & $states.input.id & ' of ' & $states.input.total}",
    ),
    ("filter and sum of 20 items", "$sum($states.input.items[quantity > 2].(price * quantity))"),
    (
        "map with a lambda",
        "$map($states.input.items, function($item) {
            {'sku': $item.sku, 'total': $item.price * $item.quantity, 'isMany': $item.quantity > 2}
         })",
    ),
    ("fib(12)", "($fib := function($n) { $n < 2 ? $n : $fib($n - 1) + $fib($n - 2) }; $fib(12))"),
];

/// Some 3 KB: an order of twenty items, and what the context object says.
pub(crate) fn states() -> Value {
    let item = |number: u32| {
        json!({
            "sku": format!("SKU-{number:05}"), "name": format!("Article number {number}"), "quantity": number % 5,
            "price": 4.5 + f64::from(number), "tags": ["new", "blue"], "isGift": number.is_multiple_of(7),
        })
    };
    json!({
        "input": {
            "id": "order-4711", "total": 250, "currency": "CHF",
            "customer": { "name": "Ann", "tier": "gold", "address": { "city": "Bern", "zip": "3000", "country": "CH" } },
            "items": (0..20).map(item).collect::<Vec<_>>(),
        },
        "context": {
            "Execution": {
                "Id": "arn:aws:states:eu-central-1:123456789012:execution:orders:4711", "Name": "4711",
                "StartTime": "2026-01-01T00:00:00.000Z", "RoleArn": "arn:aws:iam::123456789012:role/orders",
            },
            "State": { "Name": "Pay", "EnteredTime": "2026-01-01T00:00:01.000Z", "RetryCount": 0 },
            "StateMachine": { "Id": "arn:aws:states:eu-central-1:123456789012:stateMachine:orders", "Name": "orders" },
        },
    })
}
