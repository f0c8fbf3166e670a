//! Runs the `ratchet` binary and collects what it says.

use anyhow::{Context as _, bail};
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a command may take. Only a hang takes as long.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    /// None: by a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A command that runs.
pub(crate) struct Running {
    pub(crate) child: Child,
    stdout: PathBuf,
    /// The file that its stderr goes to.
    pub(crate) stderr: PathBuf,
}

impl Running {
    /// Starts `ratchet` in this folder. What it says goes to files beside it.
    pub(crate) fn start<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> anyhow::Result<Self> {
        let said = tempfile::Builder::new().prefix("said-").tempdir_in(folder)?.keep();
        let (stdout, stderr) = (said.join("stdout"), said.join("stderr"));
        let child = Command::new(env!("CARGO_BIN_EXE_ratchet"))
            .args(arguments)
            .current_dir(folder)
            .env_remove("RATCHET_LOG")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(File::create(&stdout)?)
            .stderr(File::create(&stderr)?)
            .spawn()
            .context("failed to start ratchet")?;
        Ok(Self { child, stdout, stderr })
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> anyhow::Result<Ended> {
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if Instant::now() > until {
                self.child.kill()?;
                bail!("ratchet did not end within {PATIENCE:?}; stderr: {}", read(&self.stderr)?);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        Ok(Ended { code: status.code(), stdout: read(&self.stdout)?, stderr: read(&self.stderr)? })
    }
}

/// Runs `ratchet` in this folder to its end.
pub(crate) fn ratchet<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> anyhow::Result<Ended> {
    Running::start(folder, arguments)?.end()
}

fn read(path: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("failed to read {}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
