//! Records in, lines out.

use super::layout::picture;
use super::plain;
use super::tree::Tree;
use engine::{Cursor, Ending, Fork, Forked, Outcome, Phase, Place, Visit, Waiting};
use model::history::{Event, Kind, StateType};
use model::{ExecutionArn, Failure, Payload, RunId, Seq, StrandId, Timestamp, Variables, WriterId, arn};
use orchestrator::{Cause, Record, RecordKey, RunKey};

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_micros(milliseconds * 1_000)
}

fn visit(state: &str, attempts: u64) -> Visit<Payload> {
    Visit {
        state: state.into(),
        state_type: StateType::Task,
        input: Payload::empty(),
        entered: at(0),
        entered_id: 2,
        attempts: vec![attempts],
    }
}

fn record(
    strand: &StrandId,
    seq: Seq,
    time: i64,
    kinds: Vec<Kind<Payload>>,
    phase: Phase<Payload>,
) -> Result<Record, arn::Error> {
    let execution: ExecutionArn = "arn:aws:states:us-east-1:123456789012:execution:shop:one".parse()?;
    Ok(Record {
        key: RecordKey { run: RunKey { execution, run: RunId("r".into()) }, strand: strand.clone(), seq },
        writer: WriterId("w".into()),
        cause: Cause::Started,
        time: at(time),
        events: kinds.into_iter().map(|kind| Event { previous: None, kind }).collect(),
        cursor: Cursor { since: seq, last: None, events: 0, place: Place::root(), phase },
    })
}

fn entered(state_type: StateType, name: &str) -> Kind<Payload> {
    Kind::StateEntered { state_type, name: name.into(), input: Payload::empty() }
}

fn exited(state_type: StateType, name: &str) -> Kind<Payload> {
    Kind::StateExited { state_type, name: name.into(), output: Payload::empty(), assigned: Variables::default() }
}

fn forked(state: &str, seq: Seq, total: u32, ending: Option<Ending>) -> Phase<Payload> {
    let fork = Fork {
        seq,
        total,
        next: total,
        limit: 40,
        running: Vec::new(),
        fresh: Vec::new(),
        input: Payload::empty(),
        effective_input: None,
        follows: None,
        again: Vec::new(),
        before: Vec::new(),
    };
    Phase::Forked(Forked { visit: visit(state, 0), fork, ending })
}

fn succeeded() -> Phase<Payload> {
    Phase::Ended(Outcome::Succeeded { output: Payload::empty() })
}

/// The picture and the lines after these records, at this time.
fn check(records: Vec<Record>, now: i64, expected_picture: &[&str], expected_lines: &[&str]) {
    let mut tree = Tree::default();
    let mut lines = Vec::new();
    for record in records {
        for change in tree.apply(&record) {
            lines.extend(plain::line(&change, &tree.path(&record.key.strand), at(0), record.time));
        }
    }
    let picture: Vec<String> = picture(&tree, "shop", at(now), 0).iter().map(|line| line.render(100, false)).collect();
    assert_eq!(picture, expected_picture);
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    assert_eq!(lines, expected_lines);
}

