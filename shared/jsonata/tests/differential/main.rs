//! The reference itself as judge: the same expressions here and in `jsonata@2.0.6` on Node, which `JSONATA_JS` names.
//!
//! `JSONATA_COUNT` says how many expressions to make, `JSONATA_SEED` which. `JSONATA_EXPR` gives some to compare instead.

mod generator;
mod judge;
mod reference;

use generator::Generator;
use judge::{difference, is_comparable, is_race};
use ratchet_jsonata::{Code, Error, Expression, Limits, Options, Outcome, Random, Variable};
use reference::{ABSENT, Reference};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A line that is seen also where the harness keeps the output of tests that pass.
fn announce(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output is open");
}

fn document() -> Value {
    json!({
        "a": {"b": 5, "s": "inner"},
        "b": [1, 2, 3],
        "c": {"d": {"e": "deep"}},
        "d": true,
        "e": null,
        "n": 4,
        "s": "Hello World",
        "x y": "quoted",
        "é": "a😀b",
        "and": true,
        "in": [1],
        "one": [{"x": 1}],
        "empty": [],
        "nested": [[1, [2]], [[3]]],
        "wide": {"p": 1, "q": [2, [3]], "r": {"s": 4}, "t": null, "u": ""},
        "items": [
            {"n": 3, "s": "c", "tags": ["x", "y"], "a": {"b": 1}},
            {"n": 1, "s": "a", "tags": [], "a": {"b": 2}},
            {"n": 2, "s": "b", "tags": ["z"]},
            {"n": 2, "s": "a", "b": [[1, 2], [3]]}
        ]
    })
}

/// Chance that always takes the middle.
struct Middle;

impl Random for Middle {
    fn next_u64(&mut self) -> u64 {
        1 << 63
    }
}

fn here(expr: &str, input: Option<&Value>, bindings: &Value) -> Result<Outcome, Error> {
    let bindings = bindings.as_object().cloned().unwrap_or_default();
    let variables: Vec<(&str, Variable<'_>)> =
        bindings.iter().map(|(name, value)| (name.as_str(), Variable::Json(value))).collect();
    let options = Options {
        limits: Limits { depth: 400, steps: 1_000_000, memory: 1 << 28, ..Limits::default() },
        variables: &variables,
        random: Some(&mut Middle),
        now: 1_700_000_000_000,
        ..Options::default()
    };
    Expression::parse(expr)?.evaluate_with(input, options)
}

#[test]
fn failures_of_the_suite_read_as_those_of_the_reference() {
    let folder = std::env::var("JSONATA_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/jsonata").to_owned());
    let read = |name: &str| std::fs::read_to_string(Path::new(&folder).join(name)).ok();
    let (Some(cases), Some(datasets)) = (read("cases.json"), read("datasets.json")) else {
        announce(&format!("SKIPPED: no cases in {folder}; set JSONATA_DIR"));
        return;
    };
    let Some(mut reference) = Reference::start() else {
        println!("{ABSENT}");
        return;
    };
    // Halves of surrogate pairs, which no string here can hold, make other strings of both sides alike.
    let cases = cases.replace("\\ud", "\\u0").replace("\\uD", "\\u0");
    let cases: Vec<Value> = serde_json::from_str(&cases).expect("the cases are JSON");
    let datasets: Value = serde_json::from_str(&datasets).expect("the datasets are JSON");
    let (mut compared, mut differences) = (0, Vec::new());
    for case in &cases {
        let is_failure = case.get("code").is_some() || case.get("error").is_some();
        if !is_failure || case.get("depth").is_some() {
            continue;
        }
        let expr = case["expr"].as_str().unwrap_or_default();
        let input = match case.get("data") {
            Some(data) => Some(data),
            None => case["dataset"].as_str().map(|dataset| &datasets[dataset]),
        };
        let wanted = reference.evaluate(expr, input, &case["bindings"]);
        if !is_comparable(&wanted) {
            continue;
        }
        compared += 1;
        if let Some(difference) = difference(&here(expr, input, &case["bindings"]), &wanted) {
            differences.push(format!("{expr}\n    {difference}"));
        }
    }
    reference.stop();
    announce(&format!("{compared} failures compared, {} differences", differences.len()));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn texts_of_all_codes_are_those_of_the_reference() {
    let Some(mut reference) = Reference::start() else {
        println!("{ABSENT}");
        return;
    };
    let templates = reference.templates();
    reference.stop();
    let templates = templates.as_object().expect("a table");
    let codes: Vec<Code> = Code::all().collect();
    for code in &codes {
        assert_eq!(templates.get(code.name()).and_then(Value::as_str), Some(code.template()), "{}", code.name());
    }
    // Of a mode that goes on after syntax errors, and one that no longer occurs.
    let absent: Vec<&String> =
        templates.keys().filter(|name| !codes.iter().any(|code| code.name() == name.as_str())).collect();
    assert_eq!(absent, ["S0500", "D2005"]);
}

/// The expressions that `JSONATA_EXPR` has in its lines, or else generated ones.
fn expressions() -> Vec<String> {
    if let Ok(given) = std::env::var("JSONATA_EXPR") {
        return given.lines().map(str::to_owned).collect();
    }
    let mut generator = Generator::new(number("JSONATA_SEED", 1));
    (0..number("JSONATA_COUNT", 2000)).map(|index| generator.next(index)).collect()
}

#[test]
fn generated_expressions_give_what_the_reference_gives() {
    let Some(mut reference) = Reference::start() else {
        announce(ABSENT);
        return;
    };
    let input = document();
    let bindings = json!({"v": [1, "two", {"three": 3}]});
    let expressions = expressions();
    let (mut differences, mut compared, mut failing) = (Vec::new(), 0, 0);
    for expr in &expressions {
        let wanted = reference.evaluate(expr, Some(&input), &bindings);
        let found = here(expr, Some(&input), &bindings);
        let both_fail = found.is_err() && wanted.get("error").is_some();
        let difference = difference(&found, &wanted);
        if !is_comparable(&wanted) || difference.is_some() && both_fail && is_race(expr) {
            continue;
        }
        compared += 1;
        failing += usize::from(both_fail);
        differences.extend(difference.map(|difference| format!("{expr}\n    {difference}")));
    }
    reference.stop();
    let (count, different) = (expressions.len(), differences.len());
    announce(&format!(
        "{count} expressions, {compared} of them compared with the reference, {failing} of these failing, {different} differences"
    ));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
