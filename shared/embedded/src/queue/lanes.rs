//! Which wake may be handled now: pure bookkeeping, without tasks; of time it keeps only since when each wake waits.
//!
//! `Step`, `Children` and `Settle` of one strand are handled one after another. That is not for safety (a record's
//! key is the lock) but for cost: two handlers at the same step do the same work, and one of them in vain.
//! `Timer`, `Abort` and `ExecutionTimeout` never wait: they are for a strand whose handler sits in a long call.
//!
//! And a handler that takes long gives up its lane, and no longer counts against the ceiling: it calls a task, and
//! a callback or a time-out may lead the strand on before it returns.
//!
//! A `Children` wake is dropped if the same one is waiting already. One is enough: its handler reads the join set
//! after it starts, so it sees whatever any of the senders had put there. One whose handler has started does
//! not count, for it may have read the set already.

use model::{Seq, StrandId};
use orchestrator::{RunKey, Wake, WakeKind};
use std::collections::{HashMap, HashSet, VecDeque};
use tokio::time::Instant;

/// A wake on its way.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) wake: Wake,
    /// How often its handler failed.
    pub(super) failures: u32,
    /// When its time had come.
    pub(super) since: Instant,
}

impl Delivery {
    pub(super) fn new(wake: Wake, failures: u32) -> Self {
        Self { wake, failures, since: Instant::now() }
    }
}

/// A delivery whose turn it is. Whoever handles it calls [`Lanes::finish`].
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) delivery: Delivery,
    pub(super) turn: Turn,
}

/// Whose turn it is; none: that of a handler outside of the lanes.
#[derive(Clone, Debug)]
pub(super) struct Turn(Option<(Lane, u64)>);

impl Turn {
    /// Whether others may be waiting for its end.
    pub(super) fn is_in_a_lane(&self) -> bool {
        self.0.is_some()
    }
}

#[derive(Debug)]
pub(super) struct Lanes {
    at_once: usize,
    open: bool,
    /// What came while closed.
    held: VecDeque<Delivery>,
    /// The strands with a handler.
    strands: HashMap<Lane, Current>,
    /// The number of the last turn.
    turns: u64,
    /// What waits for any handler to finish.
    crowd: VecDeque<Delivery>,
    /// The `Children` wakes in `strands` and `crowd`.
    children: HashSet<(Lane, Seq)>,
    /// Handlers outside of the lanes.
    free: usize,
}

#[derive(Debug)]
struct Current {
    turn: u64,
    /// What waits for the handler to finish.
    waiting: VecDeque<Delivery>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lane {
    run: RunKey,
    strand: StrandId,
}

impl Lanes {
    pub(super) fn new(at_once: usize) -> Self {
        Self {
            at_once: at_once.max(1),
            open: false,
            held: VecDeque::new(),
            strands: HashMap::new(),
            turns: 0,
            crowd: VecDeque::new(),
            children: HashSet::new(),
            free: 0,
        }
    }

    /// Lets deliveries through, and gives those to be handled now.
    pub(super) fn open(&mut self) -> Vec<Admitted> {
        self.open = true;
        let held = std::mem::take(&mut self.held);
        held.into_iter().filter_map(|delivery| self.admit(delivery)).collect()
    }

    /// Lets nothing through any more.
    pub(super) fn close(&mut self) {
        self.open = false;
    }

    /// Gives the delivery back if it is to be handled now; keeps or drops it otherwise.
    pub(super) fn admit(&mut self, delivery: Delivery) -> Option<Admitted> {
        if !self.open {
            self.held.push_back(delivery);
            return None;
        }
        let Some(lane) = lane_of(&delivery.wake) else {
            self.free += 1;
            return Some(Admitted { delivery, turn: Turn(None) });
        };
        if let Some(fork) = fork_of(&delivery.wake)
            && self.children.contains(&(lane.clone(), fork))
        {
            return None;
        }
        if let Some(current) = self.strands.get_mut(&lane) {
            note(&mut self.children, &lane, &delivery);
            current.waiting.push_back(delivery);
            return None;
        }
        if self.strands.len() >= self.at_once {
            note(&mut self.children, &lane, &delivery);
            self.crowd.push_back(delivery);
            return None;
        }
        Some(self.begin(lane, VecDeque::new(), delivery))
    }

