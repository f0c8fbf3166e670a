//! The reference's own test suite, read in place: values, undefined against null, codes, texts and tokens.
//!
//! `JSONATA_DIR` names the folder of `cases.json` and `datasets.json`. `JSONATA_CASE` runs the cases that have that in
//! their names. With `--nocapture` there is a line for each group.

use ratchet_jsonata::{Expression, Limits, Options, Outcome, Seeded, Variable};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

/// Bounds under which every case must come to its end.
const LIMITS: Limits = Limits { depth: 500, steps: 5_000_000, memory: 1 << 30, nesting: 500 };

/// Folder of `cases.json` and `datasets.json`.
fn folder() -> PathBuf {
    match std::env::var_os("JSONATA_DIR") {
        Some(folder) => folder.into(),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/jsonata"),
    }
}

fn read(name: &str) -> Option<String> {
    std::fs::read_to_string(folder().join(name)).ok()
}

/// Keys that a case may have; one that is not among them would be left out without a word.
const KNOWN: [&str; 17] = [
    "expr",
    "group",
    "case",
    "category",
    "description",
    "function",
    "data",
    "dataset",
    "bindings",
    "result",
    "undefinedResult",
    "unordered",
    "code",
    "token",
    "error",
    "timelimit",
    "depth",
];

struct Case {
    fields: Value,
    /// None is undefined.
    input: Option<Value>,
}

impl Case {
    fn new(fields: Value, datasets: &Value) -> Self {
        let input = match (fields.get("data"), fields["dataset"].as_str()) {
            (Some(data), _) => Some(data.clone()),
            (None, Some(dataset)) => Some(datasets.get(dataset).expect("the dataset exists").clone()),
            (None, None) => None,
        };
        let unknown = fields.as_object().and_then(|fields| fields.keys().find(|key| !KNOWN.contains(&key.as_str())));
        assert_eq!(unknown, None, "a case says something that nobody heeds");
        let outcomes = ["result", "undefinedResult", "code", "error"];
        assert!(outcomes.iter().any(|key| fields.get(key).is_some()), "a case says what comes of it");
        Self { fields, input }
    }

    fn text(&self, key: &str) -> &str {
        self.fields[key].as_str().unwrap_or_default()
    }

    fn name(&self) -> String {
        format!("{}/{}", self.text("group"), self.text("case"))
    }

    /// Why it cannot be run, if it cannot.
    fn obstacle(&self) -> Option<&'static str> {
        let expr = self.text("expr");
        let has_half = has_lone_surrogate(expr) || expr.contains('\u{fffd}');
        has_half.then_some("half of a surrogate pair, which no string of Rust's can hold")
    }

    fn run(&self) -> Result<(), String> {
        let expr = self.text("expr");
        let bindings = self.fields["bindings"].as_object().cloned().unwrap_or_default();
        let variables: Vec<(&str, Variable<'_>)> =
            bindings.iter().map(|(name, value)| (name.as_str(), Variable::Json(value))).collect();
        let mut random = Seeded::new(42);
        let depth = self.fields["depth"].as_u64().and_then(|depth| usize::try_from(depth).ok());
        let options = Options {
            // Cases of small depth mean the time, and trust the engine's own stack.
            limits: Limits { depth: depth.unwrap_or(LIMITS.depth).max(100), ..LIMITS },
            now: 1_700_000_000_000,
            variables: &variables,
            random: Some(&mut random),
            ..Options::default()
        };
        let outcome = Expression::parse(expr).and_then(|parsed| parsed.evaluate_with(self.input.as_ref(), options));
        self.judge(outcome)
    }

    fn judge(&self, outcome: Result<Outcome, ratchet_jsonata::Error>) -> Result<(), String> {
        let expected_error = self.fields.get("error").unwrap_or(&self.fields);
        if let Some(code) = expected_error.get("code").and_then(Value::as_str) {
            let Err(error) = outcome else { return Err(format!("wanted {code}, got {outcome:?}")) };
            let found = error.code().map_or("U1001", |found| found.name());
            if found != code {
                return Err(format!("wanted {code}, got {error:?}"));
            }
            let token = expected_error.get("token").map(ToString::to_string);
            if token.is_some() && token.as_deref() != error.token() {
                return Err(format!("wanted token {token:?}, got {:?}", error.token()));
            }
            return match expected_error.get("message").and_then(Value::as_str) {
                Some(message) if message != error.message() => Err(format!("wanted {message}, got {error}")),
                _ => Ok(()),
            };
        }
        match (outcome, self.fields.get("result")) {
            (Ok(Outcome::Json(found)), Some(wanted)) => {
                let is_unordered = self.fields["unordered"] == Value::Bool(true);
                if is_equal(&found, wanted, is_unordered) {
                    Ok(())
                } else {
                    Err(format!("wanted {wanted}, got {found}"))
                }
            }
            (Ok(Outcome::Undefined), None) => Ok(()),
            (outcome, wanted) => Err(format!("wanted {wanted:?}, got {outcome:?}")),
        }
    }
}

