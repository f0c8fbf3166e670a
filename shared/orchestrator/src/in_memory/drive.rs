//! The loop of an execution in memory: one step at a time, and between steps whatever is waited for.

use super::strands::{Strand, Strands};
use super::{InMemory, Kept};
use crate::Error;
use crate::advance::{after_events, not_before};
use engine::{ChildEnd, Effect, Ending, Outcome, Phase, Step, Trigger, effects};
use futures::FutureExt as _;
use futures::future::{AbortHandle, Abortable, Aborted, BoxFuture};
use futures::stream::{FuturesUnordered, StreamExt as _};
use model::{Failure, Payload, Seq, StrandId, Timestamp, error_name};
use std::collections::VecDeque;
use std::time::Duration;

/// Steps between two looks at what has come in, and at whoever else shares the thread.
const STEPS_AT_ONCE: u32 = 64;

/// Runs the execution to its end.
pub(super) async fn run(world: &InMemory<'_>, began: Timestamp, kept: &mut Kept) -> Outcome<Payload> {
    let mut run = Run {
        world,
        kept,
        deadline: world.deadline(began),
        is_timed_out: false,
        strands: Strands::default(),
        due: VecDeque::new(),
        under_way: FuturesUnordered::new(),
        outcome: None,
    };
    match run.finish(began).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Failed(Failure::new(
            error_name::RUNTIME,
            format!("Ratchet cannot go on with this execution: {error}. Please report the text above."),
        )),
    }
}

/// What is to be done next.
enum Turn {
    /// The strand takes a step.
    Step(StrandId, Trigger),
    /// The strand is told how its children ended.
    Join(StrandId),
}

type Landed = Result<(StrandId, Trigger), Aborted>;

struct Run<'a> {
    world: &'a InMemory<'a>,
    kept: &'a mut Kept,
    deadline: Timestamp,
    is_timed_out: bool,
    strands: Strands,
    due: VecDeque<Turn>,
    /// Calls and sleeps.
    under_way: FuturesUnordered<BoxFuture<'a, Landed>>,
    /// Set by the end of the root.
    outcome: Option<Outcome<Payload>>,
}

