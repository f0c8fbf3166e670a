//! A `ratchet local` of the benchmark's own, as a process: so its memory and its start can be measured.

use super::Error;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A server process; killed when dropped.
pub(crate) struct OwnServer {
    process: Child,
    pub(crate) endpoint: String,
    /// From its start until it said where it is.
    pub(crate) ready_after: Duration,
}

impl OwnServer {
    /// Starts this same program as a server on a free port.
    pub(crate) async fn start(data: &Path) -> Result<Self, Error> {
        let program = std::env::current_exe().map_err(Error::Server)?;
        let began = Instant::now();
        let mut process = Command::new(program)
            .args(["local", "--port", "0", "--data"])
            .arg(data)
            .env_remove("RATCHET_LOG")
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(Error::Server)?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).await.map_err(Error::Server)?;
        }
        let ready_after = began.elapsed();
        let endpoint = line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
        let endpoint = endpoint.ok_or(Error::Announcement(line))?;
        Ok(Self { process, endpoint, ready_after })
    }

    /// Its resident memory in bytes, where the system tells.
    pub(crate) fn resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()?)).ok()?;
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next());
        Some(kilobytes?.parse::<u64>().ok()? * 1_024)
    }

    /// Stops it.
    pub(crate) async fn stop(mut self) {
        let _ = self.process.kill().await;
    }
}
