//! What must be true.
//!
//! Where a property is about a step rather than a state, whoever takes that step is judged as it does, and the verdict
//! is kept in the state.

use crate::protocol::Protocol;
use crate::record::{Cause, Ending, Outcome, Phase, Record, Strand, indexes};
use crate::state::State;
use crate::turn::Turn;
use crate::worker::Won;
use stateright::{Model, Property};

/// What a step can do wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Violation {
    /// A call was made twice for one claim.
    CalledTwice,
    /// A record follows a terminal one, and is no redrive of the root.
    AfterTerminal,
    /// A record was computed from another than its predecessor.
    Phantom,
    /// A call was made for a claim put after StopExecution had answered.
    CalledAfterStop,
    /// A child began, or a call was claimed, whose parent had left the fork.
    AfterFork,
    /// A fork was left with a child that lives.
    LeftFork,
    /// A fork was joined before all its children had succeeded, or twice.
    JoinedWrongly,
    /// A token was used twice, or a timer, a token or an end of a child moved a wait that it was not for.
    WrongWait,
    /// An execution was broken off without a deterministic error.
    HealthyFailed,
    /// A stop or a time-out of before a redrive ended the execution after it.
    EndedByOldStop,
}

/// Everything that went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Violations(u16);

impl Violations {
    /// Notes one.
    pub fn add(&mut self, violation: Violation) {
        self.0 |= 1 << violation as u16;
    }

    /// Whether there was one.
    pub fn has(self, violation: Violation) -> bool {
        self.0 & (1 << violation as u16) != 0
    }
}

/// All properties, by what they claim.
pub fn all<M: Model<State = State> + AsRef<Protocol>>() -> Vec<Property<M>> {
    let always = Property::<M>::always;
    vec![
        always("a call is made at most once per claim", |_, state| fine(state, Violation::CalledTwice)),
        always("no record follows a terminal one, but a redrive on the root", |_, state| {
            fine(state, Violation::AfterTerminal)
        }),
        always("a record is computed from its predecessor", |_, state| fine(state, Violation::Phantom)),
        always("no call is made for a claim put after StopExecution answered", |_, state| {
            fine(state, Violation::CalledAfterStop)
        }),
        always("no child begins or claims a call once its fork is left", |_, state| fine(state, Violation::AfterFork)),
        always("a fork is left only when every child begun has ended", |_, state| fine(state, Violation::LeftFork)),
        always("a fork is joined once, and not before all have succeeded", |_, state| {
            fine(state, Violation::JoinedWrongly)
        }),
        always("tokens, timers and ends of children move only the wait they are for, once", |_, state| {
            fine(state, Violation::WrongWait)
        }),
        always("only a deterministic error breaks an execution off", |_, state| fine(state, Violation::HealthyFailed)),
        always("a stop ends only what it was asked to end", |_, state| fine(state, Violation::EndedByOldStop)),
        always("at rest the root has ended", |_, state| !state.is_at_rest() || root_has_ended(state)),
        always("at rest META says what the root's record says", |_, state| !state.is_at_rest() || meta_is_right(state)),
        always("at rest no strand lives", |model, state| !state.is_at_rest() || no_strand_lives(model.as_ref(), state)),
        Property::<M>::sometimes("it comes to rest", |_, state: &State| state.is_at_rest()),
    ]
}

/// Whether the state is one that every execution is meant to come to.
pub fn is_good_end(protocol: &Protocol, state: &State) -> bool {
    state.is_at_rest() && root_has_ended(state) && meta_is_right(state) && no_strand_lives(protocol, state)
}

fn fine(state: &State, violation: Violation) -> bool {
    !state.violations.has(violation)
}

fn root_has_ended(state: &State) -> bool {
    // A start that was lost before its put never was.
    state.head(Strand::ROOT).is_none_or(|(_, head)| head.is_terminal())
}

fn meta_is_right(state: &State) -> bool {
    state.head(Strand::ROOT).is_none_or(|(seq, head)| match (head.phase, state.meta.end) {
        (Phase::Ended(outcome), Some(end)) => outcome == end && state.meta.seq == seq,
        (Phase::Ended(_), None) => false,
        (_, end) => end.is_none(),
    })
}

