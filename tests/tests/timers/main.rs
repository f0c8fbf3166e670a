//! Everything that a clock decides: time-outs of tasks and machines, heartbeats, Wait states, parked timers.
//!
//! **Never early; late by a bound.** In a world of the simulation messages take no time, so that what is late there is
//! late by the protocol: nothing is, but for what the schedule misses. On AWS there come the rounding of a delay to
//! whole seconds (at most 1 s), the message's own way (16 ms at the median) and, for what is due more than 15 minutes
//! ahead, nothing more, as long as `timer` has run once in the five minutes before.

mod machines;
mod parked;
mod races;
mod tasks;
mod waits;

use acceptance::timing::Seen;
use anyhow::{Context, Result, ensure};

/// How late an event of a world may be, in milliseconds: the clock moves by a microsecond with each look at it.
const LATE_MS: u64 = 20;

/// The history has these events, each at its time or at most so late.
fn happened(history: &[Seen], expected: &[(&str, u64)]) -> Result<()> {
    let found: Vec<_> = history.iter().map(|event| (event.kind.as_str(), event.at)).collect();
    let kinds = |events: &[(&str, u64)]| events.iter().map(|(kind, _)| (*kind).to_owned()).collect::<Vec<_>>();
    ensure!(kinds(&found) == kinds(expected), "{found:#?}\nexpected {expected:#?}");
    for ((kind, at), (_, due)) in found.iter().zip(expected) {
        ensure!(at >= due, "{kind} at {at} ms: it was due at {due} ms");
        ensure!(*at <= due + LATE_MS, "{kind} at {at} ms: it was due at {due} ms");
    }
    Ok(())
}

/// The one event of this kind.
fn only<'h>(history: &'h [Seen], kind: &str) -> Result<&'h Seen> {
    let mut found = history.iter().filter(|event| event.kind == kind);
    let event = found.next().with_context(|| format!("no {kind} in {history:#?}"))?;
    ensure!(found.next().is_none(), "more than one {kind}");
    Ok(event)
}
