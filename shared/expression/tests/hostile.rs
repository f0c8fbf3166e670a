//! Texts and values that somebody made to hang, to crash or to be misread, each by name.

use ratchet_expression::{Context, Error, Expression, JsonPath, Random, Scope, Template};
use serde_json::{Map, Value, json};

/// The value of a text that parses, or what an error says.
fn evaluate(text: &str, input: &Value) -> Result<Value, String> {
    let context = Context::fixed(Value::Null);
    let variables = Map::new();
    let scope = Scope { input, context: &context, variables: &variables, random: &Random::seeded(1) };
    let expression = Expression::parse(text).map_err(|error| error.to_string())?;
    expression.evaluate(&scope).map_err(|error: Error| error.to_string())
}

#[track_caller]
fn check(text: &str, input: &Value, expected: Result<Value, &str>) {
    assert_eq!(evaluate(text, input), expected.map_err(str::to_owned), "{text:.80}");
}

/// The same for a text whose error ends like this: before it stands the whole text.
#[track_caller]
fn check_refused(text: &str, input: &Value, end: &str) {
    let error = evaluate(text, input).expect_err("it is refused");
    assert!(error.ends_with(end), "{error:.300}");
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).expect("a number")
}

#[test]
fn calls_nest_ten_deep_and_no_deeper() {
    let nested = |depth: usize| format!("{}1{}", "States.Array(".repeat(depth), ")".repeat(depth));
    assert!(evaluate(&nested(10), &json!({})).is_ok());
    check(&nested(11), &json!({}), Err("at character 130: more than 10 calls inside one another"));
    check(&nested(1_000), &json!({}), Err("at character 130: more than 10 calls inside one another"));
}

#[test]
fn paths_nest_twenty_deep_and_say_so() {
    let nested = |depth: usize| format!("$.a[?({}@.b{})]", "(".repeat(depth), ")".repeat(depth));
    check(&nested(10), &json!({ "a": [{ "b": 1 }] }), Ok(json!([{ "b": 1 }])));
    check(&nested(1_000), &json!({}), Err("the path has more than 20 levels of nesting"));
    check(&format!("${}", "[?(@.a)]".repeat(1_000)), &json!({}), Err("the path has more than 400 steps"));
    check(&format!("${}", ".a".repeat(1_000)), &json!({}), Err("the path has more than 400 steps"));
    check(&format!("$[?({}1 == 1)]", "1 == 1 && ".repeat(50_000)), &json!({}), Err("the path has more than 400 steps"));
}

#[test]
fn a_template_a_thousand_levels_deep_is_no_json_that_anybody_reads() {
    let deep = format!("{}1{}", "{\"a\":".repeat(1_000), "}".repeat(1_000));
    assert!(serde_json::from_str::<Value>(&deep).is_err());
    let deep = format!("{}{{\"x.$\":\"$\"}}{}", "{\"a\":".repeat(120), "}".repeat(120));
    let template = Template::parse(&serde_json::from_str(&deep).expect("JSON")).expect("a template");
    let context = Context::fixed(Value::Null);
    let (input, variables, random) = (json!([[[[[[1]]]]]]), Map::new(), Random::seeded(1));
    let scope = Scope { input: &input, context: &context, variables: &variables, random: &random };
    let error = template.evaluate(&scope).expect_err("too deep");
    assert_eq!(error.to_string(), "the value is nested deeper than 100 levels");
    assert_eq!(error.error_name(), "States.Runtime");
}

#[test]
fn what_a_path_finds_is_bounded_however_often_it_finds_it() {
    let input = json!({ "a": ["x".repeat(100_000)], "o": { "k": "y".repeat(100_000) } });
    let too_large = Err("what the path finds takes more than 268435456 bytes of memory");
    check(&format!("$.a[{}0]", "0,".repeat(3_000)), &input, too_large.clone());
    check(
        &format!("$.a[{}0].concat($.a[0])", "0,".repeat(1_000)),
        &input,
        Err("the path visits more than 5000000 values"),
    );
    check(&format!("$.o[{}'k']", "'k',".repeat(3_000)), &input, too_large.clone());
    check(&format!("$[{}'a'].append(1)", "'a',".repeat(3_000)), &input, too_large);
}

