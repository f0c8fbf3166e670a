//! Parked timers, in memory: what survives a crash.

use crate::paging::page_by_key;
use async_trait::async_trait;
use orchestrator::ports::{Error, Minute, Page, ParkedTimer, Timers};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Parked timers, in memory.
#[derive(Default)]
pub struct MemoryTimers {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    minutes: HashMap<Minute, BTreeMap<u64, ParkedTimer>>,
    next: u64,
    watermark: Option<Minute>,
}

impl MemoryTimers {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first minute in which one is due; none if there are none.
    pub fn earliest(&self) -> Option<Minute> {
        self.state().minutes.iter().filter(|(_, timers)| !timers.is_empty()).map(|(minute, _)| *minute).min()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.state().minutes.values().map(BTreeMap::len).sum()
    }
}

#[async_trait]
impl Timers for MemoryTimers {
    async fn park(&self, timer: &ParkedTimer) -> Result<(), Error> {
        let mut state = self.state();
        let number = state.next;
        let minute = state.minutes.entry(Minute::of(timer.due)).or_default();
        if !minute.values().any(|there| there == timer) {
            minute.insert(number, timer.clone());
            state.next += 1;
        }
        Ok(())
    }

    async fn due_in(&self, minute: Minute, after: Option<&str>, limit: u32) -> Result<Page<ParkedTimer>, Error> {
        let list = format!("timers of minute {}", minute.0);
        page_by_key(&list, self.state().minutes.entry(minute).or_default(), after, limit)
    }

    async fn remove(&self, timer: &ParkedTimer) -> Result<(), Error> {
        if let Some(minute) = self.state().minutes.get_mut(&Minute::of(timer.due)) {
            minute.retain(|_, there| there != timer);
        }
        Ok(())
    }

    async fn watermark(&self) -> Result<Option<Minute>, Error> {
        Ok(self.state().watermark)
    }

    async fn set_watermark(&self, minute: Minute) -> Result<(), Error> {
        let mut state = self.state();
        state.watermark = state.watermark.max(Some(minute));
        Ok(())
    }
}
