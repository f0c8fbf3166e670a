//! The trace that a message belongs to.

use model::Timestamp;
use orchestrator::{ExpressStart, Wake};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The trace header of the execution that this wake is for: `Root=1-<start>-<run>;Sampled=0`.
///
/// Every message has its own, or else all messages of a batch would belong to the trace of whoever sent it. The last
/// part of `Root` is the same for all messages of a run; the first is when it started, in seconds, where the wake says
/// so. No `Lineage`: Lambda counts by it how often a function came round, and would drop the message after some 16
/// states.
///
/// Source: Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops"; X-Ray developer
/// guide, "Amazon SQS and AWS X-Ray".
pub fn trace_header(wake: &Wake) -> String {
    header(wake.run.execution.as_str(), &wake.run.run.0, wake.start.as_ref().map(|start| start.at))
}

/// The trace header of an Express execution: the same each time that its start is brought.
pub fn start_trace_header(start: &ExpressStart) -> String {
    header(start.execution().as_str(), &start.id, Some(start.started))
}

fn header(execution: &str, run: &str, started: Option<Timestamp>) -> String {
    let started = started.map_or(0, |at| at.as_micros().div_euclid(1_000_000));
    let mut hash = Sha256::new();
    hash.update(execution);
    hash.update([0]);
    hash.update(run.as_bytes());
    let mut run = String::with_capacity(24);
    for byte in hash.finalize().iter().take(12) {
        // Writing to a string cannot fail.
        let _ = write!(run, "{byte:02x}");
    }
    // Seconds need 33 bits from the year 2106 on: the header has room for 32.
    format!("Root=1-{:08x}-{run};Sampled=0", started & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{ExecutionArn, RunId, StrandId};
    use orchestrator::{Lane, RunKey, Start, WakeKind};

    fn wake(run: &str, seq: u64, start: Option<i64>) -> Wake {
        let execution: ExecutionArn =
            "arn:aws:states:us-east-1:123456789012:execution:pay:one".parse().expect("it is an ARN");
        Wake {
            run: RunKey { execution, run: RunId(run.into()) },
            strand: StrandId::root(),
            kind: WakeKind::Step { seq },
            record: None,
            lane: Lane::Steps,
            redelivered: false,
            start: start.map(|seconds| Start {
                revision: "1".to_owned(),
                at: Timestamp::from_micros(seconds * 1_000_000 + 999_999),
            }),
        }
    }

    #[test]
    fn a_header_looks_as_x_ray_wants_it() {
        let header = trace_header(&wake("r1", 0, Some(1_465_510_726)));
        let root = header.strip_prefix("Root=1-5759eb46-").and_then(|rest| rest.strip_suffix(";Sampled=0"));
        let root = root.unwrap_or_else(|| panic!("{header}"));
        assert_eq!(root.len(), 24);
        assert!(root.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)), "{root}");
    }

    #[test]
    fn a_run_has_one_trace_and_another_run_another() {
        let header = trace_header(&wake("r1", 0, Some(5)));
        assert_eq!(header, trace_header(&wake("r1", 7, Some(5))));
        assert_ne!(header, trace_header(&wake("r2", 0, Some(5))));
        let without_start = trace_header(&wake("r1", 0, None));
        assert_eq!(without_start.get(16..), header.get(16..));
        assert!(without_start.starts_with("Root=1-00000000-"));
    }
}
