//! What is accepted and surely not meant: each hint, and what is left alone beside it.

use ratchet_language::parse;

/// The warnings of a definition that is accepted, each as `CODE: message at /place`.
fn check(definition: &str, expected: &[&str]) {
    let parsed = parse(definition).unwrap_or_else(|found| panic!("{found:?}"));
    let warnings: Vec<String> = parsed.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, expected, "{definition}");
}

/// The same, of a machine that starts at `S`, among these states; `T` ends it.
fn check_states(states: &str, expected: &[&str]) {
    check(&format!(r#"{{"StartAt": "S", "States": {{{states}, "T": {{"Type": "Succeed"}}}}}}"#), expected);
}

/// The same, of one state `S` that leads to `T`.
fn check_state(fields: &str, expected: &[&str]) {
    check_states(&format!(r#""S": {{{fields}, "Next": "T"}}"#), expected);
}

fn task(fields: &str) -> String {
    format!(r#""Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", {fields}"#)
}

#[test]
fn whoever_comes_after_one_that_takes_its_errors_is_never_reached() {
    let catch = |entries: &str| task(&format!(r#""Catch": [{entries}]"#));
    let unreachable = |index: usize| {
        format!(
            "UNREACHABLE_CATCHER: No error reaches this catcher: earlier ones take all that it names at /States/S/Catch/{index}/ErrorEquals"
        )
    };
    check_state(
        &catch(
            r#"{"ErrorEquals": ["A", "B"], "Next": "T"}, {"ErrorEquals": ["B"], "Next": "T"}, {"ErrorEquals": ["B", "C"], "Next": "T"}"#,
        ),
        &[&unreachable(1)],
    );
    check_state(
        &catch(
            r#"{"ErrorEquals": ["States.TaskFailed"], "Next": "T"}, {"ErrorEquals": ["MyError"], "Next": "T"}, {"ErrorEquals": ["States.Timeout"], "Next": "T"}, {"ErrorEquals": ["States.ALL"], "Next": "T"}"#,
        ),
        &[&unreachable(1)],
    );
    // A Parallel fails with the errors of others.
    check_state(
        r#""Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}], "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "T"}, {"ErrorEquals": ["MyError"], "Next": "T"}]"#,
        &[],
    );
    check_state(
        &task(r#""Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 0}, {"ErrorEquals": ["A"]}]"#),
        &[
            "UNREACHABLE_RETRIER: No error reaches this retrier: earlier ones take all that it names at /States/S/Retry/1/ErrorEquals",
        ],
    );
}

#[test]
fn a_retrier_that_contradicts_itself_is_told() {
    check_state(
        &task(r#""Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 0, "BackoffRate": 2}]"#),
        &[
            "RETRY_NEVER: 'MaxAttempts' is 0, so that nothing is tried again and 'BackoffRate' means nothing at /States/S/Retry/0/MaxAttempts",
        ],
    );
    check_state(
        &task(r#""Retry": [{"ErrorEquals": ["A"], "IntervalSeconds": 9, "MaxDelaySeconds": 5}]"#),
        &[
            "RETRY_DELAY_CAPPED: Every retry waits 5 s: the interval of 9 s never fits at /States/S/Retry/0/MaxDelaySeconds",
        ],
    );
    check_state(&task(r#""Retry": [{"ErrorEquals": ["A"], "IntervalSeconds": 0, "MaxDelaySeconds": 1}]"#), &[]);
}

#[test]
fn a_rule_that_asks_what_an_earlier_one_asked_never_decides() {
    let rules = |rules: &str| {
        format!(r#""S": {{"Type": "Choice", "Choices": [{rules}], "Default": "T"}}, "U": {{"Type": "Succeed"}}"#)
    };
    check_states(
        &rules(
            r#"{"Variable": "$.x", "IsNull": true, "Next": "T"}, {"IsNull": true, "Variable": "$.x", "Comment": "c", "Next": "U"}"#,
        ),
        &["UNREACHABLE_RULE: This rule never decides: Choices[0] asks the same and comes first at /States/S/Choices/1"],
    );
    check_states(
        &rules(
            r#"{"Variable": "$.x", "IsNull": true, "Next": "T"}, {"Variable": "$.x", "IsNull": false, "Next": "U"}"#,
        ),
        &[],
    );
}

#[test]
fn a_path_that_a_fixed_result_has_not_is_told() {
    let missing = |path: &str, place: &str| {
        format!(
            "IMPOSSIBLE_PATH: The execution fails here: '{path}' is not in the 'Result' of 'S', which is all that the state gets at /States/{place}"
        )
    };
    let pass =
        |more: &str| format!(r#""S": {{"Type": "Pass", "Result": {{"order": {{"id": 7}}}}, "Next": "U" {more}}}"#);
    let states = |first: &str, second: &str| format!(r#"{first}, "U": {{{second}, "Next": "T"}}"#);
    let reader = r#""Type": "Pass", "InputPath": "$.ordr""#;
    check_states(&states(&pass(""), reader), &[&missing("$.ordr", "U/InputPath")]);
    check_states(&states(&pass(r#", "ResultPath": "$.order""#), reader), &[]);
    check_states(
        &states(
            &pass(""),
            r#""Type": "Pass", "InputPath": "$.order", "Parameters": {"a": [{"x.$": "$.id", "y.$": "$.di"}], "w.$": "$..id", "z.$": "$$.Execution.Id"}"#,
        ),
        &[&missing("$.di", "U/Parameters/a/0/y.$")],
    );
    check_states(
        &states(
            &pass(""),
            r#""Type": "Wait", "Seconds": 5, "Next": "V"}, "V": {"Type": "Wait", "SecondsPath": "$.delay""#,
        ),
        &[&missing("$.delay", "V/SecondsPath")],
    );
    let choice = |test: &str| {
        let rule = format!(r#"{{"Variable": "$.ordr", {test}, "Next": "T"}}"#);
        format!(r#"{}, "U": {{"Type": "Choice", "Choices": [{rule}], "Default": "T"}}"#, pass(""))
    };
    check_states(&choice(r#""NumericEquals": 1"#), &[&missing("$.ordr", "U/Choices/0/Variable")]);
    check_states(&choice(r#""IsPresent": true"#), &[]);
    // With a second way in there may be other input.
    check(
        r#"{"StartAt": "C", "States": {
            "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "U"}], "Default": "S"},
            "S": {"Type": "Pass", "Result": {}, "Next": "U"},
            "U": {"Type": "Pass", "InputPath": "$.a", "End": true}
        }}"#,
        &[],
    );
}

#[test]
fn states_that_go_round_with_nothing_between_are_told() {
    let round = |pause: &str, place: &str| {
        format!(
            "BUSY_LOOP: States go round here with {pause} and nothing that changes the data: from one round to the next only the clock differs at /States/{place}"
        )
    };
    let choice = r#"{"Type": "Choice", "Choices": [{"Variable": "$$.State.EnteredTime", "TimestampGreaterThanPath": "$.at", "Next": "T"}], "Default": "W"}"#;
    let poll = |wait: &str| format!(r#""S": {choice}, "W": {{"Type": "Wait", {wait}, "Next": "S"}}"#);
    check_states(&poll(r#""Seconds": 1"#), &[&round("a Wait of 1 s", "W/Seconds")]);
    check_states(&poll(r#""Seconds": 60"#), &[]);
    check_states(&poll(r#""SecondsPath": "$.s""#), &[]);
    let with = |state: &str| {
        format!(r#""S": {choice}, "W": {{"Type": "Wait", "Seconds": 1, "Next": "P"}}, "P": {{{state}, "Next": "S"}}"#)
    };
    check_states(&with(r#""Type": "Pass""#), &[&round("a Wait of 1 s", "W/Seconds")]);
    check_states(&with(&task(r#""Comment": "polls""#)), &[]);
    check_states(&with(r#""Type": "Pass", "Parameters": {"at.$": "$.at"}"#), &[]);
    check_states(&format!(r#""S": {choice}, "W": {{"Type": "Pass", "Next": "S"}}"#), &[&round("no Wait at all", "S")]);
}

#[test]
fn a_task_that_waits_for_an_answer_has_a_limit_and_passes_its_token_on() {
    let callback = |payload: &str, more: &str| {
        format!(
            r#""Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {{"FunctionName": "f", "Payload": {payload}}}{more}"#
        )
    };
    let token = r#"{"token.$": "$$.Task.Token"}"#;
    let waits = "CALLBACK_WITHOUT_TIMEOUT: If no answer comes, this task waits until its execution ends, which is after a year at /States/S/Resource";
    check_state(&callback(token, ""), &[waits]);
    check_state(&callback(token, r#", "HeartbeatSecondsPath": "$.h""#), &[]);
    check_state(&callback(r#"{"context.$": "$$"}"#, r#", "TimeoutSeconds": 60"#), &[]);
    check_state(
        &callback(r#"{"id.$": "$$.Execution.Id"}"#, r#", "TimeoutSeconds": 60"#),
        &[
            "TOKEN_NOT_PASSED: Nobody can answer this task: its token is not among what it sends at /States/S/Parameters",
        ],
    );
    check_state(r#""Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a""#, &[waits]);
    check_state(
        &task(r#""HeartbeatSeconds": 5"#),
        &[
            "HEARTBEAT_WITHOUT_TOKEN: Nobody can send a heartbeat for this task: only activities and .waitForTaskToken tasks have them at /States/S/HeartbeatSeconds",
        ],
    );
}

#[test]
fn a_result_that_is_thrown_away_needs_no_selector() {
    check_state(
        &task(r#""ResultSelector": {"a.$": "$.b"}, "ResultPath": null"#),
        &[
            "RESULT_DISCARDED: The result is thrown away, because 'ResultPath' is null: 'ResultSelector' selects it for nothing at /States/S/ResultSelector",
        ],
    );
}

#[test]
fn a_machine_with_no_time_is_told() {
    check(
        r#"{"StartAt": "A", "TimeoutSeconds": 0, "States": {"A": {"Type": "Succeed"}}}"#,
        &["IMMEDIATE_TIMEOUT: Every execution times out as soon as it starts at /TimeoutSeconds"],
    );
}

#[test]
fn every_hint_says_what_to_do() {
    let definition = format!(
        r#"{{"StartAt": "S", "TimeoutSeconds": 0, "States": {{"S": {{{}, "ResultSelector": {{}}, "ResultPath": null, "End": true}}}}}}"#,
        task(
            r#""HeartbeatSeconds": 5, "Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 0, "BackoffRate": 2}, {"ErrorEquals": ["A"]}]"#
        )
    );
    let parsed = parse(&definition).unwrap_or_else(|found| panic!("{found:?}"));
    assert_eq!(parsed.warnings.len(), 5);
    assert!(parsed.warnings.iter().all(|warning| warning.help.is_some()), "{:?}", parsed.warnings);
}

#[test]
fn a_variable_that_nobody_sets_is_told_and_one_that_may_have_been_set_is_not() {
    let unset = |name: &str, place: &str| {
        format!(
            "UNASSIGNED_VARIABLE: The state reads the variable '${name}', which no state sets here or around it at /States/{place}"
        )
    };
    check_state(
        r#""Type": "Pass", "InputPath": "$gone", "Parameters": {"x.$": "States.Array($gone, $later.y, $$.State.Name)"}, "Assign": {"later": 1}"#,
        &[&unset("gone", "S")],
    );
    let fork = |inner: &str, catch: &str| {
        format!(
            r#""S": {{"Type": "Parallel", "Branches": [{{"StartAt": "B", "States": {{"B": {inner}}}}}], "Catch": [{{"ErrorEquals": ["States.ALL"], "Assign": {{{catch}}}, "Next": "R"}}], "Next": "R"}}, "R": {{"Type": "Pass", "InputPath": "$v", "Next": "T"}}"#
        )
    };
    let reads = r#"{"Type": "Pass", "InputPath": "$v", "End": true}"#;
    check_states(&fork(reads, r#""v": 1"#), &[]);
    check_states(&fork(reads, ""), &[&unset("v", "R"), &unset("v", "S/Branches/0/States/B")]);
    // What a branch sets is gone after it.
    check_states(&fork(r#"{"Type": "Pass", "Assign": {"v": 1}, "End": true}"#, ""), &[&unset("v", "R")]);
}

/// The warnings of a machine that speaks JSONata, among these states; `T` ends it.
fn check_jsonata(states: &str, expected: &[&str]) {
    check(
        &format!(
            r#"{{"QueryLanguage": "JSONata", "StartAt": "S", "States": {{{states}, "T": {{"Type": "Succeed"}}}}}}"#
        ),
        expected,
    );
}

#[test]
fn a_variable_that_nobody_sets_is_told_in_jsonata_too() {
    let unset = |name: &str| {
        format!(
            "UNASSIGNED_VARIABLE: The state reads the variable '${name}', which no state sets here or around it at /States/S"
        )
    };
    check_jsonata(
        r#""S": {"Type": "Pass", "Assign": {"v": 1}, "Output": "{% ($l := 2; $v + $l + $sum($gone)) %}", "Next": "T"}"#,
        &[&unset("gone")],
    );
    check_jsonata(
        r#""S": {"Type": "Pass", "Assign": {"v": "{% $states.context.Execution.Id & $randomSeeded(1) %}"}, "Next": "T"}"#,
        &[&unset("randomSeeded")],
    );
    // A state that speaks JSONata among others.
    check_states(
        r#""S": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $gone %}", "Next": "T"}"#,
        &[&unset("gone")],
    );
}

#[test]
fn what_states_does_not_have_is_told() {
    check_jsonata(
        r#""S": {"Type": "Pass", "Output": ["{% $states.inputs.a %}", "{% $eval('1') %}", "{% ($eval := $parse; $eval('1')) %}"], "Next": "T"}"#,
        &[
            "IMPOSSIBLE_PATH: '$states' has no 'inputs': the path finds nothing at /States/S/Output/0",
            "UNASSIGNED_VARIABLE: Step Functions has no function '$eval': the expression fails at /States/S/Output/1",
        ],
    );
}

#[test]
fn a_task_passes_its_token_on_in_jsonata_too() {
    let callback = |payload: &str| {
        format!(
            r#""S": {{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "TimeoutSeconds": 60, "Arguments": {{"FunctionName": "f", "Payload": {payload}}}, "Next": "T"}}"#
        )
    };
    for token in [
        r#"{"token": "{% $states.context.Task.Token %}"}"#,
        r#""{% {'token': $states.context.Task.Token} %}""#,
        r#""{% $states.context %}""#,
        r#""{% $states %}""#,
        r#""{% $states.context.*.Token %}""#,
    ] {
        check_jsonata(&callback(token), &[]);
    }
    for none in [r#""{% $states.input.Task %}""#, r#""{% $states.context.Execution.Id %}""#, r#""$$.Task.Token""#] {
        check_jsonata(
            &callback(none),
            &[
                "TOKEN_NOT_PASSED: Nobody can answer this task: its token is not among what it sends at /States/S/Arguments",
            ],
        );
    }
}

#[test]
fn a_rule_of_jsonata_that_never_decides_is_told() {
    let rules = |rules: &str| {
        format!(r#""S": {{"Type": "Choice", "Choices": [{rules}], "Default": "T"}}, "U": {{"Type": "Succeed"}}"#)
    };
    let rule =
        |condition: &str, next: &str| format!(r#"{{"Condition": {condition}, "Output": "{next}", "Next": "{next}"}}"#);
    let never = |why: &str, index: usize| {
        format!("UNREACHABLE_RULE: This rule never decides: {why} at /States/S/Choices/{index}")
    };
    let asks = r#""{% $states.input.a %}""#;
    check_jsonata(
        &rules(&[rule(asks, "T"), rule(asks, "U")].join(",")),
        &[&never("Choices[0] asks the same and comes first", 1)],
    );
    check_jsonata(
        &rules(&[rule("false", "T"), rule(r#""{% true %}""#, "U"), rule(asks, "U")].join(",")),
        &[&never("its condition is false", 0), &never("Choices[1] always holds and comes first", 2)],
    );
    let lots = r#""{% $random() > 0.5 %}""#;
    check_jsonata(&rules(&[rule(lots, "T"), rule(lots, "U")].join(",")), &[]);
}

#[test]
fn rounds_that_change_something_in_jsonata_are_none() {
    let poll = |rule: &str, pass: &str| {
        format!(
            r#""S": {{"Type": "Choice", "Choices": [{{{rule}, "Next": "T"}}], "Default": "P"}}, "P": {{"Type": "Pass"{pass}, "Next": "S"}}"#
        )
    };
    let asks = r#""Condition": "{% $states.input.a %}""#;
    check_jsonata(
        &poll(asks, ""),
        &[
            "BUSY_LOOP: States go round here with no Wait at all and nothing that changes the data: from one round to the next only the clock differs at /States/S",
        ],
    );
    check_jsonata(&poll(asks, r#", "Output": "{% $states.input.b %}""#), &[]);
    check_jsonata(&poll(r#""Condition": "{% $random() > 0.9 %}""#, ""), &[]);
    check_jsonata(&poll(&format!("{asks}, \"Output\": 1"), ""), &[]);
}

#[test]
fn a_fixed_result_is_not_followed_through_an_output() {
    check_states(
        r#""S": {"Type": "Pass", "Result": {}, "Next": "J"}, "J": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"a": 1}, "Next": "R"}, "R": {"Type": "Pass", "InputPath": "$.a", "Next": "T"}"#,
        &[],
    );
}
