//! The mock configuration file of Step Functions Local (`MockConfigFile.json`).
//!
//! `StateMachines` name test cases, a test case names a mocked response for each state that it mocks, and a
//! response says for each attempt (`"0"`, `"1-2"`) what the state's task returns or throws. A mocked state calls
//! nothing; the others call what `tasks.toml` says. As there, a response is the *task's* result: that of a
//! `lambda:invoke` state has the function's answer in `Payload`.

use super::near::nearest;
use super::source::Problem;
use model::Failure;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// All test cases of the file.
pub(super) struct Mocks {
    files: Vec<PathBuf>,
    /// Test case by machine and name: the response of each state.
    cases: BTreeMap<(String, String), BTreeMap<String, String>>,
    /// Responses by name: for each range of attempts, first and last.
    responses: BTreeMap<String, Vec<(u64, u64, Mocked)>>,
}

/// What a mocked state's task comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mocked {
    /// The function's answer, JSON text.
    Return(String),
    Throw(Failure),
}

/// There is no such test case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no test case {name:?}{of}{hint}")]
pub struct UnknownTestCase {
    name: String,
    of: String,
    hint: String,
}

impl Mocks {
    pub(super) fn merge(&mut self, other: Self) {
        self.files.extend(other.files);
        for (key, case) in other.cases {
            self.cases.entry(key).or_insert(case);
        }
        for (key, response) in other.responses {
            self.responses.entry(key).or_insert(response);
        }
    }

    /// Whether the machine has this test case. Without a machine's name any machine's will do.
    pub(super) fn check(mocks: Option<&Self>, machine: Option<&str>, name: &str) -> Result<(), UnknownTestCase> {
        let of = machine.map(|machine| format!(" of {machine}")).unwrap_or_default();
        let Some(mocks) = mocks else {
            let hint = ": give the file that has it with --tasks MockConfigFile.json".into();
            return Err(UnknownTestCase { name: name.into(), of, hint });
        };
        let known: Vec<&str> = mocks.names(machine);
        if known.contains(&name) {
            return Ok(());
        }
        let hint = match nearest(name, known.iter().copied()) {
            _ if known.is_empty() => {
                format!(": {} has test cases for {}", mocks.file(), mocks.machines().join(", "))
            }
            Some(near) => format!(": did you mean {near:?}?"),
            None => format!(": there are {}", known.join(", ")),
        };
        Err(UnknownTestCase { name: name.into(), of, hint })
    }

    /// What this attempt at a state comes to; none: the state is not mocked.
    pub(super) fn find(&self, machine: &str, case: &str, state: &str, attempt: u64) -> Result<Option<Mocked>, Failure> {
        let exact = self.cases.get(&(machine.to_owned(), case.to_owned()));
        let found = exact.or_else(|| self.cases.iter().find(|((_, name), _)| name == case).map(|(_, states)| states));
        let Some(response) = found.and_then(|states| states.get(state)) else { return Ok(None) };
        let mocked = self
            .responses
            .get(response)
            .into_iter()
            .flatten()
            .find(|(first, last, _)| (*first..=*last).contains(&attempt))
            .map(|(_, _, mocked)| mocked.clone());
        match mocked {
            Some(mocked) => Ok(Some(mocked)),
            // Not retried: an attempt that the test's author did not foresee must not pass unseen.
            None => Err(Failure::new(
                "States.Runtime",
                format!(
                    "MockedResponses.{response} in {} has no entry for attempt {attempt} of state {state} (the first \
                     attempt is \"0\")",
                    self.file()
                ),
            )),
        }
    }

    pub(super) fn no_test_case(&self) -> Failure {
        Failure::new(
            "States.Runtime",
            format!(
                "no test case was chosen: use --test-case NAME, or start stateMachineArn#NAME ({} has {})",
                self.file(),
                self.names(None).join(", ")
            ),
        )
    }

    fn names(&self, machine: Option<&str>) -> Vec<&str> {
        let names: BTreeSet<&str> = self
            .cases
            .keys()
            .filter(|(of, _)| machine.is_none_or(|machine| machine == of))
            .map(|(_, name)| name.as_str())
            .collect();
        names.into_iter().collect()
    }

    fn machines(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.cases.keys().map(|(machine, _)| machine.as_str()).collect();
        names.into_iter().collect()
    }

