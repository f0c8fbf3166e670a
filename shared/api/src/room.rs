//! How much an answer may hold, measured as it travels.

use crate::options::Front;
use serde::Serialize;
use std::io::{self, Write};

/// Kept free for what surrounds a body: headers and members of a Lambda function's answer, a paging token.
const RESERVE: usize = 4 * 1024;

/// How much an answer may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    bytes: usize,
    front: Front,
}

impl Room {
    /// Room for so many bytes of what the front makes of an answer.
    pub(crate) fn new(bytes: usize, front: Front) -> Self {
        Self { bytes: bytes.saturating_sub(RESERVE), front }
    }

    /// The bytes that there are.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many of them a part of an answer takes; too many for any room if it cannot be written.
    pub(crate) fn size_of(&self, part: &impl Serialize) -> usize {
        let mut meter = Meter { size: 0, front: self.front };
        serde_json::to_writer(&mut meter, part).map_or(usize::MAX, |()| meter.size)
    }

    /// Whether an answer has room.
    pub(crate) fn has_room_for(&self, answer: &impl Serialize) -> bool {
        self.size_of(answer) <= self.bytes
    }

    /// Whether a body that is already written has room.
    pub(crate) fn has_room_for_body(&self, body: &[u8]) -> bool {
        size(self.front, body) <= self.bytes
    }
}

/// Counts what is written to it.
struct Meter {
    size: usize,
    front: Front,
}

impl Write for Meter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.size = self.size.saturating_add(size(self.front, bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The size of bytes of a body, as they are or escaped in a text of JSON.
fn size(front: Front, bytes: &[u8]) -> usize {
    if !front.is_lambda() {
        return bytes.len();
    }
    bytes.iter().fold(0, |size, byte| {
        size + match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
            0..=0x1f => 6,
            _ => 1,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn before_a_lambda_function_a_body_is_measured_as_text_in_json() -> Result<(), serde_json::Error> {
        let part = json!({"input": "{\"é\": \"a\\nb\u{1}\"}", "plain": [1, 2.50, null]});
        let body = serde_json::to_string(&part)?;
        let (direct, lambda) = (Room::new(10_000, Front::Direct), Room::new(10_000, Front::HttpApi));
        assert_eq!(direct.size_of(&part), body.len());
        // Without the quotes around it.
        assert_eq!(lambda.size_of(&part), serde_json::to_string(&Value::from(body.as_str()))?.len() - 2);
        assert_eq!(size(Front::FunctionUrl, b"\x01\n\"a"), serde_json::to_string("\x01\n\"a")?.len() - 2);
        Ok(())
    }

    #[test]
    fn something_is_kept_free() {
        let room = Room::new(RESERVE + 4, Front::Direct);
        assert!(room.has_room_for(&json!("ab")) && !room.has_room_for(&json!("abc")));
        assert!(room.has_room_for_body(b"abcd") && !room.has_room_for_body(b"abcde"));
    }
}
