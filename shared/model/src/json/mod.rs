//! JSON text to values, to the letter, and back.
//!
//! `serde_json` marks numbers, whose text it keeps, and unread text by objects with keys of its own. An object of a user
//! that has such a key would be taken for what it is not: `{"$serde_json::private::Number":"5"}` for 5, and one with
//! unread text in it for as many levels as nobody can read again. Here it is an object like any other.

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Error, Map, Number, Value};
use std::fmt;

mod write;

pub use write::to_text;

/// The value of a text, nested at most [`MAX_NESTING`](crate::limits::MAX_NESTING) levels deep.
pub fn parse(text: &str) -> Result<Value, Error> {
    // An escape may spell any key.
    if !text.contains("$serde_json") && !text.contains("\\u") {
        return serde_json::from_str(text);
    }
    // Keys read as bytes may have control characters in them, which are refused here.
    serde_json::from_str::<IgnoredAny>(text)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Any.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Whether [`parse`] gives a value; no tree is built, which takes many times the text.
pub fn check(text: &str) -> Result<(), Error> {
    serde_json::from_str::<IgnoredAny>(text)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Unread.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// Any value.
struct Any;

impl<'de> DeserializeSeed<'de> for Any {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any valid JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key_seed(AnyKey)? {
            match key {
                Key::Number => {
                    let text: String = members.next_value()?;
                    return text.parse::<Number>().map(Value::Number).map_err(A::Error::custom);
                }
                Key::Text(key) => {
                    let value = members.next_value_seed(Self)?;
                    object.insert(key, value);
                }
            }
        }
        Ok(Value::Object(object))
    }
}

/// Any value, read and forgotten. What is ignored outright may be nested too deeply, or have halves of surrogate pairs.
struct Unread;

impl<'de> DeserializeSeed<'de> for Unread {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unread {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any valid JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(key) = members.next_key_seed(AnyKey)? {
            match key {
                Key::Number => return members.next_value::<IgnoredAny>().map(drop),
                Key::Text(_) => members.next_value_seed(Self)?,
            }
        }
        Ok(())
    }
}

/// A key of the text, or the parser's own, which marks a number.
enum Key {
    Number,
    Text(String),
}

struct AnyKey;

impl<'de> DeserializeSeed<'de> for AnyKey {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        // Who asks for bytes gets the keys of a text as bytes, and the parser's own as it always is.
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for AnyKey {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, _: &str) -> Result<Key, E> {
        Ok(Key::Number)
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Key, E> {
        // Bytes may hold halves of surrogate pairs.
        let key = std::str::from_utf8(bytes).map_err(|_| E::custom("lone surrogate in a key"))?;
        Ok(Key::Text(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_parser_are_keys_of_users_too() -> Result<(), Error> {
        for text in [
            r#"{"$serde_json::private::Number":"5"}"#,
            r#"{"$serde_json::private::Number":5}"#,
            r#"{"$serde_json::private::Number":"abc"}"#,
            r#"{"$serde_json::private::RawValue":"[1]"}"#,
            r#"{"a":1,"$serde_json::private::Number":[1]}"#,
        ] {
            let value = parse(text)?;
            check(text)?;
            assert!(value.is_object(), "{text}");
            assert_eq!(value.to_string(), text);
        }
        let escaped = parse(r#"{"\u0024serde_json::private::Number":"5"}"#)?;
        assert_eq!(escaped.to_string(), r#"{"$serde_json::private::Number":"5"}"#);
        Ok(())
    }

    #[test]
    fn everything_else_is_as_the_parser_has_it() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let objects = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        let texts = [
            "null",
            " true ",
            "-0",
            "1.50",
            "1e400",
            "12345678901234567890123",
            "01",
            "1.",
            "-",
            "NaN",
            "\"a\\n\"",
            "\"\t\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "{\"\\ud83d\":1}",
            "{\"a\":1,}",
            "{\"b\":{\"a\":[]},\"a\":\"\"}",
            "{\"a\":1,\"b\":2,\"a\":3}",
            "[1 2]",
            "{} {}",
            "{1:2}",
            "[",
            "",
            "\u{feff}1",
            "{\"a\u{0}\":1}",
            "{\"a\nb\":1}",
            "{\"é\\u00e9\":1}",
        ];
        let texts = texts.into_iter().map(str::to_owned);
        for text in texts.chain([127, 128, 100_000].map(nested)).chain([126, 127, 128].map(objects)) {
            // With an escape in it, so that none takes the short way.
            let text = format!("[\"\\u0041\",{text}]");
            let expected = serde_json::from_str::<Value>(&text);
            assert_eq!(check(&text).is_ok(), expected.is_ok(), "{text}");
            match (parse(&text), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found.to_string(), expected.to_string(), "{text}"),
                (Err(_), Err(_)) => {}
                (found, expected) => panic!("{text}: {found:?}, {expected:?}"),
            }
        }
    }
}
