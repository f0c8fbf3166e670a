//! The journal in memory: what survives a crash.

use crate::paging::{Shelf, page_of};
use async_trait::async_trait;
use model::{ExecutionArn, Seq, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{
    EndedChild, Error, ExecutionStatus, JOIN_SHARD, JoinKey, Journal, Meta, Page, Put, Redriven, StartOutcome,
    StopMark, StoredRecord, WaitKey,
};
use orchestrator::{RecordKey, RunKey};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The journal in memory.
#[derive(Default)]
pub struct MemoryJournal {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    executions: Shelf<ExecutionArn, Meta>,
    runs: HashMap<RunKey, BTreeMap<(StrandId, Seq), StoredRecord>>,
    joins: HashMap<JoinKey, BTreeMap<u32, EndedChild>>,
    beats: HashMap<WaitKey, Timestamp>,
    order: Vec<RecordKey>,
    changed: Vec<RecordKey>,
}

impl State {
    /// Puts the record into a run that was started.
    fn put(&mut self, record: &StoredRecord) -> Put {
        let place = (record.key.strand.clone(), record.key.seq);
        let run = self.runs.entry(record.key.run.clone()).or_default();
        if let Some(there) = run.get(&place) {
            return Put::Lost(there.clone());
        }
        run.insert(place, StoredRecord { expires: None, ..record.clone() });
        self.order.push(record.key.clone());
        Put::Won
    }

    /// Takes everything of the run away.
    fn forget(&mut self, key: &RunKey) {
        self.executions.remove(&key.execution);
        self.runs.remove(key);
        self.joins.retain(|join, _| join.run != *key);
        self.beats.retain(|wait, _| wait.run != *key);
        self.order.retain(|record| record.run != *key);
    }

    /// The META of this run; none if the name belongs to another run.
    fn meta_of(&mut self, key: &RunKey) -> Option<&mut Meta> {
        self.executions.get_mut(&key.execution).filter(|meta| meta.run == key.run)
    }

    fn reopen(&mut self, key: &RunKey, redriven: &Redriven, expires: Option<Timestamp>) {
        if let Some(meta) = self.meta_of(key).filter(|meta| meta.seq < redriven.seq) {
            meta.status = ExecutionStatus::Running;
            meta.seq = redriven.seq;
            meta.stopped = None;
            meta.stop = None;
            meta.redriven = Some(*redriven);
            meta.expires = meta.expires.map(|there| there.max(expires.unwrap_or(there)));
        }
    }

    fn must_be_started(&mut self, key: &RunKey) -> Result<(), Error> {
        self.meta_of(key).map(drop).ok_or_else(|| Error::Unreadable {
            what: format!("run {} of {}", key.run, key.execution),
            source: "it was never started".into(),
        })
    }
}

impl MemoryJournal {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// META as it is now.
    pub fn meta_now(&self, execution: &ExecutionArn) -> Option<Meta> {
        self.state().executions.get(execution).cloned()
    }

    /// How many records there are.
    pub fn record_count(&self) -> usize {
        self.state().runs.values().map(BTreeMap::len).sum()
    }

    /// The key of every record of every run, in the order in which they were put.
    pub fn order_of_records(&self) -> Vec<RecordKey> {
        self.state().order.clone()
    }

    /// Records that were put over others. There are none, unless somebody puts without a condition.
    pub fn changed(&self) -> Vec<RecordKey> {
        self.state().changed.clone()
    }

    /// Puts the record over whatever is there: for [`orchestrator::Defect::PutWithoutCondition`].
    #[cfg(feature = "planted-defects")]
    pub(crate) fn put_over(&self, record: &StoredRecord) {
        let mut state = self.state();
        let place = (record.key.strand.clone(), record.key.seq);
        let there = state.runs.entry(record.key.run.clone()).or_default().insert(place, record.clone());
        match there {
            Some(there) if there.body == record.body => {}
            Some(_) => state.changed.push(record.key.clone()),
            None => state.order.push(record.key.clone()),
        }
    }

    /// Every record of every run, by run, strand and number.
    pub fn all_records(&self) -> Vec<StoredRecord> {
        self.state().runs.values().flat_map(BTreeMap::values).cloned().collect()
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn start(&self, meta: &Meta, first: &StoredRecord) -> Result<StartOutcome, Error> {
        let mut state = self.state();
        if let Some(there) = state.executions.get(&meta.execution) {
            if there.expires.is_none_or(|expires| expires > meta.started) {
                return Ok(StartOutcome::Exists(there.clone()));
            }
            let expired = RunKey { execution: there.execution.clone(), run: there.run.clone() };
            state.forget(&expired);
        }
        state.executions.add(meta.execution.clone(), meta.clone());
        state.put(first);
        Ok(StartOutcome::New)
    }

    async fn meta(&self, execution: &ExecutionArn) -> Result<Option<Meta>, Error> {
        Ok(self.state().executions.get(execution).cloned())
    }

    async fn mark_stop(&self, key: &RunKey, mark: &StopMark) -> Result<Option<Meta>, Error> {
        let mut state = self.state();
        Ok(state.meta_of(key).filter(|meta| meta.seq == mark.opened).map(|meta| {
            meta.stop.get_or_insert_with(|| mark.clone());
            meta.clone()
        }))
    }

    async fn close(&self, key: &RunKey, status: ExecutionStatus, at: Timestamp, seq: Seq) -> Result<(), Error> {
        let mut state = self.state();
        if let Some(meta) = state.meta_of(key).filter(|meta| meta.seq < seq) {
            meta.status = status;
            meta.seq = seq;
            meta.stopped = Some(at);
        }
        Ok(())
    }

    async fn redrive(
        &self,
        record: &StoredRecord,
        redriven: &Redriven,
        expires: Option<Timestamp>,
    ) -> Result<Put, Error> {
        let mut state = self.state();
        state.must_be_started(&record.key.run)?;
        let put = state.put(record);
        if put == Put::Won {
            state.reopen(&record.key.run, redriven, expires);
        }
        Ok(put)
    }

    async fn reopen(&self, key: &RunKey, redriven: &Redriven, expires: Option<Timestamp>) -> Result<(), Error> {
        self.state().reopen(key, redriven, expires);
        Ok(())
    }

    async fn put(&self, record: &StoredRecord) -> Result<Put, Error> {
        let mut state = self.state();
        state.must_be_started(&record.key.run)?;
        Ok(state.put(record))
    }

    async fn record(&self, key: &RecordKey) -> Result<Option<StoredRecord>, Error> {
        let state = self.state();
        Ok(state.runs.get(&key.run).and_then(|run| run.get(&(key.strand.clone(), key.seq))).cloned())
    }

    async fn head(&self, run: &RunKey, strand: &StrandId) -> Result<Option<StoredRecord>, Error> {
        let state = self.state();
        let strand_of = |run: &BTreeMap<(StrandId, Seq), StoredRecord>| {
            run.range((strand.clone(), 0)..=(strand.clone(), Seq::MAX)).next_back().map(|(_, record)| record.clone())
        };
        Ok(state.runs.get(run).and_then(strand_of))
    }

    async fn records_at(&self, keys: &[RecordKey]) -> Result<Vec<StoredRecord>, Error> {
        let state = self.state();
        let find = |key: &RecordKey| state.runs.get(&key.run)?.get(&(key.strand.clone(), key.seq)).cloned();
        Ok(keys.iter().filter_map(find).collect())
    }

    async fn records(&self, run: &RunKey) -> Result<Vec<StoredRecord>, Error> {
        Ok(self.state().runs.get(run).map(|run| run.values().cloned().collect()).unwrap_or_default())
    }

    async fn join(&self, key: &JoinKey, child: &EndedChild) -> Result<u32, Error> {
        let mut state = self.state();
        let set = state.joins.entry(key.clone()).or_default();
        set.entry(child.index).or_insert(*child);
        let shard = child.index / JOIN_SHARD;
        let count = set.keys().filter(|index| **index / JOIN_SHARD == shard).count();
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn joined(&self, key: &JoinKey, indexes: Range<u32>) -> Result<Vec<EndedChild>, Error> {
        let state = self.state();
        let set = state.joins.get(key).into_iter().flat_map(BTreeMap::values);
        Ok(set.filter(|child| indexes.contains(&child.index)).copied().collect())
    }

    async fn beat(&self, key: &WaitKey, at: Timestamp) -> Result<(), Error> {
        let mut state = self.state();
        state.must_be_started(&key.run)?;
        let last = state.beats.entry(key.clone()).or_insert(at);
        *last = at.max(*last);
        Ok(())
    }

    async fn last_beat(&self, key: &WaitKey) -> Result<Option<Timestamp>, Error> {
        Ok(self.state().beats.get(key).copied())
    }

    async fn retain(&self, key: &RunKey, until: Timestamp) -> Result<(), Error> {
        if let Some(meta) = self.state().meta_of(key) {
            // One that never expires stays so.
            meta.expires = meta.expires.map(|expires| expires.max(until));
        }
        Ok(())
    }

    async fn executions(
        &self,
        machine: Option<&StateMachineArn>,
        status: Option<ExecutionStatus>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Meta>, Error> {
        let wanted = |meta: &Meta| {
            machine.is_none_or(|machine| meta.machine == *machine) && status.is_none_or(|status| meta.status == status)
        };
        page_of("executions", &self.state().executions, after, limit, wanted)
    }
}
