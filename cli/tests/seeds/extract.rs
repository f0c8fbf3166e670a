//! Finds the definitions in the texts, and the pieces of definitions.

use serde_json::{Map, Value, json};
use std::path::Path;

/// The eight types of states.
const TYPES: [&str; 8] = ["Task", "Choice", "Wait", "Pass", "Succeed", "Fail", "Parallel", "Map"];

/// What a JSON object in a text is.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// A whole definition: it has `StartAt` and `States`.
    Definition(Value),
    /// One state, with the name that the text gives it.
    State(String, Value),
    /// Fields of a state, such as `Retry`.
    Fields(Value),
}

/// A piece, and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) at: String,
    pub(crate) piece: Piece,
    /// Its text.
    pub(crate) json: String,
}

/// Every piece of a definition in a text.
pub(crate) fn pieces(file: &Path, text: &str) -> Vec<Found> {
    let text = plain(text);
    let file = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find('{').map(|offset| from + offset) {
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        let Some(Ok(value)) = values.next() else {
            // Python, a picture, or JSON with something left out: perhaps a part of it is whole.
            from = start + 1;
            continue;
        };
        from = start + values.byte_offset();
        let line = text[..start].matches('\n').count() + 1;
        let at = format!("{file}:{line}");
        for piece in classify(value, name_before(&text[..start])) {
            let (Piece::Definition(json) | Piece::State(_, json) | Piece::Fields(json)) = &piece;
            found.push(Found { at: at.clone(), json: json.to_string(), piece });
        }
    }
    found
}

/// A web page may have turned quotes and spaces into others.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{201c}' | '\u{201d}' | '\u{201e}' => '"',
            '\u{a0}' | '\u{202f}' | '\u{2007}' => ' ',
            other => other,
        })
        .collect()
}

/// The name before a value: `"CheckStatus" : {`, `child_workflow = {`.
fn name_before(text: &str) -> Option<String> {
    let text = text.trim_end();
    if let Some(rest) = text.strip_suffix(':') {
        let rest = rest.trim_end().strip_suffix('"')?;
        return rest.rsplit('"').next().map(str::to_owned);
    }
    let rest = text.strip_suffix('=')?.trim_end();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    Some(rest.rsplit(|c: char| !is_name(c)).next()?.to_owned())
}

fn classify(value: Value, name: Option<String>) -> Vec<Piece> {
    let Some(fields) = value.as_object() else { return Vec::new() };
    if fields.contains_key("StartAt") && fields.contains_key("States") {
        return vec![Piece::Definition(value)];
    }
    if is_state(&value) {
        return vec![Piece::State(name.unwrap_or_else(|| "Unnamed".to_owned()), value)];
    }
    // States without a definition around them, or with one that does not say where it starts.
    let states = fields.get("States").and_then(Value::as_object).unwrap_or(fields);
    if !states.is_empty() && states.values().all(is_state) {
        return states.iter().map(|(name, state)| Piece::State(name.clone(), state.clone())).collect();
    }
    if fields.contains_key("ErrorEquals") {
        let member = if fields.contains_key("Next") { "Catch" } else { "Retry" };
        return vec![Piece::Fields(json!({ member: [value] }))];
    }
    let is_field = |name: &String| ["Retry", "Catch", "Parameters"].contains(&name.as_str());
    if !fields.is_empty() && fields.keys().all(is_field) {
        return vec![Piece::Fields(value)];
    }
    Vec::new()
}

fn is_state(value: &Value) -> bool {
    value["Type"].as_str().is_some_and(|kind| TYPES.contains(&kind))
}

