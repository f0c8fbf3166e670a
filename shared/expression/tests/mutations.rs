//! Whatever somebody does to good paths, calls and templates, and whatever a function is called with.
//!
//! `PROPTEST_CASES=20000 cargo test -p ratchet-expression --test mutations` looks further.

mod bodies;
mod edits;

use edits::{edited, edits};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const PATHS: [&str; 20] = [
    "$",
    "$$.Execution.Input.a[0]",
    "$a.b['c d']",
    "$.store.book[?(@.price < 10 && @.isbn)].title",
    "$..book[?(@.author =~ /.*Tolkien/i)]",
    "$.a[?(!(@.b == 'x' || @.c in ['a', 2, null]))][0]",
    "$.a[0,1,-1]['x','y']",
    "$.a[-3:2].b",
    "$..[*].c.length()",
    "$.a.concat(\"x\", $.b)",
    "$.a[?(@.b subsetof [1, 2])]",
    "$['a\\'b']['é']",
    "$.n.index(1).sum($..a)",
    "States.Format('{} of {}: \\{\\}', $.a, $$.Execution.Id)",
    "States.ArrayPartition(States.Array(1, 'two', $.a[*], null, true), 2)",
    "States.StringToJson(States.JsonToString($.a))",
    "States.MathAdd(States.ArrayGetItem($.n, 0), -1.5)",
    "States.JsonMerge($.a, $.b, false)",
    "States.Hash(States.Base64Encode('x y'), 'SHA-256')",
    "States.StringSplit('a,b;c', ',;')",
];

const TEMPLATES: [&str; 3] = [
    r#"{"a.$": "$.a", "b": [{"c.$": "States.Format('{}', $.b)"}, 1.50, null], "d": {"e~/f": {"g.$": "$$.Execution.Id"}}}"#,
    r#"{"literal": [1, {"a": "$.a", "b": {}}], "big": 12345678901234567890123}"#,
    r#"[{"x.$": "$"}, {"y.$": "States.Array($, $)"}]"#,
];

const FUNCTIONS: [&str; 18] = [
    "Array",
    "ArrayPartition",
    "ArrayContains",
    "ArrayRange",
    "ArrayGetItem",
    "ArrayLength",
    "ArrayUnique",
    "Base64Encode",
    "Base64Decode",
    "Hash",
    "JsonMerge",
    "StringToJson",
    "JsonToString",
    "MathAdd",
    "StringSplit",
    "Format",
    "MathRandom",
    "Nonsense",
];

fn documents() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        select(vec![
            "",
            "a",
            "$.a",
            "[1]",
            "{",
            "{}",
            "{}{}",
            "\\",
            "'",
            "SHA-256",
            "MD5",
            "=",
            "aGVsbG8=",
            "null",
            "1e400",
            "\u{0}",
            "\u{202e}",
            "\u{1f600}",
            "{\"a\":1}",
        ])
        .prop_map(str::to_owned),
        ".{0,12}",
    ];
    let number = prop_oneof![
        select(vec![
            "0",
            "-0",
            "1",
            "-1",
            "2",
            "0.5",
            "1.5",
            "1e400",
            "-1e400",
            "1e-400",
            "9223372036854775807",
            "-9223372036854775808",
            "9223372036854775808",
            "1000",
            "1001",
            "1e9",
        ])
        .prop_map(|text| serde_json::from_str(text).expect("a number")),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
    ];
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number, text.prop_map(Value::from)];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((select(vec!["a", "b", "c d", "book", "é"]), inner), 0..4).prop_map(|members| Value::Object(
                members.into_iter().map(|(key, member)| (key.to_owned(), member)).collect()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(edits::config(1_000))]

    #[test]
    fn a_path_that_somebody_changed_is_read_or_refused(
        source in select(&PATHS[..]), edits in edits(4), document in documents(),
    ) {
        let text = String::from_utf8_lossy(&edited(source.as_bytes(), &edits)).into_owned();
        bodies::path(&text, &document);
        bodies::expression(&text, &document);
    }

    #[test]
    fn a_template_that_somebody_changed_is_read_or_refused(
        source in select(&TEMPLATES[..]), edits in edits(3), document in documents(),
    ) {
        if let Ok(template) = serde_json::from_slice(&edited(source.as_bytes(), &edits)) {
            bodies::template(&template, &document);
        }
    }

    #[test]
    fn any_value_with_expressions_in_it_is_a_template_or_none(
        document in documents(), field in select(&PATHS[..]), edits in edits(1),
    ) {
        let text = String::from_utf8_lossy(&edited(field.as_bytes(), &edits)).into_owned();
        bodies::template(&json!({ "a/b": [document.clone(), { "f.$": text }], "g.$": document.clone() }), &document);
        bodies::template(&json!({ "a/b": [{ "f.$": text }] }), &document);
    }

    #[test]
    fn functions_take_any_arguments_or_say_what_is_wrong(
        function in select(&FUNCTIONS[..]), arguments in vec(documents(), 0..4),
    ) {
        bodies::call(function, &arguments);
    }
}

#[test]
fn the_paths_and_templates_are_good_as_they_are() {
    for text in PATHS {
        assert!(ratchet_expression::Expression::parse(text).is_ok(), "{text}");
        bodies::expression(text, &json!({}));
    }
    for text in TEMPLATES {
        let template: Value = serde_json::from_str(text).expect("JSON");
        assert!(ratchet_expression::Template::parse(&template).is_ok(), "{text}");
    }
}
