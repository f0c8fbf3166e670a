//! Where a strand stood when it ended, and what it does first when its execution is redriven.

use crate::strand::{FUNCTION, NOW, Strand, single};
use model::history::{Kind, StateType};
use model::{EventRef, Failure, Payload, StrandId};
use ratchet_engine::{
    Cursor, Effect, End, Ending, Left, Origin, Phase, Redriven, Resume, Trigger, effects, left, redrive,
};
use serde_json::{Value, json};

/// The strand before its last record, and that record's strand.
struct Ended {
    before: Strand,
    end: Strand,
}

impl Ended {
    /// By this trigger.
    fn by(before: Strand, trigger: Trigger) -> Self {
        let end = before.clone().after(trigger);
        Self { before, end }
    }

    fn left(&self) -> Left {
        let Strand { id, seq, now, events, cursor, .. } = &self.end;
        let last = End { strand: id, seq: *seq, time: *now, events, cursor };
        left(&self.end.machine, Some(&self.before.cursor), last)
    }

    /// The record that redrives it for the second time.
    fn redriven(&self, resume: Resume) -> Strand {
        let mut strand = self.end.clone().later(60);
        let seq = strand.seq + 1;
        let step = strand.with_context(&strand.id, seq, 0, |context| redrive(&strand.cursor, resume, 2, context));
        strand.seq = seq;
        strand.events = step.events;
        strand.cursor = step.cursor;
        strand
    }
}

fn stopped() -> Trigger {
    Trigger::Aborted(Ending::Stopped(Failure::named("Enough")))
}

#[expect(clippy::unnecessary_wraps, reason = "as cursors and events have it")]
fn at(seq: u64, index: u32) -> Option<EventRef> {
    Some(EventRef { strand: StrandId::root(), seq, index })
}

/// The resumption of a state that was entered in record 1.
#[track_caller]
fn again(ended: &Ended, state_type: StateType) -> Resume {
    let Left::InState { visit, entered } = ended.left() else { panic!("{:?}", ended.left()) };
    assert_eq!((visit.state.as_str(), visit.state_type), ("S", state_type));
    assert!(entered.is_none() || entered == at(1, 0), "{entered:?}");
    Resume::Again { visit, follows: at(1, 0) }
}

fn task(more: Value) -> Value {
    let mut state = json!({"Type": "Task", "Resource": FUNCTION});
    if let Value::Object(more) = more {
        for (name, value) in more {
            state[name] = value;
        }
    }
    state
}

/// Waits as if for a retry whose time has come, so that whoever makes calls takes the step.
#[track_caller]
fn check_waits(strand: &Strand) {
    let Phase::Waiting(waiting) = &strand.cursor.phase else { panic!("{:?}", strand.cursor.phase) };
    assert!(waiting.retry && waiting.until == strand.now && waiting.visit.attempts.iter().all(|count| *count == 0));
    let redriven = Redriven { count: 2, at: strand.now, seq: strand.seq };
    assert_eq!(strand.cursor.place.redriven, Some(redriven));
    assert_eq!(
        strand.effects(),
        [Effect::ReopenExecution(redriven), Effect::StartTimer { since: strand.seq, at: strand.now }]
    );
}

#[test]
fn a_task_that_failed_after_its_retries_has_them_all_again() {
    let retry = json!([{"ErrorEquals": ["E"], "MaxAttempts": 1, "IntervalSeconds": 1}]);
    let failed = || Trigger::TaskFailed(Failure::named("E"));
    let calling = Strand::enter(task(json!({"Retry": retry})), &json!({"a": 1}));
    let retried = calling.after(failed()).later(1).after(Trigger::TimerFired);
    let ended = Ended::by(retried, failed());
    let strand = ended.redriven(again(&ended, StateType::Task));
    check_waits(&strand);
    assert!(matches!(&strand.events[..], [event] if event.kind == Kind::ExecutionRedriven { redrive_count: 2 }));
    assert_eq!(strand.events[0].previous, ended.end.cursor.last);
    let called = strand.after(Trigger::TimerFired);
    assert!(matches!(called.cursor.phase, Phase::Calling(_)));
    assert_eq!(called.events[0].previous, at(1, 0), "it follows what it followed the first time");
    assert_eq!(called.effects(), [], "META was opened before its first step");
    let retries = called.after(failed());
    assert!(matches!(&retries.cursor.phase, Phase::Waiting(waiting) if waiting.visit.attempts == [1]));
}

