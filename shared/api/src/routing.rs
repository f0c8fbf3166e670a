//! `routingConfiguration`: the one or two versions that an alias leads to.

use crate::arns;
use crate::members::{Member, Structures};
use crate::refusal::Refusal;
use model::{QualifiedArn, StateMachineArn, VersionArn};
use orchestrator::Routing;
use orchestrator::ports::Route;
use serde::Serialize;
use serde_json::Value;
use std::fmt::Display;

const VERSION: &str = "stateMachineVersionArn";
const WEIGHT: &str = "weight";

/// `routingConfiguration`.
pub(crate) const ROUTING: Member = Member::structures(
    "routingConfiguration",
    Structures {
        name: "RoutingConfigurationListItem",
        members: &[Member::arn(VERSION).required(), Member::integer(WEIGHT, 0, 100).required()],
        min: 1,
        max: 2,
    },
);

/// One version of an alias, in an answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    state_machine_version_arn: String,
    weight: u32,
}

impl Item {
    /// Where an alias of this machine leads.
    pub(crate) fn new(machine: &StateMachineArn, route: &Route) -> Self {
        Self { state_machine_version_arn: machine.version(route.version).to_string(), weight: route.weight }
    }
}

/// The routing of an alias of this machine.
pub(crate) fn of(machine: &StateMachineArn, items: &[Value]) -> Result<Vec<Routing>, Refusal> {
    let (found, routing) = read(items)?;
    if found == *machine {
        return Ok(routing);
    }
    Err(invalid("Routing configuration must contain versions of the alias's state machine", &received(items)))
}

/// The machine whose versions these are, and how executions are spread over them.
pub(crate) fn read(items: &[Value]) -> Result<(StateMachineArn, Vec<Routing>), Refusal> {
    let arns = items.iter().map(arn).map(arns::qualified).collect::<Result<Vec<_>, _>>()?;
    let version = |arn| match arn {
        QualifiedArn::Version(version) => Some(version),
        QualifiedArn::Machine(_) | QualifiedArn::Alias(_) => None,
    };
    let Some(versions) = arns.into_iter().map(version).collect::<Option<Vec<VersionArn>>>() else {
        return Err(invalid("Routing configuration must contain state machine version ARNs", &received(items)));
    };
    let is_twice = |(at, version): (usize, &VersionArn)| versions[..at].contains(version);
    if versions.iter().enumerate().any(is_twice) {
        let message = "Routing configuration must contain distinct state machine version ARNs";
        return Err(invalid(message, &received(items)));
    }
    let weights: Vec<u32> = items.iter().map(weight).collect();
    if weights.iter().sum::<u32>() != 100 {
        return Err(invalid("Sum of routing configuration weights must equal 100", &list(&weights)));
    }
    let machine = versions.first().map(|version| version.machine.clone());
    let Some(machine) = machine.filter(|machine| versions.iter().all(|version| version.machine == *machine)) else {
        return Err(invalid("Routing configuration must contain versions of one state machine", &received(items)));
    };
    let routing = versions.iter().zip(weights);
    Ok((machine, routing.map(|(version, weight)| Routing { version: version.number, weight }).collect()))
}

fn arn(item: &Value) -> &str {
    item.get(VERSION).and_then(Value::as_str).unwrap_or_default()
}

fn weight(item: &Value) -> u32 {
    item.get(WEIGHT).and_then(Value::as_u64).and_then(|weight| weight.try_into().ok()).unwrap_or_default()
}

/// The ARNs as they came.
fn received(items: &[Value]) -> String {
    list(&items.iter().map(arn).collect::<Vec<_>>())
}

fn list(items: &[impl Display]) -> String {
    format!("[{}]", items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

fn invalid(message: &str, received: &str) -> Refusal {
    Refusal::validation(format!("{message}. Received: {received}")).with("reason", "INVALID_ROUTING_CONFIGURATION")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:pay";

    fn check(items: &[(&str, u32)], expected: Result<&[u32], &str>) {
        let items: Vec<Value> =
            items.iter().map(|(name, weight)| json!({VERSION: format!("{MACHINE}{name}"), WEIGHT: weight})).collect();
        let found = read(&items).map(|(_, routing)| routing.iter().map(|to| to.version).collect::<Vec<_>>());
        let expected = expected.map(<[u32]>::to_vec).map_err(|message| message.replace('~', MACHINE));
        assert_eq!(found.map_err(|refusal| refusal.message), expected);
    }

    #[test]
    fn one_or_two_versions_of_one_machine_share_a_hundred() {
        check(&[(":1", 100)], Ok(&[1]));
        check(&[(":2", 0), (":1", 100)], Ok(&[2, 1]));
    }

    #[test]
    fn what_is_no_version_or_twice_the_same_is_refused_with_all_arns() {
        let message = "Routing configuration must contain state machine version ARNs. Received: [~, ~:2]";
        check(&[("", 70), (":2", 30)], Err(message));
        let message = "Routing configuration must contain state machine version ARNs. Received: [~:PROD]";
        check(&[(":PROD", 100)], Err(message));
        let message = "Routing configuration must contain distinct state machine version ARNs. Received: [~:1, ~:1]";
        check(&[(":1", 50), (":1", 50)], Err(message));
        let message = "Routing configuration must contain versions of one state machine. Received: [~:1, ~s:1]";
        check(&[(":1", 50), ("s:1", 50)], Err(message));
    }

    #[test]
    fn weights_that_are_no_hundred_are_refused_with_the_weights() {
        check(
            &[(":1", 70), (":2", 29)],
            Err("Sum of routing configuration weights must equal 100. Received: [70, 29]"),
        );
        check(&[(":1", 99)], Err("Sum of routing configuration weights must equal 100. Received: [99]"));
    }

    #[test]
    fn an_alias_leads_to_its_own_machine() {
        let items = [json!({VERSION: format!("{MACHINE}:1"), WEIGHT: 100})];
        let machine: StateMachineArn = MACHINE.parse().expect("an ARN");
        assert!(of(&machine, &items).is_ok());
        let other = of(&StateMachineArn::new(&machine.place(), "other"), &items).err();
        assert_eq!(
            other.and_then(|refusal| refusal.extra).map(|(_, reason)| reason).as_deref(),
            Some("INVALID_ROUTING_CONFIGURATION")
        );
    }
}
