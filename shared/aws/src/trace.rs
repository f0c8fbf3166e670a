//! The trace that a request belongs to, without what Lambda counts loops by.

use std::fmt::{self, Display};

tokio::task_local! {
    static PRESENT: TraceHeader;
}

/// Longest value that is taken over.
const MAX_PART_BYTES: usize = 128;

/// The value of `X-Amzn-Trace-Id`: `Root=...;Parent=...;Sampled=...`.
///
/// `Lineage` is never part of it. Lambda counts by it how often a function came round in one chain of calls, and drops
/// the invocation after about 16 rounds; a workflow of twenty states is no loop, nor is a Map that calls one function a
/// hundred times.
///
/// Source: Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceHeader(String);

impl TraceHeader {
    /// Reads a caller's header, and keeps what may be passed on. `None` if it names no trace.
    pub fn parse(text: &str) -> Option<Self> {
        let part = |wanted: &str| {
            text.split(';').find_map(|part| {
                let (name, value) = part.split_once('=')?;
                let (name, value) = (name.trim(), value.trim());
                (name.eq_ignore_ascii_case(wanted) && is_plain(value)).then_some(value)
            })
        };
        let mut header = format!("Root={}", part("Root")?);
        for name in ["Parent", "Sampled"] {
            if let Some(value) = part(name) {
                header.extend([";", name, "=", value]);
            }
        }
        Some(Self(header))
    }

    /// The trace of the execution that is being worked on, if [`TraceHeader::scope`] set one.
    pub fn present() -> Option<Self> {
        PRESENT.try_with(Self::clone).ok()
    }

    /// Sends this header with every request that the future makes. Tasks that it spawns have a scope of their own.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        PRESENT.scope(self, future).await
    }

    /// The header's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for TraceHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.len() <= MAX_PART_BYTES && value.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(TraceHeader::parse(text).as_ref().map(TraceHeader::as_str), expected, "{text}");
    }

    #[test]
    fn a_lineage_is_left_behind() {
        let clean = Some("Root=1-5759e988-bd862e3f;Parent=53995c3f;Sampled=1");
        check("Root=1-5759e988-bd862e3f;Parent=53995c3f;Sampled=1;Lineage=1:a87bd80c:15", clean);
        check("Lineage=a87bd80c:15|68fd508a:5;Sampled=1; Parent=53995c3f ;root=1-5759e988-bd862e3f", clean);
        check("Root=1-x;LINEAGE=y", Some("Root=1-x"));
    }

    #[test]
    fn a_header_without_a_root_is_none() {
        for text in ["", ";", "Sampled=1", "Lineage=1:a87bd80c:15", "Root=", "Root=a b", "Root=\u{e9}"] {
            check(text, None);
        }
        check(&format!("Root={}", "x".repeat(MAX_PART_BYTES + 1)), None);
    }

    #[tokio::test]
    async fn a_scope_ends_with_its_future() {
        let header = TraceHeader::parse("Root=1-x").expect("it has a root");
        assert_eq!(header.clone().scope(async { TraceHeader::present() }).await, Some(header));
        assert_eq!(TraceHeader::present(), None);
    }
}
