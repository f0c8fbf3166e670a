//! Whether a history can be true: no gap, no duplicate, every event after one that leads to it.

use crate::definition::Definition;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Clocks give milliseconds on the wire.
const ROUNDING: f64 = 0.002;

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: u64,
    pub(crate) previous: u64,
    pub(crate) kind: String,
    /// Seconds since the epoch.
    pub(crate) time: f64,
    pub(crate) details: Value,
}

impl Event {
    pub(crate) fn read(event: &Value) -> Self {
        let details = event.as_object().into_iter().flatten().find(|(name, _)| name.ends_with("EventDetails"));
        Self {
            id: event["id"].as_u64().unwrap_or_default(),
            previous: event["previousEventId"].as_u64().unwrap_or_default(),
            kind: event["type"].as_str().unwrap_or_default().to_owned(),
            time: event["timestamp"].as_f64().unwrap_or_default(),
            details: details.map(|(_, details)| details.clone()).unwrap_or_default(),
        }
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.details[field].as_str().unwrap_or_default()
    }

    /// `Entered` of any type of state.
    pub(crate) fn is_entered(&self) -> bool {
        self.kind.ends_with("StateEntered")
    }

    fn is_exited(&self) -> bool {
        self.kind.ends_with("StateExited")
    }

    /// An event of a call, of whichever sort the task is: `Scheduled`, `Started`, `Succeeded`, ...
    pub(crate) fn task(&self) -> Option<&str> {
        ["LambdaFunction", "Activity", "Task"].iter().find_map(|sort| self.kind.strip_prefix(sort)).filter(|rest| {
            matches!(
                *rest,
                "Scheduled" | "Started" | "Submitted" | "Succeeded" | "Failed" | "SubmitFailed" | "TimedOut"
            )
        })
    }

    fn is_end(&self) -> bool {
        ["ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"].contains(&self.kind.as_str())
    }
}

/// Where an event stands: the forks that it is within, each with its child, and its state.
#[derive(Clone, Debug, Default, PartialEq)]
struct Place {
    within: Vec<(u64, String)>,
    state: String,
}

/// Checks one history; everything that is wrong with it.
pub(crate) fn check(events: &[Event], definition: &Definition) -> Vec<String> {
    let mut check = Check { events, definition, places: Vec::new(), problems: Vec::new() };
    check.order();
    if check.problems.is_empty() {
        check.lines();
        check.successors();
        check.forks();
        check.visits();
    }
    check.problems
}

struct Check<'a> {
    events: &'a [Event],
    definition: &'a Definition,
    places: Vec<Place>,
    problems: Vec<String>,
}

impl<'a> Check<'a> {
    fn wrong(&mut self, event: &Event, what: &str) {
        let previous = self.at(event.previous).map_or("nothing", |previous| previous.kind.as_str());
        self.problems.push(format!("event {} {} after {} {previous}: {what}", event.id, event.kind, event.previous));
    }

