//! Choice rules against a model of them, and rules that are not meant to hold.

mod bodies;
mod first;

use first::First;
use proptest::prelude::*;
use ratchet_engine::{Phase, Trigger};
use serde_json::{Value, json};

/// A condition on `$.n` and `$.s`.
#[derive(Clone, Debug)]
enum Condition {
    Number(&'static str, i64),
    Text(&'static str, &'static str),
    Is(&'static str, bool),
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
}

const NUMBER_OPERATORS: [&str; 5] =
    ["NumericEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"];
const TEXT_OPERATORS: [&str; 5] =
    ["StringEquals", "StringLessThan", "StringLessThanEquals", "StringGreaterThan", "StringGreaterThanEquals"];

fn related<T: Ord>(operator: &str, left: &T, right: &T) -> bool {
    match operator.trim_start_matches("Numeric").trim_start_matches("String") {
        "Equals" => left == right,
        "LessThan" => left < right,
        "LessThanEquals" => left <= right,
        "GreaterThan" => left > right,
        _ => left >= right,
    }
}

impl Condition {
    fn rule(&self) -> Value {
        let all = |conditions: &[Self]| conditions.iter().map(Self::rule).collect::<Vec<_>>();
        match self {
            Self::Number(operator, number) => json!({ "Variable": "$.n", *operator: number }),
            Self::Text(operator, text) => json!({ "Variable": "$.s", *operator: text }),
            Self::Is(test, wanted) => json!({ "Variable": "$.n", *test: wanted }),
            Self::Not(condition) => json!({ "Not": condition.rule() }),
            Self::And(conditions) => json!({ "And": all(conditions) }),
            Self::Or(conditions) => json!({ "Or": all(conditions) }),
        }
    }

    fn holds(&self, n: i64, s: &str) -> bool {
        match self {
            Self::Number(operator, number) => related(operator, &n, number),
            Self::Text(operator, text) => related(operator, &s, text),
            Self::Is(test, wanted) => matches!(*test, "IsNumeric" | "IsPresent") == *wanted,
            Self::Not(condition) => !condition.holds(n, s),
            Self::And(conditions) => conditions.iter().all(|condition| condition.holds(n, s)),
            Self::Or(conditions) => conditions.iter().any(|condition| condition.holds(n, s)),
        }
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let number = prop::sample::select(NUMBER_OPERATORS.to_vec());
    let text = prop::sample::select(TEXT_OPERATORS.to_vec());
    let test = prop::sample::select(vec!["IsNumeric", "IsPresent", "IsString", "IsNull", "IsBoolean", "IsTimestamp"]);
    let leaf = prop_oneof![
        (number, -3_i64..3).prop_map(|(operator, number)| Condition::Number(operator, number)),
        (text, prop::sample::select(vec!["", "a", "b", "é"]))
            .prop_map(|(operator, text)| Condition::Text(operator, text)),
        (test, any::<bool>()).prop_map(|(test, wanted)| Condition::Is(test, wanted)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|condition| Condition::Not(Box::new(condition))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Condition::And),
            prop::collection::vec(inner, 1..4).prop_map(Condition::Or),
        ]
    })
}

proptest! {
    #[test]
    fn a_rule_holds_where_its_model_does(condition in condition(), n in -4_i64..4, s in "[ab]?") {
        let mut rule = condition.rule();
        rule["Next"] = json!("Next");
        // Without a default, a rule that does not hold fails the state.
        let first = First::new(&json!({ "Type": "Choice", "Choices": [rule] }), &json!({ "n": n, "s": s }));
        let step = first.step(Trigger::Entered).expect("it can be entered");
        prop_assert_eq!(matches!(step.cursor.phase, Phase::Ready { .. }), condition.holds(n, &s), "{:?}", step.cursor.phase);
    }

    #[test]
    fn any_operator_on_any_value_leads_somewhere_or_fails(
        operator in prop::sample::select(vec!["StringEquals", "StringMatches", "NumericLessThanPath", "BooleanEquals", "TimestampGreaterThan", "IsTimestamp", "StringEqualsPath", "And", "Not"]),
        variable in prop::sample::select(vec!["$", "$.a", "$.a[0]", "$.nope", "$$.State.Name", "$..a", "$.a[?(@ > 1)]", "x"]),
        value in prop::sample::select(vec![json!(1), json!("a*"), json!("$.a"), json!("$.nope"), json!(true), json!("2020-01-01T00:00:00Z"), json!([]), json!(null)]),
        input in prop::sample::select(vec![json!({ "a": 1 }), json!({ "a": "ab" }), json!({ "a": [2, { "a": null }] }), json!([]), json!("x")]),
    ) {
        bodies::choice(&json!([{ "Variable": variable, operator: value, "Next": "Next" }]), &input);
    }
}
