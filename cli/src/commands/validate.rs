//! `ratchet validate`: every finding in each definition.

use crate::arguments::{Format, Validate};
use crate::definition::Definition;
use crate::error::USAGE;
use crate::findings::Findings;
use serde_json::json;
use std::io::{IsTerminal, Write};

/// How many there are of what the last line tells.
#[derive(Default)]
struct Sums {
    valid: usize,
    errors: usize,
    warnings: usize,
}

pub(super) fn run(arguments: &Validate) -> u8 {
    let is_terminal = std::io::stdout().is_terminal();
    let format = arguments.format.unwrap_or(if is_terminal { Format::Pretty } else { Format::Short });
    let colors = is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut code = 0;
    let mut sums = Sums::default();
    let mut said = Vec::new();
    let mut data = Vec::new();
    for path in &arguments.definitions {
        let definition = match Definition::read(path) {
            Ok(definition) => definition,
            Err(error) => {
                eprintln!("error: {error}");
                code = USAGE;
                continue;
            }
        };
        let diagnostics =
            definition.parse(arguments.machine_type.into()).map_or_else(|found| found, |parsed| parsed.warnings);
        let findings = Findings::of(&definition, diagnostics);
        let (errors, warnings) = findings.count();
        sums.errors += errors;
        sums.warnings += warnings;
        if errors > 0 {
            code = code.max(1);
        } else {
            sums.valid += 1;
        }
        match format {
            Format::Pretty => said.extend(findings.pretty(colors).into_iter().map(|finding| finding + "\n\n")),
            Format::Short => said.extend(findings.short().into_iter().map(|finding| finding + "\n")),
            Format::Json => data.push(findings.json()),
        }
    }
    if format == Format::Json {
        said.push(format!("{:#}\n", json!({"definitions": data})));
    }
    // Whoever reads it may have seen enough.
    let _closed = std::io::stdout().write_all(said.concat().as_bytes());
    if code != USAGE || sums.valid > 0 {
        eprintln!("{}", sums.line(arguments.definitions.len()));
    }
    code
}

impl Sums {
    fn line(&self, definitions: usize) -> String {
        let count = |number: usize, what: &str| match number {
            0 => String::new(),
            1 => format!(", 1 {what}"),
            _ => format!(", {number} {what}s"),
        };
        let (errors, warnings) = (count(self.errors, "error"), count(self.warnings, "warning"));
        format!("{} of {definitions} valid{errors}{warnings}", self.valid)
    }
}
