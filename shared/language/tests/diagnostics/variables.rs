//! `Assign`.

use crate::{check, check_state};

#[test]
fn variables_have_names_and_values_and_are_not_shadowed() {
    let state = |assign: &str| format!(r#"{{"Type": "Pass", "Assign": {assign}, "End": true}}"#);
    check_state(&state(r#"{"a": 1, "b.$": "$.b", "größe.$": "$$.Execution.Id", "c": {"d.$": "$e[0]"}}"#), &[]);
    check_state(&state("{}"), &[]);
    check_state(&state("[]"), &["Expected value of type Object at S/Assign"]);
    let wrong = |name: &str, what: &str| {
        format!("INVALID_VARIABLE_NAME: Invalid variable name '{name}': the variable name {what}. at S/Assign")
    };
    // AWS: the text.
    for name in ["", "1a", "_a", "a.b", "a[0]", "a-b", "$a"] {
        check_state(&state(&format!(r#"{{"{name}": 1}}"#)), &[&wrong(name, "contains invalid characters")]);
    }
    let long = "a".repeat(81);
    check_state(&state(&format!(r#"{{"{long}": 1}}"#)), &[&wrong(&long, "has more than 80 characters")]);
    // AWS: the text.
    let reserved =
        |place: &str| format!("RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at {place}");
    check_state(&state(r#"{"states.$": "$"}"#), &[&reserved("S/Assign")]);
    check_state(
        &state(r#"{"a": {"b.$": "c"}}"#),
        &["The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call at S/Assign/a"],
    );
    check_state(
        r#"{"Type": "Choice", "Choices": [{"Variable": "$a", "IsNull": true, "Assign": {"states": 1}, "Next": "T"}], "Default": "T", "Assign": 1}"#,
        &[&reserved("S/Choices/0/Assign"), "Expected value of type Object at S/Assign"],
    );
    check_state(r#"{"Type": "Succeed", "Assign": {"a": 1}}"#, &["Field 'Assign' is not supported at S"]);
    check_state(r#"{"Type": "Fail", "Assign": {"a": 1}}"#, &["Field 'Assign' is not supported at S"]);
}

#[test]
fn what_is_set_around_a_branch_is_not_set_in_it() {
    let check = |inner: &str, expected: &[&str]| {
        let branch = format!(
            r#"{{"StartAt": "B", "States": {{"B": {{"Type": "Pass", "Assign": {{"{inner}": 1}}, "End": true}}}}}}"#
        );
        let catch = r#"[{"ErrorEquals": ["States.ALL"], "Assign": {"caught": 1}, "Next": "Q"}]"#;
        let fork = format!(r#"{{"Type": "Parallel", "Branches": [{branch}], "Catch": {catch}, "Next": "Q"}}"#);
        let choice = r#"{"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": true, "Assign": {"rule": 1}, "Next": "P"}], "Default": "P"}"#;
        let last = r#"{"Type": "Pass", "Assign": {"last.$": "$"}, "End": true}"#;
        check(&format!(r#"{{"StartAt": "C", "States": {{"C": {choice}, "P": {fork}, "Q": {last}}}}}"#), expected);
    };
    let shadows = |name: &str| {
        format!(
            "SCHEMA_VALIDATION_FAILED: The variable '{name}' is already assigned in an outer scope at /States/P/Branches/0/States/B/Assign"
        )
    };
    check("own", &[]);
    check("last", &[&shadows("last")]);
    check("rule", &[&shadows("rule")]);
    // AWS: accepted.
    check("caught", &[]);
}
