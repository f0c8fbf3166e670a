//! A definition and what lies beside it: where it is, what it is called, what is wrong with it.

use crate::findings::Findings;
use language::{Diagnostic, Machine, MachineType, Parsed};
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The definition's file in a folder.
const WORKFLOW: &str = "workflow.asl.json";

/// Why there is no definition.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("there is no {}: give a definition, or a folder with a {WORKFLOW}", .0.display())]
    Missing(PathBuf),
    #[error("there is no {WORKFLOW} in {}{}", folder.display(), others(.found))]
    NoWorkflow { folder: PathBuf, found: Vec<String> },
    #[error("{} is YAML; definitions are read as JSON: convert it first, such as with `yq -o json`", .0.display())]
    Yaml(PathBuf),
    #[error("failed to read {}: {source}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the definition is refused:\n{}", .0.join("\n"))]
    Invalid(Vec<String>),
}

fn others(found: &[String]) -> String {
    match found {
        [] => String::new(),
        found => format!("; name the definition: it has {}", found.join(", ")),
    }
}

/// A definition's text, with the files beside it.
#[derive(Debug)]
pub(crate) struct Definition {
    /// As it was named, for messages.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Definition {
    /// The definition at a path: a file, a folder, or `-` for stdin.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        if path == Path::new("-") {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|source| Error::Read { path: "stdin".into(), source })?;
            return Ok(Self { path: "stdin".into(), text });
        }
        let path = if path.is_dir() { in_folder(path)? } else { path.to_path_buf() };
        if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            return Err(Error::Yaml(path));
        }
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self { path, text }),
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => Err(Error::Missing(path)),
            Err(source) => Err(Error::Read { path, source }),
        }
    }

    /// A file beside it, if it is there.
    pub(crate) fn beside(&self, name: &str) -> Option<PathBuf> {
        Some(self.place_beside(name)).filter(|path| path.is_file())
    }

    /// Where a file beside it would be.
    pub(crate) fn place_beside(&self, name: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(name)
    }

    /// The machine's name: the folder's for a `workflow.asl.json`, else the file's, in the letters that names may have.
    pub(crate) fn name(&self) -> String {
        let file = self.path.file_name().unwrap_or_default().to_string_lossy();
        let own = file.trim_end_matches(".json").trim_end_matches(".asl").to_owned();
        let folder = || {
            let path = std::path::absolute(&self.path).ok()?;
            Some(path.parent()?.file_name()?.to_string_lossy().into_owned())
        };
        let name = if file == WORKFLOW { folder().unwrap_or(own) } else { own };
        let name: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' })
            .take(64)
            .collect();
        if name.is_empty() { "workflow".into() } else { name }
    }

    /// The machine with its warnings, or everything that is wrong with it.
    pub(crate) fn parse(&self, machine_type: MachineType) -> Result<Parsed, Vec<Diagnostic>> {
        language::parse_as(&self.text, machine_type)
    }

    /// The machine; warnings are told on stderr.
    pub(crate) fn machine(&self) -> Result<Machine, Error> {
        let Parsed { machine, warnings } = self
            .parse(MachineType::Standard)
            .map_err(|diagnostics| Error::Invalid(Findings::of(self, diagnostics).short()))?;
        for finding in Findings::of(self, warnings).short() {
            eprintln!("{finding}");
        }
        Ok(machine)
    }

    /// Where a state is defined: `workflow.asl.json:12:5`.
    pub(crate) fn place_of(&self, state: &str) -> Option<String> {
        let root: Value = serde_json::from_str(&self.text).ok()?;
        let mut open = vec![(String::new(), &root)];
        while let Some((pointer, value)) = open.pop() {
            let is_states = pointer.ends_with("/States");
            let step = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
            match value {
                Value::Object(fields) => {
                    if is_states && fields.contains_key(state) {
                        let position = language::locate(&self.text, &step(state));
                        return Some(format!("{}:{position}", self.path.display()));
                    }
                    open.extend(fields.iter().map(|(key, value)| (step(key), value)));
                }
                Value::Array(items) => {
                    open.extend(items.iter().enumerate().map(|(index, value)| (step(&index.to_string()), value)));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        None
    }
}

fn in_folder(folder: &Path) -> Result<PathBuf, Error> {
    let expected = folder.join(WORKFLOW);
    if expected.is_file() {
        return Ok(expected);
    }
    let entries = std::fs::read_dir(folder).map_err(|source| Error::Read { path: folder.into(), source })?;
    let mut found: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".asl.json"))
        .collect();
    found.sort();
    match found.as_slice() {
        [only] => Ok(folder.join(only)),
        _ => Err(Error::NoWorkflow { folder: folder.into(), found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str) -> String {
        Definition { path: path.into(), text: String::new() }.name()
    }

    #[test]
    fn a_machine_is_called_after_its_folder_or_its_file() {
        assert_eq!(named("examples/order pipeline/workflow.asl.json"), "order-pipeline");
        assert_eq!(named("flows/pay.asl.json"), "pay");
        assert_eq!(named("pay.json"), "pay");
    }

    #[test]
    fn a_state_within_a_branch_is_found() {
        let text = "{\"StartAt\": \"P\", \"States\": {\"P\": {\"Branches\": [\n {\"States\": {\"A/b\": {}}}]}}}";
        let definition = Definition { path: "w.json".into(), text: text.into() };
        assert_eq!(definition.place_of("A/b").as_deref(), Some("w.json:2:14"));
        assert_eq!(definition.place_of("C"), None);
    }
}
