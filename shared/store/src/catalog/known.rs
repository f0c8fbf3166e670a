//! Revisions that this process has read: they never change, so that one read of each is enough.
//!
//! Whoever starts an execution asks for its machine, which is read each time; its revision then costs nothing.

use crate::keys::Key;
use orchestrator::ports::MachineRevision;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Definitions that are kept have at most this many bytes together. The newest is kept whatever its size.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The most that are kept.
const MAX_ENTRIES: usize = 256;

/// The revisions read last, the newest first. A clone is the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    entries: Arc<Mutex<VecDeque<(Key, MachineRevision)>>>,
}

impl Known {
    pub(super) fn get(&self, key: &Key) -> Option<MachineRevision> {
        let mut entries = self.lock();
        let at = entries.iter().position(|(known, _)| known == key)?;
        let entry = entries.remove(at)?;
        let revision = entry.1.clone();
        entries.push_front(entry);
        Some(revision)
    }

    pub(super) fn add(&self, key: Key, revision: MachineRevision) {
        let mut entries = self.lock();
        entries.retain(|(known, _)| *known != key);
        entries.push_front((key, revision));
        let mut bytes = 0;
        let fits = |(at, (_, revision)): &(usize, &(Key, MachineRevision))| {
            bytes += revision.definition.len();
            *at == 0 || (*at < MAX_ENTRIES && bytes <= MAX_BYTES)
        };
        let kept = entries.iter().enumerate().take_while(fits).count();
        entries.truncate(kept);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Key, MachineRevision)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Timestamp;
    use serde_json::Value;

    fn key(number: usize) -> Key {
        Key::new("M#m", format!("REV#{number}"))
    }

    fn add(known: &Known, number: usize, bytes: usize) {
        let revision = MachineRevision {
            id: number.to_string(),
            machine_type: model::MachineType::Standard,
            definition: "x".repeat(bytes),
            role_arn: String::new(),
            created: Timestamp::from_micros(0),
            logging: Value::Null,
            tracing: Value::Null,
            encryption: Value::Null,
        };
        known.add(key(number), revision);
    }

    fn count(known: &Known) -> usize {
        known.lock().len()
    }

    #[test]
    fn what_was_used_last_stays() {
        let known = Known::default();
        for number in 0..MAX_ENTRIES {
            add(&known, number, 1);
        }
        assert_eq!(known.get(&key(0)).map(|revision| revision.id).as_deref(), Some("0"));
        add(&known, MAX_ENTRIES, 1);
        assert_eq!(count(&known), MAX_ENTRIES);
        assert!(known.get(&key(0)).is_some() && known.get(&key(1)).is_none());
    }

    #[test]
    fn large_definitions_make_room() {
        let known = Known::default();
        for number in 0..20 {
            add(&known, number, 1024 * 1024);
            add(&known, number, 1024 * 1024);
        }
        assert_eq!(count(&known), 8);
        add(&known, 20, MAX_BYTES + 1);
        assert_eq!(count(&known), 1);
        assert!(known.get(&key(20)).is_some());
    }
}
