//! Children: begun by their parent alone, and heard when they have ended.

use crate::advance::{Attempt, Calls, Moved};
use crate::defects::Defect;
use crate::known::Known;
use crate::ports::{EndedChild, JoinKey, StopMark};
use crate::{Cause, Error, Orchestrator, Record, RecordKey, RunKey, WakeKind, ports};
use engine::{ChildEnd, Cursor, Ending, Fork, Join, Phase, Place, Trigger};
use model::{Failure, Payload, Seq, StrandId};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

impl Orchestrator {
    /// Puts the child's first record, unless it is there; then whatever the child waits for is repeated.
    pub(crate) async fn start_child(&self, known: &Known, parent: &Arc<Record>, index: u32) -> Result<(), Error> {
        let Phase::Forked(forked) = &parent.cursor.phase else { return Ok(()) };
        let strand = parent.key.strand.child(forked.fork.seq, index);
        let resume = match &forked.fork.before[..] {
            [] => None,
            before => Box::pin(self.resume_of_child(known, before, index)).await?,
        };
        let begun = self.with_context(known, &strand, 0, 0, |context| {
            engine::begin_child(&known.machine, &parent.cursor, index, resume, context)
        })?;
        let Some(begun) = begun else { return Ok(()) };
        let (events, cursor) = self.run_on(known, &strand, 0, begun, Calls::Outside)?;
        let first = Record {
            key: RecordKey { run: known.key.clone(), strand, seq: 0 },
            writer: self.writer(),
            cause: Cause::Started,
            time: self.now().max(parent.end()),
            events,
            cursor,
        };
        match self.put(known, &first).await? {
            None => {
                first.settle_payloads();
                let first = Arc::new(first);
                self.ports().observer.recorded(&known.key.execution, &first);
                Box::pin(self.carry_out_or_settle_later(known, &first)).await?;
                Ok(())
            }
            Some(_) if self.has(Defect::WakeWithLostRecord) => {
                Box::pin(self.carry_out_or_settle_later(known, &Arc::new(first))).await
            }
            Some(_) => {
                let head = self.head(&known.key, &first.key.strand).await?;
                match head {
                    Some(head) => Box::pin(self.settle(known, &Arc::new(head))).await,
                    None => Ok(()),
                }
            }
        }
    }

    /// Some child of the fork has ended: moves the parent on if that is news to it.
    pub(crate) async fn children_ended(&self, known: &Known, mut head: Arc<Record>, fork: Seq) -> Result<Moved, Error> {
        // Gone, once it lost to another worker.
        let mut moved = Moved::Won;
        loop {
            let Phase::Forked(forked) = &head.cursor.phase else { return Ok(moved) };
            if forked.fork.seq != fork || (self.has(Defect::JoinMatchedBySeq) && head.key.seq != fork) {
                return Ok(moved);
            }
            let join = self.join_key(known, &head.key.strand, fork);
            // Those that run lie close together in the set, however large it is.
            let ended = match (forked.fork.running.first(), forked.fork.running.last()) {
                (Some(first), Some(last)) => self.ports().journal.joined(&join, *first..last.saturating_add(1)).await?,
                // Where nothing was left to do after a redrive.
                _ => Vec::new(),
            };
            let news: Vec<EndedChild> =
                ended.iter().filter(|child| forked.fork.running.contains(&child.index)).copied().collect();
            let begun = forked.fork.next;
            let gives_up = forked.ending.is_some() || news.iter().any(|child| !child.succeeded);
            let leaves_early = self.has(Defect::ForkLeftEarly) || self.has(Defect::ForkLeftThenFenced);
            let is_early = gives_up && leaves_early && !news.is_empty();
            let ended = if is_early { forked.fork.running.len() } else { news.len() };
            let trigger = match forked.join(ended, gives_up) {
                Join::Nothing => return Ok(moved),
                Join::News => Trigger::ChildrenEnded(self.ends(known, &join, &news).await?),
                Join::GivenUp => Trigger::ChildrenDone(self.ends(known, &join, &news).await?),
                Join::Done => Trigger::ChildrenDone(Box::pin(self.all_ends(known, &join, &forked.fork)).await?),
            };
            let is_over = matches!(trigger, Trigger::ChildrenDone(_));
            match self.commit(known, &head, trigger, Cause::Children(fork), self.calls()).await? {
                Attempt::Won(committed) => {
                    if is_over {
                        self.forget_ends(&join, begun);
                    }
                    if gives_up && self.has(Defect::ForkLeftThenFenced) {
                        self.abort_children(known, &head).await?;
                    }
                    self.make_calls(known, committed).await?;
                    return Ok(Moved::Won);
                }
                Attempt::Unfit => return Ok(moved),
                Attempt::Lost(winner) => (head, moved) = (winner, Moved::Gone),
            }
        }
    }

    /// Makes the execution end as the mark says, if it still runs as it did when the mark was made.
    pub(crate) async fn abort_root(&self, key: &RunKey, mark: &StopMark) -> Result<(), Error> {
        self.abort_if(key, &StrandId::root(), &mark.ending, Some(mark.opened)).await
    }

    /// Makes a child end, or, while it has live children, set out to end.
    pub(crate) async fn abort(&self, key: &RunKey, strand: &StrandId, ending: &Ending) -> Result<(), Error> {
        self.abort_if(key, strand, ending, None).await
    }

