//! Whatever the text and whatever the document: parsers and evaluators return, and never panic.

use proptest::prelude::*;
use ratchet_expression::{Context, Expression, JsonPath, Random, ResultPath, Scope, Template};
use serde_json::{Map, Value, json};

/// Texts made of what paths and calls are made of, so that many of them parse.
fn source() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "$",
        "@",
        ".",
        "..",
        "*",
        "[",
        "]",
        "[*]",
        "['a']",
        "[\"b\"]",
        "['a','b']",
        "[0]",
        "[-1]",
        "[0,1]",
        "[1:]",
        "[-2:1]",
        "[:-1]",
        "[?(",
        ")]",
        "(",
        ")",
        "@.a",
        "@.b",
        "@",
        " == ",
        " != ",
        " < ",
        " =~ ",
        " in ",
        " nin ",
        " size ",
        " empty ",
        " contains ",
        " subsetof ",
        " anyof ",
        " && ",
        " || ",
        "!",
        "'a'",
        "\"",
        "'",
        "1",
        "-0.5",
        "true",
        "null",
        "[1,'a']",
        "{a:1}",
        "/a.*/i",
        "/",
        ".a",
        ".b",
        ".length()",
        ".sum($.a)",
        ".keys()",
        ".first()",
        ".index(1)",
        ".concat(\"x\", $.b)",
        ".append(1)",
        ".nosuch()",
        ",",
        "\\",
        "é",
        "\u{1f600}",
        "States.",
        "Format(",
        "Array(",
        "MathAdd(",
        "StringSplit(",
        "JsonMerge(",
        "UUID()",
        "'{}'",
        " ",
    ]);
    prop_oneof![
        ".{0,40}",
        prop::collection::vec(part.clone(), 0..14).prop_map(|parts| parts.concat()),
        prop::collection::vec(part.clone(), 0..10).prop_map(|parts| format!("${}", parts.concat())),
        prop::collection::vec(part, 0..6).prop_map(|parts| format!("$.a[?({})]", parts.concat())),
    ]
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        prop::sample::select(vec!["", "a", "$.a", "[1]", "'x'", "\\", "é"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::hash_map("[ab]|a b", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn evaluate_everything(source: &str, document: &Value) {
    let context = Context::fixed(document.clone());
    let variables: Map<String, Value> = std::iter::once(("a".to_owned(), document.clone())).collect();
    let scope = Scope { input: document, context: &context, variables: &variables, random: &Random::seeded(3) };
    if let Ok(path) = JsonPath::parse(source) {
        let again = JsonPath::parse(path.source()).expect("what parsed once parses again");
        assert_eq!(path, again);
        let found = path.evaluate(document);
        assert_eq!(found, again.evaluate(document));
        if let (Ok(found), false) = (&found, path.is_definite()) {
            assert!(found.is_array(), "{source} is not definite, and found {found}");
        }
    }
    if let Ok(expression) = Expression::parse(source) {
        assert_eq!(Expression::parse(expression.source()).as_ref(), Ok(&expression));
        let _ = expression.evaluate(&scope).map_err(|error| error.to_string());
    }
    if let Ok(path) = ResultPath::parse(source) {
        let _ = path.insert(document.clone(), json!("result"));
    }
    if let Ok(template) = Template::parse(&json!({ "x.$": source, "y": [{ "z.$": source }] })) {
        let _ = template.evaluate(&scope);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn parsing_and_evaluating_never_panic(source in source(), document in document()) {
        evaluate_everything(&source, &document);
    }

    #[test]
    fn a_result_is_found_where_it_was_put(name in "[a-z]{1,3}", document in document()) {
        let text = format!("$.{name}.{name}");
        if let Ok(output) = ResultPath::parse(&text).unwrap().insert(document, json!(7)) {
            let path = JsonPath::parse(&text).unwrap();
            let found = path.evaluate(&output).unwrap().into_owned();
            prop_assert_eq!(found, json!(7));
        }
    }

    #[test]
    fn a_template_without_expressions_is_returned_as_it_is(document in document()) {
        let template = Template::parse(&document).unwrap();
        prop_assert!(template.is_literal());
        let context = Context::fixed(Value::Null);
        let variables = Map::new();
        let scope = Scope { input: &Value::Null, context: &context, variables: &variables, random: &Random::seeded(0) };
        prop_assert_eq!(template.evaluate(&scope).unwrap(), document);
    }
}

#[test]
fn hostile_texts_and_documents_end() {
    let mut deep = json!(1);
    for _ in 0..120 {
        deep = json!({ "a": [deep] });
    }
    let repeated = |part: &str, times: usize| part.repeat(times);
    for source in [
        format!("${}", repeated(".a", 100_000)),
        format!("${}", repeated("[0]", 399)),
        format!("${}", repeated("[?(@.a)]", 199)),
        format!("${}", repeated("..*", 50)),
        format!("${}", repeated("[?(@", 50_000)),
        format!("$[?({}", repeated("(", 50_000)),
        format!("$[?({}@.a)]", repeated("!(", 50_000)),
        format!("${}", repeated(".a(", 20_000)),
        format!("$.sum({}", repeated("$.sum(", 20_000)),
        format!("$[{}]", repeated("1,", 100_000)),
        format!("$[?(@.a in {})]", repeated("[", 50_000)),
        repeated("States.Array(", 50_000),
        format!("States.Array({})", repeated("$,", 50_000)),
    ] {
        evaluate_everything(&source, &deep);
    }
}
