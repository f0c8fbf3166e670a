//! The records of one execution, by strand, and the order in which all were put.

use super::node::{Engine, insist};
use crate::{Node, World};
use anyhow::{Context, Result};
use model::{ExecutionArn, StrandId};
use orchestrator::{Cause, Record, RecordKey};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// The records of one execution, by strand, and the order in which all were put.
pub(crate) struct Story {
    pub(crate) strands: BTreeMap<StrandId, Vec<Record>>,
    order: HashMap<RecordKey, usize>,
}

impl Story {
    /// Reads it.
    pub(crate) async fn read(world: &World<Engine>, execution: &ExecutionArn) -> Result<Self> {
        let mut strands: BTreeMap<StrandId, Vec<Record>> = BTreeMap::new();
        for record in insist(world, async |node| node.records(execution).await).await? {
            strands.entry(record.key.strand.clone()).or_default().push(record);
        }
        let order = world.journal().order_of_records().into_iter().enumerate().map(|(at, key)| (key, at)).collect();
        Ok(Self { strands, order })
    }

    /// How many records were put before this one.
    pub(crate) fn position(&self, record: &Record) -> usize {
        self.order.get(&record.key).copied().unwrap_or(usize::MAX)
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        self.strands.values().flatten()
    }

    /// How often it was redriven.
    pub(crate) fn redrives(&self) -> usize {
        let root = self.strands.get(&StrandId::root());
        root.into_iter().flatten().filter(|record| is_redrive(record)).count()
    }

    pub(crate) fn root(&self) -> Result<&[Record]> {
        Ok(self.strands.get(&StrandId::root()).context("there is no root")?)
    }
}

/// Whether the record redrives its execution: the only kind that comes after an end.
pub(crate) fn is_redrive(record: &Record) -> bool {
    matches!(record.cause, Cause::Redriven { .. })
}

/// The last record of each strand that has not ended.
pub fn open_strands<N: Node>(world: &World<N>) -> Vec<String> {
    let mut heads = BTreeMap::new();
    for record in world.journal().all_records() {
        let body: Value = serde_json::from_slice(&record.body).unwrap_or_default();
        heads.insert(record.key.strand.to_string(), (record.key.seq, body));
    }
    let head = |(strand, (seq, body)): (String, (u64, Value))| {
        let cursor = &body["cursor"];
        let open = cursor["phase"].get("Ended").is_none();
        open.then(|| format!("{strand} {seq} (for {}): since {}, {}", body["cause"], cursor["since"], cursor["phase"]))
    };
    heads.into_iter().filter_map(head).collect()
}
