//! How often an evaluation asks for memory: a matter of the expression, never of the input's size, and never of parsing.

use allocation_counter::measure;
use ratchet_jsonata::{Expression, Options, Variable};
use serde_json::{Value, json};

/// How often an evaluation allocates, and how many bytes, with an input that has a text of so many.
fn allocations(text: &str, bytes: usize) -> (u64, u64) {
    let expression = Expression::parse(text).expect(text);
    let input = json!({
        "customer": { "name": "Ann", "tier": "gold", "note": "x".repeat(bytes) }, "total": 250,
        "items": [{ "price": 4.5, "quantity": 3 }, { "price": 2, "quantity": 1 }], "others": vec![1; bytes],
    });
    let name = json!("orders");
    let context = vec![("Name", Variable::Json(&name))];
    let states = vec![("input", Variable::Json(&input)), ("context", Variable::Object(context))];
    let variables = [("states", Variable::Object(states))];
    let evaluate = || {
        let options = Options { variables: &variables, ..Options::default() };
        expression.evaluate_with(None, options).expect(text)
    };
    // What is set up once in a process, such as the signatures of the functions, is not counted.
    evaluate();
    let mut outcome = None;
    let info = measure(|| outcome = Some(evaluate()));
    assert!(outcome.is_some_and(|outcome| outcome.into_json().is_some()), "{text}");
    (info.count_total, info.bytes_total)
}

#[track_caller]
fn check(text: &str, most: u64) {
    let small = allocations(text, 10);
    assert_eq!(small, allocations(text, 100_000), "{text}");
    assert!(small.0 <= most, "{} allocations in {text}", small.0);
}

#[test]
fn a_path_allocates_twice_and_for_its_result() {
    check("$states.input.total > 100", 2);
    check("$states.input.customer.name", 3);
    check("$states.context.Name", 3);
}

#[test]
fn what_is_not_asked_for_is_not_touched() {
    check("$states.input.customer.tier = 'gold' and $states.context.Name != 'x'", 2);
    check("$states.input.total + $states.input.items[0].price", 8);
    check("{'name': $states.input.customer.name, 'isLarge': $states.input.total > 100}", 9);
    check("$sum($states.input.items.(price * quantity))", 12);
}

#[test]
fn a_call_of_a_function_allocates_for_its_frame_and_its_arguments() {
    let calls = |count: usize| {
        allocations(&format!("($f := function($n) {{ $n > 0 ? 1 + $f($n - 1) : 0 }}; $f({count}))"), 1).0
    };
    assert_eq!(calls(20) - calls(10), 20);
}

#[test]
fn an_expression_is_parsed_once() {
    let text = "$states.input.items[quantity > 2 and price < 5].{'total': price * quantity, 'name': 'an item'}";
    let parsing = measure(|| drop(Expression::parse(text))).count_total;
    assert!(parsing > 50, "{parsing} allocations to parse");
    let (evaluating, _) = allocations(text, 1);
    assert!(evaluating < parsing / 2, "{evaluating} allocations to evaluate, {parsing} to parse");
    let value: Value = json!({ "a": 1 });
    let literal = Expression::parse("a + 1").expect("a sum");
    let counted = || measure(|| drop(literal.evaluate(&value))).count_total;
    assert_eq!(counted(), counted());
}
