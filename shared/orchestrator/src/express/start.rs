//! The start of an Express execution, and how it travels: one JSON object with a version.

use crate::wire::Error;
use model::{ExecutionArn, Payload, StateMachineArn, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The version that this code writes. It reads every version up to it.
const VERSION: u32 = 1;

/// An Express execution that somebody started: all that it takes to run it, once or again.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpressStart {
    /// Its machine.
    pub machine: StateMachineArn,
    /// The machine's revision.
    pub revision: String,
    /// The execution's name, which others may have.
    pub name: String,
    /// Its id, which no other has.
    pub id: String,
    /// When it was started, as its starter was told.
    pub started: Timestamp,
    /// Its input.
    pub input: ExpressInput,
}

/// The input of an Express execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpressInput {
    /// It travels along.
    Here(Payload),
    /// It lies among the blobs of the execution, by its SHA-256.
    Blob(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'t> {
    version: u32,
    #[serde(borrow)]
    state_machine: Cow<'t, str>,
    revision: Cow<'t, str>,
    name: Cow<'t, str>,
    id: Cow<'t, str>,
    started: Timestamp,
    #[serde(borrow, default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    input: Option<&'t RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_sha256: Option<Cow<'t, str>>,
}

/// An input that is there, also where it is `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl ExpressStart {
    /// The execution's ARN.
    pub fn execution(&self) -> ExecutionArn {
        self.machine.express_execution(&self.name, &self.id)
    }

    /// The start as it travels.
    pub fn to_text(&self) -> String {
        let (input, input_sha256) = match &self.input {
            // A payload is JSON.
            ExpressInput::Here(payload) => (serde_json::from_str(payload.text()).ok(), None),
            ExpressInput::Blob(sha256) => (None, Some(sha256.as_str().into())),
        };
        let message = Message {
            version: VERSION,
            state_machine: self.machine.as_str().into(),
            revision: self.revision.as_str().into(),
            name: self.name.as_str().into(),
            id: self.id.as_str().into(),
            started: self.started,
            input,
            input_sha256,
        };
        // Our own types have string keys only and no failing serializers.
        serde_json::to_string(&message).unwrap_or_default()
    }

    /// A start that travelled.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        // A newer version may have changed anything else.
        match serde_json::from_str::<Versioned>(text) {
            Ok(Versioned { version }) if version > VERSION => return Err(Error::Newer(version)),
            Ok(_) | Err(_) => {}
        }
        let message: Message<'_> = serde_json::from_str(text)?;
        let damaged = |what: String| Error::Damaged(serde::de::Error::custom(what));
        let machine = message.state_machine.parse::<StateMachineArn>();
        let input = match (message.input, message.input_sha256) {
            (Some(input), None) => Payload::from_text(input.get()).map(ExpressInput::Here)?,
            (None, Some(sha256)) => ExpressInput::Blob(sha256.into_owned()),
            (None, None) | (Some(_), Some(_)) => return Err(damaged("it has no input, or two".to_owned())),
        };
        Ok(Self {
            machine: machine.map_err(|error| damaged(error.to_string()))?,
            revision: message.revision.into_owned(),
            name: message.name.into_owned(),
            id: message.id.into_owned(),
            started: message.started,
            input,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(input: ExpressInput) -> Result<ExpressStart, model::arn::Error> {
        Ok(ExpressStart {
            machine: "arn:aws:states:us-east-1:123456789012:stateMachine:pay".parse()?,
            revision: "r1".into(),
            name: "n\"1".into(),
            id: "u1".into(),
            started: Timestamp::from_micros(7),
            input,
        })
    }

    #[test]
    fn a_start_reads_back_with_the_spaces_and_digits_of_its_input() -> Result<(), Box<dyn std::error::Error>> {
        let inputs = ["{ \"a\": 1.0 }", "null", "\"\u{ffff}\"", "12345678901234567890123"];
        for input in inputs {
            let start = start(ExpressInput::Here(Payload::from_text(input)?))?;
            assert_eq!(ExpressStart::from_text(&start.to_text())?, start, "{input}");
        }
        let start = start(ExpressInput::Blob("ab".into()))?;
        assert_eq!(ExpressStart::from_text(&start.to_text())?, start);
        Ok(())
    }

    #[test]
    fn what_is_no_start_is_refused_and_a_newer_one_is_left_to_newer_programs() -> Result<(), Box<dyn std::error::Error>>
    {
        let text = start(ExpressInput::Blob("ab".into()))?.to_text();
        let refused = |text: &str| ExpressStart::from_text(text).err().map(|error| error.is_transient());
        assert_eq!(refused(&text.replace("\"version\":1", "\"version\":2")), Some(true));
        assert_eq!(refused("{\"version\":9}"), Some(true));
        let others = [
            "",
            "{}",
            "null",
            "{\"version\":1}",
            &text.replace("inputSha256", "other"),
            &text.replace("\"inputSha256\"", "\"input\":1,\"inputSha256\""),
            &text.replace("stateMachine:pay", "activity:pay"),
        ];
        for other in others {
            assert_eq!(refused(other), Some(false), "{other}");
        }
        Ok(())
    }
}
