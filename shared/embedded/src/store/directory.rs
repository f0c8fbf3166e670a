//! The data directory, held by one process at a time.

use super::Error;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// A data directory that this process holds; released when dropped, or when the process dies.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Makes the directory if it is not there, and takes it. On Unix what it makes is for its owner alone: the key
    /// that signs task tokens will be in it, and the data of all executions.
    pub(super) fn take(path: &Path) -> Result<Self, Error> {
        let unwritable = |source: io::Error| Error::Unwritable { path: path.into(), source };
        make(path).map_err(unwritable)?;
        // Not truncated: what is in it is the holder's process id.
        let lock = path.join("lock");
        let mut lock =
            File::options().create(true).read(true).write(true).truncate(false).open(lock).map_err(unwritable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { path: path.into(), holder: holder(&mut lock) }),
            Err(TryLockError::Error(source)) => return Err(unwritable(source)),
        }
        lock.set_len(0).and_then(|()| lock.write_all(std::process::id().to_string().as_bytes())).map_err(unwritable)?;
        Ok(Self { path: path.into(), _lock: lock })
    }

    /// The file of the database.
    pub(super) fn database(&self) -> PathBuf {
        self.path.join("ratchet.sqlite")
    }

    /// The folder of the payloads that are too large for the database.
    pub(super) fn blobs(&self) -> PathBuf {
        self.path.join("blobs")
    }
}

/// Makes the directory, and those above it as any others are made. One that is there stays as it is.
pub(super) fn make(path: &Path) -> io::Result<()> {
    if let Some(above) = path.parent() {
        fs::create_dir_all(above)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    match lock.read_to_string(&mut text) {
        Ok(_) if !text.is_empty() => format!(" (process id {text})"),
        Ok(_) | Err(_) => String::new(),
    }
}