    /// The handler has finished; gives what is to be handled in its place.
    pub(super) fn finish(&mut self, turn: &Turn) -> Option<Admitted> {
        let ended = turn.0.as_ref().and_then(|(lane, turn)| self.end(lane, *turn).map(|waiting| (lane, waiting)));
        let Some((lane, mut waiting)) = ended else {
            self.free = self.free.saturating_sub(1);
            return None;
        };
        if !self.open {
            self.held.extend(waiting);
            return None;
        }
        if let Some(next) = waiting.pop_front() {
            return Some(self.begin(lane.clone(), waiting, next));
        }
        while let Some(next) = self.crowd.pop_front() {
            let Some(lane) = lane_of(&next.wake) else { continue };
            match self.strands.get_mut(&lane) {
                Some(current) => current.waiting.push_back(next),
                None => return Some(self.begin(lane, VecDeque::new(), next)),
            }
        }
        None
    }

    /// The handler takes long: it goes on outside of the lanes. Gives what is to be handled beside it.
    pub(super) fn step_aside(&mut self, turn: &Turn) -> Option<Admitted> {
        let next = self.finish(turn);
        self.free += 1;
        next
    }

    fn begin(&mut self, lane: Lane, waiting: VecDeque<Delivery>, delivery: Delivery) -> Admitted {
        if let Some(fork) = fork_of(&delivery.wake) {
            self.children.remove(&(lane.clone(), fork));
        }
        self.turns += 1;
        self.strands.insert(lane.clone(), Current { turn: self.turns, waiting });
        Admitted { delivery, turn: Turn(Some((lane, self.turns))) }
    }

    /// Ends the turn, if it is still this one's, and gives what waited for that.
    fn end(&mut self, lane: &Lane, turn: u64) -> Option<VecDeque<Delivery>> {
        self.strands.get(lane).filter(|current| current.turn == turn)?;
        self.strands.remove(lane).map(|current| current.waiting)
    }

    /// How many handlers run.
    pub(super) fn running(&self) -> usize {
        self.strands.len() + self.free
    }

    /// How many deliveries wait.
    /// Since when the oldest of those has waited that wait.
    pub(super) fn oldest(&self) -> Option<Instant> {
        let in_lanes = self.strands.values().flat_map(|current| &current.waiting);
        self.held.iter().chain(&self.crowd).chain(in_lanes).map(|delivery| delivery.since).min()
    }

    pub(super) fn waiting(&self) -> usize {
        self.held.len() + self.crowd.len() + self.strands.values().map(|current| current.waiting.len()).sum::<usize>()
    }
}

fn note(children: &mut HashSet<(Lane, Seq)>, lane: &Lane, delivery: &Delivery) {
    if let Some(fork) = fork_of(&delivery.wake) {
        children.insert((lane.clone(), fork));
    }
}

/// The lane that the wake is handled in, if it has to keep to one.
fn lane_of(wake: &Wake) -> Option<Lane> {
    match wake.kind {
        WakeKind::Step { .. } | WakeKind::Children { .. } | WakeKind::Settle | WakeKind::Retain => {
            Some(Lane { run: wake.run.clone(), strand: wake.strand.clone() })
        }
        WakeKind::Timer { .. } | WakeKind::Abort(_) | WakeKind::ExecutionTimeout => None,
    }
}

fn fork_of(wake: &Wake) -> Option<Seq> {
    match wake.kind {
        WakeKind::Children { fork } => Some(fork),
        WakeKind::Step { .. }
        | WakeKind::Settle
        | WakeKind::Retain
        | WakeKind::Timer { .. }
        | WakeKind::Abort(_)
        | WakeKind::ExecutionTimeout => None,
    }
}
