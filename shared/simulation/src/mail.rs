//! Messages on their way: late, twice, and again when whoever handled one could not.

use crate::clock::sleep;
use crate::faults::FaultKind;
use crate::options::{Deliveries, Deployment};
use crate::process::{Node, Part, Process};
use crate::world::{LONGEST_DELAY, Shared};
use futures::FutureExt;
use orchestrator::ports::{Clock, Error};
use orchestrator::{Acknowledge, Lane, Wake};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

/// How long a message waits for a process that has a place for it, longer each time.
const FULL: Duration = Duration::from_millis(40);
const LONGEST_FULL: Duration = Duration::from_secs(3);

/// The longest time after which a dead letter comes again.
const LONGEST_DEAD: Duration = Duration::from_hours(1);

/// How often messages may wait for a place for each that may be handled.
const WAITS: u64 = 7;

/// Counts, and the messages of durable queues.
#[derive(Default)]
pub(crate) struct Mail {
    sent: AtomicU64,
    handled: AtomicU64,
    waited: AtomicU64,
    durable: Mutex<Vec<AbortHandle>>,
}

/// What became of a message that was handled.
enum Handled {
    Done(Result<Acknowledge, Problem>),
    Panicked,
    /// Whoever handled it is dead.
    Killed,
    /// It has become visible to others, while it is handled still.
    Lapsed,
}

type Problem = crate::process::Problem;

impl Mail {
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    /// Brings nothing any more; how many messages were lost.
    pub(crate) fn stop(&self) -> usize {
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = durable.iter().filter(|message| !message.is_finished()).count();
        for message in durable.drain(..) {
            message.abort();
        }
        lost
    }

    pub(crate) fn keep(&self, message: AbortHandle) {
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        if durable.len() > 64 && durable.len().is_power_of_two() {
            durable.retain(|message| !message.is_finished());
        }
        durable.push(message);
    }
}

impl<N: Node> Shared<N> {
    /// Brings the message after the delay, as often as the options say.
    pub(crate) fn post(self: &Arc<Self>, wake: &Wake, delay: Duration) -> Result<(), Error> {
        let wake = match self.options.deployment {
            Deployment::OneProcess => wake.clone(),
            Deployment::Functions => travelled(wake, delay)?,
        };
        self.mail.sent.fetch_add(1, Ordering::Relaxed);
        let late = match self.options.lateness {
            Duration::ZERO => Duration::ZERO,
            lateness => {
                self.tally.add(FaultKind::Late);
                self.clock.random_below(lateness)
            }
        };
        self.dispatch(wake.clone(), delay + late);
        let within = match self.options.deliveries {
            Deliveries::Once => return Ok(()),
            Deliveries::SomeTwice(percent, _) if self.clock.random() % 100 >= percent => return Ok(()),
            Deliveries::Twice => Duration::from_millis(100),
            Deliveries::TwiceWithin(within) | Deliveries::SomeTwice(_, within) => within,
        };
        self.tally.add(FaultKind::Duplicated);
        let at_once = self.clock.random_below(Duration::from_micros(2)).is_zero();
        let later = if at_once { Duration::ZERO } else { self.clock.random_below(within) };
        self.dispatch(wake, delay + later);
        Ok(())
    }

    fn dispatch(self: &Arc<Self>, wake: Wake, delay: Duration) {
        if self.is_flooded() {
            return;
        }
        match self.options.deployment {
            Deployment::OneProcess => {
                let Some(process) = self.current() else { return };
                process.spawn(Arc::clone(self).bring(Arc::clone(&process), wake, delay));
            }
            Deployment::Functions => {
                let message = tokio::spawn(Arc::clone(self).deliver(wake, delay));
                self.mail.keep(message.abort_handle());
            }
        }
    }

    /// Brings the message to this process, with which it dies.
    async fn bring(self: Arc<Self>, process: Arc<Process<N>>, mut wake: Wake, delay: Duration) {
        sleep(delay).await;
        // One that outlives a cut handles its message to the end.
        let Some(node) = process.node() else { return };
        let mut failures = 0;
        while !self.is_flooded() {
            self.mail.handled.fetch_add(1, Ordering::Relaxed);
            let again_after = match handle(&node, &wake, Part::Whole).await {
                Handled::Done(Ok(Acknowledge::Delete)) | Handled::Killed | Handled::Lapsed => return,
                Handled::Done(Ok(Acknowledge::Return(after))) => {
                    failures = 0;
                    after.max(Duration::from_millis(1))
                }
                Handled::Done(Err(error)) => {
                    failures += 1;
                    self.note(format!("{} {:?}: {error}", wake.strand, wake.kind));
                    Duration::from_secs(failures.min(30))
                }
                Handled::Panicked => {
                    self.note(format!("{} {:?}: panicked", wake.strand, wake.kind));
                    return;
                }
            };
            wake.redelivered = true;
            sleep(again_after).await;
        }
        self.note(format!("{} {:?}: given up, since too many messages came", wake.strand, wake.kind));
    }

