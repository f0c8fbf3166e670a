//! A batch of messages, wakes or starts: each goes to the handler by itself, and the answer says which must come again.
//!
//! The messages of a batch are handled at the same time. One that fails, panics, takes too long or cannot be read does
//! not hurt the others. Nothing here deletes a message: the event source mapping deletes what the answer does not name.

use crate::backoff::backoff;
use crate::event::{Answer, Event, ItemFailure, Message};
use crate::letter::Letter;
use crate::visibility::{Again, LONGEST_VISIBILITY, Received};
use aws_sdk_sqs::Client;
use aws_types::SdkConfig;
use futures::FutureExt;
use futures::future::{Either, join_all, select};
use orchestrator::{Acknowledge, wire};
use std::any::Any;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tracing::Instrument;

/// How long a held message stays invisible without a sign of life: how soon the loss of its worker is noticed.
const HELD: Duration = Duration::from_mins(1);
/// How often the worker of a held message gives that sign.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
/// How much of a message that cannot be read goes to the log: what names its execution, if anything does.
const HEAD_CHARS: usize = 128;

/// How often a message is received before it becomes a dead letter: the template's `maxReceiveCount`. AWS does not say
/// whether a dead letter's count begins anew; one with more is taken to have brought it along.
const RECEIVED_BEFORE: u32 = 10;

/// When a message comes again whose handling failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redelivery {
    /// After 1 to 20 s, longer each time. The queue sends what never succeeds to its dead-letter queue.
    Soon,
    /// After 30 s to an hour, longer each time; after [`LONGEST_VISIBILITY`] if it cannot be read, since only a person
    /// can mend that. For dead letters, which have nowhere else to go and must survive an outage.
    Growing,
}

/// Handles the batches of one queue.
#[derive(Clone, Debug)]
pub struct Consumer {
    queue: Received,
    redelivery: Redelivery,
    holds: bool,
}

impl Consumer {
    /// For the queue at this URL.
    pub fn new(config: &SdkConfig, queue_url: &str, redelivery: Redelivery) -> Self {
        let queue = Received { client: Client::new(config), url: queue_url.to_owned() };
        Self { queue, redelivery, holds: false }
    }

    /// Holds each message while it is handled: it comes again a minute after its worker was lost, not after the queue's
    /// time-out, which must be longer than the longest call. Costs a request when a message comes and every 30 s.
    #[must_use]
    pub fn holding_messages(self) -> Self {
        Self { holds: true, ..self }
    }

    /// Gives each message of the batch to the handler.
    pub async fn handle<L, H, F, E>(&self, event: &Event, handler: H) -> Answer
    where
        L: Letter,
        H: Fn(L) -> F,
        F: Future<Output = Result<Acknowledge, E>>,
        E: Display,
    {
        self.handle_within(event, Duration::MAX, handler).await
    }

    /// As [`Consumer::handle`], but whatever is not finished within this time is broken off and comes again: a function
    /// that runs into its time-out answers nothing, and the whole batch would come again.
    pub async fn handle_within<L, H, F, E>(&self, event: &Event, limit: Duration, handler: H) -> Answer
    where
        L: Letter,
        H: Fn(L) -> F,
        F: Future<Output = Result<Acknowledge, E>>,
        E: Display,
    {
        let fates = join_all(event.records.iter().map(|message| self.handle_message(message, limit, &handler))).await;
        let (mut answer, mut again) = (Answer::default(), Vec::new());
        for (message, fate) in event.records.iter().zip(fates) {
            let after = match fate {
                Fate::Done => continue,
                Fate::Again(after) => after,
            };
            again.push(Again { receipt_handle: &message.receipt_handle, after });
            answer.batch_item_failures.push(ItemFailure { item_identifier: message.message_id.clone() });
        }
        self.queue.bring_again(&again).await;
        answer
    }

    async fn handle_message<L, H, F, E>(&self, message: &Message, limit: Duration, handler: &H) -> Fate
    where
        L: Letter,
        H: Fn(L) -> F,
        F: Future<Output = Result<Acknowledge, E>>,
        E: Display,
    {
        let (id, receives) = (&message.message_id, message.receives());
        // What came to the dead-letter queue was received before, however that queue counts.
        let is_redelivered = receives > 1 || self.redelivery == Redelivery::Growing;
        let letter = match L::read(&message.body, is_redelivered) {
            Ok(letter) => letter,
            Err(error) => return self.unreadable(message, &error),
        };
        let span = letter.span(id);
        async {
            // The handler may panic before there is a future.
            let handled = AssertUnwindSafe(async { handler(letter).await }).catch_unwind();
            let handled = tokio::time::timeout(limit, handled);
            let handled = if self.holds {
                match select(pin!(handled), pin!(self.hold(message))).await {
                    // A request on its way is broken off. If it overtakes the next, the message comes a bit later.
                    Either::Left((handled, _)) => handled,
                    Either::Right((never, _)) => match never {},
                }
            } else {
                handled.await
            };
            match handled {
                Ok(Ok(Ok(Acknowledge::Delete))) => return Fate::Done,
                Ok(Ok(Ok(Acknowledge::Return(after)))) => return Fate::Again(after),
                Ok(Ok(Err(error))) => tracing::warn!(receives, %error, "the message comes again"),
                Ok(Err(panic)) => tracing::error!(receives, said = said(&*panic), "the handler panicked"),
                Err(_) => tracing::warn!(receives, ?limit, "the message takes too long: it comes again"),
            }
            Fate::Again(self.redelivery.after_failure(id, receives))
        }
        .instrument(span)
        .await
    }

    fn unreadable(&self, message: &Message, error: &wire::Error) -> Fate {
        let (id, receives) = (&message.message_id, message.receives());
        let after = match self.redelivery {
            Redelivery::Growing if !error.is_transient() => {
                let head: String = message.body.chars().take(HEAD_CHARS).collect();
                tracing::error!(message_id = id, receives, %error, head, "a dead letter cannot be read: look at it");
                LONGEST_VISIBILITY
            }
            Redelivery::Growing | Redelivery::Soon => {
                tracing::error!(message_id = id, receives, %error, "a message cannot be read");
                self.redelivery.after_failure(id, receives)
            }
        };
        Fate::Again(after)
    }

    /// Keeps the message from coming again as long as this is polled.
    async fn hold(&self, message: &Message) -> std::convert::Infallible {
        let mut signs = tokio::time::interval(SIGN_OF_LIFE);
        signs.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            signs.tick().await;
            self.queue.bring_again(&[Again { receipt_handle: &message.receipt_handle, after: HELD }]).await;
        }
    }
}

impl Redelivery {
    fn after_failure(self, message_id: &str, receives: u32) -> Duration {
        let (first, longest, tries) = match self {
            Self::Soon => (Duration::from_secs(2), Duration::from_secs(20), receives),
            Self::Growing => {
                let tries = if receives > RECEIVED_BEFORE { receives - RECEIVED_BEFORE } else { receives };
                (Duration::from_mins(1), Duration::from_hours(1), tries)
            }
        };
        backoff(first, longest, tries, message_id)
    }
}

/// What becomes of a message.
enum Fate {
    Done,
    Again(Duration),
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("nothing")
}
