//! The Wait state.

use super::data::Wanted;
use super::fields::Fields;
use super::state::next;
use crate::machine::{Wait, WaitUntil};
use model::limits::MAX_SECONDS;

/// When it ends, in AWS's order.
const TIMES: [&str; 4] = ["SecondsPath", "Seconds", "TimestampPath", "Timestamp"];

/// A Wait state.
pub(super) fn wait(fields: &Fields<'_>) -> Option<Wait> {
    let data = fields.data(Fields::input_output);
    fields.exactly_one(&TIMES);
    let seconds = fields.query_or("Seconds", WaitUntil::SecondsQuery, |fields| {
        fields.integer("Seconds", &(0..=MAX_SECONDS)).map(WaitUntil::Seconds)
    });
    let seconds_path = fields.expression("SecondsPath", Wanted::Reference).map(WaitUntil::SecondsPath);
    let timestamp = fields.query_or_text("Timestamp", WaitUntil::TimestampQuery, |fields| {
        fields.timestamp("Timestamp").map(|(text, instant)| WaitUntil::Timestamp(text, instant))
    });
    let timestamp_path = fields.expression("TimestampPath", Wanted::Reference).map(WaitUntil::TimestampPath);
    let until = seconds.or(seconds_path).or(timestamp).or(timestamp_path);
    let (assign, next) = (fields.assign(), next(fields));
    Some(Wait { data, until: until?, assign, next: next? })
}
