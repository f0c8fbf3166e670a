//! What AWS Step Functions has of its own. Most expectations were measured there by third parties.

use ratchet_jsonata::{Code, Dialect, Error, Expression, Limit, Options, Outcome, Seeded};
use serde_json::{Value, json};

/// Of `ratchet`: MD5, SHA-1 and SHA-256, as other programs compute them.
const HASHES: [&str; 3] = [
    "08fc5ab65fa17a009303c43ea4b2361b",
    "ec9f281cf6253ef0c26fcc358141f673d0a198b8",
    "7e44b435ca864457b9332718a10934705aed4ba9121799b0a9ea6b96cc7337e0",
];

fn run(expr: &str) -> Result<Outcome, Error> {
    let mut random = Seeded::new(9);
    let options = Options { dialect: Dialect::Aws, random: Some(&mut random), ..Options::default() };
    Expression::parse(expr)?.evaluate_with(&json!({"none": null}), options)
}

fn check(expr: &str, expected: Value) {
    assert_eq!(run(expr), Ok(Outcome::Json(expected)), "{expr}");
}

/// Fails with that code and text.
fn check_error(expr: &str, code: Code, text: &str) {
    let error = run(expr).expect_err(expr);
    assert_eq!((error.code(), error.to_string().as_str()), (Some(code), text), "{expr}");
}

fn check_undefined(expr: &str) {
    assert_eq!(run(expr), Ok(Outcome::Undefined), "{expr}");
}

/// That argument of that function is wrong.
fn check_signature(expr: &str, argument: usize, function: &str) {
    let text = format!("Argument {argument} of function \"{function}\" does not match function signature");
    check_error(expr, Code::T0410, &text);
}

#[test]
fn a_range_counts_in_whole_steps_and_one_number_is_just_that_number() {
    check("$range(1, 9, 9)", json!(1));
    check("$range(3, 3, 1)", json!(3));
    check("$range(1, 9, 2)", json!([1, 3, 5, 7, 9]));
    check("$range(0, 10, 3)", json!([0, 3, 6, 9]));
    check("$range(5, 1, -2)", json!([5, 3, 1]));
    check("$range(1.9, 3.9, 1.9)", json!([1, 2, 3]));
    check("$range(-1.7, 2, 1)", json!([-1, 0, 1, 2]));
    check("$range(5, 1, -1.5)", json!([5, 4, 3, 2, 1]));
    check("$count($range(1, 5000, 1))", json!(5000));
    check("$count($range(-9223372036854775808, 9223372036854775807, 9223372036854775807))", json!(3));
}

#[test]
fn a_range_that_leads_nowhere_is_nothing() {
    for expr in ["$range(1, 9, 0)", "$range(5, 1, 1)", "$range(1, 5, -1)", "$range(1, 5)", "$range(no, 5, 1)"] {
        check_undefined(expr);
    }
    check_signature("$range(1)", 2, "range");
    check_signature("$range('1', 2, 3)", 1, "range");
    check_signature("$range(1, 5, 1, 'x')", 4, "range");
}

#[test]
fn partitions_stay_arrays() {
    check("$partition([0], 1)", json!([[0]]));
    check("$partition([1, 2, 3, 4, 5], 2)", json!([[1, 2], [3, 4], [5]]));
    check("$partition([1, 2, 3, 4, 5], 2.9)", json!([[1, 2], [3, 4], [5]]));
    check("$partition([1, 2, 3])", json!([[1, 2, 3]]));
    for expr in ["$partition([], 2)", "$partition([1], 0)", "$partition([1, 2], -0.5)", "$partition(no, 2)"] {
        check_undefined(expr);
    }
    check_error("$partition([1, 2, 3], -1)", Code::D3137, "Second argument must be zero or greater");
    let text = "Argument 1 of function \"partition\" must be an array of undefined";
    check_error("$partition(none, 2)", Code::T0412, text);
    check_error("$partition('a', 2)", Code::T0412, text);
    check_signature("$partition([1], '2')", 2, "partition");
    check_signature("$partition([1, 2, 3], 2, 'x')", 3, "partition");
}

#[test]
fn hashes_are_hexadecimal_in_lower_case() {
    check("$hash('ratchet', 'MD5')", json!(HASHES[0]));
    check("$hash('ratchet', 'SHA-1')", json!(HASHES[1]));
    check("$hash('ratchet', 'SHA-256')", json!(HASHES[2]));
    check("$length($hash('', 'SHA-384'))", json!(96));
    check("$length($hash('', 'SHA-512'))", json!(128));
    check("$hash('ñ', 'MD5')", json!("94e9342ecbb1458b6043ecd3bfcbc192"));
    check_undefined("$hash('a')");
    check_undefined("$hash(no, 'MD5')");
    let text = "Hash algorithm 'md5' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5";
    check_error("$hash('a', 'md5')", Code::D3137, text);
    check_signature("$hash(42, 'MD5')", 1, "hash");
    check_signature("$hash('a', 5)", 2, "hash");
    check_signature("$hash('a', 'MD5', 'x')", 3, "hash");
}

