//! The strands of an execution in memory: where each stands, what it waits for, and how its children ended.

use engine::{ChildEnd, Cursor, Forked, Join, Phase, Trigger};
use futures::future::AbortHandle;
use model::{Payload, Seq, StrandId, Timestamp};
use std::collections::{HashMap, VecDeque};

/// One line of control.
pub(super) struct Strand {
    /// Where it stands.
    pub(super) cursor: Cursor<Payload>,
    /// The number that its last step would have as a record.
    pub(super) seq: Seq,
    /// The earliest time of what follows that step.
    pub(super) end: Timestamp,
    /// Breaks off the call or the sleep that it waits for.
    pub(super) waits: Option<AbortHandle>,
    /// Children of its fork that are to begin when there is room for them.
    pub(super) unbegun: VecDeque<u32>,
    /// How the children of its fork ended that have.
    ends: Vec<ChildEnd>,
    /// How many of these it has been told.
    told: usize,
    /// Whether it is about to be told.
    is_to_join: bool,
}

impl Strand {
    /// The strand after a step, and what it was before, if it was: what it waited for is broken off, and a fork that it left
    /// is forgotten.
    pub(super) fn after(before: Option<Self>, cursor: Cursor<Payload>, seq: Seq, end: Timestamp) -> Self {
        let (unbegun, ends) = (VecDeque::new(), Vec::new());
        let fresh = Self { cursor, seq, end, waits: None, unbegun, ends, told: 0, is_to_join: false };
        let Some(before) = before else { return fresh };
        if let Some(waits) = before.waits {
            waits.abort();
        }
        if fresh.forked().is_none() {
            return fresh;
        }
        let Self { unbegun, ends, told, is_to_join, .. } = before;
        Self { unbegun, ends, told, is_to_join, ..fresh }
    }

    /// Its fork, if it has children.
    pub(super) fn forked(&self) -> Option<&Forked<Payload>> {
        match &self.cursor.phase {
            Phase::Forked(forked) => Some(forked),
            Phase::Ready { .. } | Phase::Calling(_) | Phase::Pending(_) | Phase::Waiting(_) | Phase::Ended(_) => None,
        }
    }

    /// Notes that a child has ended. Whether the strand must be told, and is not about to be.
    pub(super) fn note_end(&mut self, end: ChildEnd) -> bool {
        self.ends.push(end);
        !std::mem::replace(&mut self.is_to_join, true)
    }

    /// What its children's ends tell it; none if there is nothing to tell.
    pub(super) fn join(&mut self) -> Option<Trigger> {
        self.is_to_join = false;
        let news = self.ends.get(self.told..).unwrap_or_default();
        let has_failed = news.iter().any(|end| !end.is_success());
        let trigger = match self.forked()?.join(news.len(), has_failed) {
            Join::Nothing => return None,
            Join::News => Trigger::ChildrenEnded(news.to_vec()),
            Join::GivenUp => Trigger::ChildrenDone(news.to_vec()),
            Join::Done => {
                let mut ends = std::mem::take(&mut self.ends);
                ends.sort_by_key(|end| end.index);
                Trigger::ChildrenDone(ends)
            }
        };
        self.told = self.ends.len();
        Some(trigger)
    }
}

/// All strands that live.
#[derive(Default)]
pub(super) struct Strands {
    by_id: HashMap<StrandId, Strand>,
    /// Those without children of their own: each waits for something or is about to take a step.
    active: usize,
    /// Strands with children that are to begin; the one that forked last is the last. The deepest ones go first, so that
    /// those above them end, and few have children.
    beginners: Vec<StrandId>,
}

impl Strands {
    pub(super) fn get(&mut self, id: &StrandId) -> Option<&mut Strand> {
        self.by_id.get_mut(id)
    }

    pub(super) fn contains(&self, id: &StrandId) -> bool {
        self.by_id.contains_key(id)
    }

    /// How many have no children.
    pub(super) fn active(&self) -> usize {
        self.active
    }

    pub(super) fn insert(&mut self, id: StrandId, strand: Strand) {
        self.active += usize::from(strand.forked().is_none());
        self.by_id.insert(id, strand);
    }

    pub(super) fn remove(&mut self, id: &StrandId) -> Option<Strand> {
        let strand = self.by_id.remove(id)?;
        self.active -= usize::from(strand.forked().is_none());
        Some(strand)
    }

    /// Notes that this child is to begin.
    pub(super) fn add_child(&mut self, parent: &StrandId, index: u32) {
        if let Some(strand) = self.by_id.get_mut(parent) {
            strand.unbegun.push_back(index);
            if self.beginners.last() != Some(parent) {
                self.beginners.push(parent.clone());
            }
        }
    }

    /// The next child that is to begin.
    pub(super) fn next_child(&mut self) -> Option<(StrandId, u32)> {
        while let Some(parent) = self.beginners.last() {
            if let Some(index) = self.by_id.get_mut(parent).and_then(|strand| strand.unbegun.pop_front()) {
                return Some((parent.clone(), index));
            }
            self.beginners.pop();
        }
        None
    }
}
