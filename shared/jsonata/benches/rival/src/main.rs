//! Times the rows of a task, which comes from standard input, with the crate `jsonata-core`. Of its two ways, the one that
//! is faster counts: the tree with `$states` as a variable, or the compiled expression, which knows no variables, with the
//! document in the place of `$states`.

#[path = "../../table/measure.rs"]
mod measure;

use jsonata_core::Expression;
use jsonata_core::evaluator::{Context, Evaluator};
use jsonata_core::value::JValue;
use measure::measure;
use serde_json::{Value, json};

fn main() {
    let task: Value = serde_json::from_reader(std::io::stdin()).expect("a task");
    let rows = task["rows"].as_array().expect("rows");
    let answers: Vec<Value> =
        rows.iter().filter_map(|row| row[1].as_str()).map(|text| answer(text, &task["states"])).collect();
    println!("{}", Value::from(answers));
}

fn answer(text: &str, states: &Value) -> Value {
    let (tree, tree_converted) = by_tree(text, states);
    let (compiled, compiled_converted) = by_compiled(text, states);
    json!({
        "time": tree.min(compiled),
        "converted": tree_converted.min(compiled_converted),
        "result": Value::from(&evaluate(&Expression::compile(text).expect(text), converted(states))),
    })
}

/// With the variable `$states`: without and with conversion.
fn by_tree(text: &str, states: &Value) -> (f64, f64) {
    let expression = Expression::compile(text).expect(text);
    let ready = converted(states);
    (
        measure(|| evaluate(&expression, ready.clone())),
        measure(|| Value::from(&evaluate(&expression, converted(states)))),
    )
}

fn evaluate(expression: &Expression, states: JValue) -> JValue {
    let mut context = Context::new();
    context.bind("states".to_owned(), states);
    Evaluator::with_context(context).evaluate(expression.ast(), &JValue::Undefined).expect("a value")
}

/// With the states as document: without and with conversion.
fn by_compiled(text: &str, states: &Value) -> (f64, f64) {
    let expression = Expression::compile(&text.replace("$states.", "")).expect(text);
    let ready = converted(states);
    (
        measure(|| expression.evaluate(&ready).expect("a value")),
        measure(|| Value::from(&expression.evaluate(&converted(states)).expect("a value"))),
    )
}

/// By reference, which is cheaper than a copy for the crate's own conversion.
fn converted(json: &Value) -> JValue {
    match json {
        Value::Null => JValue::Null,
        Value::Bool(bool) => JValue::Bool(*bool),
        Value::Number(number) => JValue::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => JValue::string(text.as_str()),
        Value::Array(items) => JValue::array(items.iter().map(converted).collect()),
        Value::Object(fields) => {
            JValue::object(fields.iter().map(|(name, value)| (name.clone(), converted(value))).collect())
        }
    }
}
