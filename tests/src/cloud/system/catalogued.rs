//! A journal whose executions are of machines that exist: what the orchestrator sees to, and contracts do not.
//!
//! Lists over all machines begin with the catalog.

use async_trait::async_trait;
use model::{ExecutionArn, Seq, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{
    Catalog as _, EndedChild, Error, ExecutionStatus, JoinKey, Journal, MachineRevision, MachineStatus, Meta, Page,
    Put, Redriven, StartOutcome, StateMachine, StopMark, StoredRecord, WaitKey,
};
use orchestrator::{RecordKey, RunKey};
use serde_json::{Value, json};
use std::ops::Range;
use std::sync::Arc;
use store::{Catalog, Store};

/// The journal, and the catalog that its executions' machines are put into.
pub struct Catalogued {
    /// The journal.
    pub store: Arc<Store>,
    /// The catalog.
    pub catalog: Arc<Catalog>,
}

#[async_trait]
impl Journal for Catalogued {
    async fn start(&self, meta: &Meta, first: &StoredRecord) -> Result<StartOutcome, Error> {
        let revision = MachineRevision {
            id: meta.revision.clone(),
            machine_type: model::MachineType::Standard,
            definition: "{}".to_owned(),
            role_arn: String::new(),
            created: meta.started,
            logging: Value::Null,
            tracing: Value::Null,
            encryption: Value::Null,
        };
        let (arn, status) = (meta.machine.clone(), MachineStatus::Active);
        let tags = json!([]);
        let machine =
            StateMachine { arn, created: meta.started, revision, status, updated: false, tags, published: None };
        self.catalog.create_machine(&machine).await?;
        self.store.start(meta, first).await
    }

    async fn meta(&self, execution: &ExecutionArn) -> Result<Option<Meta>, Error> {
        self.store.meta(execution).await
    }

    async fn mark_stop(&self, key: &RunKey, mark: &StopMark) -> Result<Option<Meta>, Error> {
        self.store.mark_stop(key, mark).await
    }

    async fn close(&self, key: &RunKey, status: ExecutionStatus, at: Timestamp, seq: Seq) -> Result<(), Error> {
        self.store.close(key, status, at, seq).await
    }

    async fn redrive(
        &self,
        record: &StoredRecord,
        redriven: &Redriven,
        expires: Option<Timestamp>,
    ) -> Result<Put, Error> {
        self.store.redrive(record, redriven, expires).await
    }

    async fn reopen(&self, key: &RunKey, redriven: &Redriven, expires: Option<Timestamp>) -> Result<(), Error> {
        self.store.reopen(key, redriven, expires).await
    }

    async fn put(&self, record: &StoredRecord) -> Result<Put, Error> {
        self.store.put(record).await
    }

    async fn record(&self, key: &RecordKey) -> Result<Option<StoredRecord>, Error> {
        self.store.record(key).await
    }

    async fn head(&self, run: &RunKey, strand: &StrandId) -> Result<Option<StoredRecord>, Error> {
        self.store.head(run, strand).await
    }

    async fn records_at(&self, keys: &[RecordKey]) -> Result<Vec<StoredRecord>, Error> {
        self.store.records_at(keys).await
    }

    async fn records(&self, run: &RunKey) -> Result<Vec<StoredRecord>, Error> {
        self.store.records(run).await
    }

    async fn join(&self, key: &JoinKey, child: &EndedChild) -> Result<u32, Error> {
        self.store.join(key, child).await
    }

    async fn joined(&self, key: &JoinKey, indexes: Range<u32>) -> Result<Vec<EndedChild>, Error> {
        self.store.joined(key, indexes).await
    }

    async fn beat(&self, key: &WaitKey, at: Timestamp) -> Result<(), Error> {
        self.store.beat(key, at).await
    }

    async fn beat_if_open(&self, key: &WaitKey, at: Timestamp) -> Result<bool, Error> {
        self.store.beat_if_open(key, at).await
    }

    async fn close_beats(&self, key: &WaitKey, seen: Option<Timestamp>) -> Result<bool, Error> {
        self.store.close_beats(key, seen).await
    }

    async fn last_beat(&self, key: &WaitKey) -> Result<Option<Timestamp>, Error> {
        self.store.last_beat(key).await
    }

    async fn retain(&self, key: &RunKey, until: Timestamp) -> Result<(), Error> {
        self.store.retain(key, until).await
    }

    async fn executions(
        &self,
        machine: Option<&StateMachineArn>,
        status: Option<ExecutionStatus>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Meta>, Error> {
        self.store.executions(machine, status, after, limit).await
    }
}
