//! How often each function came round in one chain of calls, as Lambda's recursive loop detection counts it.
//!
//! The count travels in the trace header. A function that sends its own header on, as AWS's SDKs do without being told,
//! sends the count on too, and the chain is cut when one function has come round 16 times. Ratchet's functions send
//! none, so each message begins a chain of its own.
//!
//! Source: Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops"; X-Ray developer
//! guide, "Tracing header", `Lineage`.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write;
use std::hash::{Hash, Hasher};

/// Rounds of one function in a chain, after which it is invoked no more. Lambda says "approximately 16".
pub(crate) const MAX_ROUNDS: u32 = 16;

/// What the trace header of an invocation is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// The header, with this round counted.
    Goes(String),
    /// The function came round too often.
    Dropped { rounds: u32 },
}

/// Counts one more round of the function in the chain of this batch.
///
/// Messages of a batch may belong to several chains. AWS does not say which of them Lambda takes; here it is the one in
/// which the function came round most often. `fresh` makes the header of a batch without any.
pub(crate) fn count_round<'a>(
    headers: impl Iterator<Item = &'a str>,
    function: &str,
    fresh: impl FnOnce() -> String,
) -> Passage {
    let function = hash(function);
    let longest = headers.max_by_key(|header| rounds(&chain(header), &function));
    let header = longest.map_or_else(fresh, str::to_owned);
    let mut chain = chain(&header);
    let rounds = rounds(&chain, &function);
    if rounds >= MAX_ROUNDS {
        return Passage::Dropped { rounds };
    }
    match chain.iter_mut().find(|(known, _)| *known == function) {
        Some((_, rounds)) => *rounds += 1,
        None => chain.push((function, 1)),
    }
    let mut counted: Vec<&str> = header.split(';').filter(|part| !part.trim_start().starts_with("Lineage=")).collect();
    let mut lineage = "Lineage=".to_owned();
    for (index, (function, rounds)) in chain.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(lineage, "{}{function}:{rounds}", if index == 0 { "" } else { "|" });
    }
    counted.push(&lineage);
    Passage::Goes(counted.join(";"))
}

/// Functions, as hashes, and their rounds. An entry is `hash:rounds`, or with the chain's length before it.
fn chain(header: &str) -> Vec<(String, u32)> {
    let lineage = header.split(';').find_map(|part| part.trim().strip_prefix("Lineage="));
    let entry = |entry: &str| {
        let mut parts = entry.rsplit(':');
        let rounds = parts.next()?.parse().ok()?;
        Some((parts.next()?.to_owned(), rounds))
    };
    lineage.unwrap_or_default().split('|').filter_map(entry).collect()
}

fn rounds(chain: &[(String, u32)], function: &str) -> u32 {
    chain.iter().filter(|(known, _)| known == function).map(|(_, rounds)| *rounds).max().unwrap_or(0)
}

fn hash(function: &str) -> String {
    let mut hasher = DefaultHasher::new();
    function.hash(&mut hasher);
    format!("{:08x}", hasher.finish() & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";

    fn passes(headers: &[&str], function: &str) -> String {
        match count_round(headers.iter().copied(), function, || "Root=fresh".to_owned()) {
            Passage::Goes(header) => header,
            Passage::Dropped { rounds } => panic!("dropped after {rounds}"),
        }
    }

    #[test]
    fn a_function_that_sends_its_lineage_on_is_cut_after_sixteen_rounds() {
        let mut header = ROOT.to_owned();
        for round in 1..=MAX_ROUNDS {
            header = passes(&[&header], "advance");
            assert_eq!(header, format!("{ROOT};Lineage={}:{round}", hash("advance")));
        }
        let cut = count_round([header.as_str()].into_iter(), "advance", String::new);
        assert_eq!(cut, Passage::Dropped { rounds: 16 });
        // Another function in the same chain has a count of its own.
        let other = passes(&[&header], "task");
        assert!(other.ends_with(&format!("Lineage={}:16|{}:1", hash("advance"), hash("task"))), "{other}");
    }

    #[test]
    fn a_chain_that_sends_no_lineage_never_grows() {
        let first = passes(&[ROOT], "advance");
        for _ in 0..100 {
            assert_eq!(passes(&[ROOT], "advance"), first);
        }
    }

    #[test]
    fn the_longest_chain_of_a_batch_counts() {
        let short = format!("{ROOT};Lineage={}:3", hash("advance"));
        let long = format!("Root=long;Lineage=25:{}:7", hash("advance"));
        assert_eq!(passes(&[&short, &long, ROOT], "advance"), format!("Root=long;Lineage={}:8", hash("advance")));
    }

    #[test]
    fn a_batch_without_headers_begins_a_chain() {
        assert_eq!(passes(&[], "advance"), format!("Root=fresh;Lineage={}:1", hash("advance")));
        assert_eq!(passes(&["Root=odd;Lineage=what"], "f"), format!("Root=odd;Lineage={}:1", hash("f")));
    }
}
