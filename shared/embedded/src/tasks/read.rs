//! Reads `tasks.toml`: every problem of the file at once, each with its line and column.

use super::config::{Answer, CommandLine, Endpoint, Function, Functions, Line, Outcome, StandIn, Work};
use super::near::nearest;
use super::source::{Problem, Source};
use super::value;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const WORK_KEYS: [&str; 7] = ["command", "url", "return", "return_json", "error", "attempts", "echo"];
const FUNCTION_KEYS: [&str; 10] =
    ["command", "url", "return", "return_json", "error", "attempts", "echo", "delay", "callback", "concurrency"];
/// Most calls of a function at once that can be asked for.
const MAX_CONCURRENCY: usize = 10_000;
const ATTEMPT_KEYS: [&str; 4] = ["return", "return_json", "error", "delay"];
const CALLBACK_KEYS: [&str; 5] = ["after", "return", "return_json", "error", "token"];
const ERROR_KEYS: [&str; 2] = ["name", "cause"];

/// The functions of the file; what is wrong with it goes to `problems`.
pub(super) fn functions(path: &Path, text: &str, problems: &mut Vec<Problem>) -> Functions {
    let source = Source { path, text };
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let message = error.message().trim_end().replace('\n', ", ");
        problems.push(source.problem(&error.span().unwrap_or_default(), message));
    }
    let mut functions = Functions { files: vec![path.to_path_buf()], ..Functions::default() };
    if !errors.is_empty() {
        // What a broken line swallowed would only make noise.
        return functions;
    }
    let mut reader = Reader { source, problems };
    for (key, value) in root.get_ref() {
        if key.get_ref() != "lambda" {
            reader.unknown(key, &["lambda"], "a tasks file has tables [lambda.FUNCTION]");
            continue;
        }
        let Some(table) = reader.table(value, "lambda") else { continue };
        for (name, entry) in table {
            let Some(function) = reader.function(name, entry) else { continue };
            if name.get_ref() == "*" {
                functions.default = Some(function);
            } else {
                functions.named.insert(name.get_ref().to_string(), function);
            }
        }
    }
    functions
}

type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;
type Node<'i> = Spanned<DeValue<'i>>;