#[test]
fn what_was_stopped_is_found_in_the_cursor_before() {
    let tasks = [
        Strand::enter(task(json!({})), &json!({})),
        Strand::enter(task(json!({"Retry": [{"ErrorEquals": ["E"]}]})), &json!({}))
            .after(Trigger::TaskFailed(Failure::named("E"))),
    ];
    for strand in tasks {
        let ended = Ended::by(strand, stopped());
        check_waits(&ended.redriven(again(&ended, StateType::Task)));
    }
    let waits = Strand::enter(json!({"Type": "Wait", "Seconds": 50}), &json!({}));
    let ended = Ended::by(waits, stopped());
    let strand = ended.redriven(again(&ended, StateType::Wait));
    check_waits(&strand);
    let again = strand.after(Trigger::TimerFired);
    assert_eq!(again.effects(), [Effect::StartTimer { since: 4, at: NOW.plus_seconds(110) }]);
    assert!(again.events.is_empty(), "it is not entered again");
}

#[test]
fn a_state_that_failed_where_it_was_entered_is_found_in_the_last_record() {
    for (state, state_type) in [
        (json!({"Type": "Pass", "InputPath": "$.none"}), StateType::Pass),
        (json!({"Type": "Wait", "SecondsPath": "$.none"}), StateType::Wait),
        (task(json!({"Parameters": {"a.$": "$.none"}})), StateType::Task),
        (
            json!({"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "Next"}]}),
            StateType::Choice,
        ),
        (
            json!({"Type": "Map", "ItemsPath": "$.none", "ItemProcessor":
                {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}}),
            StateType::Map,
        ),
    ] {
        let input = json!({"a": 1});
        let ended = Ended::by(Strand::start(&single(state), &input), Trigger::Entered);
        let Left::InState { visit, entered } = ended.left() else { panic!("{:?}", ended.left()) };
        assert_eq!((visit.state_type, entered, visit.entered_id), (state_type, at(1, 0), 2));
        assert_eq!((visit.input.value(), visit.entered), (&input, NOW));
        let strand = ended.redriven(Resume::Again { visit, follows: at(1, 0) });
        check_waits(&strand);
        let failed = strand.after(Trigger::TimerFired);
        assert!(matches!(failed.cursor.phase, Phase::Ended(_)), "{state_type:?}");
        assert_eq!(failed.events.len(), 1, "it is not entered again: {:?}", failed.events);
    }
}

#[test]
fn a_fail_state_and_one_that_was_not_entered_are_entered() {
    let machine = single(json!({"Type": "Fail", "Error": "E"}));
    let ready = Strand::start(&machine, &json!({"a": 1}));
    for (trigger, events) in [(Trigger::Entered, 2), (stopped(), 1)] {
        let ended = Ended::by(ready.clone(), trigger);
        assert_eq!(ended.end.events.len(), events);
        let Left::AtState { state, input, follows } = ended.left() else { panic!("{:?}", ended.left()) };
        assert_eq!((state.as_str(), input.value(), &follows), ("S", &json!({"a": 1}), &None));
        let strand = ended.redriven(Resume::Enter { state, input, follows });
        let redriven = Redriven { count: 2, at: strand.now, seq: 2 };
        assert_eq!(strand.effects(), [Effect::ReopenExecution(redriven), Effect::Wake]);
        let failed = strand.after(Trigger::Entered);
        let kinds: Vec<&str> = failed.events.iter().map(|event| event.kind.type_name()).collect();
        assert_eq!(kinds, ["FailStateEntered", "ExecutionFailed"]);
        assert_eq!(failed.effects(), [Effect::CloseExecution]);
    }
}

/// A Map of five items, two at once; 0 and 1 have succeeded, 2 failed and 3 was given up.
fn failed_map() -> Ended {
    let processor = json!({"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}});
    let map = json!({"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": processor});
    let mut strand = Strand::enter(map, &json!([0, 1, 2, 3, 4]));
    let both = |strand: &Strand, one: u32, trigger: Trigger| {
        let child = |index: u32, trigger: Trigger| strand.child(index).expect("it begins").after(trigger).end();
        [child(one, trigger), child(one + 1, Trigger::Entered)]
    };
    let ends = both(&strand, 0, Trigger::Entered);
    strand = strand.after(Trigger::ChildrenEnded(ends.to_vec()));
    let broken = Ending::Broken(Failure::named("E"));
    let mut ends = both(&strand, 2, Trigger::Aborted(broken));
    ends[1].outcome = ratchet_engine::Outcome::Aborted(Failure::default());
    Ended::by(strand, Trigger::ChildrenDone(ends.to_vec()))
}

#[test]
fn a_fork_begins_again_with_those_that_had_no_success_then_with_those_that_never_began() {
    let ended = failed_map();
    let Left::InFork { forked, follows } = ended.left() else { panic!("{:?}", ended.left()) };
    assert_eq!(follows, at(1, 1), "what started the Map");
    let origin = Origin { strand: StrandId::root(), fork: forked.fork.seq };
    let resume = Resume::Fork { forked, follows, origin: origin.clone(), again: vec![2, 3] };
    let strand = ended.redriven(resume);
    let seq = strand.seq;
    let fork = |cursor: &Cursor<Payload>| match &cursor.phase {
        Phase::Forked(forked) => forked.fork.clone(),
        phase => panic!("{phase:?}"),
    };
    let first = fork(&strand.cursor);
    assert_eq!((first.seq, &first.running[..], &first.again[..], first.next), (seq, &[2, 3][..], &[][..], 4));
    assert_eq!(first.before, [origin]);
    assert!(!first.has_begun_all());
    let started = |index| Effect::StartChild { fork: seq, index, fresh: true };
    assert_eq!(strand.effects()[1..], [started(2), started(3)]);
    let child = strand.child(2).expect("it begins");
    assert_eq!(child.cursor.place.siblings, None, "no number says that all have ended");
    assert_eq!(child.cursor.place.redriven, strand.cursor.place.redriven);
    let end = child.after(Trigger::Entered).end();
    let next = strand.after(Trigger::ChildrenEnded(vec![end]));
    let second = fork(&next.cursor);
    assert_eq!((&second.running[..], second.next), (&[3, 4][..], 5));
    assert!(second.has_begun_all());
}

#[test]
fn a_fork_with_nothing_left_to_do_has_itself_looked_at() {
    let ended = failed_map();
    let Left::InFork { mut forked, follows } = ended.left() else { panic!("{:?}", ended.left()) };
    forked.fork.next = 5;
    let origin = Origin { strand: StrandId::root(), fork: forked.fork.seq };
    let strand = ended.redriven(Resume::Fork { forked, follows, origin, again: vec![] });
    assert_eq!(strand.effects()[1..], [Effect::Join { fork: strand.seq }]);
    assert_eq!(effects(&strand.cursor, false), [Effect::Join { fork: strand.seq }], "only the root opens META");
}

#[test]
fn a_child_goes_on_where_the_one_before_it_was() {
    let ended = failed_map();
    let Left::InFork { forked, follows } = ended.left() else { panic!("{:?}", ended.left()) };
    let origin = Origin { strand: StrandId::root(), fork: forked.fork.seq };
    let parent = ended.redriven(Resume::Fork { forked, follows, origin, again: vec![2, 3] });
    let was = Some(EventRef { strand: StrandId::root().child(1, 2), seq: 3, index: 1 });
    let input = Payload::from_value(json!("as it was"));
    let resume = Resume::Enter { state: "I".to_owned(), input: input.clone(), follows: was.clone() };
    let child = parent.resumed_child(2, resume, &parent).expect("it begins");
    assert!(child.events.is_empty(), "it was begun before: {:?}", child.events);
    assert_eq!(child.cursor.phase, Phase::Ready { state: "I".to_owned(), input });
    assert_eq!(child.cursor.last, was);
    let item = child.cursor.place.item.as_ref().map(|item| (item.index, item.value.value().clone()));
    assert_eq!(item, Some((2, json!(2))));
    let done = child.after(Trigger::Entered);
    let noted = |kind: &Kind<Payload>| matches!(kind, Kind::MapIterationSucceeded { index: 2, .. });
    assert!(done.events.iter().any(|event| noted(&event.kind)));
}
