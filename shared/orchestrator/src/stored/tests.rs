//! What is written down is read again; the fixtures of every version still are; damage is told from novelty.

mod blobs;
mod mutations;
mod samples;
mod travel;

use super::{Error, Located, Opened, SHORTEST_REFERENCE_BYTES, VERSION, VERSION_WITHOUT_BLOBS, payload_at};
use crate::ports::StoredRecord;
use crate::{Cause, Record};
use bytes::Bytes;
use engine::{Outcome, Phase, Scopes};
use model::history::Kind;
use model::{Home, Payload, StrandId};
use samples::{
    all_samples, big, evaluation_samples, every_kind, key, name_of, payload, record, redriven_samples, samples,
    variable_samples, variables,
};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

/// The record that a body of this text is, when `big()` is found elsewhere.
fn open(text: &str) -> Result<Record, Error> {
    let stored = StoredRecord { key: key(7), body: Bytes::from(text.to_owned()), expires: None };
    Opened::read(&stored)?.close(&elsewhere(), &[])
}

/// What lies in other records.
fn elsewhere() -> HashMap<Home, Payload> {
    let home = Home { strand: StrandId::root(), seq: 0, slot: 0 };
    HashMap::from([(home, big())])
}

fn written(record: &Record) -> String {
    String::from_utf8(record.encode(usize::MAX).stored.body.to_vec()).expect("JSON is UTF-8")
}

/// Panics unless this change to a good body's JSON gives an error that says so.
#[track_caller]
fn check_refused(change: impl FnOnce(&mut Value), expected: &str) {
    let mut body: Value = serde_json::from_str(&written(&samples().remove(0).1)).expect("JSON");
    change(&mut body);
    let said = open(&body.to_string()).map_err(|error| error.to_string());
    assert!(said.as_ref().is_err_and(|said| said.contains(expected)), "{said:?}");
}

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

#[test]
fn what_is_written_is_read_as_it_was() {
    for (name, record) in all_samples() {
        assert_eq!(open(&written(&record)).expect(name), record, "{name}");
    }
}

#[test]
fn there_is_a_sample_for_every_phase_every_event_and_every_cause() {
    for (name, record) in samples() {
        assert_eq!(name_of(&record.cursor.phase), name);
    }
    let later = [redriven_samples(), evaluation_samples()];
    let first = later.iter().flat_map(|samples| &samples[0].1.events);
    let later_kinds = first.map(|event| event.kind.clone());
    let kinds: Vec<Kind<Payload>> = every_kind().into_iter().chain(later_kinds).collect();
    let types: BTreeSet<&str> = kinds.iter().map(Kind::type_name).collect();
    assert_eq!(types.len(), kinds.len());
    for kind in kinds {
        // A new kind does not compile here: add it to a new sample with a fixture of its own.
        match kind {
            Kind::ExecutionStarted { .. }
            | Kind::ExecutionSucceeded { .. }
            | Kind::ExecutionFailed(_)
            | Kind::ExecutionAborted(_)
            | Kind::ExecutionTimedOut(_)
            | Kind::ExecutionRedriven { .. }
            | Kind::StateEntered { .. }
            | Kind::StateExited { .. }
            | Kind::EvaluationFailed { .. }
            | Kind::TaskScheduled { .. }
            | Kind::TaskStarted(_)
            | Kind::TaskSubmitted { .. }
            | Kind::TaskSubmitFailed { .. }
            | Kind::TaskSucceeded { .. }
            | Kind::TaskFailed { .. }
            | Kind::TaskTimedOut { .. }
            | Kind::TaskStateAborted
            | Kind::WaitStateAborted
            | Kind::LambdaFunctionScheduled { .. }
            | Kind::LambdaFunctionStarted
            | Kind::LambdaFunctionSucceeded { .. }
            | Kind::LambdaFunctionFailed(_)
            | Kind::LambdaFunctionTimedOut(_)
            | Kind::ActivityScheduled { .. }
            | Kind::ActivityStarted { .. }
            | Kind::ActivitySucceeded { .. }
            | Kind::ActivityFailed(_)
            | Kind::ActivityTimedOut(_)
            | Kind::ParallelStateStarted
            | Kind::ParallelStateSucceeded
            | Kind::ParallelStateFailed
            | Kind::ParallelStateAborted
            | Kind::MapStateStarted { .. }
            | Kind::MapStateSucceeded
            | Kind::MapStateFailed
            | Kind::MapStateAborted
            | Kind::MapIterationStarted { .. }
            | Kind::MapIterationSucceeded { .. }
            | Kind::MapIterationFailed { .. }
            | Kind::MapIterationAborted { .. } => {}
        }
    }
    assert_eq!(types.len(), 40, "every kind is in the list");
    let causes: BTreeSet<u8> = samples()
        .iter()
        .chain(later.iter().flatten())
        .map(|(_, record)| match record.cause {
            Cause::Started => 0,
            Cause::Step(_) => 1,
            Cause::Timer(_) => 2,
            Cause::Children(_) => 3,
            Cause::Call(_) => 4,
            Cause::Answer(_) => 5,
            Cause::Abort => 6,
            Cause::Redriven { .. } => 7,
        })
        .collect();
    assert_eq!(causes, (0..8).collect());
}

