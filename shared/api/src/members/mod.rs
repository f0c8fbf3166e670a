//! The constraints of the service model: what an operation takes, and AWS's texts for what it does not take.
//!
//! An operation lists its members as data; [`Request::check`] refuses wrong types first, as AWS's parser does,
//! then reports every violated constraint at once.

mod input;
mod types;
mod violations;

pub(crate) use input::{Input, Request, Terms};

use model::limits::{MAX_CAUSE_CHARACTERS, MAX_ERROR_CHARACTERS, MAX_NAME_CHARACTERS, MAX_PAGE_SIZE};
use model::limits::{MAX_DEFINITION_BYTES, MAX_DESCRIPTION_CHARACTERS, MAX_TASK_TOKEN_CHARACTERS};

/// One member of an operation's input or of a structure in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    name: &'static str,
    shape: Shape,
    is_required: bool,
    is_sensitive: bool,
}

/// What a member holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// A string.
    Text(Text),
    /// A string of at most as many bytes as a payload may have.
    Payload,
    /// A whole number in a range.
    Integer { min: i64, max: i64 },
    /// A boolean.
    Boolean,
    /// A structure with these members.
    Structure(&'static [Member]),
    /// A list of these.
    List(&'static Shape),
    /// A list of so many structures with these members.
    Structures(Structures),
}

/// A list of structures whose length is bounded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Structures {
    /// The structure's name, which texts about the list repeat.
    pub(crate) name: &'static str,
    /// The structure's members.
    pub(crate) members: &'static [Member],
    /// The fewest.
    pub(crate) min: usize,
    /// The most.
    pub(crate) max: usize,
}

/// Which characters a string may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Characters {
    /// Any.
    Any,
    /// ASCII.
    Ascii,
    /// ASCII that leaves something to see, which spaces do not.
    Visible,
    /// Letters, digits, dots, dashes and underscores of ASCII, but not digits alone.
    AliasName,
}

/// The constraints of a string.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    min: usize,
    max: usize,
    /// Whether the limits count bytes of UTF-8 rather than UTF-16 code units.
    in_bytes: bool,
    /// Which characters it may have.
    characters: Characters,
    /// What it must be one of, if that is not empty.
    one_of: &'static [&'static str],
}

impl Text {
    /// A string of this many characters.
    pub(crate) const fn of(min: usize, max: usize) -> Self {
        Self { min, max, in_bytes: false, characters: Characters::Any, one_of: &[] }
    }
}

