//! Wakes whose time has not come, and the one task that brings them when it has.
//!
//! A computer that was asleep has not moved its monotonic clock meanwhile: a wait of an hour would be longer by
//! the length of the sleep. So the timers look at the wall clock too, and go ahead by as much as it did. A wall
//! clock that was put forward therefore brings wakes early; a wake that is early is sent again for the rest.

use super::Shared;
use super::lanes::Delivery;
use bootstrap::SystemClock;
use model::Timestamp;
use orchestrator::ports::Clock as _;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The task looks at the clocks at least this often while anything waits.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// Delays beyond this are this long: more than an `Instant` may hold, or anybody waits.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// The wall clock is believed to have gone ahead when it did by more than this: less is its being adjusted.
const ADJUSTMENT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Timers {
    state: Mutex<State>,
    sooner: Notify,
}

#[derive(Debug)]
struct State {
    heap: BinaryHeap<Delayed>,
    /// The number of the next one: those due at the same instant keep their order.
    next: u64,
    began: Instant,
    began_wall: Timestamp,
    /// How much the timers are ahead of the monotonic clock.
    ahead: Duration,
}

#[derive(Debug)]
struct Delayed {
    due: Instant,
    number: u64,
    delivery: Delivery,
}

impl Timers {
    pub(super) fn new() -> Self {
        let state = State {
            heap: BinaryHeap::new(),
            next: 0,
            began: Instant::now(),
            began_wall: SystemClock.now(),
            ahead: Duration::ZERO,
        };
        Self { state: Mutex::new(state), sooner: Notify::new() }
    }

    pub(super) fn add(&self, delivery: Delivery, delay: Duration) {
        let mut state = self.lock();
        let due = state.now() + delay.min(LONGEST);
        let number = state.next;
        state.next += 1;
        let soonest = state.heap.peek().is_none_or(|first| due < first.due);
        state.heap.push(Delayed { due, number, delivery });
        drop(state);
        if soonest {
            self.sooner.notify_one();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lock().heap.len()
    }

    /// Takes what is due, and says how long it is to the next; none: nothing waits.
    fn take_due(&self) -> (Vec<Delivery>, Option<Duration>) {
        let mut state = self.lock();
        let now = state.now();
        let mut due = Vec::new();
        while let Some(first) = state.heap.peek() {
            if first.due > now {
                return (due, Some(first.due - now));
            }
            due.extend(state.heap.pop().map(|first| first.delivery));
        }
        (due, None)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn now(&mut self) -> Instant {
        let monotonic = Instant::now();
        let wall = SystemClock.now().since(self.began_wall);
        let ahead = wall.saturating_sub(monotonic - self.began);
        if ahead > self.ahead + ADJUSTMENT {
            self.ahead = ahead.min(LONGEST);
        }
        monotonic + self.ahead
    }
}

/// Delivers what is due for as long as the queue is there.
pub(super) async fn deliver_due(timers: Arc<Timers>, queue: Weak<Shared>) {
    loop {
        let (due, next) = timers.take_due();
        for delivery in due {
            let Some(queue) = queue.upgrade() else { return };
            queue.deliver(delivery);
        }
        let wait = next.unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = timers.sooner.notified() => {}
        }
    }
}

impl Ord for Delayed {
    /// The greatest is the one that is due first: the heap gives out its greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.due, other.number).cmp(&(self.due, self.number))
    }
}

impl PartialOrd for Delayed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Delayed {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Delayed {}
