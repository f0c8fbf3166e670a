//! The one writer: a thread that commits whatever waits for it as one group.
//!
//! While one group is being committed (its pages written and the disk flushed), the writes of all other tasks
//! gather in the channel and become the next group. So the cost of a flush is shared by as many as there are,
//! and a lone write never waits for company. As there is one writer, whatever one write reads stays true until
//! its group is committed: that makes the journal's conditional puts atomic.

use super::directory::Directory;
use super::error::Failure;
use rusqlite::Connection;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// Writes that wait at most; beyond, those who bring more wait to be let in.
const WAITING: usize = 1024;

/// Writes in one group at most: bounds how long the first of them waits for the last.
const GROUP: usize = 512;

/// Hands writes to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    // `None` only while it is being dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

enum Job {
    Write(Box<dyn Write>),
    Stop(oneshot::Sender<()>),
}

/// A write, then what its author is told.
trait Write: Send {
    fn run(&mut self, connection: &Connection);
    fn answer(self: Box<Self>, committed: Result<(), &Arc<rusqlite::Error>>);
}

struct Pending<T, W, A> {
    work: Option<W>,
    outcome: Option<Result<T, Failure>>,
    answer: A,
}

impl<T, W, A> Write for Pending<T, W, A>
where
    T: Send,
    W: FnOnce(&Connection) -> Result<T, Failure> + Send,
    A: FnOnce(Result<T, Failure>) + Send,
{
    fn run(&mut self, connection: &Connection) {
        self.outcome = self.work.take().map(|work| work(connection));
    }

    fn answer(self: Box<Self>, committed: Result<(), &Arc<rusqlite::Error>>) {
        let outcome = match committed {
            Ok(()) => self.outcome.unwrap_or(Err(Failure::Stopped)),
            Err(error) => Err(Failure::NotCommitted(Arc::clone(error))),
        };
        (self.answer)(outcome);
    }
}

/// Room for one write in the channel.
pub(super) struct Place<'a>(mpsc::Permit<'a, Job>);

impl Place<'_> {
    /// Puts the write there. `answer` is called when its group is committed, on the writer's thread.
    pub(super) fn fill<T: Send + 'static>(
        self,
        work: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
        answer: impl FnOnce(Result<T, Failure>) + Send + 'static,
    ) {
        self.0.send(Job::Write(Box::new(Pending { work: Some(work), outcome: None, answer })));
    }
}

impl Writer {
    /// Starts the thread. It holds the directory until its connection is closed.
    pub(super) fn start(connection: Connection, directory: Directory) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let thread = thread::Builder::new().name("journal".into()).spawn(move || {
            let stopped = run(&connection, waiting);
            drop(connection);
            drop(directory);
            // Nobody may be there any more to hear it.
            let _ = stopped.map(|stopped| stopped.send(()));
        })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Waits for room.
    pub(super) async fn place(&self) -> Result<Place<'_>, Failure> {
        let jobs = self.jobs.as_ref().ok_or(Failure::Stopped)?;
        jobs.reserve().await.map(Place).map_err(|_| Failure::Stopped)
    }

    /// Does the work in a transaction; returns when it is on the disk. A work that fails must have changed
    /// nothing: one of several statements uses [`whole`].
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (sender, answer) = oneshot::channel();
        self.place().await?.fill(work, move |outcome| {
            // Whoever asked may have gone; the write stands.
            let _ = sender.send(outcome);
        });
        answer.await.unwrap_or(Err(Failure::Stopped))
    }

    /// Commits what was sent before, and ends the thread.
    pub(super) async fn stop(&self) {
        let (sender, stopped) = oneshot::channel();
        if let Some(jobs) = &self.jobs
            && jobs.send(Job::Stop(sender)).await.is_ok()
        {
            // An error means that the thread has ended.
            let _ = stopped.await;
        }
    }
}

impl Drop for Writer {
    /// Waits until what was sent is committed and the directory is free again: milliseconds.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the journal's writer panicked");
        }
    }
}

/// Runs several statements as one: all of them, or none if one fails.
pub(super) fn whole<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    connection.prepare_cached("SAVEPOINT whole")?.execute(())?;
    let outcome = work(connection);
    // A failure such as a full disk may have ended the whole transaction, savepoint and all.
    if outcome.is_err() && !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK TO whole")?.execute(())?;
    }
    if !connection.is_autocommit() {
        connection.prepare_cached("RELEASE whole")?.execute(())?;
    }
    outcome
}

fn run(connection: &Connection, mut waiting: mpsc::Receiver<Job>) -> Option<oneshot::Sender<()>> {
    let mut jobs = Vec::with_capacity(GROUP);
    let mut group = Vec::with_capacity(GROUP);
    while waiting.blocking_recv_many(&mut jobs, GROUP) > 0 {
        let mut stop = None;
        for job in jobs.drain(..) {
            match job {
                Job::Write(write) => group.push(write),
                Job::Stop(sender) => stop = Some(sender),
            }
        }
        let committed = commit(connection, &mut group).map_err(Arc::new);
        if let Err(error) = &committed {
            tracing::error!(writes = group.len(), %error, "failed to commit to the journal");
        }
        for write in group.drain(..) {
            write.answer(committed.as_ref().copied());
        }
        if stop.is_some() {
            return stop;
        }
    }
    None
}

fn commit(connection: &Connection, group: &mut [Box<dyn Write>]) -> rusqlite::Result<()> {
    if group.is_empty() {
        return Ok(());
    }
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
    for write in &mut *group {
        write.run(connection);
        if connection.is_autocommit() {
            // SQLite has rolled everything back: the disk is full, or memory is.
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL),
                Some("a write failed in a way that undid its whole group".into()),
            ));
        }
    }
    let committed = connection.prepare_cached("COMMIT")?.execute(());
    if !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK")?.execute(())?;
    }
    committed.map(drop)
}