impl Member {
    const fn of(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, is_required: false, is_sensitive: false }
    }

    /// A string of this many characters.
    pub(crate) const fn text(name: &'static str, min: usize, max: usize) -> Self {
        Self::of(name, Shape::Text(Text::of(min, max)))
    }

    /// An ARN.
    pub(crate) const fn arn(name: &'static str) -> Self {
        Self::text(name, 1, 256)
    }

    /// The name of something.
    pub(crate) const fn name(name: &'static str) -> Self {
        Self::text(name, 1, MAX_NAME_CHARACTERS)
    }

    /// The name of an alias.
    pub(crate) const fn alias_name() -> Self {
        let text = Text { characters: Characters::AliasName, ..Text::of(1, MAX_NAME_CHARACTERS) };
        Self::of("name", Shape::Text(text))
    }

    /// What is written about a version or an alias.
    pub(crate) const fn description(name: &'static str) -> Self {
        Self::text(name, 0, MAX_DESCRIPTION_CHARACTERS).sensitive()
    }

    /// A definition.
    pub(crate) const fn definition() -> Self {
        let text = Text { in_bytes: true, ..Text::of(1, MAX_DEFINITION_BYTES) };
        Self::of("definition", Shape::Text(text)).sensitive()
    }

    /// An execution's input or a task's output.
    pub(crate) const fn payload(name: &'static str) -> Self {
        Self::of(name, Shape::Payload).sensitive()
    }

    /// A task token.
    pub(crate) const fn task_token() -> Self {
        Self::text("taskToken", 1, MAX_TASK_TOKEN_CHARACTERS).sensitive()
    }

    /// The name of a failure.
    pub(crate) const fn error() -> Self {
        Self::text("error", 0, MAX_ERROR_CHARACTERS).sensitive()
    }

    /// The cause of a failure.
    pub(crate) const fn cause() -> Self {
        Self::text("cause", 0, MAX_CAUSE_CHARACTERS).sensitive()
    }

    /// A trace header.
    pub(crate) const fn trace_header() -> Self {
        Self::of("traceHeader", Shape::Text(Text { characters: Characters::Ascii, ..Text::of(0, 256) }))
    }

    /// The caller's name for one call.
    pub(crate) const fn client_token() -> Self {
        Self::of("clientToken", Shape::Text(Text { characters: Characters::Visible, ..Text::of(1, 64) }))
    }

    /// A word of an enumeration. The order is the one of AWS's text.
    pub(crate) const fn one_of(name: &'static str, words: &'static [&'static str]) -> Self {
        Self::of(name, Shape::Text(Text { one_of: words, ..Text::of(0, usize::MAX) }))
    }

    /// Whether data that may be encrypted is wanted.
    pub(crate) const fn included_data() -> Self {
        Self::one_of("includedData", &["ALL_DATA", "METADATA_ONLY"])
    }

    /// The size of a page.
    pub(crate) const fn max_results() -> Self {
        Self::integer("maxResults", 0, MAX_PAGE_SIZE as i64)
    }

    /// What continues a list; its longest length differs.
    pub(crate) const fn next_token(max: usize) -> Self {
        Self::text("nextToken", 1, max)
    }

    /// A whole number.
    pub(crate) const fn integer(name: &'static str, min: i64, max: i64) -> Self {
        Self::of(name, Shape::Integer { min, max })
    }

    /// A boolean.
    pub(crate) const fn flag(name: &'static str) -> Self {
        Self::of(name, Shape::Boolean)
    }

    /// A structure.
    pub(crate) const fn structure(name: &'static str, members: &'static [Self]) -> Self {
        Self::of(name, Shape::Structure(members))
    }

    /// A list.
    pub(crate) const fn list(name: &'static str, item: &'static Shape) -> Self {
        Self::of(name, Shape::List(item))
    }

    /// A list of structures whose length is bounded.
    pub(crate) const fn structures(name: &'static str, structures: Structures) -> Self {
        Self::of(name, Shape::Structures(structures))
    }

    /// The same, required.
    pub(crate) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// The same, with a value that no text repeats.
    pub(crate) const fn sensitive(self) -> Self {
        Self { is_sensitive: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Refusal;
    use crate::wire::Dialect;
    use serde_json::{Value, json};

    const TAGS: &[Member] = &[Member::text("key", 1, 128), Member::text("value", 0, 256)];
    const MEMBERS: &[Member] = &[
        Member::name("name").required(),
        Member::payload("input"),
        Member::trace_header(),
        Member::one_of("statusFilter", &["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"]),
        Member::max_results(),
        Member::flag("publish"),
        Member::structure("tracingConfiguration", &[Member::flag("enabled")]),
        Member::list("tags", &Shape::Structure(TAGS)),
    ];

    fn refused(value: Value) -> Option<(&'static str, String)> {
        let Value::Object(body) = value else { return None };
        let terms = Terms { max_payload_bytes: Some(20), room: None, dialect: Dialect::AwsJson };
        let refusal: Option<Refusal> = Request::new(body, terms).check(MEMBERS).err();
        refusal.map(|refusal| (refusal.code, refusal.message))
    }

    fn check(value: Value, message: &str) {
        assert_eq!(refused(value), Some(("ValidationException", message.to_owned())));
    }

    fn check_type(value: Value, message: &str) {
        assert_eq!(refused(value), Some(("SerializationException", message.to_owned())));
    }

    #[test]
    fn a_missing_member_is_null_and_null_is_a_missing_member() {
        let message = "1 validation error detected: Value null at 'name' failed to satisfy constraint: \
                       Member must not be null";
        check(json!({}), message);
        check(json!({"name": null}), message);
        assert_eq!(refused(json!({"name": "a", "maxResults": null})), None);
    }

    #[test]
    fn a_number_above_the_range_is_named() {
        check(
            json!({"name": "a", "maxResults": 1001}),
            "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: \
             Member must have value less than or equal to 1000",
        );
        check(
            json!({"name": "a", "maxResults": -1}),
            "1 validation error detected: Value '-1' at 'maxResults' failed to satisfy constraint: \
             Member must have value greater than or equal to 0",
        );
    }

    #[test]
    fn a_word_that_is_not_of_the_enumeration_is_named_with_the_words_that_are() {
        check(
            json!({"name": "a", "statusFilter": "succeeded"}),
            "1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member \
             must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
        );
    }

    #[test]
    fn several_errors_are_counted_and_joined() {
        check(
            json!({"name": "", "maxResults": 1001}),
            "2 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must have length \
             greater than or equal to 1; Value '1001' at 'maxResults' failed to satisfy constraint: Member must have \
             value less than or equal to 1000",
        );
    }

    #[test]
    fn a_sensitive_value_is_not_repeated() {
        check(
            json!({"name": "a", "input": "123456789012345678901"}),
            "1 validation error detected: Value at 'input' failed to satisfy constraint: \
             Member must have length less than or equal to 20",
        );
    }

    #[test]
    fn payloads_are_measured_in_bytes_and_names_in_characters() {
        assert_eq!(refused(json!({"name": "é".repeat(80), "input": "é".repeat(10)})), None);
        assert!(refused(json!({"name": "a", "input": "é".repeat(11)})).is_some());
        assert!(refused(json!({"name": "é".repeat(81)})).is_some());
    }

    #[test]
    fn payloads_may_have_no_limit() {
        let Value::Object(body) = json!({"name": "a", "input": "1".repeat(300_000)}) else { return };
        let terms = Terms { max_payload_bytes: None, room: None, dialect: Dialect::AwsJson };
        assert!(Request::new(body, terms).check(MEMBERS).is_ok());
    }

    #[test]
    fn a_trace_header_is_ascii() {
        check(
            json!({"name": "a", "traceHeader": "é"}),
            "1 validation error detected: Value 'é' at 'traceHeader' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: \\p{ASCII}*",
        );
    }

    #[test]
    fn the_name_of_an_alias_is_not_a_number() {
        const ALIAS: &[Member] = &[Member::alias_name()];
        let terms = Terms { max_payload_bytes: None, room: None, dialect: Dialect::AwsJson };
        let refused = |name: &str| {
            let Value::Object(body) = json!({"name": name}) else { return None };
            Request::new(body, terms).check(ALIAS).err().map(|refusal| refusal.message)
        };
        for name in ["PROD", "v1.2-rc_3", "1-", "_"] {
            assert_eq!(refused(name), None, "{name}");
        }
        for name in ["123", "A B", "!A", "é", "A:B", "A\n"] {
            let message = format!(
                "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must satisfy \
                 regular expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$"
            );
            assert_eq!(refused(name), Some(message));
        }
    }

    #[test]
    fn a_list_that_is_too_long_is_repeated_as_java_prints_it() {
        const PAIR: &[Member] = &[Member::text("key", 0, 9), Member::integer("weight", 0, 100)];
        const PAIRS: &[Member] =
            &[Member::structures("pairs", Structures { name: "Pair", members: PAIR, min: 1, max: 1 })];
        let terms = Terms { max_payload_bytes: None, room: None, dialect: Dialect::AwsJson };
        let refused = |pairs: Value| {
            let Value::Object(body) = json!({"pairs": pairs}) else { return None };
            Request::new(body, terms).check(PAIRS).err().map(|refusal| refusal.message)
        };
        assert_eq!(refused(json!([{"key": "a"}])), None);
        let begin = "1 validation error detected: Value";
        let two = format!(
            "{begin} '[Pair(key=a, weight=1), Pair(key=null, weight=2)]' at 'pairs' failed to satisfy constraint: Member \
             must have length less than or equal to 1"
        );
        assert_eq!(refused(json!([{"weight": 1, "key": "a"}, {"weight": 2}])), Some(two));
        let none = format!(
            "{begin} '[]' at 'pairs' failed to satisfy constraint: Member must have length greater than or equal to 1"
        );
        assert_eq!(refused(json!([])), Some(none));
        let heavy = format!(
            "{begin} '101' at 'pairs.1.member.weight' failed to satisfy constraint: Member must have value less than or \
             equal to 100"
        );
        assert_eq!(refused(json!([{"weight": 101}])), Some(heavy));
    }

    #[test]
    fn members_of_lists_are_counted_from_one() {
        check(
            json!({"name": "a", "tags": [{"key": "k"}, {"key": ""}]}),
            "1 validation error detected: Value '' at 'tags.2.member.key' failed to satisfy constraint: \
             Member must have length greater than or equal to 1",
        );
    }

    #[test]
    fn a_wrong_type_is_no_validation_error() {
        check_type(json!({"name": 1}), "NUMBER_VALUE can not be converted to a String");
        check_type(json!({"name": "a", "maxResults": "1"}), "STRING_VALUE can not be converted to an Integer");
        check_type(json!({"name": "a", "publish": "x"}), "STRING_VALUE can not be converted to a Boolean");
        check_type(json!({"name": []}), "Start of list found where not expected");
        check_type(json!({"name": "a", "tags": {}}), "Start of structure or map found where not expected");
        check_type(json!({"name": "a", "tags": ["x"]}), "STRING_VALUE can not be converted to a structure");
        check_type(
            json!({"name": "a", "tracingConfiguration": {"enabled": 1}}),
            "NUMBER_VALUE can not be converted to a Boolean",
        );
    }

    #[test]
    fn what_an_operation_does_not_know_is_passed_over() {
        assert_eq!(refused(json!({"name": "a", "new": {"from": "a later SDK"}})), None);
    }
}
