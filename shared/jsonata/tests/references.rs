//! What an expression refers to. What counts as a reference to the document is what AWS Step Functions refuses when a
//! state machine is created; the first four tests hold expressions that third parties gave to the real service.

use ratchet_jsonata::{Expression, References};

fn references(expr: &str) -> References {
    Expression::parse(expr).unwrap_or_else(|error| panic!("{expr}: {error}")).references()
}

#[track_caller]
fn check_document(expr: &str, expected: &[&str]) {
    let found: Vec<_> = references(expr).document().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{expr}");
}

#[track_caller]
fn check_variables(expr: &str, expected: &[&str]) {
    let references = references(expr);
    assert_eq!(references.variables().collect::<Vec<_>>(), expected, "{expr}");
    let names: Vec<_> = references.names().collect();
    assert!(expected.iter().all(|name| names.contains(name)), "{expr}: {names:?}");
}

#[test]
fn a_name_that_is_read_from_the_document_is_found_wherever_it_stands() {
    for expr in [
        "phone",
        "phone[0].number",
        "phone.number.street",
        "-phone",
        "phone ? 1 : 2",
        "$states.input.a ? phone : 2",
        "phone & 'x'",
        "phone in $states.input.b",
        "$sum(phone)",
        "phone(1)",
        "phone ~> $string()",
        "[1..phone]",
        "(phone)",
        "(phone).other",
        "[phone].other",
        "[phone, 1]",
        "{phone: 1}",
        "($x := phone; $x)",
        "$map($states.input.a, function($y){ phone })",
        "$count(phone[inner])",
        "phone.**.deeper",
    ] {
        check_document(expr, &["phone"]);
    }
}

#[test]
fn a_name_that_is_read_from_something_else_is_no_reference_to_the_document() {
    for expr in [
        "$states.input.phone",
        "$states.input.a.phone",
        "$states.input.a[0].phone",
        "$states.input.a.phone[0]",
        "$states.input.items[phone > 3]",
        "$states.input.a^(phone)",
        "$states.input.a{'k': phone}",
        "$states.input.a.(phone)",
        "$states.input.a.$phone",
        "$phone",
        "$states.input.a ~> $string()",
        "$states.input ~> |phone|{'b': 1}|",
        "**.phone",
        "{'k': 1}.phone",
        "$states.input.a[0][phone]",
        "$states.input.a[$ > 1]",
        "function($x){ $x.phone }",
        "$map($states.input.a, function($x){ $x.phone })",
        "'phone'",
        "1 + 1",
        "$now()",
    ] {
        check_document(expr, &[]);
    }
}

#[test]
fn the_document_itself_has_two_names() {
    for expr in ["$", "$.phone", "$[0]", "$string($)", "$map($states.input.a, function($x){ $ })"] {
        check_document(expr, &["$"]);
    }
    for expr in ["$$", "$$.phone"] {
        check_document(expr, &["$$"]);
    }
}

#[test]
fn references_to_the_document_come_once_each_in_the_order_of_writing() {
    check_document("aaa + bbb", &["aaa", "bbb"]);
    check_document("[bbb, aaa]", &["bbb", "aaa"]);
    check_document("aaa + aaa", &["aaa"]);
    check_document("(aaa; bbb)", &["aaa", "bbb"]);
    check_document("$number(aaa) + $number(bbb)", &["aaa", "bbb"]);
    check_document("$x(function(){ $ & aaa }) & $$ & bbb", &["$", "aaa", "$$", "bbb"]);
}

#[test]
fn the_root_is_found_where_the_context_is_something_else() {
    check_document("$x[a = $$.a]", &["$$"]);
    check_document("$x.{'a': $$}", &["$$"]);
    check_document("$x ~> |a|{'b': $$.b, 'c': $, 'd': e}|", &["$$"]);
    check_document("$x^($.a, $$.b)", &["$$"]);
}

#[test]
fn the_context_of_a_body_is_that_of_its_place() {
    check_document("$x.(function($v){ $v.a + b })(1)", &[]);
    check_document("$x[(function(){ a })()]", &[]);
    check_document("(function(){ a })().b", &["a"]);
    check_document("$x(?, a)", &["a"]);
    check_document("$x ~> (function($v){ a })", &["a"]);
    check_document("function(){ f(a) }", &["f", "a"]);
    check_document("$x{a: b}", &[]);
    check_document("{'a': b}{c: d}", &["b"]);
    check_document("'a'.b", &["a"]);
    check_document("`$$`", &["$$"]);
    check_document("a.%.b", &["a"]);
    check_document("*", &[]);
}

