//! States that go round with nothing happening between.

use super::choices::draws_lots;
use crate::diagnostic::Code;
use crate::parse::report::Report;
use crate::parse::transitions::{Scope, array, targets};
use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

/// A Wait of at most so many seconds makes no pause.
const SHORT_SECONDS: u64 = 1;

pub(super) fn check(scope: &Scope<'_>, report: &Report) {
    for ring in rings(&idle_graph(scope)) {
        let wait = ring.iter().find_map(|name| {
            let seconds = scope.states.get(name)?.get("Seconds")?.as_u64()?;
            Some((scope.place_of(name).field("Seconds"), format!("a Wait of {seconds} s")))
        });
        let first = ring.first().map(|name| (scope.place_of(name), "no Wait at all".to_owned()));
        let Some((place, pause)) = wait.or(first) else {
            continue;
        };
        let message = format!(
            "States go round here with {pause} and nothing that changes the data: from one round to the next only the clock differs"
        );
        report
            .warning(Code::BusyLoop, &place, message)
            .help("Wait for the moment itself with 'TimestampPath', or in JSONata 'Timestamp', or put the task that is polled into the loop");
    }
}

type Graph<'a> = IndexMap<&'a str, Vec<&'a str>>;

/// The states that take no time and change nothing, with where they lead among each other.
fn idle_graph<'a>(scope: &Scope<'a>) -> Graph<'a> {
    let idle: IndexSet<&str> = scope.states.iter().filter(|(_, state)| is_idle(state)).map(|(name, _)| *name).collect();
    let edges = |name: &&'a str| {
        let targets = scope.states.get(name).into_iter().flat_map(|state| targets(state));
        targets.filter(|target| idle.contains(target)).collect()
    };
    idle.iter().map(|name| (*name, edges(name))).collect()
}

fn is_idle(state: &Value) -> bool {
    const CHANGES: [&str; 7] = ["Assign", "Output", "Result", "Parameters", "ResultPath", "InputPath", "OutputPath"];
    let changes = |part: &Value| CHANGES.iter().any(|name| part.get(name).is_some());
    let is_still = !changes(state)
        && array(state, "Choices").all(|rule| !changes(rule) && !rule.get("Condition").is_some_and(draws_lots));
    let is_short = match state.get("Type").and_then(Value::as_str) {
        Some("Pass" | "Choice") => true,
        Some("Wait") => state.get("Seconds").and_then(Value::as_u64).is_some_and(|seconds| seconds <= SHORT_SECONDS),
        _ => false,
    };
    is_still && is_short
}

/// The groups of states each of which leads to all of its group, itself too: Kosaraju's two walks, without recursion.
fn rings<'a>(graph: &Graph<'a>) -> Vec<Vec<&'a str>> {
    let mut backward: Graph<'a> = graph.keys().map(|name| (*name, Vec::new())).collect();
    for (from, targets) in graph {
        for target in targets {
            if let Some(sources) = backward.get_mut(target) {
                sources.push(from);
            }
        }
    }
    let mut seen = IndexSet::new();
    let mut finished = Vec::with_capacity(graph.len());
    for root in graph.keys() {
        walk(graph, root, &mut seen, &mut finished);
    }
    seen.clear();
    let mut rings = Vec::new();
    for root in finished.iter().rev() {
        let mut ring = Vec::new();
        walk(&backward, root, &mut seen, &mut ring);
        let leads_to_itself = graph.get(root).is_some_and(|targets| targets.contains(root));
        if ring.len() > 1 || !ring.is_empty() && leads_to_itself {
            ring.sort_by_key(|name| graph.get_index_of(name));
            rings.push(ring);
        }
    }
    rings
}

/// Adds what can be reached and was not yet, each after all that it leads to.
fn walk<'a>(graph: &Graph<'a>, root: &'a str, seen: &mut IndexSet<&'a str>, finished: &mut Vec<&'a str>) {
    if !seen.insert(root) {
        return;
    }
    let mut open = vec![(root, 0)];
    while let Some((name, next)) = open.pop() {
        match graph.get(name).and_then(|targets| targets.get(next)) {
            Some(target) => {
                open.push((name, next + 1));
                if seen.insert(target) {
                    open.push((target, 0));
                }
            }
            None => finished.push(name),
        }
    }
}
