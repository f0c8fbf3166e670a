//! What this process remembers. Nothing here is needed: every entry can be read again.

use crate::known::Known;
use crate::machines::Parsed;
use crate::{Record, RunKey};
use model::{Seq, StateMachineArn, StrandId, WriterId};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// What this process remembers.
#[derive(Default)]
pub(crate) struct Caches {
    /// Parsed revisions.
    pub(crate) machines: Cache<(StateMachineArn, String), Arc<Parsed>>,
    /// Executions that run.
    pub(crate) executions: Cache<RunKey, Arc<Known>>,
    /// Last records of children that this process ended, for their parents to read.
    pub(crate) ends: Cache<(RunKey, StrandId), Arc<Record>>,
    /// The last record of each strand of which this process knows that everything it waits for is established.
    pub(crate) acted: Cache<(RunKey, StrandId), Seq>,
    calls: Mutex<HashSet<WriterId>>,
}

impl Caches {
    /// Notes that a worker of this process makes the call that its record claims, until the guard is dropped.
    ///
    /// By writer, since two workers may try to put the same record.
    pub(crate) fn begin_call(self: &Arc<Self>, writer: &WriterId) -> CallGuard {
        lock(&self.calls).insert(writer.clone());
        CallGuard { caches: Arc::clone(self), writer: writer.clone() }
    }

    /// Whether a worker of this process makes the call that this writer's record claims.
    pub(crate) fn is_calling(&self, writer: &WriterId) -> bool {
        lock(&self.calls).contains(writer)
    }
}

/// While it lives, its call is being made.
pub(crate) struct CallGuard {
    caches: Arc<Caches>,
    writer: WriterId,
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        lock(&self.caches.calls).remove(&self.writer);
    }
}

/// A map that forgets everything when it is full: simple, bounded, and seldom full.
pub(crate) struct Cache<K, V> {
    entries: Mutex<HashMap<K, V>>,
}

impl<K, V> Cache<K, V> {
    const MOST_ENTRIES: usize = 20_000;
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self { entries: Mutex::default() }
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        lock(&self.entries).get(key).cloned()
    }

    pub(crate) fn insert(&self, key: K, value: V) {
        let mut entries = lock(&self.entries);
        if entries.len() >= Self::MOST_ENTRIES {
            entries.clear();
        }
        entries.insert(key, value);
    }

    pub(crate) fn remove(&self, key: &K) -> Option<V> {
        lock(&self.entries).remove(key)
    }
}

/// A panic elsewhere leaves these maps whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
