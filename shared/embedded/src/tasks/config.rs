//! What `tasks.toml` says, checked: which function does what. Reading it is `read`'s affair.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// What each function does.
#[derive(Debug, Default)]
pub(super) struct Functions {
    /// Where to add one.
    pub(super) files: Vec<PathBuf>,
    /// By name: `name`, or `name:alias`.
    pub(super) named: BTreeMap<String, Function>,
    /// `[lambda."*"]`.
    pub(super) default: Option<Function>,
}

/// What one function does.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) work: Work,
    /// Time before it does it.
    pub(super) delay: Option<Duration>,
    /// Who answers the event's task token.
    pub(super) callback: Option<StandIn>,
    /// A place for each call that may run at once; none: as many as there are.
    pub(super) places: Option<Arc<Semaphore>>,
}

/// Where a function's answer comes from.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Command(CommandLine),
    Url(Endpoint),
    /// One for each attempt; the last repeats. Never empty.
    Answers(Vec<Answer>),
    /// Its own event.
    Echo,
    /// `null`: a function that is there only for its callback.
    Nothing,
}

/// A program to start.
#[derive(Clone, Debug)]
pub(super) struct CommandLine {
    pub(super) line: Line,
    pub(super) folder: PathBuf,
    /// `tasks.toml:3`, for failures.
    pub(super) place: String,
}

#[derive(Clone, Debug)]
pub(super) enum Line {
    /// For the shell.
    Shell(String),
    /// The program and its arguments. Never empty.
    Words(Vec<String>),
}

/// Where the Lambda Invoke API is.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub(super) url: String,
    /// `tasks.toml:3`, for failures.
    pub(super) place: String,
}

/// A fixed answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    pub(super) delay: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// JSON text.
    Return(String),
    Error {
        name: String,
        cause: String,
    },
}

/// A stand-in for the human, or the system, that answers a task token.
#[derive(Clone, Debug)]
pub(super) struct StandIn {
    pub(super) after: Duration,
    pub(super) outcome: Outcome,
    /// Where the token is in the event, as keys and indexes; none: under a key that is named like a token.
    pub(super) token: Option<Vec<String>>,
}

impl Functions {
    /// The entry for a function as a definition names it, with the name that it is known by here.
    pub(super) fn find<'a>(&'a self, function: &'a str) -> Option<(&'a str, &'a Function)> {
        let (qualified, name) = (qualified_name_of(function), name_of(function));
        [function, qualified, name]
            .into_iter()
            .find_map(|key| self.named.get(key))
            .or(self.default.as_ref())
            .map(|found| (name, found))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty() && self.default.is_none()
    }

    /// Adds another file's entries for functions that have none yet.
    pub(super) fn merge(&mut self, other: Self) {
        self.files.extend(other.files);
        for (name, function) in other.named {
            self.named.entry(name).or_insert(function);
        }
        self.default = self.default.take().or(other.default);
    }
}

/// A function's name in what a definition may call it by: `name`, `name:alias`, `account:function:name`, an ARN.
pub(super) fn name_of(function: &str) -> &str {
    let qualified = qualified_name_of(function);
    qualified.split(':').next().unwrap_or(qualified)
}

/// The version that answers a call: that of the ARN if it names one by number, else `$LATEST`.
pub(super) fn version_of(function: &str) -> String {
    match qualified_name_of(function).split_once(':') {
        Some((_, version)) if !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()) => version,
        Some(_) | None => "$LATEST",
    }
    .to_owned()
}

/// The shortened ARNs of tutorials (`arn:aws:lambda:...:send-email`) have their name at the end.
fn qualified_name_of(function: &str) -> &str {
    match function.split_once(":function:").or_else(|| function.split_once("function:")) {
        Some((_, rest)) => rest,
        None if function.starts_with("arn:") => function.rsplit(':').next().unwrap_or(function),
        None => function,
    }
}

/// The name as a TOML key.
pub(super) fn toml_key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if bare { name.to_owned() } else { format!("{name:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_function_leads_to_its_name() {
        for (given, name, version) in [
            ("pay", "pay", "$LATEST"),
            ("pay:live", "pay", "$LATEST"),
            ("pay:7", "pay", "7"),
            ("123456789012:function:pay", "pay", "$LATEST"),
            ("arn:aws:lambda:us-east-1:123456789012:function:pay", "pay", "$LATEST"),
            ("arn:aws:lambda:us-east-1:123456789012:function:pay:12", "pay", "12"),
            ("arn:aws:lambda:...:send-email", "send-email", "$LATEST"),
        ] {
            assert_eq!(name_of(given), name, "{given}");
            assert_eq!(version_of(given), version, "{given}");
        }
    }

    #[test]
    fn an_alias_may_have_an_entry_of_its_own() {
        let function = |text: &str| Function {
            work: Work::Answers(vec![Answer { outcome: Outcome::Return(text.into()), delay: None }]),
            delay: None,
            callback: None,
            places: None,
        };
        let functions = Functions {
            files: Vec::new(),
            named: [("pay".into(), function("1")), ("pay:live".into(), function("2"))].into(),
            default: Some(function("3")),
        };
        let found = |name: &str| functions.find(name).map(|(_, found)| format!("{:?}", found.work));
        assert!(found("pay").is_some_and(|work| work.contains('1')));
        assert!(found("arn:aws:lambda:r:1:function:pay:live").is_some_and(|work| work.contains('2')));
        assert!(found("pay:test").is_some_and(|work| work.contains('1')));
        assert!(found("ship").is_some_and(|work| work.contains('3')));
    }
}
