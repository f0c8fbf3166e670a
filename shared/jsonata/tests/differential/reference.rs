//! The reference, running on Node, which answers one line for one line.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What is said where there is none.
pub(crate) const ABSENT: &str =
    "SKIPPED: no reference; set JSONATA_JS to the folder of jsonata@2.0.6, and have node in the path";

pub(crate) struct Reference {
    node: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Reference {
    pub(crate) fn start() -> Option<Self> {
        let module = std::env::var_os("JSONATA_JS")?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/reference.js");
        let mut command = Command::new("node");
        command.arg(script).env("JSONATA_JS", module).env("TZ", "UTC").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut node = command.spawn().ok()?;
        let (to, from) = (node.stdin.take()?, node.stdout.take()?);
        Some(Self { node, to, from: BufReader::new(from) })
    }

    /// What becomes of an expression.
    pub(crate) fn evaluate(&mut self, expr: &str, input: Option<&Value>, bindings: &Value) -> Value {
        let mut case = json!({"expr": expr, "bindings": bindings});
        if let Some(input) = input {
            case["input"] = input.clone();
        }
        self.ask(&case)
    }

    /// The texts of all codes, with their placeholders.
    pub(crate) fn templates(&mut self) -> Value {
        self.ask(&json!({"templates": true}))
    }

    fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.to, "{question}").expect("node listens");
        let mut line = String::new();
        self.from.read_line(&mut line).expect("node answers");
        match serde_json::from_str(&line) {
            Ok(answer) => answer,
            // Half of a surrogate pair, which no string of Rust's can hold.
            Err(_) if line.contains("\\ud") => json!({"gaveUp": true}),
            Err(error) => panic!("node answers in JSON: {error}: {line}"),
        }
    }

    pub(crate) fn stop(mut self) {
        drop(self.to);
        self.node.wait().expect("node ends");
    }
}
