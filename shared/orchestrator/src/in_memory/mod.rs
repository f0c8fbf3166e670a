//! One whole execution in memory: the steps that the durable protocol takes, with no journal between them.
//!
//! What a state does, when children begin and when a fork is over is the engine's affair here as there; this is a second
//! driver and no second interpreter. Cursors are kept in a table ([`strands`]), effects are carried out at once
//! ([`drive`]), and whoever is waited for (a call, a time) is a future. Strands share payloads and copy none.
//!
//! Nothing of it survives its process. Express machines run so; whoever wants an execution without a data directory can.

mod drive;
mod strands;

use crate::advance::guarded;
use crate::call::Caller;
use crate::history::{self, Placed};
use crate::ports::{Clock, Tasks};
use crate::{Error, history::place_events};
use engine::{Claim, ExecutionFacts, Outcome, Step, StepContext, VariableLimits};
use language::Machine;
use model::history::{Event, HistoryEvent};
use model::limits::MAX_EXPRESS_EXECUTION_SECONDS;
use model::{Payload, Seq, StrandId, Timestamp};
use std::time::Duration;

/// The most strands that wait for something or are about to take a step, by default. Forks lie in forks, so that 40
/// iterations at once become thousands; those that are beyond it begin when others have ended.
const STRANDS_AT_ONCE: usize = 10_000;

/// An execution in memory, and the world that it runs in.
pub struct InMemory<'a> {
    /// What it runs.
    pub machine: &'a Machine,
    /// What is known of it.
    pub facts: &'a ExecutionFacts,
    /// Time and randomness.
    pub clock: &'a dyn Clock,
    /// What its tasks call.
    pub tasks: &'a dyn Tasks,
    /// What it may take up.
    pub limits: Limits,
}

/// What an execution in memory may take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long it runs at most, if its machine does not say less: then it has timed out.
    pub at_most: Duration,
    /// The longest that one call is waited for; none: as long as it takes.
    pub longest_call: Option<Duration>,
    /// The largest payload, in bytes of UTF-8; none: any. AWS: 262,144.
    pub max_payload_bytes: Option<usize>,
    /// How many strands wait for something, or are about to take a step, at once. At least one does.
    pub strands_at_once: usize,
    /// How many history events are kept, from the first on. None by default: then its memory is bounded by what it does
    /// at once, however long it runs.
    pub events: usize,
}

impl Default for Limits {
    /// Those of an Express execution.
    fn default() -> Self {
        Self {
            at_most: Duration::from_secs(MAX_EXPRESS_EXECUTION_SECONDS),
            longest_call: None,
            max_payload_bytes: Some(model::limits::AWS_MAX_PAYLOAD_BYTES),
            strands_at_once: STRANDS_AT_ONCE,
            events: 0,
        }
    }
}

/// An execution that has run in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// How it ended.
    pub outcome: Outcome<Payload>,
    /// When it began to run.
    pub began: Timestamp,
    /// When it ended.
    pub stopped: Timestamp,
    /// Its history, as far as it was to be kept.
    pub events: Vec<HistoryEvent>,
    /// How many events were not kept.
    pub events_left_out: u64,
}

impl InMemory<'_> {
    /// Runs it to its end. Whoever drops the future drops the execution, and all calls under way.
    pub async fn run(&self) -> Finished {
        let began = self.clock.now();
        let mut kept = Kept { most: self.limits.events, placed: Vec::new(), left_out: 0 };
        let outcome = drive::run(self, began, &mut kept).await;
        Finished {
            outcome,
            began,
            stopped: self.clock.now(),
            events: history::whole(kept.placed),
            events_left_out: kept.left_out,
        }
    }

    /// When it has run for as long as it may.
    fn deadline(&self, began: Timestamp) -> Timestamp {
        let asked = self.machine.timeout_seconds.map(Duration::from_secs);
        began + asked.map_or(self.limits.at_most, |asked| asked.min(self.limits.at_most))
    }

    /// Takes a step of the pure engine: record `seq` of this strand, if there were records.
    fn take(
        &self,
        strand: &StrandId,
        seq: Seq,
        step: impl FnOnce(&StepContext<'_>) -> Option<Step>,
    ) -> Result<Option<Step>, Error> {
        let now = self.clock.now();
        // Nobody else could make the call, and nobody answers tokens: what is in memory has no place to come back to.
        let claim = Claim { worker: String::new(), expires: now + self.limits.at_most };
        let context = StepContext {
            now,
            seed: self.clock.random(),
            strand,
            seq,
            events_before: 0,
            execution: self.facts,
            claim: &claim,
            max_payload_bytes: self.limits.max_payload_bytes,
            token: &|_| String::new(),
            variable_limits: self.limits.max_payload_bytes.map(|_| VariableLimits::AWS),
            inspector: None,
        };
        guarded(&self.facts.arn, || step(&context))
    }
}

impl<'a> InMemory<'a> {
    fn caller(&self) -> Caller<'a> {
        Caller { tasks: self.tasks, clock: self.clock, execution: &self.facts.arn, longest: self.limits.longest_call }
    }
}

/// The events that are kept.
struct Kept {
    most: usize,
    placed: Vec<Placed>,
    left_out: u64,
}

impl Kept {
    fn add(&mut self, strand: &StrandId, seq: Seq, time: Timestamp, mut events: Vec<Event<Payload>>) {
        let room = self.most.saturating_sub(self.placed.len());
        let beyond = events.len().saturating_sub(room);
        self.left_out = self.left_out.saturating_add(u64::try_from(beyond).unwrap_or(u64::MAX));
        events.truncate(room);
        place_events(strand, seq, time, events, &mut self.placed);
    }
}
