//! What goes wrong at random, wherever a port is called.

/// What goes wrong at random, at each call of the journal, the queue and the activities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Of 1,000 calls, those that are refused: half of them after they were carried out.
    pub refused: u64,
    /// Of 1,000 calls, those at which everything volatile is lost, claims included: half of them after they were
    /// carried out.
    pub crashes: u64,
    /// How many there are in all. Then the world is calm, and what runs in it must come to its end.
    pub at_most: u32,
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    RefusedBefore,
    RefusedAfter,
    CrashBefore,
    CrashAfter,
}

impl Faults {
    /// What a random number means for one call.
    pub(crate) fn draw(&self, random: u64) -> Option<Fault> {
        let (of_thousand, half) = (random / 2 % 1_000, random.is_multiple_of(2));
        if of_thousand < self.refused {
            Some(if half { Fault::RefusedBefore } else { Fault::RefusedAfter })
        } else if of_thousand < self.refused + self.crashes {
            Some(if half { Fault::CrashBefore } else { Fault::CrashAfter })
        } else {
            None
        }
    }
}
