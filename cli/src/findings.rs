//! What is wrong with a definition, as people and tools read it.

use crate::definition::Definition;
use crate::suggestion;
use crate::view::style::cut;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use language::{Diagnostic, Severity, SourceMap};
use serde_json::{Value, json};

/// Longest message over a source line, in columns: AWS lists all 39 comparisons where one is missing.
const MAX_TITLE: usize = 160;

/// How many findings of one definition are shown with their lines.
const MAX_SHOWN: usize = 100;

/// The findings about one definition.
pub(crate) struct Findings<'d> {
    definition: &'d Definition,
    diagnostics: Vec<Diagnostic>,
    map: SourceMap<'d>,
    /// The names of all states, one of which may have been meant.
    names: Vec<String>,
}

impl<'d> Findings<'d> {
    /// In the order of the text: the API has AWS's.
    pub(crate) fn of(definition: &'d Definition, mut diagnostics: Vec<Diagnostic>) -> Self {
        let map = SourceMap::of(&definition.text);
        diagnostics.sort_by_cached_key(|finding| map.span(finding).start);
        Self { definition, diagnostics, map, names: suggestion::state_names(&definition.text) }
    }

    /// How many errors there are, and how many warnings.
    pub(crate) fn count(&self) -> (usize, usize) {
        let errors = self.diagnostics.iter().filter(|finding| finding.severity == Severity::Error).count();
        (errors, self.diagnostics.len() - errors)
    }

    /// One line each: `file:line:column: error: message at /place; help [CODE]`.
    pub(crate) fn short(&self) -> Vec<String> {
        let line = |finding: &Diagnostic| {
            let position = self.map.position(self.map.span(finding).start);
            let severity = severity(finding);
            let at = match finding.pointer.as_str() {
                "" | "/" => String::new(),
                pointer => format!(" at {pointer}"),
            };
            let meant = suggestion::for_finding(&self.names, finding).map(|meant| format!("; {meant}"));
            let (path, code) = (self.definition.path.display(), finding.code.as_str());
            let message = message(finding);
            let line = format!("{path}:{position}: {severity}: {message}{at}{} [{code}]", meant.unwrap_or_default());
            line.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
        };
        self.diagnostics.iter().map(line).collect()
    }

    /// Each under its line, as compilers show it.
    pub(crate) fn pretty(&self, colors: bool) -> Vec<String> {
        let renderer = if colors { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let mut shown: Vec<String> =
            self.diagnostics.iter().take(MAX_SHOWN).map(|finding| self.show(finding, &renderer)).collect();
        let left = self.diagnostics.len().saturating_sub(MAX_SHOWN);
        if left > 0 {
            shown.push(format!("and {left} more: `--format short` lists them all"));
        }
        shown
    }

    fn show(&self, finding: &Diagnostic, renderer: &Renderer) -> String {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = cut(message(finding), MAX_TITLE);
        let path = self.definition.path.display().to_string();
        let span = self.map.span(finding);
        let mut snippet =
            Snippet::source(self.definition.text.as_str()).path(path).annotation(AnnotationKind::Primary.span(span));
        if let Some(state) = state_of(finding.closest_pointer()).and_then(|state| self.map.key(state)) {
            snippet = snippet.annotation(AnnotationKind::Visible.span(state));
        }
        let helps = suggestion::for_finding(&self.names, finding).into_iter().chain(finding.help.clone());
        let helps = helps.map(|help| Level::HELP.message(help));
        let report = [level.primary_title(title).id(finding.code.as_str()).element(snippet).elements(helps)];
        renderer.render(&report)
    }

    /// As data.
    pub(crate) fn json(&self) -> Value {
        let finding = |finding: &Diagnostic| {
            let span = self.map.span(finding);
            let (start, end) = (self.map.position(span.start), self.map.position(span.end));
            json!({
                "severity": finding.severity.as_str(),
                "code": finding.code.as_str(),
                "message": finding.message,
                "pointer": finding.closest_pointer(),
                "location": finding.location(),
                "line": start.line,
                "column": start.column,
                "endLine": end.line,
                "endColumn": end.column,
                "help": finding.help,
                "suggestion": suggestion::for_finding(&self.names, finding),
            })
        };
        let (errors, _) = self.count();
        let findings: Vec<Value> = self.diagnostics.iter().map(finding).collect();
        json!({"path": self.definition.path, "valid": errors == 0, "findings": findings})
    }
}

const fn severity(finding: &Diagnostic) -> &'static str {
    match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The message without the place that AWS repeats in it: the line shows it.
fn message(finding: &Diagnostic) -> &str {
    finding.message.lines().next().unwrap_or_default()
}

/// The pointer of the innermost state that a pointer leads into.
fn state_of(pointer: &str) -> Option<&str> {
    let start = pointer.rfind("/States/")? + "/States/".len();
    let rest = pointer.get(start..)?;
    pointer.get(..start + rest.find('/').unwrap_or(rest.len()))
}
