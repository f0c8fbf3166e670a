//! Every adapter of a port, against the port's contract.

#[expect(clippy::unused_async, reason = "other adapters are made by asking a server")]
mod embedded {
    use ::embedded::Activities;
    use ::embedded::queue::{Settings, WakeQueue};
    use ::embedded::store::Store;
    use acceptance::contracts::queue::Line;
    use anyhow::Result;
    use orchestrator::Acknowledge;
    use std::convert::Infallible;
    use std::sync::Arc;
    use tempfile::TempDir;
    use tokio::sync::{Mutex, mpsc};

    async fn store() -> Result<(Arc<Store>, TempDir)> {
        let directory = TempDir::new()?;
        Ok((Arc::new(Store::open(directory.path())?), directory))
    }

    async fn activities() -> Result<(Arc<Activities>, ())> {
        Ok((Arc::new(Activities::new()), ()))
    }

    async fn line() -> Result<(Line, WakeQueue)> {
        let queue = WakeQueue::new(Settings::default());
        let (sender, delivered) = mpsc::unbounded_channel();
        queue.start(move |wake| {
            // A test that has what it wants hears no more.
            let _ = sender.send(wake);
            async { Ok::<_, Infallible>(Acknowledge::Delete) }
        });
        let line = Line { queue: Arc::new(queue.clone()), delivered: Arc::new(Mutex::new(delivered)) };
        Ok((line, queue))
    }

    acceptance::journal_contracts!(store);
    acceptance::catalog_contracts!(store);
    acceptance::activity_contracts!(activities);
    acceptance::blobs_contracts!(store);
    acceptance::queue_contracts!(line);
}

/// The simulation proves something only if its ports keep what they promise.
#[expect(clippy::unused_async, reason = "other adapters are made by asking a server")]
mod in_memory {
    use acceptance::contracts::queue::Line;
    use anyhow::{Context, Result};
    use async_trait::async_trait;
    use orchestrator::ports::Queue;
    use orchestrator::{Acknowledge, Wake};
    use simulation::{
        MemoryActivities, MemoryBlobs, MemoryCatalog, MemoryJournal, MemoryTimers, Node, Options, Problem, World,
    };
    use std::sync::Arc;
    use std::sync::Mutex as SyncMutex;
    use tokio::sync::{Mutex, mpsc};

    /// Passes on what comes to it.
    struct Listener(mpsc::UnboundedSender<Wake>);

    #[async_trait]
    impl Node for Listener {
        async fn handle(&self, wake: Wake) -> Result<Acknowledge, Problem> {
            // A test that has what it wants hears no more.
            let _ = self.0.send(wake);
            Ok(Acknowledge::Delete)
        }

        async fn recover(&self) -> Result<(), Problem> {
            Ok(())
        }
    }

    async fn journal() -> Result<(Arc<MemoryJournal>, ())> {
        Ok((Arc::default(), ()))
    }

    async fn blobs() -> Result<(Arc<MemoryBlobs>, ())> {
        Ok((Arc::default(), ()))
    }

    async fn timers() -> Result<(Arc<MemoryTimers>, ())> {
        Ok((Arc::default(), ()))
    }

    async fn catalog() -> Result<(Arc<MemoryCatalog>, ())> {
        Ok((Arc::default(), ()))
    }

    async fn activities() -> Result<(Arc<MemoryActivities>, ())> {
        Ok((Arc::default(), ()))
    }

    async fn line() -> Result<(Line, World<Listener>)> {
        let (sender, delivered) = mpsc::unbounded_channel();
        let built: Arc<SyncMutex<Option<Arc<dyn Queue>>>> = Arc::default();
        let given = Arc::clone(&built);
        let world = World::new(Options::default(), move |ports, _| {
            *given.lock().expect("nobody panics with it") = Some(ports.queue);
            Arc::new(Listener(sender.clone()))
        });
        let queue = built.lock().expect("nobody panics with it").take().context("the world was built")?;
        Ok((Line { queue, delivered: Arc::new(Mutex::new(delivered)) }, world))
    }

    acceptance::journal_contracts!(journal);
    acceptance::catalog_contracts!(catalog);
    acceptance::activity_contracts!(activities);
    acceptance::blobs_contracts!(blobs);
    acceptance::timers_contracts!(timers);
    acceptance::queue_contracts!(line);
}
