//! The port `ExpressQueue`: starts of Express executions, each run by a task of its own.
//!
//! Nothing is stored: a start that has not run to its end when the process dies is lost, as the execution itself is that
//! runs in memory. What could not begin for a passing reason is tried again, later each time.

use super::{retry_after, text_of};
use async_trait::async_trait;
use futures::FutureExt as _;
use orchestrator::ports::{self, ExpressQueue};
use orchestrator::{Error, ExpressStart};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

/// How many executions run at once; others wait in memory, in order.
const RUNS_AT_ONCE: u32 = 1_000;

/// The queue. Clones are the same queue.
#[derive(Clone)]
pub struct StartQueue(Arc<Shared>);

struct Shared {
    sender: UnboundedSender<ExpressStart>,
    /// Until the queue begins to deliver.
    receiver: Mutex<Option<UnboundedReceiver<ExpressStart>>>,
    deliveries: Mutex<Option<AbortHandle>>,
    room: Arc<Semaphore>,
}

impl Default for StartQueue {
    /// An empty queue that delivers nothing yet.
    fn default() -> Self {
        let (sender, receiver) = unbounded_channel();
        Self(Arc::new(Shared {
            sender,
            receiver: Mutex::new(Some(receiver)),
            deliveries: Mutex::default(),
            room: Arc::new(Semaphore::new(usize::try_from(RUNS_AT_ONCE).unwrap_or(usize::MAX))),
        }))
    }
}

impl StartQueue {
    /// Begins to run, on this runtime, what was sent and what will be. A second call does nothing.
    pub fn start<F>(&self, run: impl Fn(ExpressStart) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let receiver = self.0.receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut receiver) = receiver else { return };
        let (room, run) = (Arc::clone(&self.0.room), Arc::new(run));
        let deliveries = tokio::spawn(async move {
            // Aborted with this task.
            let mut runs = JoinSet::new();
            while let Some(start) = receiver.recv().await {
                let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
                let run = Arc::clone(&run);
                runs.spawn(async move {
                    run_to_its_end(&*run, start).await;
                    drop(place);
                });
                while runs.try_join_next().is_some() {}
            }
        });
        *self.0.deliveries.lock().unwrap_or_else(PoisonError::into_inner) = Some(deliveries.abort_handle());
    }

    /// Begins no more, waits for those that run, for so long at most, and breaks off the rest.
    pub async fn stop(&self, at_most: Duration) {
        // Whoever waits for a place gets none before this.
        let all_ended = timeout(at_most, self.0.room.acquire_many(RUNS_AT_ONCE)).await;
        if all_ended.is_err() {
            tracing::info!("stopped while Express executions run");
        }
        self.0.room.close();
        if let Some(deliveries) = self.0.deliveries.lock().unwrap_or_else(PoisonError::into_inner).take() {
            deliveries.abort();
        }
    }
}

async fn run_to_its_end<F>(run: &impl Fn(ExpressStart) -> F, start: ExpressStart)
where
    F: Future<Output = Result<(), Error>>,
{
    let execution = start.execution();
    let mut failures = 0;
    loop {
        // The call itself is inside too: what it does before its first await may panic as well.
        let ended = AssertUnwindSafe(async { run(start.clone()).await }).catch_unwind().await;
        match ended {
            Ok(Ok(())) => return,
            Ok(Err(error)) if error.is_transient() => {
                let after = retry_after(failures);
                tracing::warn!(%execution, %error, again_in = ?after, "an Express execution could not begin");
                failures = failures.saturating_add(1);
                sleep(after).await;
            }
            Ok(Err(error)) => return tracing::error!(%execution, %error, "an Express execution cannot run"),
            Err(panic) => {
                return tracing::error!(%execution, said = text_of(&*panic), "an Express execution panicked");
            }
        }
    }
}

#[async_trait]
impl ExpressQueue for StartQueue {
    async fn send(&self, start: ExpressStart) -> Result<(), ports::Error> {
        let stopped = |error: tokio::sync::mpsc::error::SendError<ExpressStart>| ports::Error::Unavailable {
            what: "the Express queue",
            source: error.to_string().into(),
        };
        self.0.sender.send(start).map_err(stopped)
    }

    fn max_input_bytes(&self) -> Option<usize> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Payload, Timestamp};
    use orchestrator::ExpressInput;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn start(name: &str) -> ExpressStart {
        ExpressStart {
            machine: "arn:aws:states:us-east-1:123456789012:stateMachine:m".parse().expect("an ARN"),
            revision: "r".into(),
            name: name.into(),
            id: name.into(),
            started: Timestamp::from_micros(0),
            input: ExpressInput::Here(Payload::empty()),
        }
    }

    fn away() -> Error {
        Error::Port(ports::Error::Unavailable { what: "the store", source: "busy".into() })
    }

    fn broken() -> Error {
        Error::Port(ports::Error::Unreadable { what: "the definition".into(), source: "damaged".into() })
    }

    async fn sent(queue: &StartQueue, names: impl IntoIterator<Item = String>) {
        for name in names {
            queue.send(start(&name)).await.expect("it is open");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_sent_before_the_start_runs_and_no_more_than_there_is_room_for_at_once() {
        let queue = StartQueue::default();
        sent(&queue, (0..2_500).map(|number| number.to_string())).await;
        let (now, most, ran) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let counts = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&ran));
        queue.start(move |_| {
            let (now, most, ran) = counts.clone();
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                sleep(Duration::from_secs(1)).await;
                now.fetch_sub(1, Ordering::Relaxed);
                ran.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        });
        sleep(Duration::from_secs(10)).await;
        assert_eq!((ran.load(Ordering::Relaxed), most.load(Ordering::Relaxed)), (2_500, RUNS_AT_ONCE));
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_passingly_is_tried_again_and_what_cannot_run_or_panics_stops_nobody() {
        let queue = StartQueue::default();
        let tries = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&tries);
        queue.start(move |start| {
            let noted = Arc::clone(&noted);
            async move {
                let count = {
                    let mut noted = noted.lock().expect("no test panics with it");
                    noted.push(start.name.clone());
                    noted.iter().filter(|name| **name == start.name).count()
                };
                match start.name.as_str() {
                    "away" if count < 4 => Err(away()),
                    "broken" => Err(broken()),
                    "panics" => panic!("a test's own"),
                    _ => Ok(()),
                }
            }
        });
        sent(&queue, ["away", "broken", "panics", "well"].map(str::to_owned)).await;
        sleep(Duration::from_mins(1)).await;
        let mut tries = tries.lock().expect("no test panics with it").clone();
        tries.sort();
        assert_eq!(tries, ["away", "away", "away", "away", "broken", "panics", "well"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_waits_for_what_runs_and_breaks_off_what_takes_too_long() {
        for (takes, expected) in [(1, 1), (100, 0)] {
            let queue = StartQueue::default();
            let ended = Arc::new(AtomicU32::new(0));
            let count = Arc::clone(&ended);
            queue.start(move |_| {
                let count = Arc::clone(&count);
                async move {
                    sleep(Duration::from_secs(takes)).await;
                    count.fetch_add(1, Ordering::Relaxed);
                    Ok(())
                }
            });
            sent(&queue, ["one".to_owned()]).await;
            tokio::task::yield_now().await;
            queue.stop(Duration::from_secs(3)).await;
            sleep(Duration::from_secs(200)).await;
            assert_eq!(ended.load(Ordering::Relaxed), expected);
        }
    }
}