/// The fixtures are what version 1 has written somewhere. They are never edited and never deleted: a change of the
/// format raises `VERSION` and adds a folder.
#[test]
fn records_of_version_1_mean_what_they_meant() {
    for (name, record) in samples() {
        let path = fixtures().join("record-v1").join(format!("{name}.json"));
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; a new one is:\n{}", path.display(), written(&record)));
        assert_eq!(open(&text).expect(name), record, "{name}");
    }
}

/// What came later has a version of its own: programs of before say that they are too old for it.
#[test]
fn later_versions_are_read_and_written_as_their_fixtures_are() {
    for (version, samples) in [(3, redriven_samples()), (4, variable_samples()), (5, evaluation_samples())] {
        for (name, record) in samples {
            let path = fixtures().join(format!("record-v{version}")).join(format!("{name}.json"));
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}; a new one is:\n{}", path.display(), written(&record)));
            assert_eq!(open(&text).expect(name), record, "{name}");
            assert_eq!(text.trim_end(), written(&record), "{name}");
            let said = format!("{{\"version\":{version},");
            assert!(text.starts_with(&said) && record.to_travel().starts_with(&said), "{name}");
        }
    }
}

#[test]
fn no_fixture_lies_beside_the_samples() {
    let folders = [
        ("record-v1", samples()),
        ("record-v3", redriven_samples()),
        ("record-v4", variable_samples()),
        ("record-v5", evaluation_samples()),
    ];
    for (folder, samples) in folders {
        let files: BTreeSet<String> = std::fs::read_dir(fixtures().join(folder))
            .expect("the folder")
            .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
            .collect();
        let names: BTreeSet<String> = samples.iter().map(|(name, _)| format!("{name}.json")).collect();
        assert_eq!(files, names, "{folder}");
    }
}

/// If this fails, the format has changed: raise `VERSION` and add fixtures, so that programs of the version before
/// say that they are too old.
#[test]
fn version_1_is_written_as_its_fixtures_are() {
    assert_eq!(VERSION_WITHOUT_BLOBS, 1);
    for (name, record) in samples() {
        let path = fixtures().join("record-v1").join(format!("{name}.json"));
        assert_eq!(std::fs::read_to_string(path).expect(name).trim_end(), written(&record), "{name}");
    }
}

