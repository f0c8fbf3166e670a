//! Ids of the protocol: runs, strands, records, events.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The random id of one start of an execution name.
///
/// It is in every key and message, so that nothing old can reach a new run of the same name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId(pub Arc<str>);

/// Who put a record: fresh for each attempt, so that an ambiguous answer can be told from another's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WriterId(pub Arc<str>);

/// The number of a record in its strand's journal, from 0.
pub type Seq = u64;

/// One line of control in an execution: the root `0`, a branch or an iteration `0/7.2` (the third child that
/// record 7 of strand `0` forked).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StrandId(Arc<str>);

impl StrandId {
    /// The strand that an execution starts with.
    pub fn root() -> Self {
        Self("0".into())
    }

    /// The child with this index, forked by this record.
    #[must_use]
    pub fn child(&self, fork: Seq, index: u32) -> Self {
        Self(format!("{}/{fork}.{index}", self.0).into())
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        !self.0.contains('/')
    }

    /// The parent, the record of it that forked this strand, and the index among its children; none for the root.
    pub fn parent(&self) -> Option<(Self, Seq, u32)> {
        let (parent, last) = self.0.rsplit_once('/')?;
        let (fork, index) = last.split_once('.')?;
        Some((Self(parent.into()), fork.parse().ok()?, index.parse().ok()?))
    }

    /// The id as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An id read back from where it was stored.
    pub fn from_stored(text: &str) -> Self {
        Self(text.into())
    }
}

/// A history event's place in the journal; its number in the history is derived from it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventRef {
    /// The strand that wrote it.
    pub strand: StrandId,
    /// The record it is in.
    pub seq: Seq,
    /// Its place in that record, from 0.
    pub index: u32,
}

impl fmt::Display for StrandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_knows_where_it_comes_from() {
        let child = StrandId::root().child(7, 2).child(0, 31);
        assert_eq!(child.as_str(), "0/7.2/0.31");
        assert_eq!(child.parent(), Some((StrandId::root().child(7, 2), 0, 31)));
        assert!(StrandId::root().parent().is_none());
    }
}
