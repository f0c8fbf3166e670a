//! The port `Blobs`: each payload a file, in a folder of its run.
//!
//! `blobs/<SHA-256 of the run's key>/<SHA-256 of the content>`, so that no name of an execution meets a rule of a file
//! system. A file has its name only when its content is on the disk: what is found is whole.

use super::{Store, directory};
use async_trait::async_trait;
use bytes::Bytes;
use orchestrator::RunKey;
use orchestrator::ports::{BlobKey, Blobs, Error};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of all payloads. It is made when the first one comes.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

#[async_trait]
impl Blobs for Store {
    async fn put(&self, key: &BlobKey, content: Bytes) -> Result<(), Error> {
        let name = file_name(key)?.to_owned();
        let run = run_name(&key.run);
        self.blobs.work(move |folder| folder.write(&run, &name, &content)).await
    }

    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, Error> {
        let path = Path::new(&run_name(&key.run)).join(file_name(key)?);
        let read = self.blobs.work(move |folder| match fs::read(folder.path.join(path)) {
            Ok(content) => Ok(Some(Bytes::from(content))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        });
        read.await
    }

    async fn remove(&self, run: &RunKey) -> Result<(), Error> {
        self.blobs.remove(run).await
    }
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Takes all payloads of the run away.
    pub(super) async fn remove(self: &Arc<Self>, run: &RunKey) -> Result<(), Error> {
        let run = run_name(run);
        let removed = self.work(move |folder| match fs::remove_dir_all(folder.path.join(run)) {
            Ok(()) => sync_directory(&folder.path),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        });
        removed.await
    }

    fn write(&self, run: &str, name: &str, content: &[u8]) -> io::Result<()> {
        let folder = self.path.join(run);
        directory::make(&folder)?;
        // Two that write the same at once do not meet.
        let unfinished = folder.join(format!("{name}.{}", uuid::Uuid::new_v4()));
        let written = write_through(&unfinished, content).and_then(|()| fs::rename(&unfinished, folder.join(name)));
        if let Err(error) = written {
            // What cannot be removed goes with its run.
            let _ = fs::remove_file(&unfinished);
            return Err(error);
        }
        // Also those above, which somebody else may have made just now: the file is found by all of these names.
        for directory in folder.ancestors().take(3) {
            sync_directory(directory)?;
        }
        Ok(())
    }

    /// Does the work on a thread for blocking work.
    async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let folder = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&folder)).await;
        let failed = |source| Error::Unavailable { what: "the folder of large payloads", source };
        // The other error is that the runtime is going down.
        done.map_err(|error| failed(error.into()))?.map_err(|error| failed(error.into()))
    }
}

fn write_through(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Puts the names in the directory on the disk.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Elsewhere a directory cannot be opened as a file, and names are on the disk when files are.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature everywhere")]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// The name of a run's folder.
fn run_name(run: &RunKey) -> String {
    // No ARN has a line break in it.
    let digest = Sha256::digest(format!("{}\n{}", run.execution, run.run));
    digest.iter().fold(String::with_capacity(64), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// The name of a payload's file: the hash, if it is one.
fn file_name(key: &BlobKey) -> Result<&str, Error> {
    let is_hash = key.sha256.len() == 64 && key.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hash {
        return Ok(&key.sha256);
    }
    Err(Error::Unreadable { what: format!("payload {:?}", key.sha256), source: "its name is no SHA-256".into() })
}