    fn file(&self) -> String {
        self.files.first().map(|path| path.display().to_string()).unwrap_or_default()
    }
}

/// The mock configuration of the file; what is wrong with it goes to `problems`.
pub(super) fn read(path: &Path, text: &str, problems: &mut Vec<Problem>) -> Mocks {
    let mut mocks = Mocks { files: vec![path.to_path_buf()], cases: BTreeMap::new(), responses: BTreeMap::new() };
    let mut reader = Reader { path, problems };
    let root: Value = match serde_json::from_str(text) {
        Ok(root) => root,
        Err(error) => {
            let place = format!("{}:{}:{}", path.display(), error.line(), error.column());
            reader.problems.push(Problem { place, message: format!("not JSON: {error}") });
            return mocks;
        }
    };
    let Some(root) = reader.object(&root, "") else { return mocks };
    reader.only(root, &["StateMachines", "MockedResponses"], "");
    for (name, ranges) in reader.members(root, "MockedResponses", "") {
        let at = format!("/MockedResponses/{name}");
        let Some(ranges) = reader.object(ranges, &at) else { continue };
        let response = ranges
            .iter()
            .filter_map(|(range, outcome)| {
                let at = format!("{at}/{range}");
                let (first, last) = reader.range(range, &at)?;
                Some((first, last, reader.outcome(outcome, &at)?))
            })
            .collect();
        mocks.responses.insert(name.clone(), response);
    }
    for (machine, value) in reader.members(root, "StateMachines", "") {
        let at = format!("/StateMachines/{machine}");
        let Some(value) = reader.object(value, &at) else { continue };
        reader.only(value, &["TestCases"], &at);
        for (case, states) in reader.members(value, "TestCases", &at) {
            let at = format!("{at}/TestCases/{case}");
            let Some(states) = reader.object(states, &at) else { continue };
            let mut chosen = BTreeMap::new();
            for (state, response) in states {
                match response.as_str() {
                    Some(name) if mocks.responses.contains_key(name) => {
                        chosen.insert(state.clone(), name.to_owned());
                    }
                    Some(name) => {
                        let hint = nearest(name, mocks.responses.keys().map(String::as_str))
                            .map(|near| format!(": did you mean {near:?}?"))
                            .unwrap_or_default();
                        reader.refuse(&format!("{at}/{state}"), &format!("MockedResponses has no {name:?}{hint}"));
                    }
                    None => reader.refuse(&format!("{at}/{state}"), "must be the name of a mocked response"),
                }
            }
            mocks.cases.insert((machine.clone(), case.clone()), chosen);
        }
    }
    mocks
}

struct Reader<'a> {
    path: &'a Path,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn range(&mut self, range: &str, at: &str) -> Option<(u64, u64)> {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) if first <= last => Some((first, last)),
            _ => {
                self.refuse(at, "attempts are written \"0\", \"1\" or \"1-2\"");
                None
            }
        }
    }

    fn outcome(&mut self, outcome: &Value, at: &str) -> Option<Mocked> {
        let outcome = self.object(outcome, at)?;
        self.only(outcome, &["Return", "Throw"], at);
        match (outcome.get("Return"), outcome.get("Throw")) {
            (Some(value), None) => Some(Mocked::Return(function_answer(value).to_string())),
            (None, Some(failure)) => {
                let at = format!("{at}/Throw");
                let failure = self.object(failure, &at)?;
                self.only(failure, &["Error", "Cause"], &at);
                let text = |key: &str| failure.get(key).and_then(Value::as_str).map(str::to_owned);
                if text("Error").is_none() {
                    self.refuse(&at, "needs Error, a string");
                    return None;
                }
                Some(Mocked::Throw(Failure { error: text("Error"), cause: text("Cause") }))
            }
            _ => {
                self.refuse(at, "needs either Return or Throw");
                None
            }
        }
    }

    fn members<'v>(&mut self, object: &'v Map<String, Value>, key: &str, at: &str) -> Vec<(&'v String, &'v Value)> {
        match object.get(key) {
            Some(value) => self.object(value, &format!("{at}/{key}")).into_iter().flatten().collect(),
            None => {
                self.refuse(at, &format!("{key} is missing"));
                Vec::new()
            }
        }
    }

    fn object<'v>(&mut self, value: &'v Value, at: &str) -> Option<&'v Map<String, Value>> {
        if value.as_object().is_none() {
            self.refuse(at, "must be an object");
        }
        value.as_object()
    }

    fn only(&mut self, object: &Map<String, Value>, known: &[&str], at: &str) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            let hint = match nearest(key, known.iter().copied()) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("there can only be {}", known.join(" and ")),
            };
            self.refuse(at, &format!("unknown key {key:?}: {hint}"));
        }
    }

    fn refuse(&mut self, at: &str, message: &str) {
        let at = if at.is_empty() { "/" } else { at };
        self.problems.push(Problem { place: self.path.display().to_string(), message: format!("{at}: {message}") });
    }
}

