//! Evaluators against models so simple that they are seen to be right: filters, templates, intrinsic functions.

use proptest::prelude::*;
use ratchet_expression::{Context, Expression, JsonPath, Random, Scope, Template};
use serde_json::{Map, Value, json};

fn with_scope<T>(input: &Value, evaluate: impl FnOnce(&Scope<'_>) -> T) -> T {
    let context = Context::fixed(Value::Null);
    evaluate(&Scope { input, context: &context, variables: &Map::new(), random: &Random::seeded(3) })
}

fn call(text: &str, input: &Value) -> Value {
    let expression = Expression::parse(text).expect(text);
    with_scope(input, |scope| expression.evaluate(scope)).expect(text)
}

/// A filter over numbers.
#[derive(Clone, Debug)]
enum Filter {
    Compare(&'static str, i64),
    In(Vec<i64>),
    Not(Box<Filter>),
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
}

impl Filter {
    fn text(&self) -> String {
        match self {
            Self::Compare(operator, number) => format!("@ {operator} {number}"),
            Self::In(numbers) => format!("@ in {numbers:?}"),
            Self::Not(filter) => format!("!({})", filter.text()),
            Self::And(left, right) => format!("({}) && ({})", left.text(), right.text()),
            Self::Or(left, right) => format!("({}) || ({})", left.text(), right.text()),
        }
    }

    fn accepts(&self, item: i64) -> bool {
        match self {
            Self::Compare("==", number) => item == *number,
            Self::Compare("!=", number) => item != *number,
            Self::Compare("<", number) => item < *number,
            Self::Compare("<=", number) => item <= *number,
            Self::Compare(">", number) => item > *number,
            Self::Compare(_, number) => item >= *number,
            Self::In(numbers) => numbers.contains(&item),
            Self::Not(filter) => !filter.accepts(item),
            Self::And(left, right) => left.accepts(item) && right.accepts(item),
            Self::Or(left, right) => left.accepts(item) || right.accepts(item),
        }
    }
}

fn filter() -> impl Strategy<Value = Filter> {
    let operator = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        (operator, -5_i64..5).prop_map(|(operator, number)| Filter::Compare(operator, number)),
        prop::collection::vec(-5_i64..5, 1..4).prop_map(Filter::In),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|filter| Filter::Not(Box::new(filter))),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| Filter::And(Box::new(left), Box::new(right))),
            (inner.clone(), inner).prop_map(|(left, right)| Filter::Or(Box::new(left), Box::new(right))),
        ]
    })
}

/// A template with what it must give for [`INPUT`](input): literals, lists, objects, and fields that are evaluated.
fn template() -> impl Strategy<Value = (Value, Value)> {
    let leaf = prop::sample::select(vec![json!(null), json!(1.50), json!("$.a"), json!([]), json!({})]);
    let leaf = leaf.prop_map(|literal| (literal.clone(), literal));
    leaf.prop_recursive(4, 24, 4, |inner| {
        let fields = prop::collection::vec((0..3_usize, inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| {
                let (templates, values): (Vec<_>, Vec<_>) = items.into_iter().unzip();
                (Value::Array(templates), Value::Array(values))
            }),
            fields.prop_map(|fields| {
                let (mut template, mut value) = (Map::new(), Map::new());
                for (index, (kind, (inner_template, inner_value))) in fields.into_iter().enumerate() {
                    let (key, field, expected) = match kind {
                        0 => (format!("k{index}"), inner_template, inner_value),
                        1 => (format!("k{index}.$"), json!("$.a.b[1]"), json!("x")),
                        _ => (format!("k{index}.$"), json!("States.Array($.n)"), json!([7])),
                    };
                    value.insert(format!("k{index}"), expected);
                    template.insert(key, field);
                }
                (Value::Object(template), Value::Object(value))
            }),
        ]
    })
}

fn input() -> Value {
    json!({ "a": { "b": [0, "x"] }, "n": 7 })
}

proptest! {
    #[test]
    fn a_filter_keeps_what_its_model_accepts(filter in filter(), items in prop::collection::vec(-6_i64..6, 0..8)) {
        let path = format!("$[?({})]", filter.text());
        let found = JsonPath::parse(&path).expect(&path).evaluate(&json!(items)).expect(&path).into_owned();
        let expected: Vec<i64> = items.into_iter().filter(|item| filter.accepts(*item)).collect();
        prop_assert_eq!(found, json!(expected), "{}", path);
    }

    #[test]
    fn a_template_is_its_literals_with_its_fields_filled((template, expected) in template()) {
        let parsed = Template::parse(&template).expect("a template");
        let found = with_scope(&input(), |scope| parsed.evaluate(scope)).expect("a value");
        prop_assert_eq!(found.to_string(), expected.to_string());
    }

    #[test]
    fn pieces_have_no_delimiter_and_all_else(text in "[a-c,;é]{0,12}", delimiters in "[,;é]{0,2}") {
        let found = call("States.StringSplit($[0], $[1])", &json!([text, delimiters]));
        let pieces: Vec<&str> = found.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        prop_assert!(pieces.iter().all(|piece| !piece.is_empty() && !piece.contains(|letter| delimiters.contains(letter))));
        let rest: String = text.chars().filter(|letter| !delimiters.contains(*letter)).collect();
        prop_assert_eq!(pieces.concat(), rest);
    }

    #[test]
    fn parts_add_up_and_are_full_but_for_the_last(items in prop::collection::vec(0..9, 0..20), size in 1..6_usize) {
        let found = call("States.ArrayPartition($[0], $[1])", &json!([items, size]));
        let parts: Vec<Vec<i32>> = serde_json::from_value(found).expect("lists");
        prop_assert!(parts.iter().rev().skip(1).all(|part| part.len() == size));
        prop_assert!(parts.last().is_none_or(|part| (1..=size).contains(&part.len())));
        prop_assert_eq!(parts.concat(), items);
    }

    #[test]
    fn unique_values_are_all_values_once(items in prop::collection::vec(prop_oneof![(-3..40_i64).prop_map(Value::from), "[a-c]{0,2}".prop_map(Value::from), Just(Value::Null)], 0..20)) {
        let found = call("States.ArrayUnique($)", &json!(items));
        let found = found.as_array().expect("a list");
        prop_assert!(items.iter().all(|item| found.iter().filter(|other| *other == item).count() == 1));
        prop_assert!(found.iter().all(|item| items.contains(item)));
    }

    #[test]
    fn sums_are_those_of_rounded_doubles(left in -1e6..1e6_f64, right in -1e6..1e6_f64) {
        let found = call("States.MathAdd($[0], $[1])", &json!([left, right]));
        #[expect(clippy::cast_possible_truncation, reason = "both are far below 2^31")]
        let expected = (left + 0.5).floor() as i64 + (right + 0.5).floor() as i64;
        prop_assert_eq!(found, json!(expected));
    }

    #[test]
    fn a_seeded_number_is_in_range_and_always_the_same(start in -50..50_i32, count in 1..100_i32, seed in any::<i32>()) {
        let input = json!([start, start + count, seed]);
        let found = call("States.MathRandom($[0], $[1], $[2])", &input);
        prop_assert!((i64::from(start)..i64::from(start + count)).contains(&found.as_i64().expect("a number")));
        prop_assert_eq!(&found, &call("States.MathRandom($[0], $[1], $[2])", &input));
    }

    #[test]
    fn what_is_encoded_is_decoded_again(text in "\\PC{0,40}") {
        prop_assert_eq!(call("States.Base64Decode(States.Base64Encode($))", &json!(text)), json!(text));
    }
}