#[test]
fn a_large_payload_that_lies_elsewhere_is_named_and_a_small_one_is_written_again() {
    let there = |text: String| {
        let payload = payload(&text);
        payload.settle_at(Home { strand: StrandId::root().child(3, 4), seq: 5, slot: 6 });
        written(&record(Cause::Abort, vec![], Phase::Ended(Outcome::Succeeded { output: payload })))
    };
    let string = |bytes: usize| format!("{:?}", "y".repeat(bytes - 2));
    let large = there(string(SHORTEST_REFERENCE_BYTES));
    assert!(large.contains(r#""0/3.4:5.6""#) && !large.contains("yyy"), "{large}");
    let small = there(string(SHORTEST_REFERENCE_BYTES - 1));
    assert!(!small.contains("0/3.4:5.6") && small.contains("yyy"), "{small}");
}

#[test]
fn payloads_of_one_record_are_written_once() {
    let text = format!("{:?}", "z".repeat(600));
    let kinds = vec![
        Kind::ExecutionSucceeded { output: payload(&text) },
        Kind::LambdaFunctionSucceeded { output: payload(&text) },
    ];
    let record = record(Cause::Abort, kinds, Phase::Ended(Outcome::Succeeded { output: payload(&text) }));
    assert_eq!(written(&record).matches(&text).count(), 1);
    assert_eq!(open(&written(&record)).expect("it is whole"), record);
}

#[test]
fn a_record_knows_which_payloads_it_needs_and_notes_where_its_own_lie() {
    let (_, original) = samples().swap_remove(0);
    let stored = original.encode(usize::MAX).stored;
    let opened = Opened::read(&stored).expect("it is whole");
    assert_eq!(opened.elsewhere(), [Home { strand: StrandId::root(), seq: 0, slot: 0 }]);
    let read = opened.close(&elsewhere(), &[]).expect("it is whole");
    let home = |record: &Record| match &record.events[0].kind {
        Kind::ExecutionStarted { input, .. } => input.home().cloned(),
        kind => panic!("{kind:?}"),
    };
    let expected = Home { strand: stored.key.strand.clone(), seq: 7, slot: 0 };
    assert_eq!(home(&read), Some(expected.clone()));
    assert_eq!(home(&original), None, "it is not known to be put");
    original.settle_payloads();
    assert_eq!(home(&original), Some(expected));
    let found = payload_at(&stored, 0).expect("it is there");
    assert!(matches!(found, Located::Here(payload) if payload.text() == r#"{"a":1}"#));
}

#[test]
fn what_an_event_follows_is_written_only_where_it_is_not_the_one_before() {
    let kinds = every_kind().into_iter().take(4).collect();
    let body: Value =
        serde_json::from_str(&written(&record(Cause::Abort, kinds, samples().remove(0).1.cursor.phase))).expect("JSON");
    let previous: Vec<Option<&str>> =
        body["events"].as_array().into_iter().flatten().map(|event| event.get("p").and_then(Value::as_str)).collect();
    assert_eq!(previous, [Some("-"), Some("0:2.5"), Some("0/2.1:7.0"), None]);
}

#[test]
fn variables_that_did_not_change_are_named_and_an_event_shares_those_that_it_set() {
    let set = variables(&json!({ "n": 1, "text": "t".repeat(600) }));
    let mut first = variable_samples().remove(0).1;
    let Kind::StateExited { assigned, .. } = &mut first.events[0].kind else { panic!("{:?}", first.events) };
    *assigned = set.clone();
    first.cursor.place.variables = Scopes { own: set, outer: Vec::new() };
    let text = written(&first);
    assert_eq!((text.matches("ttt").count() / 200, text.matches(r#"{"n":1}"#).count()), (1, 1), "{text}");
    first.settle_payloads();
    let mut next = record(Cause::Step(7), vec![], first.cursor.phase.clone());
    next.cursor.place.variables = first.cursor.place.variables;
    let text = written(&next);
    assert!(text.contains(r#""variables":{"own":{"short":"1","long":{"text":"0/2.1:7.1"}}}"#), "{text}");
    assert!(!text.contains("ttt"), "{text}");
}

/// Records of before do not say it: their strands wake the parent each time.
#[test]
fn how_many_siblings_a_strand_has_is_written_only_where_it_counts() {
    let mut record = samples().remove(0).1;
    assert!(!written(&record).contains("siblings"));
    record.cursor.place.siblings = Some(engine::Siblings { total: 3, at_once: 40 });
    assert_eq!(open(&written(&record)).expect("it is whole"), record);
}

#[test]
fn a_body_cut_anywhere_is_damaged() {
    let text = written(&samples().remove(0).1);
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        assert!(matches!(open(&text[..end]), Err(Error::Damaged(_))), "cut at {end}");
    }
}

#[test]
fn what_is_no_record_says_what_is_wrong_with_it() {
    check_refused(|body| body["cursor"]["phase"] = "Asleep".into(), "it is damaged: unknown variant `Asleep`");
    check_refused(|body| body["cursor"]["phase"]["Ready"]["input"] = "x".into(), "\"x\" is no place of a payload");
    check_refused(|body| body["events"][0]["p"] = "0:1".into(), "\"0:1\" is no place of an event");
    check_refused(|body| body["cursor"]["phase"]["Ready"]["input"] = "99".into(), "payload 99 of it is missing");
    check_refused(|body| body["cursor"]["phase"]["Ready"]["input"] = "0:8.1".into(), "payload 0:8.1 of it is missing");
    check_refused(|body| *body = Value::Null, "it is damaged");
}

#[test]
fn a_payload_that_is_not_found_is_missing() {
    let stored = samples().remove(0).1.encode(usize::MAX).stored;
    let closed = Opened::read(&stored).expect("it is whole").close(&HashMap::new(), &[]);
    assert!(matches!(&closed, Err(Error::MissingPayload(place)) if place == "0:0.0"), "{closed:?}");
    assert!(matches!(payload_at(&stored, 99), Err(Error::MissingPayload(slot)) if slot == "99"));
    let damaged = StoredRecord { key: key(7), body: Bytes::from_static(b"{}"), expires: None };
    assert!(matches!(payload_at(&damaged, 0), Err(Error::Damaged(_))));
    assert_eq!(Payload::empty().home(), None);
}

#[test]
fn a_newer_version_is_told_from_damage_whatever_else_has_changed() {
    let newer = "it has version 6, and this program reads up to 5: run a newer one";
    assert_eq!(VERSION, 5);
    check_refused(|body| body["version"] = 6.into(), newer);
    check_refused(
        |body| {
            body["version"] = 6.into();
            body["cursor"] = "elsewhere".into();
        },
        newer,
    );
}