/// What the function answered, when the response is the result of a `lambda:invoke` task.
fn function_answer(response: &Value) -> &Value {
    const OF_INVOKE: [&str; 7] = [
        "Payload",
        "StatusCode",
        "ExecutedVersion",
        "SdkHttpMetadata",
        "SdkResponseMetadata",
        "LogResult",
        "FunctionError",
    ];
    match response.as_object() {
        Some(fields) if fields.keys().all(|key| OF_INVOKE.contains(&key.as_str())) => {
            fields.get("Payload").unwrap_or(response)
        }
        Some(_) | None => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "StateMachines": {"Leads": {"TestCases": {
            "HappyPath": {"Check": "Good"},
            "RetryPath": {"Check": "BadThenGood"}
        }}},
        "MockedResponses": {
            "Good": {"0": {"Return": {"StatusCode": 200, "Payload": {"ok": true}}}},
            "BadThenGood": {
                "0-1": {"Throw": {"Error": "Lambda.TooManyRequestsException", "Cause": "slow down"}},
                "2": {"Return": {"ok": 1.0}}
            }
        }
    }"#;

    fn mocks() -> Mocks {
        let mut problems = Vec::new();
        let mocks = read(Path::new("MockConfigFile.json"), FILE, &mut problems);
        assert_eq!(problems, []);
        mocks
    }

    #[test]
    fn attempts_are_answered_in_turn() {
        let mocks = mocks();
        let busy = Failure::new("Lambda.TooManyRequestsException", "slow down");
        let found = |case: &str, state: &str, attempt| mocks.find("Leads", case, state, attempt);
        assert_eq!(found("HappyPath", "Check", 0), Ok(Some(Mocked::Return(r#"{"ok":true}"#.into()))));
        assert_eq!(found("RetryPath", "Check", 1), Ok(Some(Mocked::Throw(busy))));
        assert_eq!(found("RetryPath", "Check", 2), Ok(Some(Mocked::Return(r#"{"ok":1.0}"#.into()))));
        assert_eq!(found("HappyPath", "Other", 0), Ok(None));
        assert!(found("RetryPath", "Check", 3).is_err());
    }

    #[test]
    fn an_unknown_test_case_is_told_with_the_one_that_was_meant() {
        let told = |machine, name| Mocks::check(Some(&mocks()), machine, name).map_err(|error| error.to_string());
        assert_eq!(told(Some("Leads"), "HappyPath"), Ok(()));
        assert_eq!(
            told(Some("Leads"), "HapyPath"),
            Err("there is no test case \"HapyPath\" of Leads: did you mean \"HappyPath\"?".into())
        );
        assert_eq!(
            told(Some("Other"), "HappyPath"),
            Err("there is no test case \"HappyPath\" of Other: MockConfigFile.json has test cases for Leads".into())
        );
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let mut problems = Vec::new();
        let text = r#"{"StateMachines": {"M": {"TestCases": {"T": {"S": "Goood"}}}},
            "MockedResponses": {"Good": {"x": {"Return": 1}, "0": {"Retrun": 1}}}, "Extra": 1}"#;
        read(Path::new("m.json"), text, &mut problems);
        let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "m.json: /: unknown key \"Extra\": there can only be StateMachines and MockedResponses",
                "m.json: /MockedResponses/Good/x: attempts are written \"0\", \"1\" or \"1-2\"",
                "m.json: /MockedResponses/Good/0: unknown key \"Retrun\": did you mean \"Return\"?",
                "m.json: /MockedResponses/Good/0: needs either Return or Throw",
                "m.json: /StateMachines/M/TestCases/T/S: MockedResponses has no \"Goood\": did you mean \"Good\"?",
            ]
        );
    }
}