fn is_equal(left: &Value, right: &Value, is_unordered: bool) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) if is_unordered => {
            left.len() == right.len()
                && right.iter().all(|wanted| left.iter().any(|found| is_equal(found, wanted, true)))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_equal(left, right, is_unordered))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, left)| right.get(name).is_some_and(|right| is_equal(left, right, is_unordered)))
        }
        (left, right) => left == right,
    }
}

/// A string with half of a surrogate pair, which Rust's strings cannot hold.
fn has_lone_surrogate(text: &str) -> bool {
    let escapes: Vec<(usize, &str)> = text.match_indices("\\u").collect();
    let unit = |at: usize| text.get(at + 2..at + 6).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    let is_high = |at| unit(at).is_some_and(|unit| (0xD800..0xDC00).contains(&unit));
    let is_low = |at| unit(at).is_some_and(|unit| (0xDC00..0xE000).contains(&unit));
    escapes.iter().any(|(at, _)| is_high(*at) && !is_low(at + 6) || is_low(*at) && !(*at >= 6 && is_high(at - 6)))
}

/// JSON text whose escapes of such halves, which no JSON of Rust's can hold either, are replacement characters.
fn without_lone_surrogates(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        let len = if escape.starts_with("\\u") { 6 } else { 2 };
        let pair = if len == 6 && !has_lone_surrogate(&escape[..12.min(escape.len())]) { 12 } else { len };
        let is_half = len == 6 && has_lone_surrogate(&escape[..len]);
        let (escape, after) = escape.split_at(if is_half { pair } else { len });
        result.push_str(before);
        result.push_str(if is_half && pair == len { "\\ufffd" } else { escape });
        rest = after;
    }
    result + rest
}

/// A line that is seen also where the harness keeps the output of tests that pass.
fn announce(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output is open");
}

#[derive(Default)]
struct Tally {
    /// Passed and all, by group.
    groups: BTreeMap<String, (usize, usize)>,
    failures: Vec<String>,
    left_out: Vec<String>,
}

impl Tally {
    fn add(&mut self, case: &Case) {
        if let Some(obstacle) = case.obstacle() {
            self.left_out.push(format!("{}: {obstacle}", case.name()));
            return;
        }
        let (passed, all) = self.groups.entry(case.text("group").to_owned()).or_default();
        *all += 1;
        match case.run() {
            Ok(()) => *passed += 1,
            Err(reason) => self.failures.push(format!("{}: {}\n    {reason}", case.name(), case.text("expr"))),
        }
    }

    fn print(&self) {
        for (group, (passed, all)) in &self.groups {
            println!("{group} {passed}/{all}");
        }
        let sum = |(passed, all): (usize, usize), group: &(usize, usize)| (passed + group.0, all + group.1);
        let (passed, all) = self.groups.values().fold((0, 0), sum);
        let (groups, left_out) = (self.groups.len(), self.left_out.len());
        announce(&format!(
            "suite of the reference: {passed} of {all} cases in {groups} groups pass, {left_out} left out"
        ));
        self.left_out.iter().for_each(|line| announce(&format!("    left out: {line}")));
    }
}

#[test]
fn every_case_of_the_reference_s_suite_passes() {
    let (Some(cases), Some(datasets)) = (read("cases.json"), read("datasets.json")) else {
        announce(&format!("SKIPPED: no cases in {}; set JSONATA_DIR", folder().display()));
        return;
    };
    let datasets: Value = serde_json::from_str(&datasets).expect("the datasets are JSON");
    let cases: Vec<Value> = serde_json::from_str(&without_lone_surrogates(&cases)).expect("the cases are JSON");
    let only = std::env::var("JSONATA_CASE").unwrap_or_default();
    let mut tally = Tally::default();
    for case in cases.into_iter().map(|fields| Case::new(fields, &datasets)).filter(|case| case.name().contains(&only))
    {
        tally.add(&case);
    }
    tally.print();
    assert!(tally.failures.is_empty(), "{} failures:\n{}", tally.failures.len(), tally.failures.join("\n"));
}