/// Strands of an execution that was broken off are left as they are: nothing more can be worked out for them.
fn no_strand_lives(protocol: &Protocol, state: &State) -> bool {
    protocol.has_poison() || state.journal.iter().all(|(_, records)| records.last().is_some_and(Record::is_terminal))
}

/// Judges a put that is about to be carried out.
pub fn judge_put(turn: &mut Turn<'_>, strand: Strand, seq: u8, record: Record, based: Option<Record>, then: Won) {
    let mut found = Vec::new();
    let state = &turn.state;
    match (state.head(strand), based) {
        (None, None) => {}
        (Some((head_seq, head)), Some(based)) if head_seq + 1 == seq && same(head, based) => {
            judge_step(turn, strand, head, record, then, &mut found);
        }
        _ => found.push(Violation::Phantom),
    }
    let claims = matches!(record.phase, Phase::Calling { .. });
    if (claims || seq == 0 && !record.is_terminal())
        && let Some((parent, fork, _)) = strand.parent()
        && !state.head(parent).is_some_and(|(_, head)| head.is_in_fork(fork))
        && !turn.protocol.has_poison()
    {
        found.push(Violation::AfterFork);
    }
    for violation in found {
        turn.state.violations.add(violation);
    }
}

/// Judges a record that follows another.
fn judge_step(turn: &Turn<'_>, strand: Strand, head: Record, record: Record, then: Won, found: &mut Vec<Violation>) {
    let state = &turn.state;
    if head.is_terminal() && !(then == Won::Redrive && strand == Strand::ROOT) {
        found.push(Violation::AfterTerminal);
    }
    if let Cause::Answer(since) | Cause::Timer(since) | Cause::Children(since) = record.cause {
        let is_again = |there: &Record| there.cause == record.cause && matches!(there.cause, Cause::Answer(_));
        let is_broken_off = then == Won::BreakOff;
        if !is_broken_off && (head.since != since || state.records(strand).iter().any(is_again)) {
            found.push(Violation::WrongWait);
        }
    }
    let is_of_old = match then {
        Won::Abort(Ending::Stopped(of) | Ending::TimedOut(of)) => of != head.redrives,
        _ => record.phase == Phase::Ended(Outcome::Aborted) && state.asked != Some(head.redrives),
    };
    if strand == Strand::ROOT && is_of_old {
        found.push(Violation::EndedByOldStop);
    }
    let Phase::Forked { at, next, ending, .. } = head.phase else { return };
    if record.is_in_fork(head.since) || then == Won::BreakOff {
        return;
    }
    let end = |index| turn.child_end(strand.child(head.since, index));
    let begun = (1_u16 << next) - 1;
    let all = |is: &dyn Fn(Outcome) -> bool| {
        indexes(u8::try_from(begun).unwrap_or(u8::MAX)).all(|index| end(index).is_some_and(is))
    };
    if !all(&|_| true) {
        found.push(Violation::LeftFork);
    }
    let total = turn.protocol.fork_of(state, strand, head.since).map_or(0, |fork| fork.total());
    let is_join = ending.is_none() && record.phase != Phase::Ended(Outcome::Failed) && record.cause != Cause::Abort;
    let is_success = match record.phase {
        Phase::Ready { at: to } => to > at,
        Phase::Ended(outcome) => outcome == Outcome::Succeeded,
        Phase::Calling { .. } | Phase::Pending { .. } | Phase::Waiting { .. } | Phase::Forked { .. } => false,
    };
    let catches = |outcome: Outcome| outcome == Outcome::Failed;
    let has_failed = indexes(u8::try_from(begun).unwrap_or(u8::MAX)).any(|index| end(index).is_some_and(catches));
    if is_join && is_success && !has_failed && !(next == total && all(&|outcome| outcome == Outcome::Succeeded)) {
        found.push(Violation::JoinedWrongly);
    }
}

/// Judges a call that is about to be made.
pub fn judge_call(turn: &mut Turn<'_>, record: Record) {
    let state = &mut turn.state;
    let Phase::Calling { called, late, .. } = record.phase else { return };
    if called {
        state.violations.add(Violation::CalledTwice);
    }
    if late {
        state.violations.add(Violation::CalledAfterStop);
    }
}

fn same(head: Record, based: Record) -> bool {
    Record { writer: 0, ..head.plain() } == Record { writer: 0, ..based.plain() }
}
