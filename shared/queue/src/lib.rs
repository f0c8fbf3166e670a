//! Wakes, and starts of Express executions, on SQS: the ports `Queue` and `ExpressQueue` for whoever sends them, and the
//! batches of an event source mapping for whoever handles them.
//!
//! [`SqsQueue`] sends; [`Consumer`] takes a batch, gives each of its messages to a handler, and says which of them must
//! come again, and when. How requests reach SQS is the caller's affair, who brings the SDK's configuration; what a wake
//! or a start is, and when it may be acknowledged, is the `orchestrator` crate's.

mod backoff;
mod consumer;
mod event;
mod letter;
mod line;
mod sqs_queue;
mod trace;
mod visibility;

pub use consumer::{Consumer, Redelivery};
pub use event::{Answer, Attributes, Event, ItemFailure, Message};
pub use letter::Letter;
pub use sqs_queue::{AWS_MAX_BATCH_BYTES, AWS_MAX_DELAY, Settings, SqsQueue};
pub use trace::{start_trace_header, trace_header};
pub use visibility::LONGEST_VISIBILITY;
