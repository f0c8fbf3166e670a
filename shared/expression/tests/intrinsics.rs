//! Intrinsic functions: what a call may look like, and a table for each function of what it gives and what it refuses.
//!
//! Rows beyond the recorded cases and the documentation are what others saw on AWS.

use ratchet_expression::{Context, Error, Expression, Random, Scope};
use serde_json::{Map, Value, json};

fn evaluate(source: &str) -> Result<Value, Error> {
    let input = json!({
        "n": 5, "text": "a,b", "list": [1, 2, 3], "nested": { "list": [[1, 1.0], "1"] }, "template": "x {} \\{\\} y",
        "left": { "a": 1, "b": 2 }, "right": { "b": 3, "c": 4 }, "long": "x".repeat(10_001), "o": { "a,)b": 6 },
        "swapped": [{ "b": 2, "a": 1 }], "mixed": [null, "", " ", 0, 1, true, false, [0, 1, false]], "null": null,
        "empty": [], "digits": ["9007199254740991", "true"], "odd": "\u{7f}\u{2028}/\u{1f600}\u{1}\n\"\\",
    });
    let context = Context::fixed(json!({ "State": { "Name": "S" } }));
    let variables: Map<String, Value> = std::iter::once(("v".to_owned(), json!({ "w": [8] }))).collect();
    let scope = Scope { input: &input, context: &context, variables: &variables, random: &Random::seeded(11) };
    Expression::parse(source).unwrap_or_else(|error| panic!("{source}: {error}")).evaluate(&scope)
}

fn check(source: &str, expected: &Value) {
    assert_eq!(evaluate(source).as_ref(), Ok(expected), "{source}");
}

/// Rows of `States.<function>(<arguments>)`: what it gives as JSON, or `!` and what is wrong with its arguments.
#[track_caller]
fn table(function: &str, rows: &[(&str, &str)]) {
    for (arguments, expected) in rows {
        let source = format!("States.{function}({arguments})");
        match (evaluate(&source), expected.strip_prefix('!')) {
            (Ok(found), None) => assert_eq!(found.to_string(), *expected, "{source}"),
            (Err(error), Some(problem)) => {
                let start =
                    format!("The function '{source}' had the following error: Invalid arguments in States.{function}");
                assert_eq!(error.to_string(), format!("{start}: {problem}"));
                assert_eq!(error.error_name(), "States.Runtime");
            }
            (found, _) => panic!("{source}: {found:?}"),
        }
    }
}

#[test]
fn arguments_are_literals_paths_and_calls() {
    check("States.Array()", &json!([]));
    check(
        "States.Array(1, -2.50, 1e3, true, false, null)",
        &serde_json::from_str("[1,-2.50,1e3,true,false,null]").unwrap(),
    );
    check("  States.Array ( 'a' ,'b' ) ", &json!(["a", "b"]));
    check(r"States.Array('it\'s', '\{\}', '\\', '{', 'a), (b')", &json!(["it's", "{}", "\\", "{", "a), (b"]));
    check("States.Array('line\nnext\t\"quoted\"')", &json!(["line\nnext\t\"quoted\""]));
    check("States.Array($.n, $$.State.Name, $v.w[0], $.o['a,)b'])", &json!([5, "S", 8, 6]));
    check("States.Array($.list[?(@ > 1 && @ in [1,2])], $.list.length())", &json!([[2], 3]));
    check("States.ArrayLength(States.Array(States.Array(), States.UUID()))", &json!(2));
}

