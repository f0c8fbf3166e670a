//! Which states lie inside of which: the table of a machine does not say.

use super::{Machine, Next, State, StateName};
use std::collections::HashSet;

impl Machine {
    /// The names of all states inside of a Parallel or Map, at whatever depth; none for other states.
    pub fn inside(&self, fork: &StateName) -> HashSet<&StateName> {
        let mut inside = HashSet::new();
        let mut next: Vec<&StateName> = self.state(fork.as_str()).map(State::begins).unwrap_or_default();
        // A scope is left by nothing but its end.
        while let Some(name) = next.pop() {
            if inside.insert(name)
                && let Some(state) = self.state(name.as_str())
            {
                next.extend(state.begins());
                next.extend(state.leads_to());
            }
        }
        inside
    }

    /// Whether a state lies inside of a Map.
    pub fn is_iterated(&self, state: &StateName) -> bool {
        self.states.iter().any(|(name, fork)| matches!(fork, State::Map(_)) && self.inside(name).contains(state))
    }
}

impl State {
    /// The states that its branches or iterations start at.
    fn begins(&self) -> Vec<&StateName> {
        match self {
            Self::Parallel(parallel) => parallel.branches.iter().collect(),
            Self::Map(map) => vec![&map.start_at],
            Self::Pass(_) | Self::Task(_) | Self::Choice(_) | Self::Wait(_) | Self::Succeed(_) | Self::Fail(_) => {
                Vec::new()
            }
        }
    }

    /// The states of its own scope that it may lead to.
    fn leads_to(&self) -> Vec<&StateName> {
        let next = match self {
            Self::Pass(pass) => &pass.next,
            Self::Task(task) => &task.next,
            Self::Wait(wait) => &wait.next,
            Self::Parallel(parallel) => &parallel.next,
            Self::Map(map) => &map.next,
            Self::Choice(choice) => {
                return choice.choices.iter().map(|rule| &rule.next).chain(&choice.default).collect();
            }
            Self::Succeed(_) | Self::Fail(_) => return Vec::new(),
        };
        let next = match next {
            Next::State(name) => Some(name),
            Next::End => None,
        };
        next.into_iter().chain(self.catch().iter().map(|catcher| &catcher.next)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::machine::StateName;
    use crate::parse;

    #[test]
    fn what_is_inside_of_a_fork_is_found_at_any_depth() -> Result<(), Vec<crate::Diagnostic>> {
        let inner = r#"{"StartAt": "B", "States": {
            "B": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "C"}], "Default": "D"},
            "C": {"Type": "Parallel", "Branches": [{"StartAt": "E", "States": {"E": {"Type": "Succeed"}}}],
                  "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "F"}], "Next": "D"},
            "D": {"Type": "Succeed"}, "F": {"Type": "Fail"}}}"#;
        let outer = format!(
            r#"{{"StartAt": "A", "States": {{"A": {{"Type": "Map", "ItemProcessor": {inner}, "Next": "Z"}}, "Z": {{"Type": "Succeed"}}}}}}"#
        );
        let machine = parse(&outer)?.machine;
        let inside = |name: &str| {
            let mut found: Vec<&str> =
                machine.inside(&StateName::from(name)).into_iter().map(StateName::as_str).collect();
            found.sort_unstable();
            found.join(" ")
        };
        assert_eq!((inside("A"), inside("C"), inside("B")), ("B C D E F".into(), "E".into(), String::new()));
        assert!(
            machine.is_iterated(&"E".into()) && !machine.is_iterated(&"Z".into()) && !machine.is_iterated(&"A".into())
        );
        Ok(())
    }
}