struct Reader<'a> {
    source: Source<'a>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn function(&mut self, name: &Key<'_>, entry: &Node<'_>) -> Option<Function> {
        let label = format!("lambda.{}", super::config::toml_key(name.get_ref()));
        let table = self.table(entry, &label)?;
        self.only(table, &FUNCTION_KEYS, &format!("[{label}]"));
        let said: Vec<&str> =
            table.keys().map(|key| key.get_ref().as_ref()).filter(|key| WORK_KEYS.contains(key)).collect();
        let callback = get(table, "callback").and_then(|found| self.stand_in(found));
        let delay = self.duration(table, "delay");
        let places = self.concurrency(table);
        let work = match said.as_slice() {
            [] if get(table, "callback").is_some() => Work::Nothing,
            [] => {
                let hint = format!("[{label}] says nothing to do: give it one of {}", WORK_KEYS.join(", "));
                return self.refuse(&name.span(), hint);
            }
            [one] => self.work(table, one, &name.span())?,
            more => {
                let hint = format!("[{label}] has {}: only one of them can answer", more.join(" and "));
                return self.refuse(&name.span(), hint);
            }
        };
        Some(Function { work, delay, callback, places })
    }

    fn work(&mut self, table: &DeTable<'_>, key: &str, span: &Range<usize>) -> Option<Work> {
        let node = get(table, key)?;
        match key {
            "command" => self.command(node),
            "url" => self.url(node),
            "attempts" => self.attempts(node),
            "echo" => match node.get_ref() {
                DeValue::Boolean(true) => Some(Work::Echo),
                _ => self.refuse(&node.span(), "echo can only be true: then the function returns its event"),
            },
            _ => {
                let outcome = self.outcome(table, span)?;
                Some(Work::Answers(vec![Answer { outcome, delay: None }]))
            }
        }
    }

    fn command(&mut self, node: &Node<'_>) -> Option<Work> {
        const SHAPE: &str = "command is a line for the shell, or an array of the program and its arguments";
        let line = match node.get_ref() {
            DeValue::String(line) if !line.trim().is_empty() => Line::Shell(line.to_string()),
            DeValue::Array(items) if !items.is_empty() => {
                let mut words = Vec::new();
                for item in items {
                    match item.get_ref() {
                        DeValue::String(word) => words.push(word.to_string()),
                        _ => return self.refuse(&item.span(), SHAPE),
                    }
                }
                Line::Words(words)
            }
            _ => return self.refuse(&node.span(), SHAPE),
        };
        let folder = self.source.path.parent().map(Path::to_path_buf).unwrap_or_default();
        Some(Work::Command(CommandLine { line, folder, place: self.source.place(&node.span()) }))
    }

    fn url(&mut self, node: &Node<'_>) -> Option<Work> {
        let DeValue::String(url) = node.get_ref() else {
            return self.refuse(&node.span(), "url is a string such as \"http://localhost:9000\"");
        };
        if url.starts_with("https://") {
            let hint = "https is not spoken here: task URLs are emulators and `cargo lambda watch` on this machine";
            return self.refuse(&node.span(), hint);
        }
        let host = url.strip_prefix("http://").unwrap_or_default();
        if host.is_empty() || host.starts_with('/') {
            return self.refuse(&node.span(), format!("{url:?} is no URL: one looks like http://localhost:9000"));
        }
        Some(Work::Url(Endpoint { url: url.to_string(), place: self.source.place(&node.span()) }))
    }

    fn attempts(&mut self, node: &Node<'_>) -> Option<Work> {
        let items = match node.get_ref() {
            DeValue::Array(items) if !items.is_empty() => items,
            _ => return self.refuse(&node.span(), "attempts is an array of answers, one for each attempt"),
        };
        let mut answers = Vec::new();
        for (number, item) in items.iter().enumerate() {
            let Some(table) = self.table(item, "attempts") else { continue };
            self.only(table, &ATTEMPT_KEYS, &format!("attempt {number}"));
            let delay = self.duration(table, "delay");
            if let Some(outcome) = self.outcome(table, &item.span()) {
                answers.push(Answer { outcome, delay });
            }
        }
        (answers.len() == items.len()).then_some(Work::Answers(answers))
    }

    /// The one of `return`, `return_json` and `error` that the table has.
    fn outcome(&mut self, table: &DeTable<'_>, span: &Range<usize>) -> Option<Outcome> {
        let found: Vec<(&str, &Node<'_>)> =
            ["return", "return_json", "error"].into_iter().filter_map(|key| Some((key, get(table, key)?))).collect();
        let [(key, node)] = found.as_slice() else {
            return self.refuse(span, "exactly one of return, return_json and error is needed here");
        };
        match *key {
            "return" => match value::to_json(node.get_ref()) {
                Ok(value) => Some(Outcome::Return(value.to_string())),
                Err(message) => self.refuse(&node.span(), message),
            },
            "return_json" => {
                let DeValue::String(text) = node.get_ref() else {
                    return self.refuse(&node.span(), "return_json is a string that holds JSON");
                };
                match serde_json::from_str::<serde_json::Value>(text) {
                    Ok(_) => Some(Outcome::Return(text.trim().to_owned())),
                    Err(error) => self.refuse(&node.span(), format!("return_json is not JSON: {error}")),
                }
            }
            _ => self.error(node),
        }
    }

    fn error(&mut self, node: &Node<'_>) -> Option<Outcome> {
        const SHAPE: &str = "error is { name = \"PaymentDeclined\", cause = \"...\" }, or the name alone";
        let table = match node.get_ref() {
            DeValue::String(name) => {
                return Some(Outcome::Error { name: name.to_string(), cause: String::new() });
            }
            DeValue::Table(table) => table,
            _ => return self.refuse(&node.span(), SHAPE),
        };
        self.only(table, &ERROR_KEYS, "error");
        let Some(DeValue::String(name)) = get(table, "name").map(Spanned::get_ref) else {
            return self.refuse(&node.span(), SHAPE);
        };
        let cause = match get(table, "cause").map(|cause| (cause.span(), cause.get_ref())) {
            None => String::new(),
            Some((_, DeValue::String(cause))) => cause.to_string(),
            Some((span, _)) => return self.refuse(&span, "cause is a string"),
        };
        Some(Outcome::Error { name: name.to_string(), cause })
    }

    fn stand_in(&mut self, node: &Node<'_>) -> Option<StandIn> {
        let table = self.table(node, "callback")?;
        self.only(table, &CALLBACK_KEYS, "callback");
        let after = self.duration(table, "after").unwrap_or_default();
        let token = match get(table, "token").map(|token| (token.span(), token.get_ref())) {
            None => None,
            Some((_, DeValue::String(path))) if path.starts_with("$.") && path.len() > 2 => {
                Some(path[2..].split('.').map(str::to_owned).collect())
            }
            Some((span, _)) => {
                return self.refuse(&span, "token says where the event has it: \"$.taskToken\", \"$.detail.token\"");
            }
        };
        let outcome = self.outcome(table, &node.span())?;
        Some(StandIn { after, outcome, token })
    }

    fn duration(&mut self, table: &DeTable<'_>, key: &str) -> Option<Duration> {
        let node = get(table, key)?;
        let found = match node.get_ref() {
            DeValue::String(text) => value::duration(text),
            _ => None,
        };
        match found {
            Some(found) => Some(found),
            None => self.refuse(&node.span(), format!("{key} is a time such as \"200ms\", \"1.5s\" or \"2m\"")),
        }
    }

    /// How many calls of one function run at once.
    fn concurrency(&mut self, table: &DeTable<'_>) -> Option<Arc<Semaphore>> {
        let node = get(table, "concurrency")?;
        let found = match node.get_ref() {
            DeValue::Integer(integer) => usize::from_str_radix(integer.as_str(), integer.radix()).ok(),
            _ => None,
        };
        match found {
            Some(places @ 1..=MAX_CONCURRENCY) => Some(Arc::new(Semaphore::new(places))),
            Some(_) | None => {
                let hint = format!("concurrency is the number of calls that run at once, from 1 to {MAX_CONCURRENCY}");
                self.refuse(&node.span(), hint)
            }
        }
    }

    fn table<'t, 'i>(&mut self, node: &'t Node<'i>, label: &str) -> Option<&'t DeTable<'i>> {
        match node.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => self.refuse(&node.span(), format!("{label} must be a table")),
        }
    }

    fn only(&mut self, table: &DeTable<'_>, known: &[&str], of: &str) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            self.unknown(key, known, &format!("{of} knows {}", known.join(", ")));
        }
    }

    fn unknown(&mut self, key: &Key<'_>, known: &[&str], otherwise: &str) {
        let hint = match nearest(key.get_ref(), known.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => otherwise.to_owned(),
        };
        self.problems.push(self.source.problem(&key.span(), format!("unknown key {:?}: {hint}", key.get_ref())));
    }

    fn refuse<T>(&mut self, span: &Range<usize>, message: impl Into<String>) -> Option<T> {
        self.problems.push(self.source.problem(span, message));
        None
    }
}