#[test]
fn malformed_calls_are_refused_when_parsed() {
    for (source, expected) in [
        ("States.Nope()", "at character 7: there is no intrinsic function States.Nope"),
        ("States.uuid()", "at character 7: there is no intrinsic function States.uuid"),
        ("States.UUID(1)", "at character 0: States.UUID takes 0 arguments, found 1"),
        ("States.MathRandom(1)", "at character 0: States.MathRandom takes 2 to 3 arguments, found 1"),
        ("States.Format()", "at character 0: States.Format takes at least 1 arguments, found 0"),
        ("States.Array(1", "at character 14: expected , or )"),
        ("States.Array(1) x", "at character 16: unexpected text after the call"),
        ("States.Array(1,)", "at character 15: '' is not an argument"),
        ("States.Array(x)", "at character 13: 'x' is not an argument"),
        ("States.Array('a)", "at character 13: the string is not closed"),
        (r#"States.StringToJson('{\"a\":1}')"#, r#"at character 22: \" is not an escape"#),
        (r"States.Array('\n')", r"at character 14: \n is not an escape"),
        (
            "States.Array($.a b)",
            "Use bracket notion ['my prop'] if your property contains blank characters. position: 2",
        ),
        ("Array()", "'Array()' is neither a path nor an intrinsic function"),
        ("$9", "Illegal character at position 1 expected '.' or '['"),
        ("$a-b", "'$a-b' does not start with a variable name"),
    ] {
        assert_eq!(Expression::parse(source).expect_err(source).to_string(), expected, "{source}");
    }
}

#[test]
fn calls_nest_ten_deep() {
    let nested = |depth: usize| format!("{}1{}", "States.Array(".repeat(depth), ")".repeat(depth));
    assert!(Expression::parse(&nested(10)).is_ok());
    assert!(Expression::parse(&nested(11)).is_err());
}

#[test]
fn array() {
    table(
        "Array",
        &[("", "[]"), ("1", "[1]"), ("$.list, 'a', null", r#"[[1,2,3],"a",null]"#), ("States.Array()", "[[]]")],
    );
}

#[test]
fn array_partition_takes_sizes_without_their_fractions() {
    table(
        "ArrayPartition",
        &[
            ("$.list, 1", "[[1],[2],[3]]"),
            ("$.list, 2", "[[1,2],[3]]"),
            ("$.list, 2.6", "[[1,2],[3]]"),
            ("$.list, 2147483647", "[[1,2,3]]"),
            ("$.empty, 3", "[]"),
            ("$.list, 0", "!the chunk size must be a positive integer"),
            ("$.list, 0.6", "!the chunk size must be a positive integer"),
            ("$.list, -0.6", "!the chunk size must be a positive integer"),
            ("$.list, -1", "!the chunk size must be a positive integer"),
            ("$.list, '2'", "!argument 2 must be a number, found a string"),
            ("$.list, null", "!argument 2 must be a number, found null"),
            ("$.list, 2147483648", "!argument 2 is out of range: 2147483648"),
            ("'a', 2", "!argument 1 must be an array, found a string"),
        ],
    );
}

#[test]
fn array_contains_compares_texts() {
    table(
        "ArrayContains",
        &[
            ("$.list, 2", "true"),
            ("$.list, 4", "false"),
            ("$.list, '2'", "true"),
            ("$.list, 2.0", "false"),
            ("$.digits, 9007199254740991", "true"),
            ("$.digits, true", "true"),
            ("$.mixed, States.Array(0, 1, false)", "true"),
            ("$.mixed, null", "true"),
            ("$.mixed, 'x'", "false"),
            ("$.swapped, $.left", "false"),
            ("$.swapped, $.swapped[0]", "true"),
            ("$.empty, $.empty", "false"),
            ("$.n, 1", "!argument 1 must be an array, found a number"),
        ],
    );
}

#[test]
fn array_range_is_inclusive_and_takes_numbers_without_their_fractions() {
    table(
        "ArrayRange",
        &[
            ("1, 9, 2", "[1,3,5,7,9]"),
            ("1, 9, 9", "[1]"),
            ("-2, 2, 2", "[-2,0,2]"),
            ("3, 1, -1", "[3,2,1]"),
            ("2, 2, -7", "[2]"),
            ("5, 1, 1", "[]"),
            ("1, 5, -1", "[]"),
            ("1.4, 5.6, 2.2", "[1,3,5]"),
            ("1.6, 1.4, 1", "[1]"),
            ("5.4, -0.6, -2.4", "[5,3,1]"),
            ("1, 10, 0", "!the step must not be 0"),
            ("1, 10, 0.9", "!the step must not be 0"),
            ("1, 1001, 1", "!the range has 1001 items, more than 1000"),
            ("1001, 1, -1", "!the range has 1001 items, more than 1000"),
            ("-2147483648, 2147483647, 1", "!the range has 4294967296 items, more than 1000"),
            ("'a', 5, 1", "!argument 1 must be a number, found a string"),
            ("1, 9223372036854775807, 1", "!argument 2 is out of range: 9223372036854775807"),
        ],
    );
    check("States.ArrayLength(States.ArrayRange(1, 1000, 1))", &json!(1000));
    check("States.ArrayLength(States.ArrayRange(1000, 1, -1))", &json!(1000));
}

#[test]
fn array_get_item() {
    table(
        "ArrayGetItem",
        &[
            ("$.list, 0", "1"),
            ("$.list, 1.9", "2"),
            ("$.mixed, 0", "null"),
            ("States.Array('x', 'y'), 1", "\"y\""),
            ("$.empty, 999", "null"),
            ("$.list, 3", "!index 3 is out of bounds for an array of 3 items"),
            ("$.list, -1", "!index -1 is out of bounds for an array of 3 items"),
            ("$.empty, -1", "!index -1 is out of bounds for an array of 0 items"),
            ("$.list, '1'", "!argument 2 must be a number, found a string"),
            ("'abc', 0", "!argument 1 must be an array, found a string"),
        ],
    );
}

#[test]
fn array_length() {
    table(
        "ArrayLength",
        &[("$.mixed", "8"), ("$.empty", "0"), ("$.text", "!argument 1 must be an array, found a string")],
    );
}

#[test]
fn array_unique_gives_the_order_of_a_java_set() {
    table(
        "ArrayUnique",
        &[
            ("States.Array(1, 2, 3, 3, 3, 3, 3, 3, 4)", "[1,2,3,4]"),
            ("States.Array(true, false, true)", "[false,true]"),
            ("States.Array(1, '1', null, 1, States.Array(), States.Array())", "[null,1,\"1\",[]]"),
            ("States.Array($.left, $.swapped[0])", r#"[{"a":1,"b":2}]"#),
            ("$.empty", "[]"),
            ("$.left", "!argument 1 must be an array, found an object"),
        ],
    );
}

#[test]
fn base64_encode() {
    table(
        "Base64Encode",
        &[
            ("''", "\"\""),
            ("'Data to encode'", "\"RGF0YSB0byBlbmNvZGU=\""),
            ("' '", "\"IA==\""),
            ("'✓'", "\"4pyT\""),
            ("'🚀'", "\"8J+agA==\""),
            ("123", "!argument 1 must be a string, found a number"),
            ("$.list", "!argument 1 must be a string, found an array"),
            ("$.long", "!argument 1 has 10001 characters, more than 10000"),
        ],
    );
    // One line, however long.
    let encoded = evaluate("States.Base64Encode(States.JsonToString(States.ArrayRange(1, 1000, 1)))").unwrap();
    assert!(encoded.as_str().is_some_and(|text| text.len() > 5_000 && !text.contains(['\r', '\n'])));
}

#[test]
fn base64_decode_skips_what_it_does_not_know() {
    table(
        "Base64Decode",
        &[
            ("''", "\"\""),
            ("'RGF0YSB0byBlbmNvZGU='", "\"Data to encode\""),
            ("'44GT44KT44Gr44Gh44Gv'", "\"こんにちは\""),
            ("'YWJjAGRlZg=='", r#""abc\u0000def""#),
            ("' YWJj\r\nZA== '", "\"abcd\""),
            ("'YWJjZA'", "\"abcd\""),
            ("'YWJjZ'", "\"abc\""),
            ("'YW!J?j'", "\"abc\""),
            ("'YWJj=ZGVm'", "\"abc\""),
            ("'fn5-fn5_'", "\"~~~~~\u{7f}\""),
            ("123", "!argument 1 must be a string, found a number"),
            ("$.long", "!argument 1 has 10001 characters, more than 10000"),
        ],
    );
}

#[test]
fn hash() {
    table(
        "Hash",
        &[
            ("'', 'MD5'", "\"d41d8cd98f00b204e9800998ecf8427e\""),
            ("'input data', 'SHA-1'", "\"aaff4a450a104cd177d28d18d74485e8cae074b7\""),
            ("'✓', 'SHA-256'", "\"1dabba21cdad44541f6b15796f8d22978fc7ea10c46aeceeeeb66c23b3ac7604\""),
            (
                "'hello', 'SHA-384'",
                "\"59e1748777448c69de6b800d7a33bbfb9ff1b463e44354c3553bcdb9c666fa90125a3c79f90397bdf5f6a13de828684f\"",
            ),
            (
                "'hello', 'SHA-512'",
                "\"9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043\"",
            ),
            ("'', 'sha-1'", "!'sha-1' is none of MD5, SHA-1, SHA-256, SHA-384, SHA-512"),
            ("'', 'SHA256'", "!'SHA256' is none of MD5, SHA-1, SHA-256, SHA-384, SHA-512"),
            ("'', 'MD-5'", "!'MD-5' is none of MD5, SHA-1, SHA-256, SHA-384, SHA-512"),
            ("'', 123", "!argument 2 must be a string, found a number"),
            ("$.long, 'MD5'", "!argument 1 has 10001 characters, more than 10000"),
        ],
    );
    // What is no string is hashed as its JSON.
    assert_eq!(evaluate("States.Hash(123, 'MD5')").unwrap(), evaluate("States.Hash('123', 'MD5')").unwrap());
}

#[test]
fn json_merge_keeps_the_order_of_the_first_object() {
    table(
        "JsonMerge",
        &[
            ("$.left, $.right, false", r#"{"a":1,"b":3,"c":4}"#),
            ("$.right, $.left, false", r#"{"b":2,"c":4,"a":1}"#),
            (
                "States.StringToJson('{\"k\": {\"x\": 1}}'), States.StringToJson('{\"k\": null}'), false",
                r#"{"k":null}"#,
            ),
            ("$.left, $.right, 'false'", r#"{"a":1,"b":3,"c":4}"#),
            ("$.left, $.right, null", r#"{"a":1,"b":3,"c":4}"#),
            ("$.left, $.right, true", "!only shallow merging is supported: argument 3 must be false"),
            ("$.null, $.right, false", "!argument 1 must be an object, found null"),
            ("$.left, $.list, false", "!argument 2 must be an object, found an array"),
        ],
    );
}

#[test]
fn json_to_string_escapes_as_json_does_and_no_more() {
    table(
        "JsonToString",
        &[
            ("$.left", r#""{\"a\":1,\"b\":2}""#),
            ("null", "\"null\""),
            ("'x'", r#""\"x\"""#),
            ("1.10", "\"1.10\""),
            ("123456789012345678901234567890", "\"123456789012345678901234567890\""),
            ("$.mixed", r#""[null,\"\",\" \",0,1,true,false,[0,1,false]]""#),
        ],
    );
    // A slash, DEL, U+2028 and pairs of surrogates are as they are; control characters are not.
    check("States.JsonToString($.odd)", &json!("\"\u{7f}\u{2028}/\u{1f600}\\u0001\\n\\\"\\\\\""));
}

#[test]
fn string_to_json() {
    table(
        "StringToJson",
        &[
            ("''", "null"),
            ("' '", "null"),
            ("'null'", "null"),
            ("'-0'", "0"),
            ("'[-0, {\"a\": -0}]'", r#"[0,{"a":0}]"#),
            (
                "' {\"b\": 1.10, \"a\": 123456789012345678901234567890} '",
                r#"{"b":1.10,"a":123456789012345678901234567890}"#,
            ),
            ("'{\"a\": 1, \"b\": 2, \"a\": 3}'", r#"{"a":3,"b":2}"#),
            ("'\"it\\'s\"'", "\"it's\""),
            ("'{bad json}'", "!argument 1 is not valid JSON: key must be a string at line 1 column 2"),
            ("'{\"a\":1'", "!argument 1 is not valid JSON: EOF while parsing an object at line 1 column 6"),
            ("'undefined'", "!argument 1 is not valid JSON: expected value at line 1 column 1"),
            ("$.left", "!argument 1 must be a string, found an object"),
            ("1", "!argument 1 must be a string, found a number"),
        ],
    );
}

#[test]
fn math_add_rounds_half_up_and_has_thirty_two_bits() {
    table(
        "MathAdd",
        &[
            ("5, -3", "2"),
            ("1.49, 1.5", "3"),
            ("-1.5, 0", "-1"),
            ("-0.5, 0.5", "1"),
            ("1e2, 0", "100"),
            ("2147483647, 0", "2147483647"),
            ("-2147483648, 0", "-2147483648"),
            ("2147483647, 1", "!the sum is out of range"),
            ("-2147483648, -1", "!the sum is out of range"),
            ("3000000000, 1", "!argument 1 is out of range: 3000000000"),
            ("1, 123456789012345678901234567890", "!argument 2 is out of range: 123456789012345678901234567890"),
            ("1, 1e30", "!argument 2 is out of range: 1e+30"),
            ("'1', 1", "!argument 1 must be a number, found a string"),
            ("1, null", "!argument 2 must be a number, found null"),
            ("true, 1", "!argument 1 must be a number, found a boolean"),
        ],
    );
}

#[test]
fn math_random_is_that_of_java_where_it_has_a_seed() {
    table(
        "MathRandom",
        &[
            ("-5, 5, 42", "-5"),
            ("1, 999, 42", "255"),
            ("1, 99, 0", "97"),
            ("0, 16, 42", "11"),
            ("-5.9, 5.9, 42.9", "-5"),
            ("3, 4", "3"),
            ("-2147483648, -2147483647", "-2147483648"),
            ("4, 4", "!the start must be less than the end"),
            ("1.4, 1.6", "!the start must be less than the end"),
            ("10, 5", "!the start must be less than the end"),
            ("'a', 10", "!argument 1 must be a number, found a string"),
            ("1, 10, null", "!argument 3 must be a number, found null"),
            ("1, 10, 'seed'", "!argument 3 must be a number, found a string"),
        ],
    );
    for _ in 0..50 {
        let number = evaluate("States.MathRandom(-1, 2)").unwrap().as_i64().unwrap();
        assert!((-1..2).contains(&number), "{number}");
    }
}

#[test]
fn string_split_takes_each_character_for_a_delimiter() {
    table(
        "StringSplit",
        &[
            ("$.text, ','", r#"["a","b"]"#),
            ("'.+,=a,b+c', '.+,='", r#"["a","b","c"]"#),
            ("'1a2b3ab4', 'ab'", r#"["1","2","3","4"]"#),
            ("',a,,b,', ','", r#"["a","b"]"#),
            ("',,', ','", "[]"),
            ("'', ','", "[]"),
            ("'abc', ''", r#"["abc"]"#),
            ("'a\nb c', ' '", r#"["a\nb","c"]"#),
            ("$.n, ','", "!argument 1 must be a string, found a number"),
            ("'a', 1", "!argument 2 must be a string, found a number"),
        ],
    );
}

#[test]
fn uuid() {
    let one = evaluate("States.UUID()").unwrap();
    assert_eq!(one, evaluate("States.UUID()").unwrap(), "the seed decides");
    assert!(
        matches!(evaluate("States.Array(States.UUID(), States.UUID())"), Ok(Value::Array(two)) if two[0] != two[1])
    );
}

#[test]
fn format_prints_as_java_does() {
    table(
        "Format",
        &[
            ("'Hello {}', 'Ada'", "\"Hello Ada\""),
            ("'{}{}', $.null, false", "\"nullfalse\""),
            ("'{} {}', 1.10, 1e7", "\"1.1 1.0E7\""),
            ("'{}', 123456789012345678901234567890", "\"123456789012345678901234567890\""),
            ("'{}-{}', $.left, $.nested", r#""{a=1, b=2}-{list=[[1, 1.0], 1]}""#),
            ("'{}', $.mixed", r#""[null, ,  , 0, 1, true, false, [0, 1, false]]""#),
            (r"'\{{}\} \'{}\'', $.n, true", "\"{5} 'true'\""),
            (r"'\{\}'", "\"{}\""),
            (r"'\\{}', 1", r#""\\1""#),
            ("$.template, null", "\"x null {} y\""),
            ("'  {}  ', 'x'", "\"  x  \""),
            ("'{}'", "!number of arguments do not match the occurrences of {}."),
            ("'', 1", "!number of arguments do not match the occurrences of {}."),
            ("$.n, 1", "!argument 1 must be a string, found a number"),
        ],
    );
    for (template, problem) in [
        ("Hello {", "matching '}' not found for '{'."),
        ("{{}}", "matching '}' not found for '{'."),
        (r"{\}", "matching '}' not found for '{'."),
        ("}", "matching '{' not found for '}'."),
        (r"\{}", "matching '{' not found for '}'."),
    ] {
        let source = format!("States.Format('{template}', 1)");
        let expected =
            format!("The function '{source}' had the following error: Invalid template in States.Format: {problem}");
        assert_eq!(evaluate(&source).unwrap_err().to_string(), expected);
    }
}

#[test]
fn an_argument_that_leads_nowhere_is_named_with_the_whole_call() {
    for (source, path) in [
        ("States.Array(1, States.Format('{}', $.nope))", "$.nope"),
        ("States.Format('{}',$.list[5].x)", "$.list[5].x"),
        ("States.Format('{}', $.list[5])", "$.list[5]"),
        ("States.Format($.nope, 1)", "$.nope"),
        // Seen to be named as a path of the state's input.
        ("States.Format('{}', $$.Nope)", "$.Nope"),
    ] {
        let error = evaluate(source).unwrap_err();
        let expected = format!(
            "The function '{source}' had the following error: The JsonPath argument for the field '{path}' could not be found in the input '{{\"n\":5,"
        );
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert_eq!(error.error_name(), "States.Runtime");
    }
    assert_eq!(
        evaluate("States.Format('{}', $.n[0])").unwrap_err().to_string(),
        "The function 'States.Format('{}', $.n[0])' had the following error: Filter: [0] can only be applied to arrays. Current context is: 5"
    );
}
