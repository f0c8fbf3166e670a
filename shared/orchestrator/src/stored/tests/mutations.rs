//! Whatever happens to a text that was written, reading it gives a record, a wake or an error.
//!
//! `PROPTEST_CASES=20000 cargo test -p ratchet-orchestrator mutations` looks further.

use super::open;
use super::samples::{all_samples, samples};
use super::travel::{carrying, payloads};
use crate::Wake;
use crate::ports::StoredRecord;
use crate::stored::{Encoded, Opened, payload_at};
use bytes::Bytes;
use engine::effects;
use model::Payload;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::collections::HashMap;

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

/// So many cases, or what `PROPTEST_CASES` says.
fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() }
}

/// Values that a place in a record may have instead of its own.
fn others() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(2),
        json!(3),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1.5),
        json!(""),
        json!("0"),
        json!("4294967296"),
        json!("0:7.0"),
        json!("0/2.1:7.1"),
        json!("::..//"),
        json!("-"),
        json!("\u{0}\u{202e}"),
        json!([]),
        json!({}),
        json!([[{ "slot": 0, "sha256": "" }]]),
    ]
}

/// The pointer of every place in a value.
fn pointers(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                pointers(member, format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, format!("{pointer}/{index}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found.push(pointer);
}

/// A text with other values at some places, or with some of its fields gone.
fn changed(text: &str, changes: &[(Index, Option<Value>)]) -> String {
    let mut value: Value = serde_json::from_str(text).expect("what is written is JSON");
    for (index, other) in changes {
        let mut found = Vec::new();
        pointers(&value, String::new(), &mut found);
        let pointer = index.get(&found);
        match (other, pointer.rsplit_once('/')) {
            (Some(other), _) => *value.pointer_mut(pointer).expect("it is there") = other.clone(),
            (None, Some((parent, key))) => match value.pointer_mut(parent) {
                Some(Value::Object(members)) => drop(members.remove(&key.replace("~1", "/").replace("~0", "~"))),
                Some(Value::Array(items)) => items.truncate(key.parse().unwrap_or_default()),
                _ => {}
            },
            (None, None) => {}
        }
    }
    value.to_string()
}

/// Reads a body that may be anything: what is read is written and read again as the same, what is not says why.
fn check_body(body: Vec<u8>, stored: &StoredRecord) {
    let stored = StoredRecord { body: Bytes::from(body), ..stored.clone() };
    let _ = payload_at(&stored, 0).map_err(|error| assert!(!error.to_string().is_empty()));
    let opened = match Opened::read(&stored) {
        Ok(opened) => opened,
        Err(error) => {
            let said = error.to_string();
            assert!(said.starts_with("it is damaged: ") || said.contains("run a newer one"), "{said}");
            return;
        }
    };
    let away = opened.elsewhere();
    let found: HashMap<_, _> = away.into_iter().map(|home| (home, Payload::empty())).collect();
    let blobs = vec![Payload::empty(); opened.blobs().count()];
    match opened.close(&found, &blobs) {
        Ok(record) => {
            let _ = (effects(&record.cursor, true), effects(&record.cursor, false));
            let again = record.encode(usize::MAX).stored;
            let opened = Opened::read(&again).expect("what is written is read");
            // Those that lay in it lie elsewhere for what is written after it.
            let found = payloads(&record).into_iter().filter_map(|payload| Some((payload.home()?.clone(), payload)));
            let found = found.collect();
            assert_eq!(opened.close(&found, &[]).expect("it is whole"), record);
        }
        Err(error) => assert!(error.to_string().ends_with(" of it is missing"), "{error}"),
    }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn a_body_with_other_values_in_it_is_read_or_refused(
        sample in select(all_samples()), inline in select(&[4, usize::MAX][..]),
        changes in prop::collection::vec((any::<Index>(), prop::option::weighted(0.8, select(others()))), 1..4),
    ) {
        let stored = sample.1.encode(inline).stored;
        let text = String::from_utf8(stored.body.to_vec()).expect("JSON is UTF-8");
        check_body(changed(&text, &changes).into_bytes(), &stored);
    }

    #[test]
    fn a_message_with_other_values_in_it_is_read_or_refused(
        sample in select(all_samples()),
        changes in prop::collection::vec((any::<Index>(), prop::option::weighted(0.8, select(others()))), 1..4),
    ) {
        match Wake::from_text(&changed(&carrying(&sample.1).to_text(), &changes)) {
            Ok(wake) => prop_assert_eq!(Wake::from_text(&wake.to_text()).expect("what is written is read"), wake),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}

#[test]
fn any_bytes_are_refused_and_the_reason_is_said() {
    let stored = samples().swap_remove(0).1.encode(usize::MAX).stored;
    proptest!(config(1_000), |(bytes in prop::collection::vec(any::<u8>(), 0..60))| {
        check_body(bytes.clone(), &stored);
        prop_assert!(Wake::from_text(&String::from_utf8_lossy(&bytes)).is_err());
    });
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn a_body_that_somebody_changed_is_read_or_refused(
        sample in select(all_samples()), inline in select(&[4, usize::MAX][..]), edits in prop::collection::vec(edit(), 1..4),
    ) {
        let Encoded { stored, .. } = sample.1.encode(inline);
        let body = edited(stored.body.to_vec(), &edits);
        let text = String::from_utf8_lossy(&body).into_owned();
        let _ = open(&text).map(|record| record.encode(4));
        check_body(body, &stored);
    }

    #[test]
    fn a_message_that_somebody_changed_is_read_or_refused(
        sample in select(all_samples()), edits in prop::collection::vec(edit(), 1..4),
    ) {
        let text = edited(carrying(&sample.1).to_text().into_bytes(), &edits);
        let text = String::from_utf8_lossy(&text);
        if let Ok(wake) = Wake::from_text(&text) {
            let again = Wake::from_text(&wake.to_text());
            prop_assert_eq!(again.expect("what is written is read"), wake);
        }
    }
}
