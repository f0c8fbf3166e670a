//! Expressions of JSONata: what does not parse, what is not there, where it is.

use crate::{check, check_jsonata};
use ratchet_language::{invalid_definition_message, parse};

/// The errors of an expression that is the `Output` of a Pass.
fn check_output(expression: &str, expected: &[&str]) {
    let output = serde_json::Value::from(format!("{{% {expression} %}}"));
    let at: Vec<String> = expected.iter().map(|error| format!("{error} at S/Output")).collect();
    let at: Vec<&str> = at.iter().map(String::as_str).collect();
    check_jsonata(&format!(r#"{{"Type": "Pass", "Output": {output}, "End": true}}"#), &at);
}

/// AWS: the texts are JSONata's, without its codes.
#[test]
fn an_expression_that_does_not_parse_is_refused_in_the_words_of_jsonata() {
    for (expression, message) in [
        ("", "Unexpected end of expression"),
        ("2 *", "Unexpected end of expression"),
        ("$n :=", "Unexpected end of expression"),
        ("$states.input[0,1)", r#"Expected "]", got ",""#),
        (r#"{"n":}"#, r#"The symbol "}" cannot be used as a unary operator"#),
        ("'open", "String literal must be terminated by a matching quote"),
        ("$contains('a', /b", "No terminating / in regular expression"),
    ] {
        check_output(expression, &[&format!("INVALID_JSONATA_EXPRESSION: {message}")]);
    }
}

/// AWS: the texts, and what is taken.
#[test]
fn there_is_no_document_to_refer_to() {
    let top = |name: &str| {
        format!("UNSUPPORTED_JSONATA_EXPRESSION: Reference to '{name}' at the top level is not supported.")
    };
    for expression in
        ["id", "id[0].x", "$sum(id)", "[id].x", "{id: 1}", "(id)", "$map($states.input, function($x) { id })"]
    {
        check_output(expression, &[&top("id")]);
    }
    check_output("b & a & b", &[&top("b"), &top("a")]);
    for expression in ["$", "$.id", "$[0]", "$string($)"] {
        check_output(expression, &[&top("$")]);
    }
    check_output("$$.id", &["UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$$' is not supported."]);
    for expression in [
        "$states.input.id",
        "$states.input[id > 1 and $ != 2]",
        "$states.input^(id)",
        "$states.input{'k': id}",
        "$states.input ~> |id|{'x': 1}|",
        "**.id",
        "function($x) { $x.id }",
        "$id",
        "$states",
        "$states.error",
        "$eval('1')",
    ] {
        check_output(expression, &[]);
    }
}

const NO_RESULT: &str = "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.result' does not exist.";
const NO_ERROR: &str = "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.errorOutput' does not exist.";

/// AWS: the text of the caught error. Source of where each is seen: the States Language specification.
#[test]
fn a_result_is_there_once_the_work_is_done_and_an_error_once_it_is_caught() {
    let work = |head: &str| {
        format!(
            r#"{{{head}, "Output": ["{{% $states.result %}}", "{{% $states.errorOutput.Cause %}}"], "Assign": {{"r": "{{% $states.result %}}"}},
                "Catch": [{{"ErrorEquals": ["E"], "Output": "{{% $states.errorOutput %}}", "Assign": {{"e": "{{% $states.errorOutput & $states.result %}}"}}, "Next": "T"}}], "Next": "T"}}"#
        )
    };
    let expected = [&*format!("{NO_ERROR} at S/Output/1"), &*format!("{NO_RESULT} at S/Catch/0/Assign/e")];
    let task = r#""Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f""#;
    check_jsonata(&work(task), &expected);
    let inner = r#"{"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}"#;
    check_jsonata(&work(&format!(r#""Type": "Parallel", "Branches": [{inner}]"#)), &expected);
    check_jsonata(&work(&format!(r#""Type": "Map", "ItemProcessor": {inner}"#)), &expected);
    let result = r#""{% $states.result %}""#;
    for (head, fields) in [
        (task, &["Arguments", "TimeoutSeconds"][..]),
        (r#""Type": "Pass""#, &["Output"]),
        (r#""Type": "Wait""#, &["Seconds"]),
    ] {
        let values: Vec<String> = fields.iter().map(|field| format!(r#""{field}": {result}"#)).collect();
        let expected: Vec<String> = fields.iter().map(|field| format!("{NO_RESULT} at S/{field}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check_jsonata(&format!(r#"{{{head}, {}, "Next": "T"}}"#, values.join(", ")), &expected);
    }
    check_jsonata(
        &format!(
            r#"{{"Type": "Choice", "Choices": [{{"Condition": {result}, "Output": {result}, "Next": "T"}}], "Output": {result}}}"#
        ),
        &[
            &*format!("{NO_RESULT} at S/Output"),
            &*format!("{NO_RESULT} at S/Choices/0/Condition"),
            &*format!("{NO_RESULT} at S/Choices/0/Output"),
        ],
    );
    check_jsonata(&format!(r#"{{"Type": "Fail", "Error": {result}}}"#), &[&*format!("{NO_RESULT} at S/Error")]);
}

const HALF: &str = "JSONata string must start with {% and end with %}";

/// AWS: the text.
#[test]
fn an_expression_begins_and_ends_with_the_string() {
    check_jsonata(
        r#"{"Type": "Pass", "Output": {"a": "{% 1", "b": ["1 %}", " {% 1 %} ", "{% 1 %}", "{%1%}"], "{% c": 1}, "End": true}"#,
        &[&*format!("{HALF} at S/Output/a"), &*format!("{HALF} at S/Output/b/0")],
    );
    check_jsonata(r#"{"Type": "Fail", "Error": "E", "Cause": "{% 'c' %} "}"#, &[&*format!("{HALF} at S/Cause")]);
    check_jsonata(r#"{"Type": "Wait", "Seconds": "$seconds", "End": true}"#, &[&*format!("{HALF} at S/Seconds")]);
    let inner = r#""ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}"#;
    check_jsonata(
        &format!(
            r#"{{"Type": "Map", "Items": "$items", "ItemSelector": "$.x", "MaxConcurrency": "5", {inner}, "End": true}}"#
        ),
        &[
            &*format!("{HALF} at S/Items"),
            &*format!("{HALF} at S/ItemSelector"),
            &*format!("{HALF} at S/MaxConcurrency"),
        ],
    );
}

#[test]
fn fields_take_literals_of_their_types() {
    let inner = r#""ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}"#;
    for items in [r#"[1, "{% 2 %}"]"#, r#"{"a": "{% 1 %}"}"#, r#""{% $states.input %}""#] {
        check_jsonata(
            &format!(
                r#"{{"Type": "Map", "Items": {items}, "ItemSelector": {{"i": "{{% $states.context.Map.Item.Index %}}"}}, "MaxConcurrency": "{{% 3 %}}", "ToleratedFailurePercentage": "{{% 5 %}}", "ToleratedFailureCount": 2, {inner}, "End": true}}"#
            ),
            &[],
        );
    }
    check_jsonata(
        &format!(
            r#"{{"Type": "Map", "Items": 1, "ItemSelector": [], "ToleratedFailurePercentage": 101, {inner}, "Assign": "{{% 1 %}}", "End": true}}"#
        ),
        &[
            "Expected value of type Array at S/Items",
            "Expected value of type Object at S/ItemSelector",
            "Maximum value is 100.0 at S/ToleratedFailurePercentage",
            "Expected value of type Object at S/Assign",
        ],
    );
    check_jsonata(
        r#"{"Type": "Choice", "Choices": [{"Condition": true, "Next": "T"}, {"Condition": 1, "Next": "T"}, {"Condition": "yes", "Next": "T"}]}"#,
        &["Expected value of type Boolean at S/Choices/1/Condition", &*format!("{HALF} at S/Choices/2/Condition")],
    );
    check_jsonata(
        r#"{"Type": "Pass", "Assign": {"states": 1, "x.$": 1, "n": [null]}, "Output": null, "End": true}"#,
        &[
            "RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at S/Assign",
            "INVALID_VARIABLE_NAME: Invalid variable name 'x.$': the variable name contains invalid characters. at S/Assign",
        ],
    );
}

/// AWS: the places.
#[test]
fn places_count_the_items_of_arrays() {
    let location = |state: &str, expected: &str| {
        let text = format!(
            r#"{{"QueryLanguage": "JSONata", "StartAt": "S", "States": {{"S": {state}, "T": {{"Type": "Succeed"}}}}}}"#
        );
        let found = parse(&text).expect_err(state);
        let reference = "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'id' at the top level is not supported. at ";
        let message = invalid_definition_message(&found);
        assert!(message.starts_with(&format!("Invalid State Machine Definition: '{reference}{expected}")), "{message}");
    };
    let id = r#""{% id %}""#;
    location(
        &format!(r#"{{"Type": "Pass", "Output": {{"a": {{"0": [{id}]}}}}, "Next": "T"}}"#),
        "/States/S/Output/a/0[0]",
    );
    location(
        &format!(r#"{{"Type": "Choice", "Choices": [{{"Condition": {id}, "Next": "T"}}]}}"#),
        "/States/S/Choices[0]/Condition",
    );
    location(
        &format!(
            r#"{{"Type": "Parallel", "Branches": [{{"StartAt": "B", "States": {{"B": {{"Type": "Fail", "Cause": {id}}}}}}}], "Next": "T"}}"#
        ),
        "/States/S/Branches[0]/States/B/Cause",
    );
    location(
        &format!(
            r#"{{"Type": "Map", "Items": [[{id}]], "ItemProcessor": {{"StartAt": "B", "States": {{"B": {{"Type": "Succeed"}}}}}}, "Next": "T"}}"#
        ),
        "/States/S/Items[0][0]",
    );
    location(&format!(r#"{{"Type": "Pass", "Assign": {{"Next": {id}}}, "Next": "T"}}"#), "/States/S/Assign/Next");
}

#[test]
fn what_is_text_on_aws_is_no_expression() {
    check(
        r#"{"QueryLanguage": "JSONata", "Comment": "{% id %}", "StartAt": "{% id %}", "States": {
            "{% id %}": {"Type": "Task", "Comment": "{% id %}", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
                "Retry": [{"ErrorEquals": ["{% id %}"]}], "End": true}}}"#,
        &[],
    );
    // A JSONPath machine knows none.
    check(
        r#"{"StartAt": "S", "States": {"S": {"Type": "Pass", "Parameters": {"v": "{% id %}", "w": "{% "}, "End": true}}}"#,
        &[],
    );
}

#[test]
fn every_error_of_an_expression_says_what_to_do() {
    let definition = r#"{"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {"Type": "Pass", "End": true,
        "Output": ["{% 1 + %}", "{% id + $ + $$ %}", "{% $states.result & $states.errorOutput %}"]}}}"#;
    let found = parse(definition).expect_err("it is refused");
    assert_eq!(found.len(), 6);
    assert!(found.iter().all(|finding| finding.help.is_some()), "{found:?}");
    assert_eq!(found[0].help.as_deref(), Some("It was read as far as: 1 +"));
    assert_eq!(
        found[1].help.as_deref(),
        Some("Write $states.input.id for a field of the state's input, $id for a variable")
    );
}