#[test]
fn a_retry_is_shown_with_its_reason_and_its_time() -> Result<(), arn::Error> {
    let root = StrandId::root();
    let retrying = Phase::Waiting(Waiting { visit: visit("Pay", 1), until: at(1_500), retry: true });
    let failed = Kind::LambdaFunctionFailed(Failure::new("Busy", r#"{"errorMessage": "later", "errorType": "Busy"}"#));
    check(
        vec![
            record(
                &root,
                0,
                0,
                vec![entered(StateType::Pass, "Begin"), exited(StateType::Pass, "Begin")],
                forked_none(),
            )?,
            record(&root, 1, 500, vec![entered(StateType::Task, "Pay"), failed], retrying)?,
        ],
        700,
        &[
            "⠋ shop  running  700 ms",
            "  ✓ Begin                 Pass",
            "  ↻ Pay                   Task       200 ms  Busy, again in 800 ms",
        ],
        &["0 ms  Begin done", "500 ms  Pay failed attempt 1: Busy: later; again in 1.0 s"],
    );
    Ok(())
}

fn forked_none() -> Phase<Payload> {
    Phase::Ready { state: "Pay".into(), input: Payload::empty() }
}

#[test]
fn branches_hang_below_their_parallel_and_a_caught_failure_is_told() -> Result<(), arn::Error> {
    let root = StrandId::root();
    let (ship, pay) = (root.child(1, 0), root.child(1, 1));
    let declined = Failure::new("Declined", "no funds");
    let fail = |kind: Kind<Payload>| vec![entered(StateType::Task, "Pay"), kind];
    check(
        vec![
            record(&root, 1, 0, vec![entered(StateType::Parallel, "Both")], forked("Both", 1, 2, None))?,
            record(&ship, 0, 10, vec![entered(StateType::Task, "Ship")], forked_none())?,
            record(
                &pay,
                0,
                20,
                fail(Kind::LambdaFunctionFailed(declined.clone())),
                Phase::Ended(Outcome::Failed(declined.clone())),
            )?,
            record(
                &root,
                2,
                30,
                Vec::new(),
                forked(
                    "Both",
                    1,
                    2,
                    Some(Ending::ChildFailed { failure: declined, at: None, after: Timestamp::default() }),
                ),
            )?,
            record(&ship, 1, 40, vec![Kind::TaskStateAborted], Phase::Ended(Outcome::Aborted(Failure::default())))?,
            record(
                &root,
                3,
                50,
                vec![
                    Kind::ParallelStateFailed,
                    exited(StateType::Parallel, "Both"),
                    entered(StateType::Pass, "Sorry"),
                    exited(StateType::Pass, "Sorry"),
                    Kind::ExecutionSucceeded { output: Payload::empty() },
                ],
                succeeded(),
            )?,
        ],
        90,
        &[
            "✓ shop  succeeded  50 ms",
            "  ↷ Both                  Parallel   50 ms  2 branches, 1 failed, 1 aborted  caught Declined",
            "  ├─ ⊘ Ship               Task       30 ms",
            "  └─ ✗ Pay                Task       Declined",
            "  ✓ Sorry                 Pass",
        ],
        &[
            "0 ms  Both starts 2 branches",
            "20 ms  Both[1] Pay failed: Declined: no funds",
            "40 ms  Both[0] Ship aborted",
            "50 ms  Both failed and was caught: Declined: no funds",
            "50 ms  Sorry done",
        ],
    );
    Ok(())
}

#[test]
fn a_large_map_is_counted_and_what_went_well_is_forgotten() -> Result<(), arn::Error> {
    let root = StrandId::root();
    let mut records = vec![record(&root, 0, 0, vec![entered(StateType::Map, "Each")], forked("Each", 0, 1_000, None))?];
    for index in 0..990 {
        let child = root.child(0, index);
        records.push(record(&child, 0, 1, vec![entered(StateType::Pass, "One")], forked_none())?);
        if index < 980 {
            records.push(record(&child, 1, 2, vec![exited(StateType::Pass, "One")], succeeded())?);
        }
    }
    let mut tree = Tree::default();
    let told: usize = records
        .iter()
        .flat_map(|record| tree.apply(record))
        .filter(|change| matches!(change, super::tree::Change::Progress(..)))
        .count();
    assert_eq!(told, 9);
    let picture = picture(&tree, "shop", at(5), 0);
    let picture: Vec<String> = picture.iter().map(|line| line.render(80, false)).collect();
    assert_eq!(picture.len(), 9, "{picture:#?}");
    assert_eq!(picture[1], "  ⠋ Each                  Map        5 ms  980 of 1000 items done");
    assert_eq!(picture[2], "  ├─ #980 ⠋ One           Pass       4 ms");
    assert_eq!(picture[8], "  └─ … 4 more running");
    assert_eq!(tree.children(&root, 0).map(|children| children.kept.len()), Some(10));
    Ok(())
}

#[test]
fn the_state_to_blame_is_the_deepest_that_failed() -> Result<(), arn::Error> {
    let root = StrandId::root();
    let child = root.child(0, 1);
    let failure = Failure::named("E");
    let mut tree = Tree::default();
    tree.apply(&record(&root, 0, 0, vec![entered(StateType::Parallel, "Both")], forked("Both", 0, 2, None))?);
    let ended = Phase::Ended(Outcome::Failed(failure.clone()));
    tree.apply(&record(&child, 0, 1, vec![entered(StateType::Fail, "No")], ended.clone())?);
    tree.apply(&record(&root, 1, 2, vec![Kind::ParallelStateFailed, Kind::ExecutionFailed(failure)], ended)?);
    let found = tree.culprit().map(|(path, step)| (path, step.name.clone()));
    assert_eq!(found, Some(("Both[1]".to_owned(), "No".to_owned())));
    Ok(())
}

#[test]
fn of_two_branches_that_failed_the_one_whose_failure_counts_is_to_blame() -> Result<(), arn::Error> {
    let root = StrandId::root();
    let mut tree = Tree::default();
    tree.apply(&record(&root, 0, 0, vec![entered(StateType::Parallel, "Both")], forked("Both", 0, 2, None))?);
    for (index, name) in [(0, "First"), (1, "Second")] {
        let ended = Phase::Ended(Outcome::Failed(Failure::named(name)));
        tree.apply(&record(&root.child(0, index), 0, 1, vec![entered(StateType::Fail, name)], ended)?);
    }
    let failure = Failure::named("First");
    let ended = Phase::Ended(Outcome::Failed(failure.clone()));
    tree.apply(&record(&root, 1, 2, vec![Kind::ParallelStateFailed, Kind::ExecutionFailed(failure)], ended)?);
    let found = tree.culprit().map(|(path, step)| (path, step.name.clone()));
    assert_eq!(found, Some(("Both[0]".to_owned(), "First".to_owned())));
    Ok(())
}
