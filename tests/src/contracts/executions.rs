//! Executions for the contracts of the port `Journal`.

use super::fresh;
use anyhow::{Result, ensure};
use bytes::Bytes;
use engine::Ending;
use model::{Failure, RunId, Seq, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{
    EndedChild, ExecutionStatus, JoinKey, Journal, Meta, StartOutcome, StopMark, StoredRecord, WaitKey,
};
use orchestrator::{RecordKey, RunKey};
use std::ops::Range;
use std::sync::Arc;

pub(super) type Adapter = Arc<dyn Journal>;

/// All children of a fork.
pub(super) const ALL: Range<u32> = 0..u32::MAX;

/// An execution that has begun.
pub(super) async fn started(journal: &Adapter, machine: &StateMachineArn, at: i64) -> Result<Meta> {
    let meta = meta(machine, at);
    ensure!(journal.start(&meta, &record(&meta, "0", 0, "first")).await? == StartOutcome::New);
    Ok(meta)
}

pub(super) fn meta(machine: &StateMachineArn, at: i64) -> Meta {
    Meta {
        execution: machine.execution(&fresh("execution")),
        run: RunId(fresh("run").into()),
        machine: machine.clone(),
        revision: "revision-1".into(),
        status: ExecutionStatus::Running,
        seq: 0,
        started: Timestamp::from_micros(at),
        stopped: None,
        input_hash: "0123456789abcdef".into(),
        stop: None,
        trace_header: None,
        expires: None,
        redriven: None,
        qualifier: None,
    }
}

pub(super) fn run(meta: &Meta) -> RunKey {
    RunKey { execution: meta.execution.clone(), run: meta.run.clone() }
}

pub(super) fn record(meta: &Meta, strand: &str, seq: Seq, body: &str) -> StoredRecord {
    let key = RecordKey { run: run(meta), strand: StrandId::from_stored(strand), seq };
    StoredRecord { key, body: Bytes::copy_from_slice(body.as_bytes()), expires: None }
}

pub(super) fn join_key(meta: &Meta, fork: Seq) -> JoinKey {
    JoinKey { run: run(meta), strand: StrandId::root(), fork }
}

pub(super) fn wait_key(meta: &Meta, since: Seq) -> WaitKey {
    WaitKey { run: run(meta), strand: StrandId::root(), since }
}

pub(super) fn child(index: u32) -> EndedChild {
    EndedChild { index, seq: u64::from(index) + 2, succeeded: index.is_multiple_of(2) }
}

pub(super) fn stop_mark(at: i64) -> StopMark {
    StopMark {
        at: Timestamp::from_micros(at),
        opened: 0,
        ending: Ending::Stopped(Failure::new("Stopped", at.to_string())),
    }
}

pub(super) fn sorted(mut children: Vec<EndedChild>) -> Vec<EndedChild> {
    children.sort();
    children
}