#[test]
fn scans_of_deep_and_wide_values_end() {
    let mut deep = json!(1);
    for _ in 0..120 {
        deep = json!({ "a": [deep] });
    }
    let wide = json!({ "a": vec![json!({ "b": 1 }); 2_000] });
    let stars = format!("${}", "..*".repeat(30));
    for (path, document) in [("$..*", &deep), ("$..a..a..a", &deep), (stars.as_str(), &deep), ("$..*..*", &wide)] {
        let found = JsonPath::parse(path).expect(path).evaluate(document).map(|found| found.as_array().map(Vec::len));
        match found {
            Ok(found) => assert!(found.is_some_and(|found| found > 1_000 || document == &deep), "{path}"),
            Err(error) => assert!(error.to_string().contains("more than"), "{path}: {error}"),
        }
    }
    check("$.a[?(@.b =~ /(a*)*(a*)*(a*)*c/)]", &json!({ "a": [{ "b": "a".repeat(50_000) }] }), Ok(json!([])));
}

#[test]
fn a_pattern_is_short_and_small_once_it_is_compiled() {
    let pattern = |text: &str| format!("$.a[?(@ =~ /{text}/)]");
    check(&pattern("a{1,50}"), &json!({ "a": ["aaa", "b"] }), Ok(json!(["aaa"])));
    check(&pattern("\\pL{500}"), &json!({}), Err("the path has more than 262144 bytes in one compiled pattern"));
    check(&pattern(&"a".repeat(5_000)), &json!({}), Err("the path has more than 4096 characters in one pattern"));
    check_refused(&pattern(&"(".repeat(60)), &json!({}), "error on position: 70, char: )");
}

#[test]
fn ranges_have_a_thousand_items_at_most() {
    let refused =
        |count: &str| format!("Invalid arguments in States.ArrayRange: the range has {count} items, more than 1000");
    assert_eq!(
        evaluate("States.ArrayRange(1, 1000, 1)", &json!({})).map(|found| found.as_array().map(Vec::len)),
        Ok(Some(1000))
    );
    check_refused("States.ArrayRange(0, 1000, 1)", &json!({}), &refused("1001"));
    check_refused("States.ArrayRange(1, 1000000000, 1)", &json!({}), &refused("1000000000"));
    check_refused("States.ArrayRange(-2147483648, 2147483647, 1)", &json!({}), &refused("4294967296"));
    let out_of_range = "States.ArrayRange: argument 1 is out of range: -9223372036854775808";
    check_refused("States.ArrayRange(-9223372036854775808, 9223372036854775807, 1)", &json!({}), out_of_range);
    check_refused("States.ArrayRange(0, 1, 0)", &json!({}), "States.ArrayRange: the step must not be 0");
}

#[test]
fn numbers_beyond_every_type_are_compared_or_refused_by_name() {
    let huge = number(&format!("1{}", "0".repeat(4_000)));
    let input =
        json!({ "inf": number("1e400"), "tiny": number("1e-400"), "zero": number("-0"), "huge": huge, "nan": "NaN" });
    let out_of_range = |text: &str| format!("Invalid arguments in States.MathAdd: argument 1 is out of range: {text}");
    check_refused("States.MathAdd($.inf, 1)", &input, &out_of_range("1e+400"));
    check_refused("States.MathAdd($.huge, 1)", &input, &out_of_range(&format!("1{}", "0".repeat(4_000))));
    check_refused("States.MathAdd($.nan, 1)", &input, "argument 1 must be a number, found a string");
    check("States.MathAdd($.tiny, $.zero)", &input, Ok(json!(0)));
    check_refused("States.MathAdd(2147483647, 1)", &input, "the sum is out of range");
    check(
        "States.ArrayUnique(States.Array($.zero, 0, 0.0, $.inf, 1e400))",
        &input,
        Ok(Value::Array(vec![number("-0"), number("0.0"), number("1e400")])),
    );
    check("States.ArrayContains(States.Array(1e400), 1e401)", &input, Ok(json!(false)));
    check("$[?($.inf > $.huge)]", &input, Ok(json!([])));
    check("States.JsonToString($.huge)", &input, Ok(input["huge"].to_string().into()));
    check("States.Format('{}', NaN)", &input, Err("at character 20: 'NaN' is not an argument"));
    check(
        "States.StringToJson('NaN')",
        &input,
        Err(
            "The function 'States.StringToJson('NaN')' had the following error: Invalid arguments in States.StringToJson: argument 1 is not valid JSON: expected value at line 1 column 1",
        ),
    );
}

