//! Payloads that lie among the blobs: which they are, and that a record is the same with them.

use super::samples::{key, payload, record, samples};
use super::{elsewhere, fixtures};
use crate::ports::{BlobKey, StoredRecord};
use crate::stored::{
    Encoded, Error, Located, MAX_BODY_BYTES, Opened, VERSION_BEFORE_REDRIVE, VERSION_WITHOUT_BLOBS, payload_at,
    sha256_hex,
};
use crate::{Cause, Record};
use bytes::Bytes;
use engine::{Outcome, Phase};
use model::history::Kind;
use model::{Home, Payload};
use serde_json::Value;
use std::collections::HashMap;

/// Payloads of more bytes become blobs: in the samples nearly all.
const INLINE: usize = 4;

fn open(stored: &StoredRecord, blobs: &[(BlobKey, Payload)]) -> Result<Record, Error> {
    let texts: HashMap<&str, &str> = blobs.iter().map(|(key, payload)| (&*key.sha256, payload.text())).collect();
    let opened = Opened::read(stored)?;
    let read = |sha256: &str| Payload::from_checked(*texts.get(sha256).expect("the blob was given with the record"));
    let found: Vec<Payload> = opened.blobs().map(read).collect();
    opened.close(&elsewhere(), &found)
}

fn version(stored: &StoredRecord) -> Option<u64> {
    serde_json::from_slice::<Value>(&stored.body).expect("JSON")["version"].as_u64()
}

/// A JSON string of this many bytes.
fn long(letter: &str, bytes: usize) -> Payload {
    payload(&format!("{:?}", letter.repeat(bytes - 2)))
}

#[test]
fn a_record_is_the_same_whatever_of_it_lies_among_the_blobs() {
    for (name, record) in samples() {
        for inline in [0, INLINE, 8, 30, usize::MAX] {
            let Encoded { stored, blobs } = record.encode(inline);
            assert_eq!(open(&stored, &blobs).expect(name), record, "{name}, {inline}");
            assert!(blobs.iter().all(|(_, payload)| payload.text().len() > inline), "{name}, {inline}");
            let expected = if blobs.is_empty() { VERSION_WITHOUT_BLOBS } else { VERSION_BEFORE_REDRIVE };
            assert_eq!(version(&stored), Some(u64::from(expected)), "{name}, {inline}");
        }
    }
}

#[test]
fn a_blob_is_named_by_its_run_and_its_content_and_is_not_in_the_body() {
    let large = long("x", 600);
    let phase = Phase::Ended(Outcome::Succeeded { output: large.clone() });
    let Encoded { stored, blobs } = record(Cause::Abort, vec![], phase).encode(500);
    let [(blob, content)] = blobs.as_slice() else { panic!("{} blobs", blobs.len()) };
    assert_eq!((&blob.run, content), (&key(7).run, &large));
    assert_eq!(blob.sha256, sha256_hex(large.text()));
    let body = String::from_utf8_lossy(&stored.body);
    assert!(!body.contains("xxx") && body.contains(&blob.sha256), "{body}");
}

/// SHA-256 as everybody else reckons it: the first of FIPS 180-2's examples.
#[test]
fn the_name_of_a_blob_is_its_sha_256_in_lower_case_hex() {
    assert_eq!(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn a_blob_is_settled_at_its_slot_in_the_record_like_any_other_payload() {
    let large = long("x", 600);
    let kinds = vec![Kind::ExecutionSucceeded { output: payload("[2]") }];
    let original = record(Cause::Abort, kinds, Phase::Ended(Outcome::Succeeded { output: large.clone() }));
    let Encoded { stored, blobs } = original.encode(500);
    let read = open(&stored, &blobs).expect("it is whole");
    let Phase::Ended(Outcome::Succeeded { output }) = &read.cursor.phase else { panic!("{:?}", read.cursor.phase) };
    let home = output.home().expect("it was read from a record");
    assert_eq!((&home.strand, home.seq), (&key(7).strand, 7));
    let located = payload_at(&stored, home.slot).expect("it is there");
    assert!(matches!(located, Located::Blob(sha256) if sha256 == sha256_hex(large.text())));
    // And the writer notes the same place.
    original.settle_payloads();
    assert_eq!(large.home(), Some(home));
}

#[test]
fn small_payloads_that_add_up_leave_the_body_the_largest_first() {
    let sizes = [70_000, 90_000, 60_000, 80_000, 50_000];
    let kinds = sizes.iter().zip(["a", "b", "c", "d", "e"]).map(|(bytes, letter)| {
        let output = long(letter, *bytes);
        Kind::LambdaFunctionSucceeded { output }
    });
    let phase = Phase::Ended(Outcome::Succeeded { output: payload("[2]") });
    let record = record(Cause::Abort, kinds.collect(), phase);
    let Encoded { stored, blobs } = record.encode(model::limits::AWS_MAX_PAYLOAD_BYTES);
    assert!(stored.body.len() < MAX_BODY_BYTES + 2_000, "{}", stored.body.len());
    let lengths: Vec<usize> = blobs.iter().map(|(_, payload)| payload.text().len()).collect();
    assert_eq!(lengths, [90_000], "350,000 bytes less these are below the limit");
    assert_eq!(open(&stored, &blobs).expect("it is whole"), record);
}

#[test]
fn a_payload_that_lies_in_another_record_does_not_become_a_blob_again() {
    let large = long("x", 600);
    large.settle_at(Home { strand: key(3).strand, seq: 3, slot: 1 });
    let phase = Phase::Ended(Outcome::Succeeded { output: large });
    assert!(record(Cause::Abort, vec![], phase).encode(500).blobs.iter().all(|(_, blob)| blob.text().len() < 600));
}

/// The fixtures are what version 2 has written somewhere, with nearly every payload among the blobs.
#[test]
fn records_of_version_2_mean_what_they_meant_and_are_written_as_they_were() {
    for (name, record) in samples() {
        let Encoded { stored, blobs } = record.encode(INLINE);
        let path = fixtures().join("record-v2").join(format!("{name}.json"));
        let written = String::from_utf8(stored.body.to_vec()).expect("JSON is UTF-8");
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; a new one is:\n{written}", path.display()));
        let fixture = StoredRecord { body: Bytes::from(text.clone()), ..stored };
        assert_eq!(open(&fixture, &blobs).expect(name), record, "{name}");
        assert_eq!(text.trim_end(), written, "{name}");
    }
}

#[test]
fn a_blob_for_a_slot_that_is_not_there_is_missing_not_a_panic() {
    let Encoded { stored, blobs } = samples().remove(0).1.encode(INLINE);
    let mut body: Value = serde_json::from_slice(&stored.body).expect("JSON");
    body["blobs"][0]["slot"] = 99.into();
    let stored = StoredRecord { body: Bytes::from(body.to_string()), ..stored };
    assert!(matches!(open(&stored, &blobs), Err(Error::MissingPayload(slot)) if slot == "99"));
}