    fn at(&self, id: u64) -> Option<&'a Event> {
        self.events.get(usize::try_from(id.checked_sub(1)?).ok()?)
    }

    fn place(&self, id: u64) -> Place {
        let index = id.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.places.get(index)).cloned().unwrap_or_default()
    }

    /// Numbers, times, first and last.
    fn order(&mut self) {
        let mut time = 0.0;
        for (expected, event) in (1..).zip(self.events) {
            if event.id != expected {
                self.wrong(event, &format!("expected number {expected}"));
            }
            if event.previous >= event.id {
                self.wrong(event, "follows a later one");
            }
            if event.time < time {
                self.wrong(event, "is earlier than the one before it");
            }
            time = event.time;
            let is_last = usize::try_from(expected).is_ok_and(|expected| expected == self.events.len());
            if event.is_end() != is_last {
                self.wrong(event, "the event that ends the execution must be the last, and only that one");
            }
            if (event.kind == "ExecutionStarted") != (expected == 1) {
                self.wrong(event, "ExecutionStarted must be the first, and only that one");
            }
        }
        if self.events.is_empty() {
            self.problems.push("no events".to_owned());
        }
    }

    /// Each event after one that leads to it.
    fn lines(&mut self) {
        for event in self.events {
            let place = self.follow(event);
            match place {
                Ok(place) => self.places.push(place),
                Err(what) => {
                    self.wrong(event, &what);
                    self.places.push(self.place(event.previous));
                }
            }
        }
    }

    fn follow(&self, event: &Event) -> Result<Place, String> {
        let place = self.place(event.previous);
        let Some(previous) = self.at(event.previous) else {
            // The first event, the first state, and whatever ends an execution from outside.
            let is_first = event.id == 1 || (event.id == 2 && event.text("name") == self.definition.start);
            let from_outside = ["ExecutionAborted", "ExecutionTimedOut"].contains(&event.kind.as_str());
            return match (is_first, from_outside) {
                (true, _) => Ok(Place { state: event.text("name").to_owned(), ..place }),
                (false, true) => Ok(place),
                (false, false) => Err("follows nothing".to_owned()),
            };
        };
        let must = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
        let kind = event.kind.as_str();
        if event.is_entered() {
            return self.entered(event, previous, place);
        }
        if let Some(step) = event.task() {
            let before = previous.task();
            let fits = match step {
                "Scheduled" => {
                    previous.kind == "TaskStateEntered"
                        || matches!(before, Some("Failed" | "TimedOut" | "SubmitFailed"))
                }
                "Started" => before == Some("Scheduled"),
                "Submitted" | "SubmitFailed" => before == Some("Started"),
                "Succeeded" => matches!(before, Some("Started" | "Submitted")),
                // An activity may find no worker in time.
                "TimedOut" if previous.kind == "ActivityScheduled" => true,
                _ => matches!(before, Some("Started" | "Submitted")),
            };
            must(fits, "no such step of a task")?;
            return Ok(place);
        }
        // What is given up says so after whatever made it give up, wherever that was.
        if event.is_end() && kind != "ExecutionSucceeded" || kind.ends_with("Aborted") {
            return Ok(place);
        }
        if event.is_exited() || fork_word(kind).is_some() {
            return self.state_event(event, previous, place);
        }
        match kind {
            "MapIterationStarted" => {
                let (state, index) = iteration(event);
                let mut place = place;
                if previous.kind == "MapStateStarted" {
                    place.within.push((previous.id, index));
                } else {
                    let last = place.within.pop().ok_or("an iteration of no Map")?;
                    let before = last.1.parse::<u64>().ok().map(|before| (before + 1).to_string());
                    must(previous.is_exited() && before.as_ref() == Some(&index), "not the next iteration")?;
                    place.within.push((last.0, index));
                }
                Ok(Place { state, ..place })
            }
            "MapIterationSucceeded" | "MapIterationFailed" => {
                let (state, index) = iteration(event);
                let mut place = place;
                let last = place.within.pop().ok_or("an iteration of no Map")?;
                must(last.1 == index, "another iteration")?;
                if kind == "MapIterationSucceeded" {
                    must(previous.is_exited() && self.may_end(previous), "the iteration is not at its end")?;
                }
                Ok(Place { state, ..place })
            }
            "ExecutionSucceeded" => {
                must(place.within.is_empty() && previous.is_exited() && self.may_end(previous), "not at the end")?;
                must(event.text("output") == previous.text("output"), "another output than the last state's")?;
                Ok(place)
            }
            _ => Err("unknown event".to_owned()),
        }
    }

    fn entered(&self, event: &Event, previous: &Event, mut place: Place) -> Result<Place, String> {
        let name = event.text("name").to_owned();
        let state = self.definition.states.get(&name).ok_or("no such state")?;
        if event.kind != format!("{}StateEntered", state.kind) {
            return Err(format!("{name} is a {}", state.kind));
        }
        let leads = |from: &str| self.definition.states.get(from);
        let fits = if previous.kind == "ParallelStateStarted" {
            let fits = leads(&place.state).is_some_and(|fork| fork.starts.contains(&name));
            place.within.push((previous.id, name.clone()));
            fits
        } else if previous.kind == "MapIterationStarted" {
            leads(&place.state).is_some_and(|fork| fork.starts.contains(&name))
        } else if previous.is_exited() {
            if event.text("input") != previous.text("output") {
                return Err("its input is not the output before it".to_owned());
            }
            leads(previous.text("name")).is_some_and(|state| state.next.contains(&name))
        } else {
            false
        };
        if !fits {
            return Err(format!("{name} does not follow there"));
        }
        Ok(Place { state: name, ..place })
    }

    /// The events that a state itself has: its end, and the phases of a fork.
    fn state_event(&self, event: &Event, previous: &Event, mut place: Place) -> Result<Place, String> {
        let of_fork = ["Parallel", "Map"].iter().any(|kind| event.kind.starts_with(kind));
        if !of_fork {
            let after = match event.kind.as_str() {
                "TaskStateExited" => previous.task().is_some_and(|step| step != "Scheduled" && step != "Started"),
                _ => previous.kind == event.kind.replace("Exited", "Entered"),
            };
            let fits = after && event.text("name") == place.state;
            return if fits { Ok(place) } else { Err("not the end of that state".to_owned()) };
        }
        // What follows an event within a child stands one level above it: for the children of children, several.
        let is_map = event.kind.starts_with("Map");
        let kind = if is_map { "Map" } else { "Parallel" };
        let begins = previous.kind == format!("{kind}StateEntered");
        let own = [format!("{kind}StateStarted"), format!("{kind}StateFailed")].contains(&previous.kind);
        let after_iteration =
            is_map && previous.kind.starts_with("MapIteration") && previous.kind != "MapIterationStarted";
        if !begins && !own && !after_iteration {
            let (fork, _) = place.within.pop().ok_or("the end of no fork")?;
            place.state = self.place(fork).state;
        }
        let is_of_type = self.definition.states.get(&place.state).is_some_and(|state| state.kind == kind);
        if !is_of_type || (event.is_exited() && event.text("name") != place.state) {
            return Err(format!("not of the state {}", place.state));
        }
        let fits = match fork_word(&event.kind) {
            // Again, after a failure within: a Retry.
            Some("Started") => begins || !previous.is_exited(),
            Some("Succeeded") => self.is_last_child(previous, &place),
            Some(_) => !previous.is_exited(),
            // It goes with `Succeeded`, or follows a failure that was caught.
            None => {
                let succeeded = format!("{kind}StateSucceeded");
                let mut before = self.events.iter().take_while(|before| before.id < event.id);
                previous.kind == format!("{kind}StateFailed")
                    || before.any(|before| before.kind == succeeded && before.previous == event.previous)
            }
        };
        if fits { Ok(place) } else { Err("not at that point of the fork".to_owned()) }
    }

    /// Whether this event ended the last of the children of the fork that stands there.
    fn is_last_child(&self, ended: &Event, fork: &Place) -> bool {
        if ended.kind == "MapStateStarted" {
            return ended.details["length"] == 0;
        }
        let ends_child = |event: &Event| {
            let place = self.place(event.id);
            if event.kind == "MapIterationSucceeded" {
                return place == *fork;
            }
            let parent = place.within.last().map(|(fork, _)| self.place(*fork));
            let is_branch = place
                .within
                .last()
                .is_some_and(|(id, _)| self.at(*id).is_some_and(|started| started.kind == "ParallelStateStarted"));
            is_branch && event.is_exited() && self.may_end(event) && parent.as_ref() == Some(fork)
        };
        let known = self.events.iter().take(self.places.len());
        ends_child(ended) && !known.filter(|event| event.time > ended.time).any(ends_child)
    }

    fn may_end(&self, exited: &Event) -> bool {
        self.definition.states.get(exited.text("name")).is_some_and(|state| state.ends)
    }

    /// Nothing happened twice: an event leads to one next event, a fork to one of each child.
    fn successors(&mut self) {
        let mut seen: BTreeMap<(u64, String), u64> = BTreeMap::new();
        let counts = |event: &&Event| event.previous > 0 && !event.is_end() && !event.kind.ends_with("Aborted");
        for event in self.events.iter().filter(counts) {
            let previous = self.at(event.previous).map_or("", |previous| previous.kind.as_str());
            let slot = match (previous, event.kind.as_str()) {
                ("ParallelStateStarted", kind) if kind.ends_with("StateEntered") => event.text("name").to_owned(),
                (_, "MapIterationStarted") => format!("iteration {}", iteration(event).1),
                // What is said about the state or the iteration besides: each of these once.
                (_, kind)
                    if kind.starts_with("MapIteration")
                        || kind == "MapStateExited"
                        || kind == "ParallelStateExited"
                        || matches!(fork_word(kind), Some("Succeeded" | "Failed")) =>
                {
                    kind.to_owned()
                }
                _ => "next".to_owned(),
            };
            if let Some(first) = seen.insert((event.previous, slot), event.id) {
                self.wrong(event, &format!("event {first} was there already"));
            }
        }
    }

    /// A fork that succeeded had each of its children exactly once.
    fn forks(&mut self) {
        let mut children: BTreeMap<u64, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
        let mut ended: BTreeMap<u64, u64> = BTreeMap::new();
        for event in self.events {
            let previous = self.place(event.previous);
            let place = self.place(event.id);
            let is_branch =
                event.is_entered() && self.at(event.previous).is_some_and(|at| at.kind == "ParallelStateStarted");
            if (is_branch || event.kind == "MapIterationStarted")
                && let Some((fork, child)) = place.within.last().cloned()
                && !children.entry(fork).or_default().0.insert(child.clone())
            {
                self.wrong(event, &format!("child {child} of fork {fork} began before"));
            }
            if event.kind == "MapIterationSucceeded"
                && let Some((fork, child)) = previous.within.last().cloned()
                && !children.entry(fork).or_default().1.insert(child.clone())
            {
                self.wrong(event, &format!("child {child} of fork {fork} ended before"));
            }
            if event.kind == "ParallelStateSucceeded" || event.kind == "MapStateSucceeded" {
                let fork = self.fork_of(event);
                if let Some(first) = ended.insert(fork, event.id) {
                    self.wrong(event, &format!("fork {fork} ended before, with event {first}"));
                }
            }
        }
        for (fork, end) in ended {
            let (Some(fork), Some(end)) = (self.at(fork), self.at(end)) else { continue };
            let (began, succeeded) = children.remove(&fork.id).unwrap_or_default();
            let all: BTreeSet<String> = match fork.details["length"].as_u64() {
                Some(length) => (0..length).map(|index| index.to_string()).collect(),
                None => {
                    let state = self.definition.states.get(&self.place(fork.id).state);
                    state.map(|state| state.starts.iter().cloned().collect()).unwrap_or_default()
                }
            };
            if began != all || (fork.kind == "MapStateStarted" && succeeded != all) {
                self.wrong(end, &format!("fork {} began {began:?} and ended {succeeded:?} of {all:?}", fork.id));
            }
        }
    }

    /// The `Started` event of the fork that this event ends.
    fn fork_of(&self, end: &Event) -> u64 {
        let mut at = self.at(end.previous);
        let place = self.place(end.id);
        while let Some(event) = at {
            if fork_word(&event.kind) == Some("Started") && self.place(event.id) == place {
                return event.id;
            }
            at = self.at(event.previous);
        }
        0
    }

    /// What was entered was left, once, and no Wait was cut short.
    fn visits(&mut self) {
        let mut open: BTreeMap<(Vec<(u64, String)>, String), f64> = BTreeMap::new();
        for event in self.events {
            if !event.is_entered() && !event.is_exited() {
                continue;
            }
            let name = event.text("name").to_owned();
            let visit = (self.place(event.id).within, name.clone());
            if event.is_entered() {
                if open.insert(visit, event.time).is_some() {
                    self.wrong(event, "entered again before it was left");
                }
                continue;
            }
            match open.remove(&visit) {
                None => self.wrong(event, "left without having been entered"),
                Some(entered) => {
                    let seconds = self.definition.states.get(&name).and_then(|state| state.seconds);
                    if event.kind == "WaitStateExited"
                        && seconds.is_some_and(|seconds| event.time - entered < seconds - ROUNDING)
                    {
                        self.wrong(event, &format!("waited {} s only", event.time - entered));
                    }
                }
            }
        }
        for kind in ["Task", "Wait", "Parallel", "Map"] {
            let count = |what: &str| self.events.iter().filter(|event| event.kind == format!("{kind}{what}")).count();
            let (entered, exited, aborted) = (count("StateEntered"), count("StateExited"), count("StateAborted"));
            if aborted + exited > entered {
                self.problems.push(format!("{entered} {kind} states were entered, {exited} left, {aborted} aborted"));
            }
        }
        let succeeded = self.events.last().is_some_and(|last| last.kind == "ExecutionSucceeded");
        let forks_failed = self.events.iter().any(|event| {
            fork_word(&event.kind) == Some("Failed")
                || event.kind == "MapIterationFailed"
                || event.kind.ends_with("Aborted")
        });
        if succeeded && !forks_failed {
            for ((_, name), _) in open {
                self.problems.push(format!("{name} was entered and never left"));
            }
        }
    }
}

/// `Started`, `Succeeded`, `Failed` of a Parallel or a Map.
fn fork_word(kind: &str) -> Option<&str> {
    let word = kind.strip_prefix("ParallelState").or_else(|| kind.strip_prefix("MapState"))?;
    Some(word).filter(|word| ["Started", "Succeeded", "Failed"].contains(word))
}

fn iteration(event: &Event) -> (String, String) {
    (event.text("name").to_owned(), event.details["index"].to_string())
}
