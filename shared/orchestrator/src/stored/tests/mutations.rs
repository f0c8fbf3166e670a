//! Whatever happens to a text that was written, reading it gives a record, a wake or an error.

use super::open;
use super::samples::samples;
use super::travel::carrying;
use crate::Wake;
use crate::ports::StoredRecord;
use crate::stored::{Encoded, Opened, payload_at};
use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// What somebody does to a text at a place.
#[derive(Clone, Debug)]
enum Edit {
    Remove(Index, usize),
    Insert(Index, &'static str),
    Double(Index, usize),
}

/// What damages JSON, or a place in it.
const PARTS: [&str; 17] = [
    "null",
    "-1",
    "4294967296",
    "1e400",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\\",
    "\u{0}",
    "é",
    "0:7.0",
    "\"0:7.99999999999\"",
    "true",
];

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<Index>(), 1..40_usize).prop_map(|(place, bytes)| Edit::Remove(place, bytes)),
        (any::<Index>(), select(&PARTS[..])).prop_map(|(place, part)| Edit::Insert(place, part)),
        (any::<Index>(), 1..40_usize).prop_map(|(place, bytes)| Edit::Double(place, bytes)),
    ]
}

fn edited(mut bytes: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        if bytes.is_empty() {
            break;
        }
        match edit {
            Edit::Remove(place, length) => {
                let start = place.index(bytes.len());
                bytes.drain(start..bytes.len().min(start + length));
            }
            Edit::Insert(place, part) => {
                let start = place.index(bytes.len());
                bytes.splice(start..start, part.bytes());
            }
            Edit::Double(place, length) => {
                let start = place.index(bytes.len());
                let part = bytes[start..bytes.len().min(start + length)].to_vec();
                bytes.splice(start..start, part);
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn a_body_that_somebody_changed_is_read_or_refused(
        sample in select(samples()), inline in select(&[4, usize::MAX][..]), edits in prop::collection::vec(edit(), 1..4),
    ) {
        let Encoded { stored, .. } = sample.1.encode(inline);
        let body = edited(stored.body.to_vec(), &edits);
        let text = String::from_utf8_lossy(&body).into_owned();
        let _ = open(&text).map(|record| record.encode(4));
        let stored = StoredRecord { body: Bytes::from(body), ..stored };
        let _ = Opened::read(&stored).map(|opened| (opened.elsewhere(), opened.blobs().count()));
        let _ = payload_at(&stored, 0);
    }

    #[test]
    fn a_message_that_somebody_changed_is_read_or_refused(
        sample in select(samples()), edits in prop::collection::vec(edit(), 1..4),
    ) {
        let text = edited(carrying(&sample.1).to_text().into_bytes(), &edits);
        let text = String::from_utf8_lossy(&text);
        if let Ok(wake) = Wake::from_text(&text) {
            let again = Wake::from_text(&wake.to_text());
            prop_assert_eq!(again.expect("what is written is read"), wake);
        }
    }
}
