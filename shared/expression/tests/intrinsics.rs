//! Intrinsic functions: what a call may look like, what each function refuses, and in which words.

use ratchet_expression::{Context, Error, Expression, Random, Scope};
use serde_json::{Map, Value, json};

fn evaluate(source: &str) -> Result<Value, Error> {
    let input = json!({
        "n": 5, "text": "a,b", "list": [1, 2, 3], "nested": { "list": [[1, 1.0], "1"] }, "template": "x {} \\{}\\ y",
        "left": { "a": 1, "b": 2 }, "right": { "b": 3, "c": 4 }, "long": "x".repeat(10_001), "o": { "a,)b": 6 },
    });
    let context = Context::fixed(json!({ "State": { "Name": "S" } }));
    let variables: Map<String, Value> = std::iter::once(("v".to_owned(), json!({ "w": [8] }))).collect();
    let scope = Scope { input: &input, context: &context, variables: &variables, random: &Random::seeded(11) };
    Expression::parse(source).unwrap_or_else(|error| panic!("{source}: {error}")).evaluate(&scope)
}

fn check(source: &str, expected: &Value) {
    assert_eq!(evaluate(source).as_ref(), Ok(expected), "{source}");
}

/// The call is refused when it runs; `problem` is the cause after its constant beginning.
fn check_refused(source: &str, problem: &str) {
    let error = evaluate(source).expect_err(source);
    assert_eq!(error.to_string(), format!("The function '{source}' had the following error: {problem}"));
    assert_eq!(error.error_name(), "States.IntrinsicFailure");
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
fn array_functions() {
    check("States.ArrayPartition($.list, 1.5)", &json!([[1, 2], [3]]));
    check_refused(
        "States.ArrayPartition($.list, 0.4)",
        "Invalid arguments in States.ArrayPartition: the chunk size must be a positive integer",
    );
    check("States.ArrayContains($.nested.list, $.nested.list[0])", &json!(true));
    check("States.ArrayContains($.list, '1')", &json!(false));
    check_refused(
        "States.ArrayContains($.n, 1)",
        "Invalid arguments in States.ArrayContains: argument 1 must be an array, found a number",
    );
    check("States.ArrayRange(3, 1, -1)", &json!([3, 2, 1]));
    check("States.ArrayRange(1, 3, -1)", &json!([]));
    check("States.ArrayRange(2, 2, -7)", &json!([2]));
    check("States.ArrayLength(States.ArrayRange(1, 1000, 1))", &json!(1000));
    check_refused(
        "States.ArrayRange(0, 1000, 1)",
        "Invalid arguments in States.ArrayRange: the range has 1001 items, more than 1000",
    );
    check_refused(
        "States.ArrayRange(-9223372036854775808, 9223372036854775807, 1)",
        "Invalid arguments in States.ArrayRange: the range has 18446744073709551616 items, more than 1000",
    );
    check_refused("States.ArrayRange(1, 2, 0)", "Invalid arguments in States.ArrayRange: the step must not be 0");
    check_refused(
        "States.ArrayGetItem($.list, 3)",
        "Invalid arguments in States.ArrayGetItem: index 3 is out of bounds for an array of 3 items",
    );
    check_refused(
        "States.ArrayGetItem($.list, -1)",
        "Invalid arguments in States.ArrayGetItem: index -1 is out of bounds for an array of 3 items",
    );
    check(
        "States.ArrayUnique(States.Array(1, '1', 1.0, null, 1, States.Array(), States.Array()))",
        &json!([1, "1", null, []]),
    );
}

#[test]
fn strings_and_objects() {
    check("States.StringSplit($.text, ',')", &json!(["a", "b"]));
    check("States.StringSplit('.+,=a,b+c', '.+,=')", &json!(["a", "b", "c"]));
    check("States.StringSplit(',,', ',')", &json!([]));
    check("States.JsonMerge($.left, $.right, false)", &json!({ "a": 1, "b": 3, "c": 4 }));
    check_refused(
        "States.JsonMerge($.left, $.right, true)",
        "Invalid arguments in States.JsonMerge: only shallow merging is supported: argument 3 must be false",
    );
    check_refused(
        "States.JsonMerge($.left, $.n, false)",
        "Invalid arguments in States.JsonMerge: argument 2 must be an object, found a number",
    );
    check("States.StringToJson('[-0, {\"a\": -0}]')", &json!([0, { "a": 0 }]));
    check_refused(
        "States.StringToJson('x')",
        "Invalid arguments in States.StringToJson: argument 1 is not valid JSON: expected value at line 1 column 1",
    );
    check("States.JsonToString($.left)", &json!("{\"a\":1,\"b\":2}"));
    check("States.Format('{}-{}', $.left, $.nested)", &json!("{a=1, b=2}-{list=[[1, 1.0], 1]}"));
    check(r"States.Format('\{{}\} \'{}\'', $.n, true)", &json!("{5} 'true'"));
    check("States.Format($.template, null)", &json!("x null {}\\ y"));
    check_refused(
        "States.Format('{}')",
        "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}",
    );
    check_refused(
        "States.Format('', 1)",
        "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}",
    );
}

#[test]
fn encodings_are_bounded() {
    check("States.Base64Decode('RGF0\r\nYQ')", &json!("Data"));
    check_refused(
        "States.Base64Encode($.long)",
        "Invalid arguments in States.Base64Encode: argument 1 has 10001 characters, more than 10000",
    );
    check_refused(
        "States.Hash('', 'sha-1')",
        "Invalid arguments in States.Hash: 'sha-1' is none of MD5, SHA-1, SHA-256, SHA-384, SHA-512",
    );
    check("States.Hash('', 'MD5')", &json!("d41d8cd98f00b204e9800998ecf8427e"));
}

#[test]
fn random_numbers_stay_in_range_and_follow_their_seed() {
    let seeded = evaluate("States.MathRandom(1, 7, 42)").unwrap();
    assert_eq!(evaluate("States.MathRandom(1, 7, 42)").unwrap(), seeded);
    for _ in 0..50 {
        let number = evaluate("States.MathRandom(-1, 2)").unwrap().as_i64().unwrap();
        assert!((-1..2).contains(&number), "{number}");
    }
    check("States.MathRandom(3, 4)", &json!(3));
    check_refused(
        "States.MathRandom(4, 4)",
        "Invalid arguments in States.MathRandom: the start must be less than the end",
    );
    check_refused(
        "States.MathAdd('1', 1)",
        "Invalid arguments in States.MathAdd: argument 1 must be a number, found a string",
    );
    check_refused("States.MathAdd(1, 1e30)", "Invalid arguments in States.MathAdd: argument 2 is out of range: 1e+30");
    check_refused(
        "States.MathAdd(9223372036854775807, 1)",
        "Invalid arguments in States.MathAdd: the sum is out of range",
    );
}

#[test]
fn a_path_that_leads_nowhere_is_named_with_the_whole_call() {
    let source = "States.Array(1, States.Format('{}', $$.Nope))";
    let error = evaluate(source).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The function 'States.Array(1, States.Format('{}', $$.Nope))' had the following error: The JsonPath argument for the field '$$.Nope' could not be found in the input '{\"State\":{\"Name\":\"S\"}}'"
    );
    assert_eq!(error.error_name(), "States.Runtime");
}
