//! Definition text as JSON, with the place of every part kept.
//!
//! AWS reads definitions with Jackson and shows its messages to people, so this reader fails with Jackson's
//! words and positions, and refuses repeated keys. It knows nothing of the States Language.

mod failure;
mod reader;
mod scalar;

pub(crate) use failure::Failure;

use serde_json::{Map, Number, Value};
use std::ops::Range;

/// Objects and arrays may lie this deep in each other, so that no walk over a definition can exhaust the stack.
pub(crate) const MAX_DEPTH: usize = 128;

/// A JSON value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// The value's bytes.
    pub(crate) span: Range<usize>,
    /// The value.
    pub(crate) content: Content,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Node>),
    Object(Vec<Member>),
}

/// One key of an object with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    /// The key's bytes, with its quotes.
    pub(crate) span: Range<usize>,
    pub(crate) key: String,
    pub(crate) value: Node,
}

impl Node {
    /// The value alone.
    pub(crate) fn into_value(self) -> Value {
        match self.content {
            Content::Null => Value::Null,
            Content::Bool(truth) => Value::Bool(truth),
            Content::Number(number) => Value::Number(number),
            Content::String(text) => Value::String(text),
            Content::Array(items) => items.into_iter().map(Node::into_value).collect(),
            Content::Object(members) => {
                let members = members.into_iter().map(|member| (member.key, member.value.into_value()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}

/// Reads a text that holds one JSON value; nothing when it holds none at all.
pub(crate) fn read(text: &str) -> Result<Option<Node>, Failure> {
    reader::Reader::new(text).document()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message without its repeated source, and the column.
    fn check(text: &str, expected: &str, line: usize, column: usize) {
        let failure = read(text).expect_err(text);
        assert_eq!(failure.message, expected, "{text}");
        assert_eq!((failure.position.line, failure.position.column), (line, column), "{text}");
    }

    const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

    #[test]
    fn failures_are_worded_and_placed_as_jackson_does() {
        check("not a definition", &format!("Unrecognized token 'not': was expecting {VALUES}"), 1, 4);
        check("nul", &format!("Unrecognized token 'nul': was expecting {VALUES}"), 1, 4);
        check(
            "{\"a\":1,}",
            "Unexpected character ('}' (code 125)): was expecting double-quote to start field name",
            1,
            9,
        );
        check("[1,]", &format!("Unexpected character (']' (code 93)): expected a valid value {VALUES}"), 1, 5);
        check(
            "{\"a\" 1}",
            "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value",
            1,
            7,
        );
        check(
            "{\"a\":1\n\"b\":2}",
            "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries",
            2,
            2,
        );
        check("[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", 1, 5);
        check(
            "{\"a\":\"x\ny\"}",
            "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value",
            1,
            9,
        );
        check("{\"a\":\"\\x\"}", "Unrecognized character escape 'x' (code 120)", 1, 9);
        check("{\"a\":\"x", "Unexpected end-of-input: was expecting closing quote for a string value", 1, 8);
        check("{\"a", "Unexpected end-of-input in field name", 1, 4);
        check("{\"a\":1,\"a\":2}", "Duplicate field 'a'", 1, 11);
        check(
            "[-x]",
            "Unexpected character ('x' (code 120)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value",
            1,
            4,
        );
        check("[01]", "Invalid numeric value: Leading zeroes not allowed", 1, 3);
        check("{\"a\":", "Unexpected end-of-input within/between Object entries", 1, 6);
        check(
            "{\"a\":[1}",
            "Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)\"{\"a\":[1}\"; line: 1, column: 6])",
            1,
            9,
        );
        check(
            "{",
            "Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)\"{\"; line: 1, column: 1])",
            1,
            2,
        );
    }

    #[test]
    fn a_key_is_found_again_among_few_and_among_many() {
        for keys in [1, 15, 16, 17, 100] {
            let members = |last: usize| (0..keys).chain([last]).map(|key| format!("\"{key}\":1")).collect::<Vec<_>>();
            assert!(read(&format!("{{{}}}", members(keys).join(","))).is_ok(), "{keys}");
            let failure = read(&format!("{{{}}}", members(keys - 1).join(","))).expect_err("a key twice");
            assert_eq!(failure.message, format!("Duplicate field '{}'", keys - 1));
        }
    }

    #[test]
    fn a_long_source_is_cut_in_the_message() {
        let text = format!("\"{}\" x", "a".repeat(600));
        let source = read(&text).expect_err("a word after the value").source;
        assert!(source.ends_with("[truncated 104 chars]; line: 1, column: 605]"), "{source}");
    }

    #[test]
    fn values_keep_their_text_and_order() {
        let text = r#" {"b": [1.0, 100, -0], "a": "\u0041\n\ud83d\ude00", "c": {"d": null, "e": true}} "#;
        let value = read(text).expect("JSON").expect("a value").into_value();
        assert_eq!(value.to_string(), r#"{"b":[1.0,100,-0],"a":"A\n😀","c":{"d":null,"e":true}}"#);
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&deep(MAX_DEPTH)).is_ok());
        assert!(read(&deep(MAX_DEPTH + 1)).is_err());
        assert!(read(&"[".repeat(1_000_000)).is_err());
    }

    #[test]
    fn a_blank_text_holds_nothing() {
        assert_eq!(read(" \n\t"), Ok(None));
    }
}
