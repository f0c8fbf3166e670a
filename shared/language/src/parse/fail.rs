//! The Fail state.

use super::data::Wanted;
use super::fields::Fields;
use crate::machine::{Fail, FailText};
use expression::Expression;

/// The intrinsic functions that give a string: the only ones that `ErrorPath` and `CausePath` take.
const TEXT_FUNCTIONS: [&str; 7] =
    ["Format", "JsonToString", "ArrayGetItem", "Base64Encode", "Base64Decode", "Hash", "UUID"];

/// A Fail state.
pub(super) fn fail(fields: &Fields<'_>) -> Fail {
    Fail { error: fail_text(fields, "Error", "ErrorPath"), cause: fail_text(fields, "Cause", "CausePath") }
}

fn fail_text(fields: &Fields<'_>, fixed: &'static str, path: &'static str) -> FailText {
    fields.exclude(&[fixed, path]);
    if fields.has(fixed) {
        fields.hint_no_path(fixed);
        return fields.string(fixed).map_or(FailText::Absent, |text| FailText::Fixed(text.to_owned()));
    }
    let Some(expression) = fields.expression(path, Wanted::PathOrIntrinsic) else {
        return FailText::Absent;
    };
    if let Expression::Intrinsic(_) = &expression {
        let call = expression.source().trim_start();
        let name = call.strip_prefix("States.").and_then(|rest| rest.split('(').next()).unwrap_or_default();
        if !TEXT_FUNCTIONS.contains(&name.trim()) {
            let message = format!("The intrinsic function must give a string: one of [{}]", TEXT_FUNCTIONS.join(", "));
            fields.schema(path, message);
        }
    }
    FailText::Path(expression)
}
