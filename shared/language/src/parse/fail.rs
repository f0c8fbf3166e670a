//! The Fail state.

use super::data::Wanted;
use super::fields::Fields;
use super::language::Language;
use crate::machine::{Data, Fail, FailText, Queries};
use expression::Expression;

/// The intrinsic functions that give a string: the only ones that `ErrorPath` and `CausePath` take.
const TEXT_FUNCTIONS: [&str; 7] =
    ["Format", "JsonToString", "ArrayGetItem", "Base64Encode", "Base64Decode", "Hash", "UUID"];

/// A Fail state.
pub(super) fn fail(fields: &Fields<'_>) -> Fail {
    let data = match fields.language {
        Language::JsonPath => Data::JsonPath(()),
        Language::Jsonata => Data::Jsonata(Queries::default()),
    };
    Fail { data, error: fail_text(fields, "Error", "ErrorPath"), cause: fail_text(fields, "Cause", "CausePath") }
}

fn fail_text(fields: &Fields<'_>, fixed: &'static str, path: &'static str) -> FailText {
    fields.exclude(&[fixed, path]);
    if fields.has(fixed) {
        return fields
            .query_or_text(fixed, FailText::Query, |fields| fixed_text(fields, fixed))
            .unwrap_or(FailText::Absent);
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

fn fixed_text<'a>(fields: &Fields<'a>, name: &'a str) -> Option<FailText> {
    if fields.language == Language::JsonPath {
        fields.hint_no_path(name);
    }
    fields.string(name).map(|text| FailText::Fixed(text.to_owned()))
}
