//! An execution's input: JSON on the command line, a file, stdin.

use std::io::Read;
use std::path::{Path, PathBuf};

/// Why there is no input.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("failed to read the input {}: {source}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("failed to read the input from stdin: {0}")]
    Stdin(#[source] std::io::Error),
    #[error("{of}:{line}:{column}: the input is not JSON: {message}{excerpt}{hint}")]
    NotJson { of: String, line: usize, column: usize, message: String, excerpt: String, hint: String },
}

/// The input that `--input` asks for: JSON, `@FILE`, `@-`.
pub(crate) fn from_argument(argument: &str) -> Result<String, Error> {
    match argument.strip_prefix('@') {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(Error::Stdin)?;
            check("stdin", &text)?;
            Ok(text)
        }
        Some(path) => from_file(Path::new(path)),
        None => {
            check("--input", argument).map_err(|error| with_hint(error, argument))?;
            Ok(argument.to_owned())
        }
    }
}

/// The input in a file.
pub(crate) fn from_file(path: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.into(), source })?;
    check(&path.display().to_string(), &text)?;
    Ok(text)
}

fn check(of: &str, text: &str) -> Result<(), Error> {
    let Err(error) = serde_json::from_str::<serde_json::Value>(text) else { return Ok(()) };
    let (line, column) = (error.line().max(1), error.column().max(1));
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
    Err(Error::NotJson {
        of: of.to_owned(),
        line,
        column,
        message,
        excerpt: excerpt(text, line, column),
        hint: String::new(),
    })
}

/// The line with a mark under the place, if it is short enough to help.
fn excerpt(text: &str, line: usize, column: usize) -> String {
    let shown = text.lines().nth(line - 1).unwrap_or_default();
    // The parser counts bytes.
    let before = shown.get(..column - 1).unwrap_or(shown).chars().count();
    if shown.is_empty() || shown.chars().count() > 100 {
        return String::new();
    }
    format!("\n  {shown}\n  {}^", " ".repeat(before))
}

fn with_hint(error: Error, argument: &str) -> Error {
    match error {
        Error::NotJson { of, line, column, message, excerpt, .. } if Path::new(argument).is_file() => {
            let hint = format!("\nto read a file: --input @{argument}");
            Error::NotJson { of, line, column, message, excerpt, hint }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_mistake_is_shown() {
        let found = from_argument("{\"a\": x}").map_err(|error| error.to_string());
        assert_eq!(
            found,
            Err("--input:1:7: the input is not JSON: expected value\n  {\"a\": x}\n        ^".to_owned())
        );
    }

    #[test]
    fn text_stays_as_it_is() -> Result<(), Error> {
        assert_eq!(from_argument("{\"a\":  1.0}")?, "{\"a\":  1.0}");
        Ok(())
    }
}
