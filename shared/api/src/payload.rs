//! Inputs and outputs that callers give: JSON, or refused.
//!
//! They may have megabytes, so they are read once and moved, not copied, and no tree is built of them: that takes
//! many times their size, and nothing here looks into them.

use crate::explain::explain;
use crate::refusal::Refusal;
use model::Payload;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use std::fmt;

/// The input of an execution; the empty object if there is none.
pub(crate) fn input(text: Option<String>) -> Result<Payload, Refusal> {
    let Some(text) = text else { return Ok(Payload::empty()) };
    checked(text)
        .map_err(|why| Refusal::new("InvalidExecutionInput", format!("Invalid State Machine Execution Input: '{why}'")))
}

/// The output of a task.
pub(crate) fn output(text: String) -> Result<Payload, Refusal> {
    checked(text).map_err(|why| Refusal::new("InvalidOutput", format!("Invalid Output: '{why}'")))
}

/// A payload, or why it is none.
fn checked(text: String) -> Result<Payload, String> {
    match serde_json::from_str::<Checked>(&text) {
        Ok(Checked) => Ok(Payload::from_checked(text)),
        Err(error) => Err(explain(&text, &error)),
    }
}

/// Any JSON value that [`serde_json::Value`] can hold, read and forgotten.
struct Checked;

/// How the parser hands over a number, whose text it keeps, to whoever takes any value.
const NUMBER: &str = "$serde_json::private::Number";
/// How it hands over text that it leaves unread.
const RAW: &str = "$serde_json::private::RawValue";

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Any, and not ignored: what is ignored may be nested too deeply, or have halves of surrogate pairs.
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Checked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any valid JSON value")
    }

    fn visit_unit<E>(self) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_str<E>(self, _: &str) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Checked, A::Error> {
        while items.next_element::<Checked>()?.is_some() {}
        Ok(Checked)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Checked, A::Error> {
        let Some(first) = members.next_key::<Key>()? else { return Ok(Checked) };
        match first {
            Key::Number => {
                let text: String = members.next_value()?;
                // A caller's own object may have this key as well, and then anything in it.
                text.parse::<Number>().map_err(A::Error::custom)?;
                return Ok(Checked);
            }
            Key::Raw => return Err(A::Error::custom(format!("an object may not begin with the key {RAW}"))),
            Key::Other => members.next_value::<Checked>()?,
        };
        while members.next_entry::<Key, Checked>()?.is_some() {}
        Ok(Checked)
    }
}

/// The key of a member.
enum Key {
    Number,
    Raw,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyReader;
        impl Visitor<'_> for KeyReader {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                Ok(match key {
                    NUMBER => Key::Number,
                    RAW => Key::Raw,
                    _ => Key::Other,
                })
            }
        }
        deserializer.deserialize_str(KeyReader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn check(text: &str, why: &str) {
        let expected = format!("Invalid State Machine Execution Input: '{why}'");
        let refused = input(Some(text.to_owned())).err().map(|refusal| (refusal.code, refusal.message));
        assert_eq!(refused, Some(("InvalidExecutionInput", expected)), "{text}");
    }

    #[test]
    fn an_input_that_is_no_json_is_refused_in_the_parsers_words() {
        let wanted = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
        check("not json", &format!("Unrecognized token 'not': was expecting {wanted}"));
        check("", "No content to map due to end-of-input");
    }

    #[test]
    fn no_input_is_the_empty_object_and_spaces_stay() {
        assert_eq!(input(None).map(|payload| payload.text().to_owned()), Ok("{}".to_owned()));
        assert_eq!(
            input(Some("[ 1.0 ]".to_owned())).map(|payload| payload.text().to_owned()),
            Ok("[ 1.0 ]".to_owned())
        );
    }

    #[test]
    fn an_output_has_an_error_of_its_own() {
        assert_eq!(output("{".to_owned()).err().map(|refusal| refusal.code), Some("InvalidOutput"));
    }

    /// What is taken unread here must have a value when somebody asks later.
    #[test]
    fn what_is_taken_is_what_has_a_value() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let objects = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        let texts = [
            "null",
            "true",
            "-0",
            "1e999999",
            "0.1000",
            "01",
            "1.",
            "-",
            "1e",
            "NaN",
            "\"\\ud83d\"",
            "\"\\ud83d\\ude00\"",
            "\"\\x\"",
            "\"\t\"",
            "{\"a\":1,}",
            "[1 2]",
            "{} {}",
            "{\"a\":1,\"a\":[{}]}",
            "[1,[2,{\"b\":[null]}]]",
            " 1 ",
            "{\"$serde_json::private::Number\":\"abc\"}",
            "{\"$serde_json::private::Number\":\"5\"}",
            "{\"$serde_json::private::Number\":5}",
            "{\"\\u0024serde_json::private::Number\":\"x\"}",
            "{\"a\":1,\"$serde_json::private::Number\":\"abc\"}",
            "{1:2}",
            "[",
            "{\"a\"",
            "",
            "\u{feff}1",
            "tru",
        ];
        let texts = texts.into_iter().map(str::to_owned);
        for text in texts.chain([126, 127, 128, 129].map(nested)).chain([126, 127, 128].map(objects)) {
            let value = serde_json::from_str::<Value>(&text).is_ok();
            assert_eq!(serde_json::from_str::<Checked>(&text).is_ok(), value, "{text}");
        }
    }
}