#[test]
fn variables_are_those_that_the_expression_does_not_bind() {
    check_variables("$b + $a.x[$c]", &["a", "b", "c"]);
    check_variables("($x := 1; $x + $y)", &["y"]);
    check_variables("($x; $x := 1)", &["x"]);
    check_variables("($x := $x)", &["x"]);
    check_variables("(($x := 1); $x)", &["x"]);
    check_variables("$f($x := 1, $x)", &["f"]);
    check_variables("function($x){ $x + $y }", &["y"]);
    check_variables("(function($x){ $x })($x)", &["x"]);
    check_variables("function($x){ function($y){ $x + $y + $z } }", &["z"]);
    check_variables("$sum($map($xs, $string))", &["xs"]);
    check_variables("$p(?, $x)", &["p", "x"]);
    check_variables("$a ~> $f ~> |$b|{'c': $d}, $e|", &["a", "b", "d", "e", "f"]);
    check_variables("$a{$b: $c}^($d)", &["a", "b", "c", "d"]);
}

#[test]
fn a_function_sees_what_is_bound_after_it_was_made() {
    check_variables("($even := function($n){ $odd($n) }; $odd := function($n){ $even($n) }; $even(1))", &[]);
    check_variables("($f := function(){ $f() }; $f())", &[]);
    check_variables("($f := ($k := 1; function(){ $k + $g }); $g := 2; $f())", &[]);
    check_variables("($f := function(){ ($g := 1; $g) }; $g)", &["g"]);
    check_variables("($f := function($x){ $x }; $x)", &["x"]);
}

#[test]
fn a_path_s_variables_hold_behind_their_step_and_in_its_grouping() {
    check_variables("$o.a@$x.b[$x.c = d]", &["o"]);
    check_variables("$o.a@$x[$x.c = 1]", &["o"]);
    check_variables("$o.a#$i[$i > 1].{'n': $i}", &["o"]);
    check_variables("$o.a@$x.b{$x.k: $x}", &["o"]);
    check_variables("$o.a@$x.b & $x", &["o", "x"]);
    check_variables("$o.a[($y := 1) = 1].b[$y = 1]", &["o", "y"]);
}

#[test]
fn members_of_variables_are_named_or_else_the_variable_is_used_whole() {
    let members =
        |expr: &str| (references(expr).uses_member("states", "errorOutput"), references(expr).uses_whole("states"));
    for expr in [
        "$states.errorOutput",
        "$states.errorOutput.Cause",
        "[$states.errorOutput]",
        "$states.errorOutput ? 1 : 2",
        "$x[a = $states.errorOutput]",
        "$map($x, function($v){ $states.errorOutput })",
        "$states.'errorOutput'",
        "$states.errorOutput[0].a{'b': c}",
    ] {
        assert_eq!(members(expr), (true, false), "{expr}");
    }
    for expr in ["$states.input.errorOutput", "$states.error", "errorOutput", "$other.errorOutput"] {
        assert_eq!(members(expr), (false, false), "{expr}");
    }
    for expr in [
        "$states",
        "($s := $states; $s.errorOutput)",
        "$lookup($states, 'errorOutput')",
        "$states.*",
        "$states.(errorOutput)",
        "$states[0].errorOutput",
        "$states@$s.errorOutput",
        "$states{'a': errorOutput}.errorOutput",
    ] {
        assert_eq!(members(expr), (false, true), "{expr}");
    }
    assert_eq!(members("$states.errorOutput & $string($states)"), (true, true));
}

#[test]
fn names_are_all_that_an_evaluation_can_ask_for() {
    let names = |expr: &str| references(expr).names().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(names("$sum($a) & $$ & $"), ["a", "sum"]);
    assert_eq!(names("function($x){ $x }"), ["x"]);
    assert_eq!(names("$o.a@$b#$c.d"), ["b", "c", "o"]);
    assert_eq!(names("$states.input"), ["states"]);
}
