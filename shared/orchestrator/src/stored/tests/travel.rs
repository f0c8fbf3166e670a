//! Wakes as they travel: what comes back is what was sent, with its payloads and where they lie.

use super::fixtures;
use super::samples::{all_samples, big, key, payload, record, samples};
use crate::ports::StoredRecord;
use crate::stored::{Located, payload_at};
use crate::wire::Error;
use crate::{Cause, Lane, Record, Start, Wake, WakeKind};
use engine::{Ending, Outcome, Phase};
use model::history::Kind;
use model::{Failure, Payload, StrandId, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A wake that carries the record, as the one who put it sends it.
pub(super) fn carrying(record: &Record) -> Wake {
    record.settle_payloads();
    let start = Start { revision: "revision-1".to_owned(), at: Timestamp::from_micros(1_700_000_000_000_000) };
    Wake {
        record: Some(Arc::new(record.clone())),
        start: Some(start),
        ..Wake::new(&record.key.run, &record.key.strand, WakeKind::Step { seq: record.key.seq })
    }
}

fn bare(kind: WakeKind) -> Wake {
    Wake::new(&key(7).run, &key(7).strand, kind)
}

/// One of each kind, with its name. The fixtures are these wakes as written once. A wake is never changed: a new
/// shape is a new one.
fn wakes() -> Vec<(&'static str, Wake)> {
    let (_, ready) = samples().swap_remove(0);
    vec![
        ("step-with-record", carrying(&ready)),
        ("step", bare(WakeKind::Step { seq: 7 })),
        (
            "step-for-tasks",
            Wake { lane: Lane::Tasks, start: carrying(&ready).start, ..bare(WakeKind::Step { seq: 7 }) },
        ),
        ("timer", bare(WakeKind::Timer { since: 6 })),
        ("children", Wake { strand: StrandId::root(), ..bare(WakeKind::Children { fork: 5 }) }),
        ("abort-stopped", bare(WakeKind::Abort(Ending::Stopped(Failure::new("E", "because"))))),
        ("abort-aborted", bare(WakeKind::Abort(Ending::Aborted { at: None, after: Timestamp::from_micros(6) }))),
        ("execution-timeout", bare(WakeKind::ExecutionTimeout)),
        ("settle", bare(WakeKind::Settle)),
        ("retain", bare(WakeKind::Retain)),
    ]
}

/// Every payload of a record, events first.
pub(super) fn payloads(record: &Record) -> Vec<Payload> {
    let mut found = Vec::new();
    let mut note = |payload: Payload| {
        found.push(payload.clone());
        Ok::<_, std::convert::Infallible>(payload)
    };
    for event in &record.events {
        let _ = event.kind.clone().try_map(&mut note);
    }
    let _ = record.cursor.clone().try_map(&mut note);
    found
}

/// That each payload of a record that travelled says where it lies, and lies there.
#[track_caller]
fn check_homes(stored: &StoredRecord, travelled: &Record) {
    for payload in payloads(travelled) {
        let home = payload.home().expect("it lies somewhere");
        if *home == *big().home().expect("it lies elsewhere") {
            assert_eq!(payload, big());
            continue;
        }
        assert_eq!((&home.strand, home.seq), (&stored.key.strand, stored.key.seq));
        let there = payload_at(stored, home.slot).expect("there is such a payload");
        assert!(matches!(&there, Located::Here(there) if *there == payload), "slot {}", home.slot);
    }
}

#[test]
fn a_wake_comes_back_as_it_was_sent() {
    for (name, wake) in wakes() {
        assert_eq!(Wake::from_text(&wake.to_text()).expect(name), wake, "{name}");
    }
}

#[test]
fn a_record_comes_back_whole_and_knows_where_its_payloads_lie() {
    for (name, record) in all_samples() {
        let stored = record.encode(usize::MAX).stored;
        let back = Wake::from_text(&carrying(&record).to_text()).expect(name);
        let travelled = back.record.expect(name);
        assert_eq!(*travelled, record, "{name}");
        check_homes(&stored, &travelled);
        // So that what is put after it points to where they lie, and not to where they never were.
        assert_eq!(travelled.encode(usize::MAX).stored, record.encode(usize::MAX).stored, "{name}");
    }
}

#[test]
fn a_large_record_stays_behind_and_its_wake_travels() {
    let letters = |bytes: usize| payload(&format!("{:?}", "y".repeat(bytes)));
    for (bytes, goes) in [(40_000, true), (60_000, false), (250_000, false)] {
        let phase = Phase::Ended(Outcome::Succeeded { output: letters(bytes) });
        let wake = carrying(&record(Cause::Abort, vec![], phase));
        let text = wake.to_text();
        assert!(text.len() < 64 * 1024, "{}", text.len());
        let back = Wake::from_text(&text).expect("it is whole");
        assert_eq!(back.record.is_some(), goes, "{bytes}");
        assert_eq!(Wake { record: None, ..back }, Wake { record: None, ..wake });
    }
}

/// The fixtures are what version 1 has written somewhere. They are never edited and never deleted.
#[test]
fn wakes_of_version_1_mean_what_they_meant_and_are_written_as_they_were() {
    let mut names = BTreeSet::new();
    for (name, wake) in wakes() {
        let path = fixtures().join("wake-v1").join(format!("{name}.json"));
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; a new one is:\n{}", path.display(), wake.to_text()));
        assert_eq!(Wake::from_text(&text).expect(name), wake, "{name}");
        assert_eq!(text.trim_end(), wake.to_text(), "{name}");
        names.insert(format!("{name}.json"));
        // A new kind does not compile here: add a wake and its fixture.
        match wake.kind {
            WakeKind::Step { .. }
            | WakeKind::Timer { .. }
            | WakeKind::Children { .. }
            | WakeKind::Abort(_)
            | WakeKind::ExecutionTimeout
            | WakeKind::Settle
            | WakeKind::Retain => {}
        }
    }
    let files: BTreeSet<String> = std::fs::read_dir(fixtures().join("wake-v1"))
        .expect("the folder")
        .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(files, names);
}

/// The error that this change to a good message gives.
fn refusal(change: impl FnOnce(&mut Value)) -> Error {
    let mut message: Value = serde_json::from_str(&wakes().remove(0).1.to_text()).expect("JSON");
    change(&mut message);
    Wake::from_text(&message.to_string()).expect_err("it is no wake")
}

#[test]
fn a_newer_message_waits_for_a_newer_program_whatever_else_has_changed() {
    let newer = [
        refusal(|message| message["version"] = 2.into()),
        refusal(|message| {
            message["version"] = 2.into();
            message["kind"] = "Unheard".into();
        }),
        refusal(|message| message["record"]["version"] = 6.into()),
    ];
    for (error, version) in newer.iter().zip([2, 2, 6]) {
        assert!(matches!(error, Error::Newer(found) if *found == version), "{error}");
        assert!(error.is_transient() && error.to_string().contains("run a newer one"), "{error}");
    }
}

#[test]
fn a_damaged_message_lasts_and_says_what_is_wrong() {
    for (error, says) in [
        (refusal(|message| message["kind"] = "Unheard".into()), "unknown variant `Unheard`"),
        (refusal(|message| message["execution"] = 7.into()), "the message is damaged"),
        (refusal(|message| *message = Value::Null), "the message is damaged"),
    ] {
        assert!(!error.is_transient() && error.to_string().contains(says), "{error}");
    }
    let text = wakes().remove(0).1.to_text();
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        assert!(Wake::from_text(&text[..end]).is_err_and(|error| !error.is_transient()), "cut at {end}");
    }
}

