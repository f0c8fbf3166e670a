//! The use cases' common ground: ports, settings, caches.

use crate::caches::Caches;
use crate::ports::{ActivityQueue, Catalog, Clock, Journal, Observer, Queue, Tasks};
use crate::token::Tokens;
use model::Timestamp;
use model::arn::Place;
use std::sync::Arc;
use std::time::Duration;

/// The world.
#[derive(Clone)]
pub struct Ports {
    /// Executions.
    pub journal: Arc<dyn Journal>,
    /// Machines and activities.
    pub catalog: Arc<dyn Catalog>,
    /// Tasks that wait for activity workers.
    pub activities: Arc<dyn ActivityQueue>,
    /// Messages between steps.
    pub queue: Arc<dyn Queue>,
    /// What tasks call.
    pub tasks: Arc<dyn Tasks>,
    /// Time and randomness.
    pub clock: Arc<dyn Clock>,
    /// Who looks on.
    pub observer: Arc<dyn Observer>,
}

/// How this deployment works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account and region of its ARNs.
    pub place: Place,
    /// Signs task tokens. At least 32 bytes, the same for as long as any token lives.
    pub token_key: Vec<u8>,
    /// How many states one invocation runs on through before it commits.
    pub states_per_invocation: u32,
    /// Names this process in claims. A claim of another process is judged by its expiry.
    pub process: String,
    /// Whether this process is the only one there is: then a claim by another is by one that is dead.
    pub only_process: bool,
    /// How long a claim lives at most before its worker is taken for dead.
    pub claim_lifetime: Duration,
}

/// The use cases, over the ports.
pub struct Orchestrator {
    ports: Ports,
    settings: Settings,
    tokens: Tokens,
    caches: Arc<Caches>,
}

impl Orchestrator {
    /// Over these ports.
    pub fn new(ports: Ports, settings: Settings) -> Arc<Self> {
        let tokens = Tokens::new(&settings.token_key);
        Arc::new(Self { ports, settings, tokens, caches: Arc::default() })
    }

    /// How this deployment works.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn ports(&self) -> &Ports {
        &self.ports
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    pub(crate) fn caches(&self) -> &Arc<Caches> {
        &self.caches
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// An id that nobody else has: a UUID of version 4 from the clock's randomness.
    pub(crate) fn fresh_id(&self) -> String {
        let (high, low) = (self.ports.clock.random(), self.ports.clock.random());
        uuid::Builder::from_random_bytes(((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
            .into_uuid()
            .to_string()
    }
}
