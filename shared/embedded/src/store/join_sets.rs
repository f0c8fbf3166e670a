//! The sets of children that have ended, in memory: the parent of a Map of 1,000 items asks for its set again and
//! again while they end.
//!
//! A set is loaded when it is first asked for, and each addition is written through. The write may be committed
//! after it was answered: if the process dies in between, settling the execution again repeats the addition
//! (a child that is terminal tells its parent whenever it is settled). While the process lives, a set stays in
//! memory until all of its additions are committed, so nobody ever sees it shrink.

use super::error::Failure;
use orchestrator::RunKey;
use orchestrator::ports::{EndedChild, JOIN_SHARD, JoinKey};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks that the runs are divided among: a set that is being loaded holds one.
const SHARDS: usize = 16;

/// Children that one shard keeps, unless more are not yet committed; some 60 bytes each.
const KEPT_PER_SHARD: usize = 4_096;

/// The sets.
#[derive(Debug, Default)]
pub(super) struct JoinSets {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Shard {
    sets: HashMap<JoinKey, Set>,
    children: usize,
}

#[derive(Debug, Default)]
struct Set {
    children: BTreeMap<u32, EndedChild>,
    uncommitted: usize,
}

impl JoinSets {
    /// Those of the set with these indexes.
    pub(super) fn get(
        &self,
        key: &JoinKey,
        indexes: Range<u32>,
        load: impl FnOnce() -> Result<Vec<EndedChild>, Failure>,
    ) -> Result<Vec<EndedChild>, Failure> {
        if indexes.is_empty() {
            return Ok(Vec::new());
        }
        let mut shard = self.shard(&key.run);
        Ok(shard.set(key, load)?.children.range(indexes).map(|(_, child)| *child).collect())
    }

    /// Adds the child, and tells how many of its [`JOIN_SHARD`] are there then. `true`: it was not there, and the
    /// caller must have it written and then call [`JoinSets::committed`].
    pub(super) fn add(
        &self,
        key: &JoinKey,
        child: EndedChild,
        load: impl FnOnce() -> Result<Vec<EndedChild>, Failure>,
    ) -> Result<(bool, u32), Failure> {
        let mut shard = self.shard(&key.run);
        let set = shard.set(key, load)?;
        let before = set.children.len();
        set.children.entry(child.index).or_insert(child);
        let new = set.children.len() > before;
        set.uncommitted += usize::from(new);
        let first = child.index - child.index % JOIN_SHARD;
        let count = set.children.range(first..=first.saturating_add(JOIN_SHARD - 1)).count();
        shard.children += usize::from(new);
        Ok((new, u32::try_from(count).unwrap_or(u32::MAX)))
    }

    /// An addition is in the database. One that failed is not reported: its set stays in memory for good.
    pub(super) fn committed(&self, key: &JoinKey) {
        let mut shard = self.shard(&key.run);
        if let Some(set) = shard.sets.get_mut(key) {
            set.uncommitted = set.uncommitted.saturating_sub(1);
        }
        shard.shrink();
    }

    /// The run has ended: its sets are asked for no more, or seldom.
    pub(super) fn forget(&self, run: &RunKey) {
        self.shard(run).drop_where(|key, _| key.run == *run);
    }

    fn shard(&self, run: &RunKey) -> MutexGuard<'_, Shard> {
        let hash = self.hasher.hash_one(run);
        let index = usize::try_from(hash % SHARDS as u64).unwrap_or_default();
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    // Loads under the lock: else one who loaded early could put an old set over a newer one. It takes 10 to 20 µs.
    fn set(
        &mut self,
        key: &JoinKey,
        load: impl FnOnce() -> Result<Vec<EndedChild>, Failure>,
    ) -> Result<&mut Set, Failure> {
        if !self.sets.contains_key(key) {
            let loaded = load()?;
            self.shrink();
            self.children += loaded.len();
            let children = loaded.into_iter().map(|child| (child.index, child)).collect();
            self.sets.insert(key.clone(), Set { children, uncommitted: 0 });
        }
        Ok(self.sets.entry(key.clone()).or_default())
    }

    fn shrink(&mut self) {
        if self.children > KEPT_PER_SHARD || self.sets.len() > KEPT_PER_SHARD {
            self.drop_where(|_, _| true);
        }
    }

    fn drop_where(&mut self, unwanted: impl Fn(&JoinKey, &Set) -> bool) {
        self.sets.retain(|key, set| set.uncommitted > 0 || !unwanted(key, set));
        self.children = self.sets.values().map(|set| set.children.len()).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{ExecutionArn, RunId, StrandId};

    fn key(run: &str, fork: u64) -> anyhow::Result<JoinKey> {
        let execution: ExecutionArn = "arn:aws:states:us-east-1:123456789012:execution:pay:one".parse()?;
        let run = RunKey { execution, run: RunId(run.into()) };
        Ok(JoinKey { run, strand: StrandId::root(), fork })
    }

    fn child(index: u32) -> EndedChild {
        EndedChild { index, seq: 3, succeeded: true }
    }

    #[expect(clippy::unnecessary_wraps, reason = "stands for a read, which may fail")]
    fn nothing() -> Result<Vec<EndedChild>, Failure> {
        Ok(Vec::new())
    }

    #[test]
    fn an_uncommitted_set_stays_in_memory() -> anyhow::Result<()> {
        let sets = JoinSets::default();
        let key = key("r", 1)?;
        assert_eq!(sets.add(&key, child(0), nothing)?, (true, 1));
        sets.forget(&key.run);
        assert_eq!(sets.get(&key, 0..9, nothing)?, [child(0)]);
        sets.committed(&key);
        sets.forget(&key.run);
        assert_eq!(sets.get(&key, 0..9, || Ok(vec![child(7)]))?, [child(7)]);
        Ok(())
    }

    #[test]
    fn a_child_that_is_there_is_not_written_again() -> anyhow::Result<()> {
        let sets = JoinSets::default();
        let key = key("r", 1)?;
        assert_eq!(sets.add(&key, child(1), || Ok(vec![child(0)]))?, (true, 2));
        assert_eq!(sets.add(&key, child(1), nothing)?, (false, 2));
        assert_eq!(sets.add(&key, child(0), nothing)?, (false, 2));
        assert_eq!(sets.get(&key, 0..9, nothing)?, [child(0), child(1)]);
        Ok(())
    }

    #[test]
    fn committed_sets_beyond_the_limit_are_dropped() -> anyhow::Result<()> {
        let sets = JoinSets::default();
        for fork in 0..10_000 {
            let key = key("r", fork)?;
            sets.add(&key, child(0), nothing)?;
            sets.committed(&key);
        }
        let kept = sets.shard(&key("r", 0)?.run).sets.len();
        assert!(kept <= KEPT_PER_SHARD + 1, "{kept}");
        Ok(())
    }
}
