//! A state of a random machine in JSONata: what JSONPath does with paths, done with expressions, to the same end.
//!
//! It knows what random machines have, which is not all of JSONPath.

use super::delimited;
use crate::search::dice::Dice;
use serde_json::{Map, Value, json};

/// What `$` stands for in a field of JSONPath.
const INPUT: &str = "$states.input";

/// The same in what is made of a result.
const RESULT: &str = "$states.result";

/// The same in a catcher.
const ERROR: &str = "$states.errorOutput";

/// Fields that hold a number, or an expression in its place.
const NUMBERS: [&str; 4] = ["Seconds", "TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency"];

/// The state in JSONata; the states within it are as they were. The dice decide between ways to say the same.
pub(super) fn to_jsonata(state: &Value, dice: &mut Dice) -> Value {
    let mut fields = state.as_object().cloned().unwrap_or_default();
    let kind = fields.get("Type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let came = if kind == "Pass" { INPUT } else { RESULT };
    if let Some(assign) = fields.get_mut("Assign") {
        *assign = template(assign, came, dice);
    }
    match kind.as_str() {
        "Pass" => {
            let made = pass(&mut fields);
            output(&mut fields, &made);
        }
        "Choice" => in_each(&mut fields, "Choices", condition),
        "Wait" => sometimes_until(&mut fields, dice),
        "Task" | "Parallel" | "Map" => {
            work(&mut fields, dice);
            in_each(&mut fields, "Catch", |catcher| {
                if let Some(assign) = catcher.get_mut("Assign") {
                    *assign = template(assign, ERROR, dice);
                }
            });
        }
        _ => in_quotation_marks(&mut fields, dice),
    }
    for name in NUMBERS {
        if let Some(number) = fields.get_mut(name).filter(|number| number.is_number() && dice.chance(30)) {
            *number = format!("{{% $number('{number}') %}}").into();
        }
    }
    Value::Object(fields)
}

/// What a Pass makes: the source of an expression.
fn pass(fields: &mut Map<String, Value>) -> String {
    if let Some(result) = fields.remove("Result") {
        return result.to_string();
    }
    match (fields.remove("Parameters"), fields.remove("InputPath")) {
        (Some(parameters), _) => source(&parameters, INPUT),
        (None, Some(path)) => expression(path.as_str().unwrap_or_default(), INPUT),
        (None, None) => INPUT.to_owned(),
    }
}

/// What goes into the state's work, and what of its result goes on.
fn work(fields: &mut Map<String, Value>, dice: &mut Dice) {
    for (path_field, field) in [("Parameters", "Arguments"), ("ItemSelector", "ItemSelector")] {
        if let Some(parameters) = fields.remove(path_field) {
            fields.insert(field.to_owned(), template(&parameters, INPUT, dice));
        }
    }
    if let Some(path) = fields.remove("ItemsPath") {
        let items = expression(path.as_str().unwrap_or_default(), INPUT);
        fields.insert("Items".to_owned(), delimited(&items));
    }
    let selected = fields.remove("ResultSelector").map_or_else(|| RESULT.to_owned(), |it| source(&it, RESULT));
    output(fields, &selected);
}

/// `Output` in place of `ResultPath`.
fn output(fields: &mut Map<String, Value>, made: &str) {
    let whole = match fields.remove("ResultPath").as_ref().and_then(Value::as_str) {
        Some(path) => {
            let name = Value::from(path.trim_start_matches("$."));
            format!("$merge([{INPUT}, {{{name}: {made}}}])")
        }
        None => made.to_owned(),
    };
    fields.insert("Output".to_owned(), delimited(&whole));
}

/// `Condition` in place of a comparison.
fn condition(rule: &mut Value) {
    let Some(fields) = rule.as_object_mut() else { return };
    let Some(variable) = fields.remove("Variable") else { return };
    let variable = expression(variable.as_str().unwrap_or_default(), INPUT);
    for (name, operator) in [("NumericLessThan", "<"), ("NumericEquals", "=")] {
        if let Some(number) = fields.remove(name) {
            fields.insert("Condition".to_owned(), delimited(&format!("{variable} {operator} {number}")));
        }
    }
}

/// A number of seconds as a time.
fn sometimes_until(fields: &mut Map<String, Value>, dice: &mut Dice) {
    if dice.chance(30)
        && let Some(seconds) = fields.remove("Seconds")
    {
        let until = format!("$fromMillis($millis() + 1000 * {seconds})");
        fields.insert("Timestamp".to_owned(), delimited(&until));
    }
}

/// A Fail's fields as expressions.
fn in_quotation_marks(fields: &mut Map<String, Value>, dice: &mut Dice) {
    for name in ["Error", "Cause"] {
        if let Some(text) = fields.get_mut(name).filter(|_| dice.chance(50)) {
            *text = delimited(&text.to_string());
        }
    }
}

fn in_each(fields: &mut Map<String, Value>, list: &str, mut change: impl FnMut(&mut Value)) {
    for part in fields.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
        change(part);
    }
}

/// A payload with expressions in it; sometimes, unless it is what Assign holds, one expression for all of it.
fn template(value: &Value, base: &str, dice: &mut Dice) -> Value {
    match value {
        Value::Object(fields) => {
            let translated = fields.iter().map(|(name, value)| match (name.strip_suffix(".$"), value) {
                (Some(name), Value::String(path)) => (name.to_owned(), delimited(&expression(path, base))),
                _ if value.is_object() && dice.chance(30) => (name.clone(), delimited(&source(value, base))),
                _ => (name.clone(), template(value, base, dice)),
            });
            Value::Object(translated.collect())
        }
        Value::Array(items) => items.iter().map(|item| template(item, base, dice)).collect(),
        other => other.clone(),
    }
}

/// A payload as the source of one expression.
fn source(value: &Value, base: &str) -> String {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| match (name.strip_suffix(".$"), value) {
                (Some(name), Value::String(path)) => format!("{}: {}", json!(name), expression(path, base)),
                _ => format!("{}: {}", json!(name), source(value, base)),
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| source(item, base)).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// A path, or a function of paths, as an expression.
fn expression(path: &str, base: &str) -> String {
    if path == "States.UUID()" {
        return "$uuid()".to_owned();
    }
    if let Some(sum) = path.strip_prefix("States.MathAdd(").and_then(|sum| sum.strip_suffix(')')) {
        let terms: Vec<String> = sum.split(", ").map(|term| expression(term, base)).collect();
        return terms.join(" + ");
    }
    match (path.strip_prefix("$$."), path.strip_prefix("$.")) {
        (Some(of_context), _) => format!("$states.context.{of_context}"),
        (None, Some(of_base)) => format!("{base}.{of_base}"),
        (None, None) if path == "$" => base.to_owned(),
        // A variable, or a number.
        (None, None) => path.to_owned(),
    }
}
