//! Whatever somebody does to good definitions and timestamps.
//!
//! `PROPTEST_CASES=20000 cargo test -p ratchet-language --test mutations` looks further.

mod bodies;
#[path = "../../expression/tests/edits/mod.rs"]
mod edits;

use edits::{edited, edits};
use proptest::prelude::*;
use proptest::sample::select;

/// Every state type among them, small ones, so that a change is seldom in a comment.
const DEFINITIONS: [&str; 8] = [
    r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"x.$":"States.Format('{}',$.y)"},"ResultPath":"$.r","Next":"B"},"B":{"Type":"Succeed"}}}"#,
    r#"{"StartAt":"T","TimeoutSeconds":60,"States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"TimeoutSeconds":10,"Retry":[{"ErrorEquals":["States.ALL"],"BackoffRate":1.5,"IntervalSeconds":2}],"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"F"}],"End":true},"F":{"Type":"Fail","Error":"E","CausePath":"$.c"}}}"#,
    r#"{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Or":[{"Not":{"Variable":"$.a","NumericLessThan":-1.50}},{"Variable":"$$.Execution.StartTime","TimestampGreaterThanPath":"$.t"},{"Variable":"$.s","StringMatches":"a\\*b*"}],"Next":"D"}],"Default":"D"},"D":{"Type":"Wait","Timestamp":"2030-01-01T00:00:00Z","End":true}}}"#,
    r#"{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"X","States":{"X":{"Type":"Pass","Result":[1,{"a":null}],"End":true}}},{"StartAt":"Y","States":{"Y":{"Type":"Succeed","InputPath":null}}}],"ResultSelector":{"x.$":"$[0]"},"End":true}}}"#,
    r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.a","MaxConcurrency":3,"ItemSelector":{"v.$":"$$.Map.Item.Value"},"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"I","States":{"I":{"Type":"Wait","SecondsPath":"$.s","End":true}}},"End":true}}}"#,
    r#"{"Comment":"é\u0041","StartAt":"W","States":{"W":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:a","HeartbeatSecondsPath":"$.h","InputPath":"$$.Execution.Input","OutputPath":"$.o[0]","End":true}}}"#,
    r#"{"QueryLanguage":"JSONata","StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"f","Payload":["{% $states.input.a[0] & $v %}"]},"Assign":{"v":"{% ($x := 1; $x) %}"},"TimeoutSeconds":"{% 5 %}","Catch":[{"ErrorEquals":["States.ALL"],"Output":"{% $states.errorOutput %}","Next":"F"}],"Next":"C"},"C":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.b = 'x' %}","Output":{"c":"{% $v %}"},"Next":"F"}],"Default":"F"},"F":{"Type":"Fail","Cause":"{% 'c' %}"}}}"#,
    r#"{"StartAt":"M","States":{"M":{"Type":"Map","QueryLanguage":"JSONata","Items":[1,"{% $states.input.i %}"],"ItemSelector":"{% {'v': $states.context.Map.Item.Value} %}","MaxConcurrency":"{% 2 %}","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Wait","QueryLanguage":"JSONata","Timestamp":"{% $now() %}","Output":null,"End":true}}},"Output":"{% $states.result %}","End":true}}}"#,
];

const TIMESTAMPS: [&str; 5] = [
    "2016-03-14T01:59:00Z",
    "2016-03-05T21:29:29.243167252+01:00",
    "0001-01-01T00:00:00-23:59",
    "9999-12-31T23:59:60Z",
    "-009999-01-02T01:59:59Z",
];

proptest! {
    #![proptest_config(edits::config(1_500))]

    #[test]
    fn a_definition_that_somebody_changed_is_read_or_refused(source in select(&DEFINITIONS[..]), edits in edits(4)) {
        bodies::definition(&String::from_utf8_lossy(&edited(source.as_bytes(), &edits)));
    }

    #[test]
    fn a_timestamp_that_somebody_changed_is_one_or_none(source in select(&TIMESTAMPS[..]), edits in edits(3)) {
        bodies::timestamp(&String::from_utf8_lossy(&edited(source.as_bytes(), &edits)));
    }
}

#[test]
fn the_definitions_are_good_as_they_are() {
    for text in DEFINITIONS {
        assert!(ratchet_language::parse(text).is_ok(), "{text}");
        bodies::definition(text);
    }
}
