//! Wrong readings of the protocol. Each was once thought to do, or might be by whoever changes this code next; each loses
//! something. The search under faults (`ratchet-simulation`) finds every one, which shows that it can find anything.
//!
//! Without the feature `planted-defects` nothing of this is in the program: [`Orchestrator::has`] is always false then.

use crate::Orchestrator;

/// A wrong reading of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Defect {
    /// Only the child that makes a join complete wakes the parent, not whoever sees it complete again.
    JoinSeenOnce,
    /// A stop leaves no mark.
    StopWithoutMark,
    /// A wake carries a record whose put lost.
    WakeWithLostRecord,
    /// A child that ends starts the next one itself.
    ChildStartsSibling,
    /// A message that comes again does not repeat what a superseded record's effects were.
    SupersededEffectsLost,
    /// News of children is for the head only that forked them.
    JoinMatchedBySeq,
    /// The stop mark is not read between claim and call.
    StopMarkNotRead,
    /// A parent leaves a fork as soon as a child has failed.
    ForkLeftEarly,
    /// The same, and it aborts the other children afterwards.
    ForkLeftThenFenced,
    /// Whoever loses a put acknowledges its message.
    LoserAcknowledges,
    /// A safety wake comes at once.
    SafetyWakeTooSoon,
    /// A token is for the head only at which the wait began.
    TokenMatchedBySeq,
    /// Whoever brings a claim's message again makes the call.
    CallMadeByTheNext,
    /// All records of one process have one writer.
    WriterNotFresh,
    /// A stop sends no safety wake.
    StopWithoutSafetyWake,
    /// Whoever loses the put of a lost call's outcome acknowledges its message.
    LostOutcomeAcknowledged,
    /// A put has no condition.
    PutWithoutCondition,
    /// Effects are carried out before the record is put.
    SendBeforeCommit,
    /// A claim is never over.
    ClaimNeverExpires,
    /// The host's clock alone orders events.
    HostClockOrders,
    /// A parked timer is removed before it is sent.
    TimerRemovedFirst,
    /// A fork that is tried again uses the same join set.
    JoinSetReused,
    /// A dead letter ends its execution.
    DeadLetterFails,
    /// Messages and tokens are for whichever run has the execution's name.
    RunForgotten,
    /// A message that loses acts on the head, whatever led to it.
    ShadowChains,
    /// A heartbeat's timer does not ask for heartbeats.
    HeartbeatForgotten,
    /// A timer that comes early fires.
    EarlyTimerFires,
    /// The watermark moves on before the timers behind it are sent.
    WatermarkJumps,
    /// Answers are taken after a stop.
    AnswerAfterStop,
    /// Who loses a put tries again with what it worked out of the old head.
    StaleHead,
    /// A payload is stored after the record that names it.
    BlobAfterRecord,
    /// A child that has not begun is not kept from beginning.
    AbortWithoutFence,
    /// A put that may have failed counts as won.
    AmbiguousPutWon,
}

impl Defect {
    /// All of them, each with the name it has in the protocol's review.
    pub const ALL: [(Self, &'static str); 33] = [
        (Self::JoinSeenOnce, "B1"),
        (Self::StopWithoutMark, "B2b"),
        (Self::WakeWithLostRecord, "B3"),
        (Self::ChildStartsSibling, "B4c"),
        (Self::SupersededEffectsLost, "B5b"),
        (Self::JoinMatchedBySeq, "B6"),
        (Self::StopMarkNotRead, "B7"),
        (Self::ForkLeftEarly, "B8"),
        (Self::ForkLeftThenFenced, "B8b"),
        (Self::LoserAcknowledges, "B9"),
        (Self::SafetyWakeTooSoon, "B10"),
        (Self::TokenMatchedBySeq, "B11"),
        (Self::CallMadeByTheNext, "B12"),
        (Self::WriterNotFresh, "B13"),
        (Self::StopWithoutSafetyWake, "B14"),
        (Self::LostOutcomeAcknowledged, "B15"),
        (Self::PutWithoutCondition, "rule 1"),
        (Self::SendBeforeCommit, "rule 2"),
        (Self::ClaimNeverExpires, "rule 7"),
        (Self::HostClockOrders, "rule 13"),
        (Self::TimerRemovedFirst, "H18"),
        (Self::JoinSetReused, "H14"),
        (Self::DeadLetterFails, "H1"),
        (Self::RunForgotten, "H7"),
        (Self::ShadowChains, "H11"),
        (Self::HeartbeatForgotten, "H24"),
        (Self::EarlyTimerFires, "H18"),
        (Self::WatermarkJumps, "H18"),
        (Self::AnswerAfterStop, "H30"),
        (Self::StaleHead, "ambiguity 2"),
        (Self::BlobAfterRecord, "ambiguity 14"),
        (Self::AbortWithoutFence, "H4"),
        (Self::AmbiguousPutWon, "rule 1"),
    ];
}

impl Orchestrator {
    /// Whether this wrong reading is switched on.
    #[cfg(feature = "planted-defects")]
    pub(crate) fn has(&self, defect: Defect) -> bool {
        self.settings().defect == Some(defect)
    }

    /// Whether this wrong reading is switched on: never.
    #[cfg(not(feature = "planted-defects"))]
    #[expect(clippy::unused_self, reason = "with planted defects the settings say")]
    pub(crate) const fn has(&self, _: Defect) -> bool {
        false
    }
}
