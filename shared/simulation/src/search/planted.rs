//! Whether the search finds what is wrong when something is: each of the known wrong readings of the protocol, one at a
//! time.

use super::campaign::{Campaign, Failed};
use super::machine::{Generated, Size};
use super::plan::{Interference, Scenario};
use crate::{Deliveries, Deployment, Faults, Fleet, Options};
use orchestrator::Defect;
use std::time::Duration;

/// The first seed, of so many, at which this defect shows; none if it does not.
pub fn find(defect: Defect, budget: u64, threads: usize) -> Option<Failed> {
    let campaign = Campaign { seeds: 1..budget + 1, threads, most_failures: 1 };
    let prepare = |scenario: &mut Scenario| {
        if defect == Defect::LostOutcomeAcknowledged {
            lose_claims(scenario);
        }
        scenario.options.defect = Some(defect);
    };
    campaign.run(prepare).failures.into_iter().next()
}

/// Nothing but workers that die over their calls, and others that are slow to say so: what seldom comes together.
fn lose_claims(scenario: &mut Scenario) {
    let second = Duration::from_secs(1);
    scenario.machine = Generated::from_seed(scenario.seed, Size::Call);
    scenario.interference = Interference::None;
    scenario.options = Options {
        deployment: Deployment::Functions,
        deliveries: Deliveries::Once,
        lateness: Duration::ZERO,
        latency: Duration::from_millis(20),
        cut_after: None,
        fleet: Fleet {
            visibility: second,
            holds: false,
            claim_lifetime: 3 * second,
            purge_at: None,
            ..Fleet::default()
        },
        faults: Faults { crashes: 80, slow: 300, slowness: 5 * second, at_most: 300, ..Faults::default() },
        ..scenario.options.clone()
    };
}
