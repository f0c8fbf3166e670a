//! A journal that takes its time: each call begins and ends after a pause of its own, so that those who work at the same
//! moment come between each other's calls.

use async_trait::async_trait;
use model::{ExecutionArn, Seq, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{
    Clock, EndedChild, Error, ExecutionStatus, JoinKey, Journal, Meta, Page, Put, Redriven, StartOutcome, StopMark,
    StoredRecord, WaitKey,
};
use orchestrator::{Ports, RecordKey, RunKey};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How a world's journals take their time. One for all processes of the world.
pub struct Pace {
    longest: Duration,
    /// Whether heartbeats and time-outs see each other in one order. Without it the journal is one that a test must find
    /// wrong.
    orders_beats: bool,
    /// Held by whoever looks at a heartbeat and changes it.
    beats: Mutex<()>,
}

impl Pace {
    /// Each call pauses for less than `longest` before and after.
    pub fn of(longest: Duration) -> Arc<Self> {
        Arc::new(Self { longest, orders_beats: true, beats: Mutex::default() })
    }

    /// The same, but a wait is never closed to heartbeats.
    pub fn without_order(longest: Duration) -> Arc<Self> {
        Arc::new(Self { longest, orders_beats: false, beats: Mutex::default() })
    }

    /// Has the journal among these ports keep it.
    pub fn keep(self: &Arc<Self>, ports: Ports) -> Ports {
        let paced =
            Paced { journal: Arc::clone(&ports.journal), clock: Arc::clone(&ports.clock), pace: Arc::clone(self) };
        Ports { journal: Arc::new(paced), ..ports }
    }
}

struct Paced {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    pace: Arc<Pace>,
}

impl Paced {
    async fn pause(&self) {
        let longest = u64::try_from(self.pace.longest.as_micros()).unwrap_or(u64::MAX).max(1);
        self.clock.sleep(Duration::from_micros(self.clock.random() % longest)).await;
    }

    async fn paced<T: Send>(&self, call: impl Future<Output = Result<T, Error>> + Send) -> Result<T, Error> {
        self.pause().await;
        let answer = call.await;
        self.pause().await;
        answer
    }
}

#[async_trait]
impl Journal for Paced {
    async fn start(&self, meta: &Meta, first: &StoredRecord) -> Result<StartOutcome, Error> {
        self.paced(self.journal.start(meta, first)).await
    }

    async fn meta(&self, execution: &ExecutionArn) -> Result<Option<Meta>, Error> {
        self.paced(self.journal.meta(execution)).await
    }

    async fn mark_stop(&self, key: &RunKey, mark: &StopMark) -> Result<Option<Meta>, Error> {
        self.paced(self.journal.mark_stop(key, mark)).await
    }

    async fn close(&self, key: &RunKey, status: ExecutionStatus, at: Timestamp, seq: Seq) -> Result<(), Error> {
        self.paced(self.journal.close(key, status, at, seq)).await
    }

    async fn redrive(
        &self,
        record: &StoredRecord,
        redriven: &Redriven,
        expires: Option<Timestamp>,
    ) -> Result<Put, Error> {
        self.paced(self.journal.redrive(record, redriven, expires)).await
    }

    async fn reopen(&self, key: &RunKey, redriven: &Redriven, expires: Option<Timestamp>) -> Result<(), Error> {
        self.paced(self.journal.reopen(key, redriven, expires)).await
    }

    async fn put(&self, record: &StoredRecord) -> Result<Put, Error> {
        self.paced(self.journal.put(record)).await
    }

    async fn record(&self, key: &RecordKey) -> Result<Option<StoredRecord>, Error> {
        self.paced(self.journal.record(key)).await
    }

    async fn head(&self, run: &RunKey, strand: &StrandId) -> Result<Option<StoredRecord>, Error> {
        self.paced(self.journal.head(run, strand)).await
    }

    async fn records_at(&self, keys: &[RecordKey]) -> Result<Vec<StoredRecord>, Error> {
        self.paced(self.journal.records_at(keys)).await
    }

    async fn records(&self, run: &RunKey) -> Result<Vec<StoredRecord>, Error> {
        self.paced(self.journal.records(run)).await
    }

    async fn join(&self, key: &JoinKey, child: &EndedChild) -> Result<u32, Error> {
        self.paced(self.journal.join(key, child)).await
    }

    async fn joined(&self, key: &JoinKey, indexes: Range<u32>) -> Result<Vec<EndedChild>, Error> {
        self.paced(self.journal.joined(key, indexes)).await
    }

    async fn beat(&self, key: &WaitKey, at: Timestamp) -> Result<(), Error> {
        self.paced(self.journal.beat(key, at)).await
    }

    async fn last_beat(&self, key: &WaitKey) -> Result<Option<Timestamp>, Error> {
        self.paced(self.journal.last_beat(key)).await
    }

    async fn beat_if_open(&self, key: &WaitKey, at: Timestamp) -> Result<bool, Error> {
        if !self.pace.orders_beats {
            return self.beat(key, at).await.map(|()| true);
        }
        self.paced(async {
            let _one_at_a_time = self.pace.beats.lock().await;
            self.journal.beat_if_open(key, at).await
        })
        .await
    }

    async fn close_beats(&self, key: &WaitKey, seen: Option<Timestamp>) -> Result<bool, Error> {
        if !self.pace.orders_beats {
            return Ok(true);
        }
        self.paced(async {
            let _one_at_a_time = self.pace.beats.lock().await;
            self.journal.close_beats(key, seen).await
        })
        .await
    }

    async fn retain(&self, key: &RunKey, until: Timestamp) -> Result<(), Error> {
        self.paced(self.journal.retain(key, until)).await
    }

    async fn executions(
        &self,
        machine: Option<&StateMachineArn>,
        status: Option<ExecutionStatus>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Meta>, Error> {
        self.paced(self.journal.executions(machine, status, after, limit)).await
    }
}
