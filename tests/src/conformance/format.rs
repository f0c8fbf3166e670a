//! The cases as they lie in their files.
//!
//! The format is described beside the files. What of it this runner has no use for is not read.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The one category that need not match: distributed Map is another feature.
const OPTIONAL_CATEGORY: &str = "map_distributed";

/// A file of cases.
#[derive(Debug, Deserialize)]
struct File {
    format: u32,
    cases: Vec<Case>,
}

/// One case: API calls, and what AWS answered.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// Unique.
    pub id: String,
    /// The file it is in.
    pub category: String,
    /// `execution`, `test_state` or `api`.
    pub kind: String,
    /// What its definitions are written in.
    pub query_language: QueryLanguage,
    /// Other services that it needs.
    pub requires: Vec<String>,
    /// Where it comes from.
    pub source: Source,
    /// Definitions by name.
    pub definitions: BTreeMap<String, Value>,
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// Whether events of branches may interleave.
    #[serde(default)]
    pub concurrent_events: bool,
    /// Whether the recorder sorted the events within a Parallel.
    #[serde(default)]
    pub parallel_events_sorted: bool,
    /// Whether the script stops early.
    #[serde(default)]
    pub incomplete: bool,
}

/// What the definitions of a case are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QueryLanguage {
    /// JSONPath alone.
    JsonPath,
    /// JSONata, in some state at least.
    Jsonata,
}

impl fmt::Display for QueryLanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::JsonPath => "JSONPath",
            Self::Jsonata => "JSONata",
        })
    }
}

/// Where a case comes from.
#[derive(Debug, Deserialize)]
pub struct Source {
    /// How far the recording can be trusted.
    pub marker: Marker,
}

/// How far a recording can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Marker {
    /// Confirmed by a dated run on AWS.
    Validated,
    /// No such run is logged.
    Unconfirmed,
    /// Those who recorded it do not rely on it.
    NeedsFixing,
}

/// One step of a case.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// Unique within the case.
    pub id: String,
    /// An API operation to call.
    pub call: Option<String>,
    /// The service whose operation it is, if not Step Functions.
    pub service: Option<String>,
    /// A condition to wait for.
    pub wait: Option<String>,
    /// Something that must exist.
    pub setup: Option<String>,
    /// Seconds to let pass.
    pub sleep: Option<u64>,
    /// Of the call, the wait or the setup.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// The whole answer.
    pub expect: Option<Value>,
    /// The refusal.
    pub expect_error: Option<ExpectedError>,
    /// The output of the execution whose history this is.
    pub expect_output: Option<Value>,
    /// Parts of the answer, by path.
    pub expect_paths: Option<Map<String, Value>>,
    /// Whether it ran at the same time as what follows.
    #[serde(default)]
    pub background: bool,
    /// Whether AWS's client refused the call before it was sent.
    #[serde(default)]
    pub client_side_validation: bool,
    /// How many events the recording lacks.
    #[serde(default)]
    pub events_lost_in_recording: usize,
}

/// A refusal.
#[derive(Debug, Deserialize)]
pub struct ExpectedError {
    /// The part of `__type` after `#`.
    pub code: Option<String>,
    /// Its exact text.
    pub message: Option<Value>,
    /// The status of the HTTP answer.
    pub http_status: Option<u16>,
    /// Other members of the answer.
    pub fields: Option<Map<String, Value>>,
    /// Whether AWS's client refused the call before it was sent.
    #[serde(default)]
    pub client_side: bool,
}

impl Case {
    /// Why this case cannot run, if so.
    pub fn skipped(&self) -> Option<&'static str> {
        let stands_in = self.brings_answers() || self.is_activity_pair();
        let needs_service = !stands_in && self.requires.iter().any(|service| service != "lambda");
        if self.never_ended() {
            Some("never ended on AWS")
        } else if self.incomplete {
            Some("incomplete recording")
        } else if needs_service || self.steps.iter().any(|step| step.background || step.service.is_some()) {
            Some("needs another service")
        } else {
            None
        }
    }

    /// Whether the case only tries states out, and says what the services would answer.
    fn brings_answers(&self) -> bool {
        self.kind == "test_state" && self.steps.iter().any(|step| step.params.contains_key("mock"))
    }

    /// Whether one machine of the case is a worker for the other's activity: the runner plays its part.
    pub fn is_activity_pair(&self) -> bool {
        self.category == "activities" && self.requires == ["aws-sdk:sfn"]
    }

    /// Whether the case is one of those that must match, if its recording can be relied on: with no service but Lambda.
    pub fn is_required(&self) -> bool {
        self.category != OPTIONAL_CATEGORY && self.requires.iter().all(|service| service == "lambda")
    }

    /// Why the recording cannot be relied on, if so.
    pub fn unreliable(&self) -> Option<&'static str> {
        if self.source.marker == Marker::NeedsFixing {
            Some("marked as needing to be fixed by those who recorded it")
        } else if self.never_ended() {
            Some("the execution stalled on AWS")
        } else if self.incomplete {
            Some("the recording is incomplete")
        } else {
            None
        }
    }

    fn never_ended(&self) -> bool {
        self.id.ends_with("test_max_concurrency_path_negative")
    }

    /// Whether branches time out at the same instant, which they do not where messages are late or lost.
    pub fn needs_one_instant(&self) -> bool {
        self.category == "timeouts" && self.concurrent_events
    }

    /// Whether the case runs executions that keep a journal.
    pub fn has_journal(&self) -> bool {
        self.steps.iter().any(|step| step.call.as_deref() == Some("StartExecution"))
    }
}

/// Where the cases are; none if this machine has none.
pub fn directory() -> Option<PathBuf> {
    let path = std::env::var_os("CONFORMANCE_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance"),
        |path| Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path),
    );
    path.is_dir().then_some(path)
}

/// All cases, by file name and in the files' order.
pub fn load(directory: &Path) -> Result<Vec<Case>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).with_context(|| format!("failed to list {}", directory.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
        let file: File = serde_json::from_str(&text).with_context(|| format!("failed to parse {}", path.display()))?;
        anyhow::ensure!(file.format == 1, "{} has format {}, which is not known here", path.display(), file.format);
        cases.extend(file.cases);
    }
    Ok(cases)
}
