//! Nonsense: whatever the text, parsing and evaluating it ends, without a panic.

mod bodies;

use proptest::prelude::*;
use serde_json::json;

const TOKENS: [&str; 72] = [
    "a",
    "b",
    "$",
    "$$",
    "$x",
    "$f",
    "%",
    "*",
    "**",
    ".",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ",",
    ";",
    ":",
    ":=",
    "?",
    "+",
    "-",
    "/",
    "=",
    "!=",
    "<",
    ">",
    "<=",
    ">=",
    "~>",
    "&",
    "and",
    "or",
    "in",
    "^",
    "@",
    "#",
    "|",
    "..",
    "1",
    "0",
    "2.5",
    "1e9",
    "'s'",
    "\"é\"",
    "'\\u0041'",
    "`q`",
    "true",
    "false",
    "null",
    "function",
    "λ",
    "$map",
    "$filter",
    "$reduce",
    "$string",
    "$sum",
    "$pad",
    "$replace",
    "$match",
    "$split",
    "$formatNumber",
    "$fromMillis",
    "$toMillis",
    "$formatInteger",
    "$sort",
    "/a+/",
    "/(a|b)*?/i",
    "'[Y]-[M]'",
    "'#,##0'",
    "'w'",
];

fn check(text: &str) {
    bodies::parse(text);
    bodies::evaluate(text, &json!({"a": [1, {"b": "x"}, [2, null]], "b": {"a": true}, "q": "Hello"}));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tokens_end_well(tokens in prop::collection::vec(prop::sample::select(&TOKENS[..]), 0..24), gap in "[ ]?") {
        check(&tokens.join(&gap));
    }

    #[test]
    fn any_text_ends_well(text in "\\PC{0,40}") {
        check(&text);
    }

    #[test]
    fn any_arguments_end_well(
        function in prop::sample::select(&["$pad", "$substring", "$formatNumber", "$formatInteger", "$parseInteger",
            "$fromMillis", "$toMillis", "$replace", "$split", "$match", "$round", "$power", "$formatBase", "$number",
            "$decodeUrl", "$base64decode", "$range", "$partition"][..]),
        arguments in prop::collection::vec(prop_oneof![
            "'[#0,.%;e\\-\\[\\]YMDHhmsfFPZzWwXxdn1o*at ]{0,12}'",
            "'[^'\\\\\\\\]{0,8}'",
            any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("({number:e})")),
            "-?[0-9]{1,3}",
        ], 0..4),
    ) {
        check(&format!("{function}({})", arguments.join(", ")));
    }
}