/// The piece as a whole definition: states that it leads to but does not have say that they were reached.
pub(crate) fn whole(piece: &Piece) -> (String, Value) {
    let (name, mut state) = match piece {
        Piece::Definition(definition) => {
            return (definition["StartAt"].as_str().unwrap_or_default().to_owned(), definition.clone());
        }
        Piece::State(name, state) => (name.clone(), state.clone()),
        Piece::Fields(fields) => {
            let mut state = if fields.get("Parameters").is_some() {
                json!({"Type": "Pass"})
            } else {
                json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work"})
            };
            merge(&mut state, fields);
            let members: Vec<&str> = fields.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
            (members.join("And"), state)
        }
    };
    let ends = ["Choice", "Succeed", "Fail"].iter().any(|kind| state["Type"] == *kind);
    if !ends && state.get("Next").is_none() && state.get("End").is_none() {
        state["End"] = true.into();
    }
    let mut states = Map::new();
    for target in targets(&state) {
        let reached = json!({"Type": "Pass", "Parameters": {"reached": target, "with.$": "$"}, "End": true});
        states.insert(target, reached);
    }
    states.insert(name.clone(), state);
    (name.clone(), json!({"StartAt": name, "States": states}))
}

fn merge(object: &mut Value, more: &Value) {
    if let (Some(object), Some(more)) = (object.as_object_mut(), more.as_object()) {
        object.extend(more.clone());
    }
}

/// The states that this one names.
fn targets(state: &Value) -> Vec<String> {
    let rules = ["Choices", "Catch"].into_iter().filter_map(|list| state[list].as_array()).flatten();
    let named = rules.map(|rule| &rule["Next"]).chain([&state["Next"], &state["Default"]]);
    named.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A service that a definition uses and that is refused: where, and as what the refusal names it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Refused {
    pub(crate) pointer: String,
    pub(crate) word: String,
}

/// All that must be refused by name.
pub(crate) fn refused(definition: &Value) -> Vec<Refused> {
    let mut refused = Vec::new();
    each_state(definition, &mut |pointer, state| {
        let resource = state["Resource"].as_str().unwrap_or_default();
        if let Some(integration) = resource.strip_prefix("arn:aws:states:::")
            && !["lambda:invoke", "lambda:invoke.waitForTaskToken"].contains(&integration)
        {
            refused.push(Refused { pointer: format!("{pointer}/Resource"), word: integration.to_owned() });
        }
        if state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED" {
            let pointer = format!("{pointer}/ItemProcessor/ProcessorConfig/Mode");
            refused.push(Refused { pointer, word: "Distributed Map".to_owned() });
        }
    });
    refused.sort();
    refused
}

/// Visits every state at every depth, with its JSON pointer.
fn each_state(definition: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    let mut open = vec![(String::new(), definition)];
    while let Some((at, part)) = open.pop() {
        for (name, state) in part["States"].as_object().into_iter().flatten() {
            let pointer = format!("{at}/States/{name}");
            visit(&pointer, state);
            for (index, branch) in state["Branches"].as_array().into_iter().flatten().enumerate() {
                open.push((format!("{pointer}/Branches/{index}"), branch));
            }
            for member in ["ItemProcessor", "Iterator"] {
                open.extend(state.get(member).map(|inner| (format!("{pointer}/{member}"), inner)));
            }
        }
    }
}

/// The definition as it runs today and within a test: services are functions named after them, a distributed Map is an
/// inline one, another machine is a function of its name, and nobody waits for hours.
pub(crate) fn mirrored(definition: &Value) -> Value {
    let mut mirrored = definition.clone();
    let mut pointers = Vec::new();
    each_state(definition, &mut |pointer, _| pointers.push(pointer.to_owned()));
    for pointer in pointers {
        let Some(state) = mirrored.pointer_mut(&pointer) else { continue };
        let resource = state["Resource"].as_str().unwrap_or_default().to_owned();
        let function = match resource.split_once(":::") {
            Some((_, "lambda:invoke" | "lambda:invoke.waitForTaskToken")) | None => None,
            Some((_, integration)) => integration.split('.').next().map(|name| name.replace(':', "-")),
        };
        let machine = resource.split_once(":stateMachine:").map(|(_, name)| name.to_owned());
        if let Some(name) = function.or(machine) {
            state["Resource"] = format!("arn:aws:lambda:us-east-1:123456789012:function:{name}").into();
        }
        if state["Seconds"].as_u64().is_some_and(|seconds| seconds > 1) {
            state["Seconds"] = 1.into();
        }
        if let Some(processor) = state.get_mut("ItemProcessor").and_then(Value::as_object_mut) {
            processor.remove("ProcessorConfig");
        }
    }
    mirrored
}
