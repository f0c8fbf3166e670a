//! AWS in the process of the tests: DynamoDB, SQS, S3 and Lambda behind one HTTP connector, without a socket.
//!
//! Adapters run over it as they are deployed, SDK included. It records every request with what AWS would bill for it,
//! and lets requests go wrong by rule. Time is tokio's, so that a paused clock makes days pass at once.
//!
//! DynamoDB is an emulator's engine, called in process; what it would cost is worked out here, by DynamoDB's rules, and
//! compared with what the engine says. The other services are small and honest: what they do not know, they refuse.

mod connector;
pub mod dynamodb;
mod fault;
pub mod lambda;
mod log;
pub mod prices;
pub mod s3;
pub mod sqs;
pub mod system;

pub use connector::Wire;
pub use fault::{Effect, Fault};
pub use log::{Request, Service};

use dynamodb::DynamoDb;
use fault::Faults;
use lambda::Functions;
use log::Log;
use s3::Buckets;
use sqs::Sqs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One account in one region. Clones are the same account.
#[derive(Clone)]
pub struct Cloud(Arc<Services>);

struct Services {
    dynamodb: DynamoDb,
    sqs: Sqs,
    s3: Buckets,
    lambda: Functions,
    log: Log,
    faults: Faults,
    latency: Mutex<Duration>,
}

impl Cloud {
    /// An empty account.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Services {
            dynamodb: DynamoDb::new()?,
            sqs: Sqs::default(),
            s3: Buckets::default(),
            lambda: Functions::default(),
            log: Log::default(),
            faults: Faults::default(),
            latency: Mutex::default(),
        })))
    }

    /// The way into this account for one process, whose name its requests carry in the log.
    pub fn wire(&self, caller: &str) -> Wire {
        Wire::new(self.clone(), caller)
    }

    /// Its tables.
    pub fn dynamodb(&self) -> &DynamoDb {
        &self.0.dynamodb
    }

    /// Its queues.
    pub fn sqs(&self) -> &Sqs {
        &self.0.sqs
    }

    /// Its buckets.
    pub fn s3(&self) -> &Buckets {
        &self.0.s3
    }

    /// Its functions.
    pub fn lambda(&self) -> &Functions {
        &self.0.lambda
    }

    /// How long each request takes from now on; at first, none takes any time.
    pub fn set_latency(&self, latency: Duration) {
        *lock(&self.0.latency) = latency;
    }

    pub(crate) fn latency(&self) -> Duration {
        *lock(&self.0.latency)
    }

    /// Lets requests go wrong from now on.
    pub fn inject(&self, fault: Fault) {
        self.0.faults.add(fault);
    }

    /// Lets nothing go wrong any more.
    pub fn heal(&self) {
        self.0.faults.clear();
    }

    /// Every request so far, in the order of their answers.
    pub fn requests(&self) -> Vec<Request> {
        self.0.log.all()
    }

    /// The requests so far, which are forgotten.
    pub fn take_requests(&self) -> Vec<Request> {
        self.0.log.take()
    }

    /// Forgets all but the first so many requests.
    pub(crate) fn forget_after(&self, count: usize) {
        self.0.log.truncate(count);
    }

    pub(crate) fn record(&self, request: Request) {
        self.0.log.add(request);
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.0.faults
    }
}

/// A panic elsewhere fails its own test.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