fn get<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<&'t Node<'i>> {
    table.iter().find(|(found, _)| found.get_ref() == key).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let mut problems = Vec::new();
        functions(Path::new("tasks.toml"), text, &mut problems);
        let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_kind_of_work_is_read() {
        check(
            r#"
            [lambda]
            a.command = "cat"
            b.command = ["cat", "-"]
            c.url = "http://localhost:9000"
            d = { return = { x = 1 }, delay = "200ms" }
            e.return_json = '{"x": 1.0}'
            f.error = { name = "Declined", cause = "no" }
            g.attempts = [{ error = "Busy", delay = "1s" }, { return = 1 }]
            h.echo = true
            i.callback = { after = "1s", return = { approved = true }, token = "$.taskToken" }
            "*".echo = true
            "#,
            &[],
        );
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_place() {
        check(
            "[lamda.x]\n[lambda.a]\ncomand = 'x'\n[lambda.b]\nurl = 'https://x'\ndelay = 3\n\
             [lambda.c]\nreturn = 1\necho = true\n[lambda.d]\nattempts = [{ return = inf }]\n",
            &[
                "tasks.toml:1:2: unknown key \"lamda\": did you mean \"lambda\"?",
                "tasks.toml:3:1: unknown key \"comand\": did you mean \"command\"?",
                "tasks.toml:2:9: [lambda.a] says nothing to do: give it one of command, url, return, return_json, \
                 error, attempts, echo",
                "tasks.toml:6:9: delay is a time such as \"200ms\", \"1.5s\" or \"2m\"",
                "tasks.toml:5:7: https is not spoken here: task URLs are emulators and `cargo lambda watch` on this \
                 machine",
                "tasks.toml:7:9: [lambda.c] has return and echo: only one of them can answer",
                "tasks.toml:11:24: inf is not a number in JSON",
            ],
        );
    }

    #[test]
    fn a_line_that_is_no_toml_is_told_alone() {
        let mut problems = Vec::new();
        functions(Path::new("tasks.toml"), "[lambda.a]\necho = \n[lamda.b]\n", &mut problems);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].place.starts_with("tasks.toml:2:"), "{problems:?}");
    }
}
