//! The real binary as a process: started, found, killed.

use anyhow::{Context as _, bail};
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `ratchet local`, killed with SIGKILL when it is dropped.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts it. What it says goes to a file of its own, so that nothing is lost with it.
    pub(crate) fn start(data: &Path, tasks: &Path, log: PathBuf) -> anyhow::Result<Self> {
        let file = File::create(&log).with_context(|| format!("failed to create {}", log.display()))?;
        let child = Command::new(env!("CARGO_BIN_EXE_ratchet"))
            .args(["local", "--port", "0", "--data"])
            .arg(data)
            .arg("--tasks")
            .arg(tasks)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .context("failed to start ratchet local")?;
        Ok(Self { child, log })
    }

    /// Waits until it says where it listens.
    pub(crate) fn address(&mut self, patience: Duration) -> anyhow::Result<SocketAddr> {
        let until = Instant::now() + patience;
        loop {
            if let Some(address) = announced(&std::fs::read_to_string(&self.log).unwrap_or_default()) {
                return Ok(address);
            }
            self.must_live()?;
            if Instant::now() > until {
                bail!("ratchet local said no address within {patience:?}; it said: {}", self.said());
            }
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    /// Fails if it has ended by itself.
    pub(crate) fn must_live(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("ratchet local ended by itself with {status}; it said: {}", self.said());
        }
        Ok(())
    }

    /// SIGKILL: it gets no chance to put anything in order.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.must_live()?;
        self.child.kill().context("failed to kill ratchet local")?;
        self.child.wait()?;
        Ok(())
    }

    /// The end of what it said.
    pub(crate) fn said(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in a line that is complete.
fn announced(text: &str) -> Option<SocketAddr> {
    let (_, rest) = text.split_once("http://")?;
    let end = rest.find(|c: char| c.is_whitespace())?;
    rest[..end].parse().ok()
}