impl Run<'_> {
    async fn finish(&mut self, began: Timestamp) -> Result<Outcome<Payload>, Error> {
        let world = self.world;
        let first = engine::start(world.machine, world.facts, None);
        self.put(&StrandId::root(), 0, began, first);
        let mut steps = 0;
        loop {
            if !self.is_timed_out && world.clock.now() >= self.deadline {
                self.is_timed_out = true;
                let ending = Ending::TimedOut(Failure::default());
                self.due.push_front(Turn::Step(StrandId::root(), Trigger::Aborted(ending)));
            }
            let has_moved = self.begin_child()? || self.take_turn()?;
            if let Some(outcome) = self.outcome.take() {
                return Ok(outcome);
            }
            if !has_moved {
                self.wait().await;
                continue;
            }
            steps += 1;
            if steps == STEPS_AT_ONCE {
                steps = 0;
                tokio::task::yield_now().await;
                while let Some(Some(landed)) = self.under_way.next().now_or_never() {
                    self.land(landed);
                }
            }
        }
    }

    /// Waits until something comes in, or the execution has run for too long.
    async fn wait(&mut self) {
        let clock = self.world.clock;
        let left = self.deadline.since(clock.now());
        tokio::select! {
            biased;
            Some(landed) = self.under_way.next() => self.land(landed),
            () = clock.sleep(left.max(Duration::from_millis(1))) => {}
        }
    }

    fn land(&mut self, landed: Landed) {
        if let Ok((strand, trigger)) = landed {
            self.due.push_back(Turn::Step(strand, trigger));
        }
    }

    /// Begins a child, if one is to begin and there is room for it.
    fn begin_child(&mut self) -> Result<bool, Error> {
        if self.strands.active() >= self.world.limits.strands_at_once.max(1) {
            return Ok(false);
        }
        let Some((parent, index)) = self.strands.next_child() else { return Ok(false) };
        let world = self.world;
        let Some(strand) = self.strands.get(&parent) else { return Ok(true) };
        let Some(forked) = strand.forked() else { return Ok(true) };
        let child = parent.child(forked.fork.seq, index);
        let time = world.clock.now().max(strand.end);
        let begun = world
            .take(&child, 0, |context| engine::begin_child(world.machine, &strand.cursor, index, None, context))?;
        if let Some(begun) = begun {
            self.put(&child, 0, time, begun);
        }
        Ok(true)
    }

    /// Does what is to be done next, if anything is.
    fn take_turn(&mut self) -> Result<bool, Error> {
        match self.due.pop_front() {
            None => return Ok(false),
            Some(Turn::Step(id, trigger)) => self.step(&id, trigger)?,
            Some(Turn::Join(id)) => {
                if let Some(trigger) = self.strands.get(&id).and_then(Strand::join) {
                    self.step(&id, trigger)?;
                }
            }
        }
        Ok(true)
    }

    /// Moves the strand on. Nothing happens if it has ended, or if the trigger comes too late.
    fn step(&mut self, id: &StrandId, trigger: Trigger) -> Result<(), Error> {
        let world = self.world;
        let Some(strand) = self.strands.get(id) else { return Ok(()) };
        let time = world.clock.now().max(strand.end).max(not_before(&trigger));
        let seq = strand.seq + 1;
        let step = world.take(id, seq, |context| engine::step(world.machine, &strand.cursor, trigger, context))?;
        if let Some(step) = step {
            self.put(id, seq, time, step);
        }
        Ok(())
    }

    /// What a put of the record is elsewhere: from now on the strand stands there. Then its effects are carried out.
    fn put(&mut self, id: &StrandId, seq: Seq, time: Timestamp, step: Step) {
        let Step { events, cursor } = step;
        let end = after_events(time, events.len());
        let effects = effects(&cursor, id.is_root());
        let parent = id.parent();
        let ended = parent.as_ref().and_then(|(_, _, index)| ChildEnd::of(*index, &cursor, &events, end));
        self.kept.add(id, seq, time, events);
        let mut strand = Strand::after(self.strands.remove(id), cursor, seq, end);
        match &strand.cursor.phase {
            Phase::Ended(outcome) if id.is_root() => {
                self.outcome = Some(outcome.clone());
                return;
            }
            Phase::Ended(_) => {
                if let (Some((parent, _, _)), Some(ended)) = (parent, ended) {
                    self.tell(&parent, ended);
                }
                return;
            }
            Phase::Calling(call) => {
                let (caller, call, called) = (self.world.caller(), call.clone(), id.clone());
                strand.waits = Some(self.send_off(async move { (called, caller.outcome(&call).await) }));
            }
            Phase::Pending(_) => {
                let ending = Ending::Broken(nobody_answers());
                self.due.push_back(Turn::Step(id.clone(), Trigger::Aborted(ending)));
            }
            Phase::Waiting(waiting) => {
                let (clock, until, sleeper) = (self.world.clock, waiting.until, id.clone());
                strand.waits = Some(self.send_off(async move {
                    loop {
                        let left = until.since(clock.now());
                        if left.is_zero() {
                            return (sleeper, Trigger::TimerFired);
                        }
                        clock.sleep(left).await;
                    }
                }));
            }
            Phase::Ready { .. } | Phase::Forked(_) => {}
        }
        self.strands.insert(id.clone(), strand);
        for effect in effects {
            self.carry_out(id, effect);
        }
    }

    fn carry_out(&mut self, id: &StrandId, effect: Effect) {
        match effect {
            Effect::Wake => self.due.push_back(Turn::Step(id.clone(), Trigger::Entered)),
            Effect::StartChild { index, fresh: true, .. } => self.strands.add_child(id, index),
            Effect::AbortChild { fork, index, ending } => self.abort_child(id, fork, index, ending),
            Effect::Join { .. } => self.due.push_back(Turn::Join(id.clone())),
            // Children begin once. Times, ends and what nobody answers were seen to with the phase that asks for them, and
            // there are no redrives here.
            Effect::StartChild { fresh: false, .. }
            | Effect::StartTimer { .. }
            | Effect::OfferActivity { .. }
            | Effect::TellParent
            | Effect::CloseExecution
            | Effect::ReopenExecution(_) => {}
        }
    }

    /// Makes the child end; one that has not begun has ended with that.
    fn abort_child(&mut self, parent: &StrandId, fork: Seq, index: u32, ending: Ending) {
        let child = parent.child(fork, index);
        if self.strands.contains(&child) {
            self.due.push_back(Turn::Step(child, Trigger::Aborted(ending)));
            return;
        }
        let Some(strand) = self.strands.get(parent) else { return };
        if let Some(at) = strand.unbegun.iter().position(|unbegun| *unbegun == index) {
            strand.unbegun.remove(at);
            let time = strand.end;
            self.tell(parent, ChildEnd::before_it_began(index, &ending, time));
        }
    }

    /// Tells the parent how a child of it ended, soon.
    fn tell(&mut self, parent: &StrandId, end: ChildEnd) {
        if self.strands.get(parent).is_some_and(|strand| strand.note_end(end)) {
            self.due.push_back(Turn::Join(parent.clone()));
        }
    }
}

impl<'a> Run<'a> {
    /// Begins to wait for this; the handle ends that.
    fn send_off(&mut self, future: impl Future<Output = (StrandId, Trigger)> + Send + 'a) -> AbortHandle {
        let (handle, registration) = AbortHandle::new_pair();
        self.under_way.push(Abortable::new(future, registration).boxed());
        handle
    }
}

/// Of a task that waits for its token, or for an activity's worker. No machine of type EXPRESS has one.
fn nobody_answers() -> Failure {
    let cause =
        "An execution that runs in memory cannot wait for a task token or an activity: nobody could find it again.";
    Failure::new(error_name::RUNTIME, cause)
}
