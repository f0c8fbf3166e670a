//! The rules of a Choice.

use crate::check_state;

/// In AWS's order, as far as that is known.
const COMPARISONS: [&str; 39] = [
    "StringEquals",
    "StringEqualsPath",
    "StringLessThan",
    "StringLessThanPath",
    "StringGreaterThan",
    "StringGreaterThanPath",
    "StringLessThanEquals",
    "StringLessThanEqualsPath",
    "StringGreaterThanEquals",
    "StringGreaterThanEqualsPath",
    "StringMatches",
    "NumericEquals",
    "NumericEqualsPath",
    "NumericLessThan",
    "NumericLessThanPath",
    "NumericGreaterThan",
    "NumericGreaterThanPath",
    "NumericLessThanEquals",
    "NumericLessThanEqualsPath",
    "NumericGreaterThanEquals",
    "NumericGreaterThanEqualsPath",
    "BooleanEquals",
    "BooleanEqualsPath",
    "TimestampEquals",
    "TimestampEqualsPath",
    "TimestampLessThan",
    "TimestampLessThanPath",
    "TimestampGreaterThan",
    "TimestampGreaterThanPath",
    "TimestampLessThanEquals",
    "TimestampLessThanEqualsPath",
    "TimestampGreaterThanEquals",
    "TimestampGreaterThanEqualsPath",
    "IsNull",
    "IsPresent",
    "IsNumeric",
    "IsString",
    "IsBoolean",
    "IsTimestamp",
];

#[test]
fn choices_compare_one_thing_at_a_time() {
    let rule = |rule: &str| format!(r#"{{"Type": "Choice", "Choices": [{rule}], "Default": "T"}}"#);
    check_state(r#"{"Type": "Choice", "Default": "T"}"#, &["These fields are required: [Choices] at S"]);
    check_state(&rule(""), &["Value cannot be empty at S/Choices"]);
    let kind = "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]";
    let listed =
        |start: &str, operators: &str| format!("{start} of the following fields: [{operators}] at S/Choices/0");
    let all = COMPARISONS.join(", ");
    check_state(&rule(r#"{"Variable": "$.x", "Next": "T"}"#), &[&listed("This object should have only one", &all)]);
    check_state(
        &rule(r#"{"Variable": "$.x", "IsNull": true, "IsString": true, "Next": "T"}"#),
        &[&listed("There should only be one", &all)],
    );
    check_state(
        &rule(r#"{"IsNull": true}"#),
        &["These fields are required: [Next] at S/Choices/0", &format!("{kind} at S/Choices/0")],
    );
    check_state(
        &rule(r#"{"Variable": "$.x", "IsNull": true, "Not": {"Variable": "$.x", "IsNull": true}, "Next": "T"}"#),
        &[&format!("{kind} at S/Choices/0")],
    );
    check_state(
        &rule(r#"{"Variable": "States.ArrayLength($.x)", "NumericEqualsPath": "y", "Next": "T"}"#),
        &[
            "Value is not a Reference Path: Reference path didn't start with '$' at S/Choices/0/Variable",
            "Value is not a Reference Path: Reference path didn't start with '$' at S/Choices/0/NumericEqualsPath",
        ],
    );
    check_state(
        &rule(r#"{"Variable": "$.x[*]", "NumericEqualsPath": "$.length()", "Next": "T"}"#),
        &[
            "Value is not a Reference Path at S/Choices/0/Variable",
            "Value is not a Reference Path at S/Choices/0/NumericEqualsPath",
        ],
    );
    for (operator, problem) in [
        (r#""StringEquals": 1"#, "Expected value of type String"),
        (r#""NumericLessThan": "1""#, "Expected value of type Number"),
        (r#""BooleanEquals": "true""#, "Expected value of type Boolean"),
        (r#""TimestampGreaterThan": "yesterday""#, "String does not match RFC3339 timestamp"),
        (r#""IsPresent": "yes""#, "Expected value of type Boolean"),
        (r#""StringMatches": null"#, "Expected value of type String"),
        (r#""NumericEqualsPath": 5"#, "Expected value of type String"),
    ] {
        let name = operator.split('"').nth(1).expect("a name");
        let rule = rule(&format!(r#"{{"Variable": "$.x", {operator}, "Next": "T"}}"#));
        check_state(&rule, &[&format!("{problem} at S/Choices/0/{name}")]);
    }
    check_state(
        &rule(
            r#"{"And": [{"Variable": "$.x", "IsNull": true, "Next": "T"}, {"Or": []}, {"Not": {"Bogus": 1}}], "Next": "T"}"#,
        ),
        &[
            "Field 'Next' is not supported at S/Choices/0/And/0",
            "Value cannot be empty at S/Choices/0/And/1/Or",
            &format!("{kind} at S/Choices/0/And/2/Not"),
            "Field 'Bogus' is not supported at S/Choices/0/And/2/Not",
        ],
    );
    check_state(
        &rule(r#"{"Not": {"Variable": "$$.Execution.Name", "StringMatches": "a*", "Comment": "c"}, "Next": "T"}"#),
        &[],
    );
}