#[test]
fn templates_of_a_million_braces_are_counted() {
    let text = format!("States.Format('{}')", "{}".repeat(500_000));
    check_refused(&text, &json!({}), "number of arguments do not match the occurrences of {}.");
    let text = format!("States.Format('{}')", "\\{\\}".repeat(100_000));
    check(&text, &json!({}), Ok("{}".repeat(100_000).into()));
    let input = json!({ "big": "x".repeat(1_000_000) });
    let text = format!("States.Format('{}'{})", "{}".repeat(100), ", $.big".repeat(100));
    check(&text, &input, Err("the value is larger than 67108864 bytes"));
}

#[test]
fn splits_take_as_long_as_text_and_delimiters_are() {
    // A search of all delimiters for each character would be 10^10 steps.
    let input = json!({ "text": "ab".repeat(50_000), "delimiters": format!("{}b", "é".repeat(100_000)) });
    let found = evaluate("States.StringSplit($.text, $.delimiters)", &input);
    assert_eq!(found.map(|pieces| pieces.as_array().map(Vec::len)), Ok(Some(50_000)));
}

#[test]
fn texts_that_are_encoded_have_ten_thousand_characters_at_most() {
    for function in ["Base64Encode($.text)", "Base64Decode($.text)", "Hash($.text, 'SHA-256')"] {
        let call = format!("States.{function}");
        assert!(
            evaluate(&call, &json!({ "text": "é".repeat(10_000).replace('é', "QUFB").get(..10_000) })).is_ok(),
            "{call}"
        );
        check_refused(
            &call,
            &json!({ "text": "A".repeat(10_001) }),
            "argument 1 has 10001 characters, more than 10000",
        );
    }
    check_refused(
        "States.Hash($.n, 'MD5')",
        &json!({ "n": vec![1; 10_000] }),
        "argument 1 has 20001 characters, more than 10000",
    );
    check_refused("States.Hash('x', 'md5')", &json!({}), "'md5' is none of MD5, SHA-1, SHA-256, SHA-384, SHA-512");
}

#[test]
fn text_of_text_of_text_does_not_double_for_ever() {
    let nested = |depth: usize| format!("{}$.q{}", "States.JsonToString(".repeat(depth), ")".repeat(depth));
    let input = json!({ "q": "\"".repeat(100_000), "long": "\"".repeat(33 << 20) });
    assert_eq!(evaluate(&nested(3), &input).map(|text| text.as_str().map(str::len)), Ok(Some(800_014)));
    check("States.JsonToString($.long)", &input, Err("the value is larger than 67108864 bytes"));
}

#[test]
fn strings_with_nothing_that_people_see_are_strings() {
    let text = "a\u{0}b\u{feff}\u{202e}c\u{1f600}";
    let input = json!({ "text": text, text: 1 });
    check("States.Format('{}', $.text)", &input, Ok(text.into()));
    check(&format!("$['{text}']"), &input, Ok(json!(1)));
    check(
        "States.StringToJson('\"\\\\ud800\"')",
        &input,
        Err(
            "The function 'States.StringToJson('\"\\\\ud800\"')' had the following error: Invalid arguments in States.StringToJson: argument 1 is not valid JSON: unexpected end of hex escape at line 1 column 8",
        ),
    );
    check("$['\\ud800']", &json!({ "\u{fffd}": 1 }), Ok(json!(1)));
    check(
        &format!("$.{}", "a".repeat(1_000_000)),
        &json!({}),
        Err(&format!("No results for path: $['{}']", "a".repeat(1_000_000))),
    );
}

#[test]
fn errors_of_a_template_do_not_repeat_a_long_place_for_ever() {
    let bad: Map<String, Value> = (0..5_000).map(|number| (format!("{number}.$"), json!(1))).collect();
    let errors = Template::parse(&json!({ "k".repeat(100_000): bad })).expect_err("no expressions");
    assert!((1..20).contains(&errors.len()), "{}", errors.len());
    let bad: Map<String, Value> = (0..5_000).map(|number| (format!("{number}.$"), json!(1))).collect();
    assert_eq!(Template::parse(&json!({ "k": bad })).expect_err("no expressions").len(), 5_000);
}
