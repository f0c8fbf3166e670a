//! What a use of AWS costs: list prices of us-east-1, and the time that our functions are taken to run.
//!
//! The one home of these formulas. Free tiers are left out.

use super::{Request, Service};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Dollars for a million write request units.
const WRITES: f64 = 0.625;
/// Dollars for a million read request units.
const READS: f64 = 0.125;
/// Dollars for a million requests to a standard queue, of up to 64 KB each.
const SQS_REQUESTS: f64 = 0.40;
/// Dollars for a million invocations.
const INVOCATIONS: f64 = 0.20;
/// Dollars for a GB-second on arm64.
const GB_SECOND: f64 = 0.000_013_333_4;
/// Dollars for a million requests to an HTTP API.
const HTTP_API_REQUESTS: f64 = 1.00;
/// Dollars for a million PUT, POST, COPY or LIST requests to S3.
const S3_PUTS: f64 = 5.00;
/// Dollars for a million GET requests to S3.
const S3_GETS: f64 = 0.40;

/// Memory of our functions, in GB: 256 MB.
const MEMORY_GB: f64 = 0.25;

/// How long a function of ours is taken to run for one message, besides what it waits for a callee.
///
/// An assumption (a put and a send within AWS), since only AWS can measure it.
pub const fn own_time(function: &str) -> Duration {
    match function.as_bytes() {
        b"task" => Duration::from_millis(20),
        b"api" => Duration::from_millis(24),
        // advance, timer, dead
        _ => Duration::from_millis(14),
    }
}

/// A use of AWS: everything that costs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Write request units.
    pub writes: u64,
    /// Halves of read request units.
    pub half_reads: u64,
    /// Requests to SQS, counted in pieces of 64 KB, those of event source mappings included.
    pub sqs: u64,
    /// Requests to S3 at the price of a PUT.
    pub s3_puts: u64,
    /// Requests to S3 at the price of a GET.
    pub s3_gets: u64,
    /// Invocations of our functions, by name.
    pub invocations: BTreeMap<String, u64>,
    /// Time that our functions waited for callees.
    pub waited: Duration,
    /// Requests that came through an HTTP API.
    pub http_api: u64,
}

impl Usage {
    /// Of these requests. Invocations are for the caller to add.
    pub fn of(requests: &[Request]) -> Self {
        let mut usage = Self::default();
        for request in requests {
            usage.writes += request.units.writes;
            usage.half_reads += request.units.half_reads;
            usage.sqs += request.sqs_requests;
            if request.service == Service::S3 {
                match request.operation.as_str() {
                    "PutObject" | "ListObjectsV2" => usage.s3_puts += 1,
                    // Deleting is free.
                    "DeleteObject" | "DeleteObjects" => {}
                    _ => usage.s3_gets += 1,
                }
            }
        }
        usage
    }

    /// All invocations.
    pub fn invoked(&self) -> u64 {
        self.invocations.values().sum()
    }

    /// What a million such uses cost, in dollars.
    #[expect(clippy::cast_precision_loss, reason = "counts of a test")]
    pub fn dollars_per_million(&self) -> f64 {
        let computed: f64 = self
            .invocations
            .iter()
            .map(|(function, count)| *count as f64 * own_time(function).as_secs_f64())
            .sum::<f64>()
            + self.waited.as_secs_f64();
        self.writes as f64 * WRITES
            + self.half_reads as f64 / 2.0 * READS
            + self.sqs as f64 * SQS_REQUESTS
            + self.s3_puts as f64 * S3_PUTS
            + self.s3_gets as f64 * S3_GETS
            + self.invoked() as f64 * INVOCATIONS
            + computed * MEMORY_GB * GB_SECOND * 1_000_000.0
            + self.http_api as f64 * HTTP_API_REQUESTS
    }

    /// What this use has beyond another, which it includes.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Self {
        let mut invocations = self.invocations.clone();
        for (function, count) in &other.invocations {
            let left = invocations.entry(function.clone()).or_default();
            *left = left.saturating_sub(*count);
        }
        invocations.retain(|_, count| *count > 0);
        Self {
            writes: self.writes.saturating_sub(other.writes),
            half_reads: self.half_reads.saturating_sub(other.half_reads),
            sqs: self.sqs.saturating_sub(other.sqs),
            s3_puts: self.s3_puts.saturating_sub(other.s3_puts),
            s3_gets: self.s3_gets.saturating_sub(other.s3_gets),
            invocations,
            waited: self.waited.saturating_sub(other.waited),
            http_api: self.http_api.saturating_sub(other.http_api),
        }
    }
}

impl Usage {
    /// One of so many equal shares; none if they are not equal.
    pub fn share(&self, count: u64) -> Option<Self> {
        let part = |whole: u64| (count > 0 && whole.is_multiple_of(count)).then(|| whole / count);
        let invocations = self.invocations.iter().map(|(name, whole)| Some((name.clone(), part(*whole)?)));
        Some(Self {
            writes: part(self.writes)?,
            half_reads: part(self.half_reads)?,
            sqs: part(self.sqs)?,
            s3_puts: part(self.s3_puts)?,
            s3_gets: part(self.s3_gets)?,
            invocations: invocations.collect::<Option<_>>()?,
            waited: self.waited / u32::try_from(count).ok()?,
            http_api: part(self.http_api)?,
        })
    }
}

impl fmt::Display for Usage {
    #[expect(clippy::cast_precision_loss, reason = "counts of a test")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} writes, {} reads, {} SQS, {} invocations",
            self.writes,
            self.half_reads as f64 / 2.0,
            self.sqs,
            self.invoked()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(writes: u64, sqs: u64, function: &str, waited: u64) -> Usage {
        let invocations = [(function.to_owned(), 1)].into();
        Usage { writes, sqs, invocations, waited: Duration::from_millis(waited), ..Usage::default() }
    }

    fn check(usage: &Usage, dollars: f64) {
        let found = usage.dollars_per_million();
        assert!((found - dollars).abs() < 0.005, "{usage}: {found}, expected {dollars}");
    }

    #[test]
    fn a_state_costs_what_its_requests_cost() {
        check(&Usage::default(), 0.0);
        // 0.625 for the write, 1.20 for three requests, 0.20 for the invocation and 0.047 for its 14 ms.
        check(&usage(1, 3, "advance", 0), 2.072);
        // A callee of 100 ms: two writes, and 120 ms.
        check(&usage(2, 3, "task", 100), 3.05);
        check(&usage(2, 3, "task", 1_000), 6.05);
    }

    #[test]
    fn reads_and_doors_count() {
        check(&Usage { half_reads: 1, ..Usage::default() }, 0.0625);
        check(&Usage { http_api: 1, ..Usage::default() }, 1.0);
        check(&Usage { s3_puts: 1, s3_gets: 1, ..Usage::default() }, 5.4);
    }

    #[test]
    fn what_is_beyond_is_what_is_left() {
        let state = usage(1, 3, "advance", 0);
        let two = Usage { writes: 2, sqs: 6, invocations: [("advance".to_owned(), 2)].into(), ..Usage::default() };
        assert_eq!(two.beyond(&state), state);
        assert_eq!(state.beyond(&state), Usage::default());
        assert_eq!(two.share(2), Some(state));
        assert_eq!(two.share(4), None);
    }
}