#[test]
fn a_seed_gives_the_number_that_java_gives() {
    check("$random(42)", json!(0.727_563_680_032_868_1));
    check("$random(0)", json!(0.730_967_787_376_657));
    check("$random(0.9)", json!(0.730_967_787_376_657));
    check("$random(7)", json!(0.730_699_042_060_042_1));
    check("$random(-1) = $random(-1.5)", json!(true));
    check_signature("$random('x')", 1, "random");
    check_signature("$random(1, 2)", 2, "random");
}

#[test]
fn other_randomness_is_the_caller_s() {
    check("$random() != $random()", json!(true));
    check("$contains($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)", json!(true));
    assert_eq!(run("$uuid()"), run("$uuid()"));
    check_signature("$uuid('seed')", 1, "uuid");
    let without = Expression::parse("$uuid()").expect("parses");
    assert!(without.evaluate_with(None, Options { dialect: Dialect::Aws, ..Options::default() }).is_err());
}

fn parse(text: &str) -> Result<Outcome, Error> {
    let options = Options { dialect: Dialect::Aws, ..Options::default() };
    Expression::parse("$parse(text)")?.evaluate_with(&json!({ "text": text }), options)
}

#[test]
fn parse_reads_json() {
    for text in [
        r#"{"a":[1,{"b":null}]}"#,
        r#" {"b" : 1 , "a":[ ] , "c":{ } } "#,
        r#"["a\"\\", "\u00e9\\", true, false, null, "é"]"#,
        "null",
        "1.5",
        r#""""#,
        "9223372036854775807",
        "-9223372036854775808",
        "[9007199254740993, 9007199254740992, -9007199254740993]",
    ] {
        let expected = serde_json::from_str(text).expect("JSON");
        assert_eq!(parse(text), Ok(Outcome::Json(expected)), "{text}");
    }
    check("$parse('7') + 1", json!(8));
    check("$parse('-0')", json!(0));
    check("$exists($parse('null'))", json!(true));
    check("$parse('1.0') & $parse('1e2') & $parse('1.5')", json!("11001.5"));
    check(r#"$map(['{"a":1}', '{"a":2}'], $parse).a"#, json!([1, 2]));
    check_undefined("$parse()");
    check_undefined("$parse(no)");
    check_signature("$parse(none)", 1, "parse");
    check_signature("$parse('{}', 'x')", 2, "parse");
}

#[test]
fn parse_takes_one_document_and_every_name_once() {
    for text in [
        "",
        "  ",
        "{",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "{,}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        "{a:1}",
        "nul",
        "truefalse",
        "1 2",
        r#"{"a":1}{"b":2}"#,
        "[1,2] [3,4]",
        r#"{"a":1,"a":2}"#,
        "1e400",
        "-",
        "01",
        "+1",
        ".5",
        "NaN",
        r#""a"#,
        "'a'",
        r#""\"#,
        r#""\""#,
        "\"\n\"",
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!((error.code(), error.to_string().as_str()), (Some(Code::D3137), "Invalid JSON"), "{text}");
    }
    let deep = |levels| parse(&["[".repeat(levels), "]".repeat(levels)].concat());
    assert!(deep(200).is_ok());
    assert_eq!(deep(1000).map_err(|error| error.limit()), Err(Some(Limit::Nesting)));
}

#[test]
fn eval_does_not_exist() {
    let error = run("$eval('1')").expect_err("it is no function");
    assert_eq!(error.code(), Some(Code::T1006));
    assert_eq!(error.to_string(), "Attempted to invoke a non-function");
    assert!(Expression::parse("1 ?? 2").is_err());
    assert!(Expression::parse("1 ?: 2").is_err());
}

#[test]
fn numbers_beyond_all_bounds_are_strings_and_large_ones_have_all_their_digits() {
    check("1 / 0", json!("Infinity"));
    check("[-1 / 0, {'a': 1 / 0}]", json!(["-Infinity", {"a": "Infinity"}]));
    check("$string(1e20)", json!("100000000000000000000"));
    check("none", json!(null));
}

#[test]
fn integers_of_the_input_keep_all_their_digits() {
    let input: Value = serde_json::from_str(r#"{"id": 12345678901234567890123, "f": 1.10}"#).expect("JSON");
    let evaluate = |expr: &str| Expression::parse(expr).expect("parses").evaluate(&input).expect("evaluates");
    let text = |outcome: Outcome| outcome.into_json().map(|json| json.to_string());
    assert_eq!(text(evaluate("id")).as_deref(), Some("12345678901234567890123"));
    assert_eq!(text(evaluate("{'a': [id]}")).as_deref(), Some(r#"{"a":[12345678901234567890123]}"#));
    assert_eq!(text(evaluate("f")).as_deref(), Some("1.10"));
    assert_eq!(text(evaluate("f + 0")).as_deref(), Some("1.1"));
}

#[test]
fn an_expression_can_be_shared_between_threads() {
    fn assert_shared<T: Send + Sync>(_: &T) {}
    assert_shared(&Expression::parse("$map([1..3], function($x) { $x ~> $string })").expect("parses"));
}

#[test]
fn numbers_leave_as_java_writes_them_but_for_the_letter_of_their_exponent() {
    let input: Value = serde_json::from_str(
        r#"{"a": 1.0, "b": [1e2, {"c": -0}], "long": 9223372036854775807, "beyond": 9223372036854775808, "d": 12345678.50}"#,
    )
    .expect("JSON");
    let text = |expr: &str, dialect| {
        let outcome = Expression::parse(expr)?.evaluate_with(&input, Options { dialect, ..Options::default() })?;
        Ok::<_, Error>(outcome.into_json().map(|json| json.to_string()).unwrap_or_default())
    };
    for (expr, aws, reference) in [
        ("a", "1", "1.0"),
        ("b", r#"[100,{"c":0}]"#, r#"[1e+2,{"c":-0}]"#),
        ("[b]", r#"[100,{"c":0}]"#, r#"[1e+2,{"c":-0}]"#),
        ("[a, long]", "[1,9223372036854775807]", "[1.0,9223372036854775807]"),
        ("beyond", "9.223372036854776e+18", "9223372036854775808"),
        ("{'d': d}", r#"{"d":1.23456785e+7}"#, r#"{"d":12345678.50}"#),
        ("d + 0", "1.23456785e+7", "12345678.5"),
        ("1e21", "1.0e+21", "1e+21"),
        ("1 / 3", "0.3333333333333333", "0.3333333333333333"),
        ("0 / 0", r#""NaN""#, "null"),
    ] {
        assert_eq!(text(expr, Dialect::Aws).as_deref(), Ok(aws), "{expr}");
        assert_eq!(text(expr, Dialect::Reference).as_deref(), Ok(reference), "{expr}");
    }
}

#[test]
fn base64_is_of_utf_8_and_strict_but_for_its_padding() {
    check("$base64encode('añ')", json!("YcOx"));
    check("$base64decode('YcOx')", json!("añ"));
    check("$base64decode($base64encode('€')) & $base64decode('YQ') & $base64decode('YQ==')", json!("€aa"));
    check("$base64decode('')", json!(""));
    for expr in ["$base64decode('!!!')", "$base64decode('Y')", "$base64decode('YQ ==')", "$base64decode('-_-_')"] {
        let error = run(expr).expect_err(expr);
        assert_eq!((error.code(), error.limit()), (None, None), "{expr}");
    }
}

/// The same shapes one level less deep than AWS refuses, and as deep.
#[test]
fn the_depths_measured_on_aws_hold() {
    let nested = |open: &str, middle: &str, close: &str, times| {
        [open.repeat(times), middle.to_owned(), close.repeat(times)].concat()
    };
    let recursion = |times| format!("($f := function($x) {{ $x <= 0 ? 0 : 1 + $f($x - 1) }}; $f({times}))");
    for (fits, too_deep) in [
        (nested("", "1", "+1", 99), nested("", "1", "+1", 100)),
        (nested("(", "1", ")", 99), nested("(", "1", ")", 100)),
        (nested("[", "1", "]", 99), nested("[", "1", "]", 100)),
        (nested("", "1", "~>$string", 99), nested("", "1", "~>$string", 100)),
        (recursion(31), recursion(32)),
    ] {
        assert!(run(&fits).is_ok(), "{fits}");
        assert_eq!(run(&too_deep).map_err(|error| error.limit()), Err(Some(Limit::Depth)), "{too_deep}");
    }
}

#[test]
fn the_sizes_measured_on_aws_hold() {
    let doubled =
        |times| format!("($f := function($s, $n) {{ $n = 0 ? $s : $f($s & $s, $n - 1) }}; $length($f('x', {times})))");
    check("[1..873782] ~> $count()", json!(873_782));
    check("$sum($map([1..200000], function($v) { $v * 2 }))", json!(40_000_200_000_i64));
    check("$count($range(1, 360145, 1))", json!(360_145));
    check(&doubled(22), json!(4_194_304));
    for expr in
        ["[1..873783] ~> $count()", "$sum([1..900000])", "$range(1, 360146, 1)", "$range(1, 1e9, 1)", &doubled(23)]
    {
        assert_eq!(run(expr).map_err(|error| error.limit()), Err(Some(Limit::Memory)), "{expr}");
    }
}
