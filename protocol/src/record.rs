//! What the journal holds: strands, and the records of each.

/// A strand's path from the root: a byte for each level, with the record that forked it and its index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Strand(pub u32);

/// One entry of a strand's journal, without what nobody asks for: events, payloads, times.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Record {
    /// What the strand does.
    pub phase: Phase,
    /// The record at which its present wait began.
    pub since: u8,
    /// How often the present state was tried again.
    pub attempts: u8,
    /// The message that the record was put for.
    pub cause: Cause,
    /// Whose put it is: 0, or a number where the answer to the put was lost.
    pub writer: u8,
    /// How often the execution was redriven before (root only).
    pub redrives: u8,
}

/// What a strand does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// The state is about to be entered.
    Ready {
        /// The state.
        at: u8,
    },
    /// A call was claimed.
    Calling {
        /// The state.
        at: u8,
        /// Whether the call was made. Nobody in the protocol knows this: it is for the properties.
        called: bool,
        /// Whether the claim was put after StopExecution had answered: for the properties too.
        late: bool,
    },
    /// Waits for a callback.
    Pending {
        /// The state.
        at: u8,
    },
    /// Waits for a timer.
    Waiting {
        /// The state.
        at: u8,
        /// Whether the state is then tried again.
        retry: bool,
    },
    /// Children run. The record that forked them is `since`.
    Forked {
        /// The state.
        at: u8,
        /// Children begun are those below this index.
        next: u8,
        /// Bits of those begun and not seen to have ended.
        running: u8,
        /// Bits of those that this very record begins.
        fresh: u8,
        /// Set once the fork is being left before its time.
        ending: Option<Ending>,
    },
    /// The strand is over.
    Ended(Outcome),
}

/// Why a fork is left before its time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ending {
    /// A child failed; Retry and Catch decide.
    ChildFailed,
    /// The parent's fork is being left.
    Aborted,
    /// StopExecution. The number is the root's `redrives` when it was asked for.
    Stopped(u8),
    /// The execution took too long; the number as above.
    TimedOut(u8),
    /// The engine cannot go on.
    Broken,
}

/// How a strand ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names of the service model")]
pub enum Outcome {
    Succeeded,
    Failed,
    Aborted,
    TimedOut,
}

/// The message that a record was put for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cause {
    /// StartExecution, or the parent's fork.
    Started,
    /// The wake for the step after this record.
    Step(u8),
    /// A timer of the wait that began at this record.
    Timer(u8),
    /// Children of this fork that ended.
    Children(u8),
    /// A call that this record claimed.
    Call(u8),
    /// A callback, for the wait that began at this record.
    Answer(u8),
    /// A stop, a time-out or a sibling's failure.
    Abort,
    /// RedriveExecution.
    Redrive,
}

impl Strand {
    /// The root.
    pub const ROOT: Self = Self(0);

    /// The child with this index of the fork of this record.
    #[must_use]
    pub const fn child(self, fork: u8, index: u8) -> Self {
        Self((self.0 << 8) | (((fork as u32) + 1) << 3) | index as u32)
    }

    /// The parent, the record that forked this strand, and its index; none for the root.
    pub fn parent(self) -> Option<(Self, u8, u8)> {
        let level = u8::try_from(self.0 & 0xff).unwrap_or_default();
        (self.0 != 0).then(|| (Self(self.0 >> 8), (level >> 3) - 1, level & 7))
    }
}

impl std::fmt::Display for Strand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.parent() {
            Some((parent, fork, index)) => write!(f, "{parent}/{fork}.{index}"),
            None => f.write_str("0"),
        }
    }
}

impl Record {
    /// As the protocol sees it: without the notes of the properties.
    #[must_use]
    pub fn plain(mut self) -> Self {
        if let Phase::Calling { called, late, .. } = &mut self.phase {
            (*called, *late) = (false, false);
        }
        self
    }

    /// Whether the strand is over.
    pub fn is_terminal(&self) -> bool {
        matches!(self.phase, Phase::Ended(_))
    }

    /// Whether children of this fork may run.
    pub fn is_in_fork(&self, fork: u8) -> bool {
        matches!(self.phase, Phase::Forked { .. }) && self.since == fork
    }
}

impl Phase {
    /// The state of the definition; none at the end.
    pub fn at(self) -> Option<u8> {
        match self {
            Self::Ready { at }
            | Self::Calling { at, .. }
            | Self::Pending { at }
            | Self::Waiting { at, .. }
            | Self::Forked { at, .. } => Some(at),
            Self::Ended(_) => None,
        }
    }
}

/// The bits of these indexes.
pub fn indexes(bits: u8) -> impl DoubleEndedIterator<Item = u8> {
    (0..8).filter(move |index| bits & (1 << index) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strand_knows_where_it_comes_from() {
        let child = Strand::ROOT.child(7, 2);
        assert_eq!(child.child(0, 5).parent(), Some((child, 0, 5)));
        assert_eq!(child.parent(), Some((Strand::ROOT, 7, 2)));
        assert_eq!(Strand::ROOT.parent(), None);
        assert_eq!(child.child(0, 5).to_string(), "0/7.2/0.5");
    }
}