    /// A message of a durable queue, until somebody deletes it.
    async fn deliver(self: Arc<Self>, mut wake: Wake, delay: Duration) {
        sleep(delay).await;
        let fleet = self.options.fleet;
        let deleted = Arc::new(AtomicBool::new(false));
        let mut receives = 0;
        let mut is_dead = false;
        while !deleted.load(Ordering::Relaxed) && !self.is_flooded() {
            receives += 1;
            if !is_dead && receives > fleet.most_receives {
                self.tally.add(FaultKind::DeadLettered);
                (is_dead, receives) = (true, 1);
            }
            if self.drops() {
                sleep(fleet.visibility).await;
                wake.redelivered = true;
                continue;
            }
            let part = match (is_dead, wake.lane) {
                (true, _) => Part::Dead,
                (false, Lane::Steps) => Part::Steps,
                (false, Lane::Tasks) => Part::Tasks,
            };
            let mut wait = FULL;
            let process = loop {
                match self.process_for(part) {
                    Some(process) => break process,
                    None if self.is_flooded() => return,
                    None => {
                        self.mail.waited.fetch_add(1, Ordering::Relaxed);
                        sleep(wait).await;
                        wait = LONGEST_FULL.min(wait * 2);
                    }
                }
            };
            self.mail.handled.fetch_add(1, Ordering::Relaxed);
            let again_after = match self.have_handled(&process, &wake, &deleted).await {
                Handled::Done(Ok(Acknowledge::Delete)) => return,
                Handled::Done(Ok(Acknowledge::Return(after))) => after.max(Duration::from_millis(1)),
                Handled::Done(Err(error)) => {
                    self.note(format!("{} {:?}: {error}", wake.strand, wake.kind));
                    match part {
                        Part::Dead => LONGEST_DEAD.min(Duration::from_mins(1 << receives.min(6))),
                        _ => self.clock.random_below(Duration::from_secs(4)),
                    }
                }
                Handled::Panicked => {
                    self.note(format!("{} {:?}: panicked", wake.strand, wake.kind));
                    return;
                }
                Handled::Killed => fleet.visibility,
                Handled::Lapsed => Duration::ZERO,
            };
            wake.redelivered = true;
            sleep(again_after).await;
        }
    }

    /// Whether so many messages came that no more is brought.
    pub(crate) fn is_flooded(&self) -> bool {
        let most = self.options.most_messages;
        self.mail.handled() >= most || self.mail.waited.load(Ordering::Relaxed) >= most.saturating_mul(WAITS)
    }

    /// Has the message handled by this process, for as long as it is out of sight of others.
    async fn have_handled(&self, process: &Arc<Process<N>>, wake: &Wake, deleted: &Arc<AtomicBool>) -> Handled {
        let Some(node) = process.node() else { return Handled::Killed };
        let seat = process.occupy();
        let (message, part) = (wake.clone(), process.part);
        let (sender, mut outcome) = oneshot::channel();
        process.spawn(async move {
            let handled = handle(&node, &message, part).await;
            drop(seat);
            // The message may have been taken away, together with its world.
            let _ = sender.send(handled);
        });
        // A process that makes a call says each minute that it still has its message; seldom is it not heard.
        let holds = self.options.fleet.holds && part == Part::Tasks && !self.clock.random().is_multiple_of(16);
        let visibility = if holds { Duration::MAX } else { self.options.fleet.visibility };
        tokio::select! {
            biased;
            handled = &mut outcome => return handled.unwrap_or(Handled::Killed),
            () = sleep(visibility) => {}
        }
        self.tally.add(FaultKind::Lapsed);
        if self.clock.random().is_multiple_of(2) {
            // It may be deleted all the same by whoever had it first.
            let deleted = Arc::clone(deleted);
            let first = tokio::spawn(async move {
                if let Ok(Handled::Done(Ok(Acknowledge::Delete))) = outcome.await {
                    deleted.store(true, Ordering::Relaxed);
                }
            });
            self.mail.keep(first.abort_handle());
        }
        Handled::Lapsed
    }
}

async fn handle<N: Node>(node: &Arc<N>, wake: &Wake, part: Part) -> Handled {
    let done = match part {
        Part::Dead => node.handle_dead(wake.clone()),
        Part::Whole | Part::Api | Part::Steps | Part::Tasks | Part::Timer | Part::Express => node.handle(wake.clone()),
    };
    match AssertUnwindSafe(done).catch_unwind().await {
        Ok(done) => Handled::Done(done),
        Err(_) => Handled::Panicked,
    }
}

/// The wake as it comes out of a durable queue.
fn travelled(wake: &Wake, delay: Duration) -> Result<Wake, Error> {
    let refused = |source: Box<dyn std::error::Error + Send + Sync>| Error::Unreadable {
        what: format!("the message {:?} for {}", wake.kind, wake.strand),
        source,
    };
    if delay > LONGEST_DELAY {
        return Err(refused(format!("it is to be delayed by {delay:?}").into()));
    }
    Wake::from_text(&wake.to_text()).map_err(|error| refused(error.into()))
}
