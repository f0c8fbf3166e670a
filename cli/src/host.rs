//! The parts put together: store, queue, tasks and orchestrator in one process, and the API over them.

use crate::arguments::Limits;
use crate::backlog::Backlog;
use crate::error::Error;
use async_trait::async_trait;
use axum::Router;
use axum::serve::ListenerExt;
use bootstrap::SystemClock;
use embedded::Activities;
use embedded::queue::{Settings as QueueSettings, StartQueue, WakeQueue};
use embedded::store::Store;
use embedded::tasks::{Callbacks, LocalTasks};
use model::arn::Place;
use model::{Failure, Payload};
use orchestrator::ports::Observer;
use orchestrator::{Orchestrator, Ports, Settings};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// States that one commit may take in. A commit ends before it grows large, and at every call, fork and wait.
const STATES_PER_INVOCATION: u32 = 128;

/// How long a claim lives at most. Only this process works on the store, so it judges none of another.
const CLAIM_LIFETIME: Duration = Duration::from_mins(15);

/// Everything that runs executions in one process.
pub(crate) struct Host {
    pub(crate) orchestrator: Arc<Orchestrator>,
    pub(crate) tasks: Arc<LocalTasks>,
    store: Arc<Store>,
    queue: WakeQueue,
    starts: StartQueue,
}

impl Host {
    /// Opens the data directory. Nothing runs before [`Host::start`].
    pub(crate) fn open(
        data: &Path,
        tasks: LocalTasks,
        place: Place,
        observer: Arc<dyn Observer>,
        limits: Limits,
    ) -> Result<Self, Error> {
        let store = Arc::new(Store::open(data)?);
        let queue = WakeQueue::new(QueueSettings::default());
        let starts = StartQueue::default();
        let tasks = Arc::new(tasks);
        let ports = Ports {
            journal: store.clone(),
            catalog: store.clone(),
            activities: Arc::new(Activities::new()),
            blobs: store.clone(),
            queue: Arc::new(queue.clone()),
            express: Arc::new(starts.clone()),
            timers: None,
            tasks: tasks.clone(),
            clock: Arc::new(SystemClock),
            observer,
        };
        let process = uuid::Uuid::new_v4().to_string();
        let settings = Settings {
            states_per_invocation: STATES_PER_INVOCATION,
            claim_lifetime: CLAIM_LIFETIME,
            max_payload_bytes: limits.max_payload_bytes(),
            ..Settings::one_process(place, store.token_key().to_vec(), process)
        };
        let orchestrator = Orchestrator::new(ports, settings);
        tasks.set_callbacks(Arc::new(Answers(Arc::downgrade(&orchestrator))));
        Ok(Self { orchestrator, tasks, store, queue, starts })
    }

    /// Begins to handle wakes, and to run Express executions.
    pub(crate) fn start(&self) {
        let orchestrator = Arc::clone(&self.orchestrator);
        self.queue.start(move |wake| {
            let orchestrator = Arc::clone(&orchestrator);
            async move { orchestrator.handle(wake).await }
        });
        let orchestrator = Arc::clone(&self.orchestrator);
        self.starts.start(move |start| {
            let orchestrator = Arc::clone(&orchestrator);
            async move { orchestrator.run_express(start).await.map(drop) }
        });
    }

    /// The API over this host.
    pub(crate) fn router(&self) -> Router {
        let max_payload_bytes = self.orchestrator.settings().max_payload_bytes;
        api::router(Arc::clone(&self.orchestrator), api::Options { max_payload_bytes, ..api::Options::default() })
    }

    /// What waits, and for how long.
    pub(crate) fn backlog(&self) -> Backlog {
        Backlog(self.queue.clone())
    }

    /// Stops: waits so long at most for what runs, then closes the store.
    pub(crate) async fn stop(&self, at_most: Duration) {
        tokio::join!(self.queue.stop(at_most), self.starts.stop(at_most));
        self.store.stop().await;
    }
}

/// A server that answers until it is told to stop.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Listens, and serves the router.
    pub(crate) async fn start(address: SocketAddr, router: Router) -> Result<Self, Error> {
        let refused = |source: std::io::Error| {
            let hint = match source.kind() {
                std::io::ErrorKind::AddrInUse => "; give another --port (0 takes any that is free)",
                std::io::ErrorKind::PermissionDenied => "; ports below 1024 are for root: give another --port",
                std::io::ErrorKind::AddrNotAvailable => "; --host must be an address of this machine",
                _ => "",
            };
            Error::Listen { address: address.to_string(), hint, source }
        };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let (stop, stopped) = oneshot::channel();
        let listener = listener.tap_io(|stream| {
            // Answers are small and whole: waiting to fill a packet only costs time.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!("TCP_NODELAY: {error}");
            }
        });
        let serve = axum::serve(listener, router).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        Ok(Self { address, stop, serving: tokio::spawn(serve.into_future()) })
    }

    /// Accepts no more, and gives calls under way so long to end.
    pub(crate) async fn stop(self, at_most: Duration) {
        let _ = self.stop.send(());
        // A long poll that is cut off asks again.
        let _ = tokio::time::timeout(at_most, self.serving).await;
    }
}

/// Takes the answers of stand-in humans to the orchestrator, as SendTaskSuccess and SendTaskFailure would.
struct Answers(Weak<Orchestrator>);

#[derive(Debug, thiserror::Error)]
#[error("this process is stopping")]
struct Stopping;

#[async_trait]
impl Callbacks for Answers {
    async fn succeed(&self, token: &str, output: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let orchestrator = self.0.upgrade().ok_or(Stopping)?;
        Ok(orchestrator.send_task_success(token, Payload::from_text(output)?).await?)
    }

    async fn fail(&self, token: &str, failure: Failure) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let orchestrator = self.0.upgrade().ok_or(Stopping)?;
        Ok(orchestrator.send_task_failure(token, failure).await?)
    }
}

/// Where clients on this machine reach the address.
pub(crate) fn endpoint(address: SocketAddr) -> String {
    let reachable = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(IpAddr::from([127, 0, 0, 1]), address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => {
            SocketAddr::new(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), address.port())
        }
        IpAddr::V4(_) | IpAddr::V6(_) => address,
    };
    format!("http://{reachable}")
}

/// A journal is nothing to commit: the `.ratchet` folder says so by itself.
pub(crate) fn keep_out_of_git(data: &Path) {
    let folder = Path::new(".ratchet");
    if data.starts_with(folder) && std::fs::create_dir_all(folder).is_ok() && !folder.join(".gitignore").exists() {
        let _ = std::fs::write(folder.join(".gitignore"), "*\n");
    }
}