    /// Not if the strand does not run as it did after the record `opened`.
    async fn abort_if(
        &self,
        key: &RunKey,
        strand: &StrandId,
        ending: &Ending,
        opened: Option<Seq>,
    ) -> Result<(), Error> {
        let Some(known) = self.known(key).await? else { return Ok(()) };
        loop {
            let head = match self.head(key, strand).await? {
                Some(head) => Arc::new(head),
                None if self.has(Defect::AbortWithoutFence) => return Ok(()),
                None => match self.fence(&known, strand, ending).await? {
                    Some(winner) => winner,
                    None => return Ok(()),
                },
            };
            if opened.is_some_and(|opened| head.cursor.place.opened() != opened) {
                return Ok(());
            }
            if head.cursor.is_terminal() {
                return self.settle(&known, &head).await;
            }
            let trigger = Trigger::Aborted(ending.clone());
            match self.commit(&known, &head, trigger, Cause::Abort, Calls::Outside).await? {
                Attempt::Won(_) => return Ok(()),
                // It is ending already: whatever that waits for is repeated.
                Attempt::Unfit => return self.settle(&known, &head).await,
                Attempt::Lost(_) => {}
            }
        }
    }

    /// Puts a terminal record in the place of the first record of a child that has not begun; the one that is there if
    /// it has begun after all.
    async fn fence(&self, known: &Known, strand: &StrandId, ending: &Ending) -> Result<Option<Arc<Record>>, Error> {
        if strand.is_root() {
            return Ok(None);
        }
        let place = Place::root();
        let phase = Phase::Ended(ending.before_the_beginning());
        let fence = Record {
            key: RecordKey { run: known.key.clone(), strand: strand.clone(), seq: 0 },
            writer: self.writer(),
            cause: Cause::Abort,
            time: self.now(),
            events: Vec::new(),
            cursor: Cursor { since: 0, last: None, events: 0, place, phase },
        };
        if let Some(winner) = self.put(known, &fence).await? {
            return Ok(Some(Arc::new(winner)));
        }
        self.carry_out_or_settle_later(known, &Arc::new(fence)).await?;
        Ok(None)
    }

    /// For [`Defect::ChildStartsSibling`].
    pub(crate) async fn start_sibling(&self, known: &Known, parent: &StrandId, fork: Seq) -> Result<(), Error> {
        if let Some(head) = self.head(&known.key, parent).await?.map(Arc::new)
            && let Phase::Forked(forked) = &head.cursor.phase
            && forked.fork.seq == fork
            && forked.fork.next < forked.fork.total
        {
            let next = forked.fork.next;
            Box::pin(self.start_child(known, &head, next)).await?;
        }
        self.send(known, parent, WakeKind::Children { fork }, Duration::ZERO).await
    }

    /// For [`Defect::ForkLeftThenFenced`].
    async fn abort_children(&self, known: &Known, head: &Record) -> Result<(), Error> {
        let Phase::Forked(forked) = &head.cursor.phase else { return Ok(()) };
        for index in &forked.fork.running {
            let child = head.key.strand.child(forked.fork.seq, *index);
            let kind = WakeKind::Abort(Ending::Stopped(Failure::default()));
            self.send(known, &child, kind, Duration::ZERO).await?;
        }
        Ok(())
    }

    /// How these children ended, by index.
    async fn ends(&self, known: &Known, join: &JoinKey, children: &[EndedChild]) -> Result<Vec<ChildEnd>, Error> {
        let mut ends = Vec::with_capacity(children.len());
        let mut unknown = Vec::new();
        for child in children {
            let strand = join.strand.child(join.fork, child.index);
            let key = RecordKey { run: known.key.clone(), strand, seq: child.seq };
            match self.caches().ends.get(&(key.run.clone(), key.strand.clone())) {
                Some(record) => ends.extend(child_end(child.index, &record)),
                None => unknown.push(key),
            }
        }
        if !unknown.is_empty() {
            let read = self.ports().journal.records_at(&unknown).await?;
            for record in self.open_all(&read).await? {
                if let Some((_, _, index)) = record.key.strand.parent() {
                    ends.extend(child_end(index, &record));
                }
            }
        }
        if ends.len() != children.len() {
            return Err(incomplete(join, ends.len()));
        }
        ends.sort_by_key(|end| end.index);
        Ok(ends)
    }

    /// How all children ended, each with success, by index: here, or in a fork that this one goes on with.
    async fn all_ends(&self, known: &Known, join: &JoinKey, fork: &Fork<Payload>) -> Result<Vec<ChildEnd>, Error> {
        let here = self.ports().journal.joined(join, 0..fork.total).await?;
        let mut found: HashSet<u32> = here.iter().map(|child| child.index).collect();
        let mut ends = self.ends(known, join, &here).await?;
        for origin in &fork.before {
            let join = JoinKey { run: known.key.clone(), strand: origin.strand.clone(), fork: origin.fork };
            let mut kept = self.ports().journal.joined(&join, 0..fork.total).await?;
            kept.retain(|child| child.succeeded && found.insert(child.index));
            ends.extend(self.ends(known, &join, &kept).await?);
        }
        if ends.len() != usize::try_from(fork.total).unwrap_or(usize::MAX) {
            return Err(incomplete(join, ends.len()));
        }
        ends.sort_by_key(|end| end.index);
        Ok(ends)
    }

    /// The fork is over: nobody reads its children's ends again.
    fn forget_ends(&self, join: &JoinKey, begun: u32) {
        for index in 0..begun {
            self.caches().ends.remove(&(join.run.clone(), join.strand.child(join.fork, index)));
        }
    }
}

/// What was acknowledged is there: a store that does not show it yet will.
fn incomplete(join: &JoinKey, found: usize) -> Error {
    let JoinKey { run, strand, fork } = join;
    let what = format!("only {found} ends of the children of record {fork} of strand {strand} of {}", run.execution);
    Error::Port(ports::Error::Unavailable { what: "the journal", source: what.into() })
}

fn child_end(index: u32, record: &Record) -> Option<ChildEnd> {
    ChildEnd::of(index, &record.cursor, &record.events, record.end())
}