#[test]
fn a_message_whose_record_is_damaged_has_none_and_its_receiver_reads_the_head() {
    let damages: [fn(&mut Value); 2] =
        [|message| message["record"] = Value::from(7), |message| message["record"]["payloads"] = Value::Array(vec![])];
    for damage in damages {
        let (_, whole) = wakes().remove(0);
        let mut message: Value = serde_json::from_str(&whole.to_text()).expect("JSON");
        damage(&mut message);
        let wake = Wake::from_text(&message.to_string()).expect("a wake");
        assert!(whole.record.is_some());
        assert_eq!(wake, Wake { record: None, ..whole });
    }
}

fn json() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zé\"\\\\\n]{0,700}".prop_map(|text| Value::from(text).to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        Just(r#"{"n":  1.00,"é":1e400}"#.to_owned()),
        Just("null".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_payloads_travel_with_their_record(
        texts in prop::collection::vec(json(), 0..6), last in json(),
        lane in select(&[Lane::Steps, Lane::Tasks][..]), seq: u64,
    ) {
        let kinds = texts.iter().map(|text| Kind::LambdaFunctionSucceeded { output: payload(text) }).collect();
        let phase = Phase::Ended(Outcome::Succeeded { output: payload(&last) });
        let record = record(Cause::Call(seq), kinds, phase);
        let stored = record.encode(usize::MAX).stored;
        let sent = Wake { lane, ..carrying(&record) };
        let back = Wake::from_text(&sent.to_text()).expect("what is written is read");
        prop_assert_eq!(&back, &sent);
        check_homes(&stored, back.record.as_ref().expect("it is small"));
    }
}
