//! How values look on the wire: instants, payloads, and the shapes that several operations answer with.
//!
//! Both protocols have the same operations and the same members. They differ in two things, which are here:
//! how an instant is written, and whether a payload is a text that holds JSON or the JSON itself.

use model::{Payload, Timestamp};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

/// How a protocol writes its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// As AWS's: instants are seconds, payloads are texts.
    AwsJson,
    /// As people expect JSON to be: instants are ISO 8601, payloads are values.
    Plain,
}

/// An instant: seconds since the epoch with milliseconds, or ISO 8601.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instant(pub(crate) Timestamp, pub(crate) Dialect);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.1 {
            Dialect::AwsJson => serializer.serialize_f64(self.0.as_epoch_seconds()),
            Dialect::Plain => serializer.collect_str(&self.0),
        }
    }
}

/// An input or output, written without a copy.
#[derive(Debug)]
pub(crate) struct Data(pub(crate) Payload, pub(crate) Dialect);

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        DataText(self.0.text(), self.1).serialize(serializer)
    }
}

/// The text of an input or output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DataText<'a>(pub(crate) &'a str, pub(crate) Dialect);

impl Serialize for DataText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.1 {
            Dialect::AwsJson => serializer.serialize_str(self.0),
            Dialect::Plain => {
                let value: &RawValue = serde_json::from_str(self.0).map_err(S::Error::custom)?;
                value.serialize(serializer)
            }
        }
    }
}

/// A definition: text in AWS's protocol, else the JSON that it is. Without data it is the empty text in both.
#[derive(Debug)]
pub(crate) struct Definition(pub(crate) String, pub(crate) Dialect);

impl Serialize for Definition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.1, serde_json::from_str::<&RawValue>(&self.0)) {
            (Dialect::Plain, Ok(value)) => value.serialize(serializer),
            (Dialect::Plain, Err(_)) | (Dialect::AwsJson, _) => serializer.serialize_str(&self.0),
        }
    }
}

/// `CloudWatchEventsExecutionDataDetails`: whether an input or output is in the answer.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct DataDetails {
    /// Whether it is.
    pub(crate) included: bool,
}

/// The answer of operations that answer nothing.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Nothing {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_a_number_of_seconds_with_milliseconds_or_a_text() -> Result<(), serde_json::Error> {
        let text = |micros, dialect| serde_json::to_string(&Instant(Timestamp::from_micros(micros), dialect));
        assert_eq!(text(1_732_186_800_123_999, Dialect::AwsJson)?, "1732186800.123");
        assert_eq!(text(1_732_186_800_000_000, Dialect::AwsJson)?, "1732186800.0");
        assert_eq!(text(1_732_186_800_123_999, Dialect::Plain)?, "\"2024-11-21T11:00:00.123Z\"");
        Ok(())
    }

    #[test]
    fn a_payload_is_a_text_or_the_value_that_it_holds_to_the_letter() -> Result<(), serde_json::Error> {
        let text = " {\"a\": 1.0, \"b\":12345678901234567890123 }";
        let written = |dialect| serde_json::to_string(&Data(Payload::from_checked(text), dialect));
        assert_eq!(written(Dialect::AwsJson)?, serde_json::to_string(text)?);
        assert_eq!(written(Dialect::Plain)?, text.trim());
        Ok(())
    }

    #[test]
    fn a_definition_that_was_left_out_is_an_empty_text() -> Result<(), serde_json::Error> {
        let written = |text: &str, dialect| serde_json::to_string(&Definition(text.to_owned(), dialect));
        assert_eq!(written("", Dialect::Plain)?, "\"\"");
        assert_eq!(written("{}", Dialect::Plain)?, "{}");
        assert_eq!(written("{}", Dialect::AwsJson)?, "\"{}\"");
        Ok(())
    }
}
