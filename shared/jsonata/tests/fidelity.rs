//! What the reference does where one would not expect it: each found by the differential test, each with its own claim.

use ratchet_jsonata::{Code, Expression, Outcome};
use serde_json::{Value, json};

fn evaluate(expr: &str) -> Result<Outcome, ratchet_jsonata::Error> {
    let input = json!({"one": [{"x": 1}], "empty": [], "b": [1, 2, 3], "word": "abc"});
    Expression::parse(expr)?.evaluate(&input)
}

#[track_caller]
fn gives(expr: &str, expected: Value) {
    assert_eq!(evaluate(expr), Ok(Outcome::Json(expected)), "{expr}");
}

#[track_caller]
fn is_undefined(expr: &str) {
    assert_eq!(evaluate(expr), Ok(Outcome::Undefined), "{expr}");
}

/// The code, the position and the token.
#[track_caller]
fn fails(expr: &str, code: &str, position: usize, token: Option<&str>) {
    let error = evaluate(expr).expect_err(expr);
    let found = (error.code().map(Code::name), error.position(), error.token());
    assert_eq!(found, (Some(code), Some(position), token), "{expr}: {error}");
}

#[test]
fn order_by_gives_a_single_item_back_as_a_single_value() {
    gives("one^(x)", json!({"x": 1}));
    gives("one^(>x)^(x)", json!({"x": 1}));
    is_undefined("empty^(x)");
}

#[test]
fn a_native_function_applied_in_part_takes_nothing_from_the_context() {
    is_undefined("word.$uppercase(?)(missing)");
    fails("5.$power(?)(2)", "S0213", 1, None);
    fails("b.$power(?)(2)", "D3061", 12, Some("\"(\""));
    gives("$append(?, 1)([0])", json!([0, 1]));
    gives("$zip(?, [3], [4])([1, 2])", json!([[1], [2]]));
}

#[test]
fn the_string_function_cannot_be_applied_in_part() {
    fails("$string(?)", "S0208", 26, Some("\"=\""));
}

#[test]
fn a_call_of_a_call_fails_under_the_name_of_its_parenthesis() {
    fails("$number(?)('x')", "D3030", 11, Some("\"(\""));
    fails("true(1)", "T1006", 5, Some("true"));
    fails("null(?)", "T1008", 5, Some("null"));
}

#[test]
fn a_lone_operator_is_unknown_also_at_the_start() {
    fails("!a", "S0204", 1, Some("\"!\""));
    fails("~a", "S0204", 1, Some("\"~\""));
}

#[test]
fn an_escape_that_the_text_cuts_off_is_missed_with_its_quote() {
    fails("'\\ud83", "S0101", 7, None);
}

#[test]
fn a_parameter_without_an_argument_passes_the_next_one_on() {
    gives("function($x, $y)<n?s> { [$x, $y] }('a')", json!(["a"]));
    gives("function($x, $y)<s+> { [$x, $y] }('a', 'b')", json!(["a", "a"]));
}

#[test]
fn an_argument_that_was_passed_on_is_missed_where_it_stood() {
    let expr = "function($x, $y)<(sn)j?a<a<n>>> { [$x, $y] }(-2.5, 1.005)";
    assert_eq!(evaluate(expr).expect_err(expr).code(), Some(Code::T0412));
}

#[test]
fn nothing_among_several_lists_is_not_made_a_list() {
    gives("$zip(missing, 'a')", json!([]));
}

#[test]
fn a_limit_of_no_parts_gives_none_whatever_separates_them() {
    gives("$split('ab', missing, 0)", json!([]));
}

#[test]
fn one_to_any_power_that_is_no_number_is_no_number() {
    fails("$power(1, missing)", "D3061", 7, Some("\"power\""));
}

#[test]
fn a_number_may_lie_anywhere_behind_its_prefix() {
    gives("$number('0x1F')", json!(31));
    gives("$string($type($number('a0o7')))", json!("object"));
    gives("$number(' 0b11')", json!(3));
    fails("$number('0b12')", "D3030", 8, Some("\"number\""));
}

#[test]
fn a_replacement_that_is_no_string_is_an_error_only_where_it_is_used() {
    gives("$replace('abc', 'x', function() { 1 })", json!("abc"));
    fails("$replace('abc', 'b', function() { 1 })", "D3012", 9, Some("\"replace\""));
}

#[test]
fn a_pattern_searches_in_the_text_of_whatever_it_is_given() {
    gives("$filter([15, 'a1', true, 7], /1|r/)", json!([15, "a1"]));
    gives("$filter([[2, [1]], {}], /,1|ject/)", json!([[2, [1]], {}]));
}

#[test]
fn a_pattern_that_is_passed_an_index_searches_from_there_on() {
    gives("$filter(['a', 'a', 'bca'], /a/)", json!(["a", "bca"]));
}

#[test]
fn times_beyond_all_dates_and_zones_that_are_none_have_no_numbers() {
    gives("$fromMillis(8.65e15, '[Y]-[P]')", json!("NaN-am"));
    gives("$fromMillis(0, '[H]:[FNn]', 'Z')", json!("NaN:undefined"));
}

#[test]
fn years_of_two_digits_have_the_weeks_of_the_twentieth_century() {
    gives("$fromMillis(-59509296091078, '[W] [X] [w] [x]')", json!("12 83 4 2"));
}

#[test]
fn a_month_beyond_december_is_no_moment() {
    gives("$type($toMillis('2018-29'))", json!("object"));
}

#[test]
fn groups_of_a_fraction_may_lie_beyond_it() {
    gives("$formatNumber(4.35, '#,##,##,#0,00.00,0###‰')", json!("43,50.00,,0,,‰"));
}

#[test]
fn a_picture_rounds_the_middle_up_once_the_number_is_rounded() {
    gives("$formatNumber(1502990952719.5555, '0.0000%')", json!("150299095271955.5313%"));
}

#[test]
fn the_greatest_number_has_no_text_of_fifteen_digits() {
    gives("$string(1.7976931348623157e308)", json!("null"));
}

#[test]
fn integers_are_read_in_base_sixteen_behind_the_prefix() {
    gives("$parseInteger('0x10', '0')", json!(16));
}

#[test]
fn a_predicate_looks_at_all_of_its_numbers() {
    let error = evaluate("b[['a', 1/0]]").expect_err("infinite");
    assert_eq!(error.code(), Some(Code::D1001));
}

#[test]
fn a_string_that_a_constructed_list_gave_is_walked_by_its_characters() {
    gives("[word][0].(1)", json!([1, 1, 1]));
}

#[test]
fn a_focus_without_a_name_is_none() {
    gives("word@$", json!("abc"));
}

#[test]
fn an_update_of_the_document_itself_leaves_the_copy_alone() {
    gives("b ~> |$$|{'x': 1}|", json!([1, 2, 3]));
}
