//! Definitions that somebody made to hang, to crash or to be misread, each by name.

use ratchet_language::{Diagnostic, Parsed, invalid_definition_message, parse};
use std::fmt::Write as _;

/// A chain of so many states of about so many bytes each: Choice states with their words `true`, `false` and `null`.
fn chain(states: usize, bytes: usize) -> String {
    let mut text = String::from(r#"{"StartAt":"S0","States":{"#);
    for index in 0..states {
        let start = text.len();
        let next = index + 1;
        let _ = write!(
            text,
            r#""S{index}":{{"Type":"Pass","InputPath":null,"Result":[true,false,null],"Next":"S{next}","Comment":""#
        );
        let left = bytes.saturating_sub(text.len() - start + 4);
        text.push_str(&"x".repeat(left));
        text.push_str("\"},");
    }
    let _ = write!(text, r#""S{states}":{{"Type":"Succeed"}}}}}}"#);
    text
}

/// The work of this thread so far, in nanoseconds on a processor; none where the system does not tell.
fn work() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_whitespace().next()?.parse().ok()
}

/// The least work of two tries.
fn least_work(mut run: impl FnMut()) -> Option<u64> {
    let mut least = None;
    for _ in 0..2 {
        let before = work()?;
        run();
        let used = work()? - before;
        least = Some(least.map_or(used, |least: u64| least.min(used)));
    }
    least
}

/// What is wrong with a text, as the API says it.
fn refused(text: &str) -> String {
    let found = parse(text).expect_err("it is refused");
    invalid_definition_message(&found)
}

#[track_caller]
fn check_refused(text: &str, part: &str) {
    let said = refused(text);
    assert!(said.contains(part), "{said:.600}");
}

/// A machine of one Choice state with this condition.
fn choice(condition: &str) -> String {
    format!(
        r#"{{"StartAt":"C","States":{{"C":{{"Type":"Choice","Choices":[{{{condition},"Next":"D"}}]}},"D":{{"Type":"Succeed"}}}}}}"#
    )
}

/// A machine of one Pass state with these fields.
fn pass(fields: &str) -> String {
    format!(r#"{{"StartAt":"P","States":{{"P":{{"Type":"Pass",{fields},"End":true}}}}}}"#)
}

#[test]
fn ten_thousand_states_in_a_megabyte_take_twice_the_work_of_five_thousand() {
    let (half, whole) = (chain(5_000, 104), chain(10_000, 104));
    assert!((1_000_000..1_048_576).contains(&whole.len()), "{}", whole.len());
    let Parsed { machine, warnings } =
        parse(&whole).unwrap_or_else(|found| panic!("{}", invalid_definition_message(&found)));
    assert_eq!((machine.states.len(), warnings.len()), (10_001, 0));
    let work = |text: &str| least_work(|| assert!(parse(text).is_ok()));
    if let (Some(half), Some(whole)) = (work(&half), work(&whole)) {
        assert!(whole < half * 3, "{half} ns for 5,000 states, {whole} ns for 10,000");
    }
}

#[test]
fn a_megabyte_of_words_takes_twice_the_work_of_half() {
    let words = |count: usize| pass(&format!(r#""Result":[{}1]"#, "true,null,".repeat(count)));
    let work = |text: &str| least_work(|| assert!(parse(text).is_ok()));
    if let (Some(half), Some(whole)) = (work(&words(50_000)), work(&words(100_000))) {
        assert!(whole < half * 3, "{half} ns, {whole} ns");
    }
}

#[test]
fn two_thousand_states_that_lead_nowhere_are_all_reported() {
    let text = chain(2_000, 104).replace("\"Next\":\"S", "\"Next\":\"T");
    let found = parse(&text).expect_err("nothing leads anywhere");
    assert_eq!(found.iter().filter(|finding| finding.message.starts_with("Missing 'Next' target: T")).count(), 2_000);
}

#[test]
fn findings_do_not_repeat_a_long_name_for_ever() {
    let name = "n".repeat(300_000);
    let mut text = format!(r#"{{"StartAt":"{name}","States":{{"{name}":{{"Type":"Parallel","End":true,"Branches":["#);
    text.push_str(&"1,".repeat(100_000));
    text.push_str("1]}}}");
    let found = parse(&text).expect_err("a name is too long and a branch no object");
    assert!((2..20).contains(&found.len()), "{}", found.len());
    assert!(found[0].message.ends_with("n exceeds the 80-character limit allowed by the service"));
    let fields = (0..50_000).map(|field| format!(",\"{field}\":1")).collect::<Vec<_>>().concat();
    let found = parse(&pass(&format!(r#""Comment":"c"{fields}"#))).expect_err("unknown fields");
    let bytes = |finding: &Diagnostic| {
        let more = [&finding.focus, &finding.help].into_iter().flatten().map(String::len).sum::<usize>();
        finding.message.len() + finding.pointer.len() + more
    };
    let bytes: usize = found.iter().map(bytes).sum();
    assert!((1 << 20..(1 << 20) + 1_000).contains(&bytes), "{bytes}");
}

#[test]
fn warnings_by_the_megabyte_hide_no_error() {
    let hints = (0..60_000).map(|field| format!(",\"{field}\":\"$\"")).collect::<Vec<_>>().concat();
    check_refused(
        &pass(&format!(r#""Parameters":{{"a":1{hints}}},"Nonsense":1"#)),
        "Field 'Nonsense' is not supported at /States/P",
    );
}

#[test]
fn what_is_nested_beyond_128_levels_is_refused_where_it_is() {
    const TOO_DEEP: &str =
        "INVALID_JSON_DESCRIPTION: Objects and arrays may be nested at most 128 levels deep\n at [Source: ";
    let parallel = |depth: usize| {
        let mut text = String::from(r#"{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}"#);
        for level in 0..depth {
            text = format!(
                r#"{{"StartAt":"P{level}","States":{{"P{level}":{{"Type":"Parallel","End":true,"Branches":[{text}]}}}}}}"#
            );
        }
        text
    };
    assert!(parse(&parallel(30)).is_ok());
    check_refused(&parallel(1_000), TOO_DEEP);
    let nested = |open: &str, depth: usize, close: &str| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    check_refused(&pass(&format!(r#""Result":{}"#, nested("[", 1_000, "]"))), TOO_DEEP);
    check_refused(&pass(&format!(r#""Parameters":{{"a":{}}}"#, nested("{\"a\":", 1_000, "}"))), TOO_DEEP);
    assert!(parse(&pass(&format!(r#""Parameters":{{"a":{}}}"#, nested("{\"a\":", 120, "}")))).is_ok());
    let rule = r#"{"Variable":"$.a","IsNull":true}"#;
    let not = |depth: usize| choice(&format!(r#""Not":{}{rule}{}"#, "{\"Not\":".repeat(depth), "}".repeat(depth)));
    let and = |depth: usize| choice(&format!(r#""And":[{}{rule}{}]"#, "{\"And\":[".repeat(depth), "]}".repeat(depth)));
    assert!(parse(&not(100)).is_ok() && parse(&and(50)).is_ok());
    check_refused(&not(1_000), TOO_DEEP);
    check_refused(&and(1_000), TOO_DEEP);
    let intrinsic = nested("States.Array(", 1_000, ")");
    check_refused(
        &pass(&format!(r#""Parameters":{{"a.$":"{intrinsic}"}}"#)),
        "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at /States/P/Parameters",
    );
    let path = format!("$[?({}@.a{})]", "(".repeat(1_000), ")".repeat(1_000));
    check_refused(&pass(&format!(r#""InputPath":"{path}""#)), "Value must be a valid JSONPath. at /States/P/InputPath");
    let steps = format!("${}", ".a".repeat(150));
    check_refused(
        &pass(&format!(r#""ResultPath":"{steps}""#)),
        "Value is not a Reference Path at /States/P/ResultPath",
    );
}

/// A machine of one Pass state that speaks JSONata and has this output.
fn output(value: &str) -> String {
    format!(
        r#"{{"QueryLanguage":"JSONata","StartAt":"P","States":{{"P":{{"Type":"Pass","Output":{value},"End":true}}}}}}"#
    )
}

#[test]
fn an_expression_nested_beyond_all_bounds_is_refused() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{'a':", "}"),
        ("-", ""),
        ("$f(", ")"),
        ("1+(", ")"),
        ("a[", "]"),
        ("function(){", "}"),
        ("1?", ""),
    ] {
        let text = output(&format!(r#""{{% {}1{} %}}""#, open.repeat(50_000), close.repeat(50_000)));
        check_refused(&text, "INVALID_JSONATA_EXPRESSION: ");
    }
    assert!(parse(&output(&format!(r#""{{% {}1{} %}}""#, "(".repeat(20), ")".repeat(20)))).is_ok());
}

#[test]
fn expressions_by_the_thousand_take_twice_the_work_of_half() {
    let expressions = |count: usize| output(&format!("[{}1]", r#""{% $states.input.a[b = 1] & $v %}","#.repeat(count)));
    let work = |text: &str| least_work(|| assert!(parse(text).is_ok()));
    if let (Some(half), Some(whole)) = (work(&expressions(3_000)), work(&expressions(6_000))) {
        assert!(whole < half * 3, "{half} ns, {whole} ns");
    }
}

#[test]
fn findings_about_expressions_do_not_repeat_a_long_place_for_ever() {
    let key = "k".repeat(400_000);
    let many = |item: &str| output(&format!(r#"{{"{key}":[{}1]}}"#, format!("{item},").repeat(100_000 / item.len())));
    let names: Vec<String> = (0..10_000).map(|number| format!("n{number}")).collect();
    let one = output(&format!(r#"{{"{key}":"{{% [{}] %}}"}}"#, names.join(",")));
    let texts = [many(r#""{% a %}""#), many(r#""{% + %}""#), many(r#""{%""#), many(r#""{% $states.x %}""#), one];
    for text in texts {
        let found = parse(&text).map_or_else(|found| found, |parsed| parsed.warnings);
        assert!((1..10).contains(&found.len()), "{}", found.len());
    }
}

#[test]
fn numbers_outside_of_every_range_are_refused_with_the_range() {
    let wait = |seconds: &str| {
        format!(r#"{{"StartAt":"W","States":{{"W":{{"Type":"Wait","Seconds":{seconds},"End":true}}}}}}"#)
    };
    assert!(parse(&wait("-0")).is_ok() && parse(&wait("99999999")).is_ok());
    check_refused(&wait("100000000"), "Maximum value is 99999999 at /States/W/Seconds");
    check_refused(&wait(&format!("1{}", "0".repeat(4_000))), "Maximum value is 99999999 at /States/W/Seconds");
    check_refused(&wait("-1"), "Minimum value is 0 at /States/W/Seconds");
    check_refused(&wait("1e400"), "Expected value of type Integer at /States/W/Seconds");
    check_refused(&wait("1.0"), "Expected value of type Integer at /States/W/Seconds");
    check_refused(&wait("NaN"), "Unrecognized token 'NaN'");
    check_refused(&wait("1e"), "Exponent indicator not followed by a digit");
    let rate = |rate: &str| {
        format!(
            r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","Retry":[{{"ErrorEquals":["E"],"BackoffRate":{rate}}}],"End":true}}}}}}"#
        )
    };
    assert!(parse(&rate("1.0")).is_ok() && parse(&rate("1e300")).is_ok());
    check_refused(&rate("0.99"), "Minimum value is 1.0 at /States/T/Retry[0]/BackoffRate");
    check_refused(&rate("1e400"), "at /States/T/Retry[0]/BackoffRate");
    assert!(parse(&choice(r#""Variable":"$.a","NumericEquals":1e400"#)).is_ok());
    assert!(parse(&choice(&format!(r#""Variable":"$.a","NumericEquals":{}"#, "9".repeat(10_000)))).is_ok());
}

#[test]
fn strings_that_are_none_are_refused_and_strange_ones_are_kept() {
    check_refused("\u{feff}{}", "INVALID_JSON_DESCRIPTION: Unexpected character ('\u{feff}' (code 65279 / 0xfeff))");
    check_refused(
        &pass("\"Comment\":\"a\u{0}b\""),
        "Illegal unquoted character ((CTRL-CHAR, code 0)): has to be escaped using backslash",
    );
    check_refused(r#"{"Comment":"\ud8"#, "Unexpected end-of-input in character escape sequence");
    for comment in [r"\u0000", r"\ud800", r"\udc00\ud800", "\u{202e}", "\u{10ffff}", "\u{7f}"] {
        assert!(parse(&pass(&format!("\"Comment\":\"{comment}\""))).is_ok(), "{comment:?}");
    }
    check_refused(&pass(r#""Comment":"a","Comment":"b""#), "Duplicate field 'Comment'");
    check_refused(&pass(r#""Comment":"a","\u0043omment":"b""#), "Duplicate field 'Comment'");
}

#[test]
fn names_of_states_have_one_to_eighty_characters_of_any_kind() {
    let named = |name: &str| {
        let name = serde_json::Value::from(name).to_string();
        format!(r#"{{"StartAt":{name},"States":{{{name}:{{"Type":"Succeed"}}}}}}"#)
    };
    for name in [&"n".repeat(80), &"é".repeat(80), "\u{1f600}", "\u{202e}abc", "a/b~c", " ", "\u{0}", "$['a']", "🜁 \n"]
    {
        let machine =
            parse(&named(name)).unwrap_or_else(|found| panic!("{}", invalid_definition_message(&found))).machine;
        assert_eq!(machine.start_at.as_str(), name);
    }
    check_refused(&named(""), "INVALID_STATE_NAME: Invalid State name: it is empty at /States/");
    for name in [&"n".repeat(81), &"é".repeat(81)] {
        let text = format!("{name} exceeds the 80-character limit allowed by the service at /States/{name}");
        check_refused(&named(name), &format!("INVALID_STATE_NAME: Invalid State name: {text}"));
    }
}
