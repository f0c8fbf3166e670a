//! The ports of one process, with the faults that are due.

use crate::activities::MemoryActivities;
use crate::clock::sleep;
use crate::faults::{Fault, FaultKind, OutageOf};
use crate::options::Deployment;
use crate::process::{Node, Process};
use crate::world::Shared;
use async_trait::async_trait;
use bytes::Bytes;
use model::{ActivityArn, ExecutionArn, Seq, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{
    ActivityQueue, ActivityTask, BlobKey, Blobs, EndedChild, Error, ExecutionStatus, ExpressQueue, JoinKey, Journal,
    Meta, Minute, Page, ParkedTimer, Put, Queue, Redriven, StartOutcome, StopMark, StoredRecord, Timers, WaitKey,
};
use orchestrator::{ExpressStart, RecordKey, RunKey, Wake};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// The longest input that a start of an Express execution carries where messages are short.
const MOST_INPUT_BYTES: usize = 200_000;

/// How long a refusal takes.
const REFUSAL: Duration = Duration::from_millis(5);

/// The ports of one process.
pub(crate) struct ProcessPorts<N: Node> {
    pub(crate) shared: Arc<Shared<N>>,
    pub(crate) process: Arc<Process<N>>,
}

impl<N: Node> ProcessPorts<N> {
    /// Returns to the living only.
    async fn alive(&self) {
        if !self.process.is_alive() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets this much time pass; none at all if it is zero.
    async fn pause(&self, time: Duration) {
        if !time.is_zero() {
            sleep(time).await;
            self.alive().await;
        }
    }

    /// The tasks of activities that this process sees.
    fn activities_of<'g>(&'g self, process: &'g Process<N>) -> &'g MemoryActivities {
        match self.shared.options.deployment {
            Deployment::OneProcess => &process.activities,
            Deployment::Functions => &self.shared.activities,
        }
    }

    /// Carries out a call of a port: takes its time, with whatever else happens then, and the fault that is due.
    async fn perform<T>(&self, of: OutageOf, call: impl Future<Output = Result<T, Error>> + Send) -> Result<T, Error> {
        self.alive().await;
        let shared = &self.shared;
        if shared.is_out(of) {
            shared.tally.add(FaultKind::Outage);
            self.pause(REFUSAL).await;
            return Err(refused());
        }
        let turn = shared.next_turn(self.process.part);
        self.pause(turn.before).await;
        let answer = match turn.fault {
            None | Some(Fault::Slow | Fault::Stall) => call.await,
            Some(Fault::RefusedBefore) => Err(refused()),
            Some(Fault::RefusedAfter) => call.await.and(Err(refused())),
            Some(Fault::CrashBefore) => return self.crash().await,
            Some(Fault::CrashAfter) => {
                call.await?;
                return self.crash().await;
            }
        };
        self.pause(turn.after).await;
        if turn.fault == Some(Fault::Stall) {
            return self.crash().await;
        }
        answer
    }

    /// The process dies.
    async fn crash<T>(&self) -> T {
        self.shared.crash(&self.process);
        std::future::pending().await
    }

    /// Counts a record that was put, and cuts if it is the one to cut after.
    async fn acknowledge(&self, record: &StoredRecord) {
        let options = &self.shared.options;
        if options.cut_after.is_some() && options.deployment == Deployment::OneProcess {
            Process::<N>::note_claim(claims_a_call(record));
        }
        if self.shared.count_record(&record.key.run) {
            self.shared.cut(&self.process);
            self.alive().await;
        }
    }
}

fn refused() -> Error {
    Error::Unavailable { what: "a port of the simulation", source: "it was to be refused".into() }
}

/// Whether the record claims a call.
fn claims_a_call(record: &StoredRecord) -> bool {
    #[derive(Deserialize)]
    struct Body {
        cursor: Cursor,
    }
    #[derive(Deserialize)]
    struct Cursor {
        phase: Phase,
    }
    #[derive(Deserialize)]
    struct Phase {
        #[serde(rename = "Calling")]
        calling: Option<IgnoredAny>,
    }
    serde_json::from_slice::<Body>(&record.body).is_ok_and(|body| body.cursor.phase.calling.is_some())
}

#[async_trait]
impl<N: Node> Journal for ProcessPorts<N> {
    async fn start(&self, meta: &Meta, first: &StoredRecord) -> Result<StartOutcome, Error> {
        self.perform(OutageOf::Journal, async {
            let outcome = self.shared.journal.start(meta, first).await?;
            if outcome == StartOutcome::New {
                self.acknowledge(first).await;
            }
            Ok(outcome)
        })
        .await
    }

    async fn meta(&self, execution: &ExecutionArn) -> Result<Option<Meta>, Error> {
        self.perform(OutageOf::Journal, self.shared.journal.meta(execution)).await
    }

    async fn mark_stop(&self, key: &RunKey, mark: &StopMark) -> Result<Option<Meta>, Error> {
        self.perform(OutageOf::Journal, self.shared.journal.mark_stop(key, mark)).await
    }

    async fn close(&self, key: &RunKey, status: ExecutionStatus, at: Timestamp, seq: Seq) -> Result<(), Error> {
        self.perform(OutageOf::Journal, self.shared.journal.close(key, status, at, seq)).await
    }

    async fn redrive(
        &self,
        record: &StoredRecord,
        redriven: &Redriven,
        expires: Option<Timestamp>,
    ) -> Result<Put, Error> {
        self.perform(OutageOf::Journal, async {
            let put = self.shared.journal.redrive(record, redriven, expires).await?;
            if put == Put::Won {
                self.acknowledge(record).await;
            }
            Ok(put)
        })
        .await
    }

    async fn reopen(&self, key: &RunKey, redriven: &Redriven, expires: Option<Timestamp>) -> Result<(), Error> {
        self.perform(OutageOf::Journal, self.shared.journal.reopen(key, redriven, expires)).await
    }

    async fn put(&self, record: &StoredRecord) -> Result<Put, Error> {
        let put = async || {
            #[cfg(feature = "planted-defects")]
            if self.shared.options.defect == Some(orchestrator::Defect::PutWithoutCondition) {
                self.shared.journal.put_over(record);
                return Ok(Put::Won);
            }
            let put = self.shared.journal.put(record).await?;
            if put == Put::Won {
                self.acknowledge(record).await;
            }
            Ok(put)
        };
        match self.perform(OutageOf::Journal, put()).await {
            // As an adapter does that does not know whether it was heard: the record that it loses to may be this one.
            Err(error) if error.is_transient() && self.shared.repeats() => self.perform(OutageOf::Journal, put()).await,
            put => put,
        }
    }

    async fn record(&self, key: &RecordKey) -> Result<Option<StoredRecord>, Error> {
        self.perform(OutageOf::Journal, self.shared.journal.record(key)).await
    }

    async fn head(&self, run: &RunKey, strand: &StrandId) -> Result<Option<StoredRecord>, Error> {
        self.perform(OutageOf::Journal, self.shared.journal.head(run, strand)).await
    }

    async fn records_at(&self, keys: &[RecordKey]) -> Result<Vec<StoredRecord>, Error> {
        self.perform(OutageOf::Journal, self.shared.journal.records_at(keys)).await
    }

    async fn records(&self, run: &RunKey) -> Result<Vec<StoredRecord>, Error> {
        self.perform(OutageOf::Journal, self.shared.journal.records(run)).await
    }

    async fn join(&self, key: &JoinKey, child: &EndedChild) -> Result<u32, Error> {
        self.perform(OutageOf::Journal, self.shared.journal.join(key, child)).await
    }

    async fn joined(&self, key: &JoinKey, indexes: Range<u32>) -> Result<Vec<EndedChild>, Error> {
        self.perform(OutageOf::Journal, self.shared.journal.joined(key, indexes)).await
    }

    async fn beat(&self, key: &WaitKey, at: Timestamp) -> Result<(), Error> {
        self.perform(OutageOf::Journal, self.shared.journal.beat(key, at)).await
    }

    async fn last_beat(&self, key: &WaitKey) -> Result<Option<Timestamp>, Error> {
        self.perform(OutageOf::Journal, self.shared.journal.last_beat(key)).await
    }

    async fn beat_if_open(&self, key: &WaitKey, at: Timestamp) -> Result<bool, Error> {
        self.perform(OutageOf::Journal, self.shared.journal.beat_if_open(key, at)).await
    }

    async fn close_beats(&self, key: &WaitKey, seen: Option<Timestamp>) -> Result<bool, Error> {
        self.perform(OutageOf::Journal, self.shared.journal.close_beats(key, seen)).await
    }

    async fn retain(&self, key: &RunKey, until: Timestamp) -> Result<(), Error> {
        self.perform(OutageOf::Journal, self.shared.journal.retain(key, until)).await
    }

    async fn executions(
        &self,
        machine: Option<&StateMachineArn>,
        status: Option<ExecutionStatus>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Meta>, Error> {
        self.perform(OutageOf::Journal, self.shared.journal.executions(machine, status, after, limit)).await
    }
}

#[async_trait]
impl<N: Node> Blobs for ProcessPorts<N> {
    async fn put(&self, key: &BlobKey, content: Bytes) -> Result<(), Error> {
        self.perform(OutageOf::Journal, self.shared.blobs.put(key, content)).await
    }

    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, Error> {
        self.perform(OutageOf::Journal, self.shared.blobs.get(key)).await
    }

    async fn remove(&self, run: &RunKey) -> Result<(), Error> {
        self.perform(OutageOf::Journal, self.shared.blobs.remove(run)).await
    }
}

#[async_trait]
impl<N: Node> Timers for ProcessPorts<N> {
    async fn park(&self, timer: &ParkedTimer) -> Result<(), Error> {
        self.perform(OutageOf::Journal, self.shared.timers.park(timer)).await
    }

    async fn due_in(&self, minute: Minute, after: Option<&str>, limit: u32) -> Result<Page<ParkedTimer>, Error> {
        self.perform(OutageOf::Journal, self.shared.timers.due_in(minute, after, limit)).await
    }

    async fn remove(&self, timer: &ParkedTimer) -> Result<(), Error> {
        self.perform(OutageOf::Journal, self.shared.timers.remove(timer)).await
    }

    async fn watermark(&self) -> Result<Option<Minute>, Error> {
        self.perform(OutageOf::Journal, self.shared.timers.watermark()).await
    }

    async fn set_watermark(&self, minute: Minute) -> Result<(), Error> {
        self.perform(OutageOf::Journal, self.shared.timers.set_watermark(minute)).await
    }
}

#[async_trait]
impl<N: Node> Queue for ProcessPorts<N> {
    async fn send(&self, wake: Wake, delay: Duration) -> Result<(), Error> {
        self.perform(OutageOf::Queue, async { self.shared.post(&wake, delay) }).await
    }
}

#[async_trait]
impl<N: Node> ExpressQueue for ProcessPorts<N> {
    async fn send(&self, start: ExpressStart) -> Result<(), Error> {
        self.perform(OutageOf::Queue, async { self.shared.post_start(start) }).await
    }

    fn max_input_bytes(&self) -> Option<usize> {
        match self.shared.options.deployment {
            Deployment::OneProcess => None,
            Deployment::Functions => Some(MOST_INPUT_BYTES),
        }
    }
}

#[async_trait]
impl<N: Node> ActivityQueue for ProcessPorts<N> {
    async fn offer(&self, task: &ActivityTask) -> Result<(), Error> {
        self.perform(OutageOf::Journal, async {
            match (self.shared.options.deployment, self.shared.current()) {
                (Deployment::Functions, _) => self.shared.activities.offer(task).await,
                // A worker that outlived a cut offers to those who are there now.
                (Deployment::OneProcess, Some(process)) => process.activities.offer(task).await,
                (Deployment::OneProcess, None) => Ok(()),
            }
        })
        .await
    }

    async fn oldest(&self, activity: &ActivityArn) -> Result<Option<ActivityTask>, Error> {
        self.perform(OutageOf::Journal, self.activities_of(&self.process).oldest(activity)).await
    }

    async fn remove(&self, task: &ActivityTask) -> Result<(), Error> {
        self.perform(OutageOf::Journal, self.activities_of(&self.process).remove(task)).await
    }

    async fn wait(&self, activity: &ActivityArn, at_most: Duration) {
        self.alive().await;
        self.activities_of(&self.process).wait(activity, at_most).await;
    }
}
