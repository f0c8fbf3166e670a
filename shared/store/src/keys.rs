//! Keys of items: which partition, and where in its order.
//!
//! Numbers have a fixed width, so that the order of texts is the order of numbers. A strand's records have a prefix
//! that ends in `#`, so that it is no prefix of a child's.

use crate::item::{Item, s};
use model::{ActivityArn, ExecutionArn, Seq, StateMachineArn, StrandId};
use orchestrator::ports::{JOIN_SHARD, JoinKey, Minute, WaitKey};
use orchestrator::{RecordKey, RunKey};
use sha2::{Digest as _, Sha256};

/// The partition key.
pub(crate) const PK: &str = "pk";

/// The sort key.
pub(crate) const SK: &str = "sk";

/// The index of lists, by [`LIST_PK`] and [`LIST_SK`].
pub(crate) const LIST: &str = "list";

/// The index's partition key.
pub(crate) const LIST_PK: &str = "list_pk";

/// The index's sort key.
pub(crate) const LIST_SK: &str = "list_sk";

/// META's sort key.
pub(crate) const META: &str = "META";

/// The partition of the table's settings, and the sort key of the item that has them.
pub(crate) const SETTINGS: &str = "SETTINGS";

/// The sort key of the timers' watermark, in the partition of the settings.
pub(crate) const WATERMARK: &str = "WATERMARK";

/// Where an item lies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    pub(crate) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// META of the execution.
    pub(crate) fn meta(execution: &ExecutionArn) -> Self {
        Self::new(format!("X#{execution}"), META)
    }

    /// A record.
    pub(crate) fn record(key: &RecordKey) -> Self {
        Self::new(run(&key.run), format!("{}{:020}", strand(&key.strand), key.seq))
    }

    /// The set of ended children that has this index.
    pub(crate) fn join(key: &JoinKey, index: u32) -> Self {
        let set = index / JOIN_SHARD;
        Self::new(run(&key.run), format!("J#{}#{:020}#{set:010}", key.strand, key.fork))
    }

    /// The heartbeats of a wait.
    pub(crate) fn heartbeat(key: &WaitKey) -> Self {
        Self::new(run(&key.run), format!("HB#{}#{:020}", key.strand, key.since))
    }

    /// The key's attributes, alone.
    pub(crate) fn into_item(self) -> Item {
        Item::from([(PK.into(), s(self.pk)), (SK.into(), s(self.sk))])
    }
}

/// The partition of a run.
pub(crate) fn run(key: &RunKey) -> String {
    format!("X#{}#{}", key.execution, key.run)
}

/// What the sort keys of all records begin with.
pub(crate) const RECORDS: &str = "R#";

/// What the sort keys of a strand's records begin with.
pub(crate) fn strand(strand: &StrandId) -> String {
    format!("{RECORDS}{strand}#")
}

/// The strand and the number of the record with this sort key.
pub(crate) fn strand_and_seq(sk: &str) -> Option<(&str, Seq)> {
    let (strand, seq) = sk.strip_prefix(RECORDS)?.rsplit_once('#')?;
    Some((strand, seq.parse().ok()?))
}

/// The execution whose META lies in this partition.
pub(crate) fn execution(pk: &str) -> Option<ExecutionArn> {
    pk.strip_prefix("X#")?.parse().ok()
}

/// A shard of the list of a machine's executions: `of` is how many there are.
pub(crate) fn list(machine: &StateMachineArn, shard: u32) -> String {
    format!("L#{machine}#{shard}")
}

/// Where a text lies in its shard of a list: by time, then by text.
pub(crate) fn by_time(micros: i64, text: &str) -> String {
    format!("{:020}#{text}", micros.max(0))
}

/// A shard of a minute's timers.
pub(crate) fn minute(minute: Minute, shard: u32) -> String {
    format!("T#{}#{shard}", minute.0)
}

/// The partition of an activity.
pub(crate) fn activity(arn: &ActivityArn) -> String {
    format!("A#{arn}")
}

/// The index's partition of the tasks that wait for an activity's workers.
pub(crate) fn waiting(arn: &ActivityArn) -> String {
    format!("Q#{arn}")
}

/// 128 bits that name these parts, in hex.
pub(crate) fn id(parts: &[&str]) -> String {
    use std::fmt::Write as _;
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(16).fold(String::with_capacity(32), |mut id, byte| {
        // Writing to a text does not fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}

/// The shard that this text belongs to, of so many.
pub(crate) fn shard(text: &str, of: u32) -> u32 {
    let hash = Sha256::digest(text.as_bytes());
    let number = hash.iter().take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    number % of.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::RunId;

    fn record(strand: &str, seq: Seq) -> anyhow::Result<String> {
        let run = RunKey { execution: execution_arn()?, run: RunId("r".into()) };
        Ok(Key::record(&RecordKey { run, strand: StrandId::from_stored(strand), seq }).sk)
    }

    fn execution_arn() -> anyhow::Result<ExecutionArn> {
        Ok("arn:aws:states:us-east-1:123456789012:execution:pay:one".parse()?)
    }

    #[test]
    fn the_order_of_texts_is_the_order_of_numbers() -> anyhow::Result<()> {
        let seqs = [0, 1, 9, 10, 99, 1_000, u64::MAX - 1, u64::MAX];
        let keys = seqs.iter().map(|seq| record("0", *seq)).collect::<Result<Vec<_>, _>>()?;
        assert!(keys.is_sorted(), "{keys:?}");
        let times = [0, 1, 9, 10, 1_763_735_197_000_000, i64::MAX];
        assert!(times.map(|micros| by_time(micros, "zz")).is_sorted());
        Ok(())
    }

    #[test]
    fn no_strands_prefix_is_a_prefix_of_anothers() {
        let ids = ["0", "0/7.2", "0/7.20", "0/7.2/1.0", "0/72.0"].map(|id| strand(&StrandId::from_stored(id)));
        for (at, one) in ids.iter().enumerate() {
            assert!(ids.iter().enumerate().all(|(other, id)| other == at || !id.starts_with(one.as_str())), "{one}");
        }
    }

    #[test]
    fn a_key_tells_the_strand_and_the_number() -> anyhow::Result<()> {
        assert_eq!(strand_and_seq(&record("0/7.2", 12)?), Some(("0/7.2", 12)));
        assert_eq!(strand_and_seq("J#0#1#0"), None);
        assert_eq!(execution(&Key::meta(&execution_arn()?).pk), Some(execution_arn()?));
        Ok(())
    }

    #[test]
    fn children_are_counted_by_hundreds() -> anyhow::Result<()> {
        let run = RunKey { execution: execution_arn()?, run: RunId("r".into()) };
        let key = JoinKey { run, strand: StrandId::root(), fork: 7 };
        assert_eq!(Key::join(&key, 0), Key::join(&key, JOIN_SHARD - 1));
        assert_eq!(Key::join(&key, JOIN_SHARD).sk, "J#0#00000000000000000007#0000000001");
        assert!(Key::join(&key, 999_999).sk < Key::join(&key, u32::MAX).sk);
        Ok(())
    }

    #[test]
    fn ids_tell_parts_apart() {
        assert_ne!(id(&["ab", "c"]), id(&["a", "bc"]));
        assert_eq!(id(&["a"]).len(), 32);
    }

    #[test]
    fn shards_are_used_evenly() {
        let mut counts = [0; 4];
        for number in 0..1_000 {
            counts[shard(&format!("execution-{number}"), 4) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (200..300).contains(count)), "{counts:?}");
    }
}
