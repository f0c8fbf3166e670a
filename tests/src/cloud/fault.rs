//! Requests that go wrong, by rule.

use super::Service;
use super::lock;
use std::sync::Mutex;
use std::time::Duration;

/// Which requests go wrong, and how.
#[derive(Clone, Debug)]
pub struct Fault {
    service: Service,
    operation: &'static str,
    containing: Option<String>,
    effect: Effect,
    /// How many requests that match are spared first.
    spared: usize,
    /// How many are hit then.
    left: usize,
}

/// How a request goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is done, and the answer does not come through in time.
    AnswerLost,
    /// It is done, and the connection is cut before the answer.
    ConnectionCut,
    /// It is not done: the service is busy.
    Throttled,
    /// It is not done: the service says that it failed.
    ServerError,
    /// It is done after this time.
    Slow(Duration),
    /// It is done, and the queue is purged at once: what was sent is lost.
    Purged,
    /// Entries of a batch with these places are refused; the others are done.
    EntriesFailed(Vec<usize>),
    /// Of a batch read or write all but the first so many are handed back, to be asked for again.
    Unprocessed(usize),
}

impl Fault {
    /// Every request for this operation from now on.
    pub fn every(service: Service, operation: &'static str, effect: Effect) -> Self {
        Self { service, operation, containing: None, effect, spared: 0, left: usize::MAX }
    }

    /// The next request for this operation.
    pub fn next(service: Service, operation: &'static str, effect: Effect) -> Self {
        Self { left: 1, ..Self::every(service, operation, effect) }
    }

    /// Only requests with this text in their body.
    #[must_use]
    pub fn containing(self, text: impl Into<String>) -> Self {
        Self { containing: Some(text.into()), ..self }
    }

    /// Not the first so many.
    #[must_use]
    pub fn after(self, spared: usize) -> Self {
        Self { spared, ..self }
    }

    /// No more than so many.
    #[must_use]
    pub fn times(self, left: usize) -> Self {
        Self { left, ..self }
    }

    fn hits(&mut self, service: Service, operation: &str, body: &str) -> bool {
        if self.left == 0
            || self.service != service
            || self.operation != operation
            || self.containing.as_ref().is_some_and(|text| !body.contains(text))
        {
            return false;
        }
        if self.spared > 0 {
            self.spared -= 1;
            return false;
        }
        self.left -= 1;
        true
    }
}

#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        lock(&self.0).push(fault);
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// What happens to this request: the first rule that hits it decides.
    pub(crate) fn strike(&self, service: Service, operation: &str, body: &str) -> Option<Effect> {
        let mut faults = lock(&self.0);
        faults.iter_mut().find_map(|fault| fault.hits(service, operation, body).then(|| fault.effect.clone()))
    }
}
