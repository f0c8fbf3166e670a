//! JSONata in fields: what stands between `{%` and `%}` is parsed, and refers to nothing that is not there.

use super::fields::Fields;
use super::hints;
use super::language::Language;
use super::report::{Place, Report};
use crate::diagnostic::Code;
use crate::references::RESERVED;
use expression::{Query, QueryTemplate};
use jsonata::{DocumentReference, References};
use serde_json::Value;

/// What AWS says of a text that is no expression where one must stand, or that is half of one.
const NO_EXPRESSION: &str = "JSONata string must start with {% and end with %}";

/// What expressions see only once there is an outcome, and where they do.
const OUTCOMES: [(&str, Outcome, &str); 2] = [
    ("result", Outcome::Result, "A result is there for the 'Output' and 'Assign' of a Task, Parallel or Map"),
    ("errorOutput", Outcome::Error, "What was caught is there for the 'Output' and 'Assign' of a catcher"),
];

/// What came of a state's work, as far as an expression sees it. All see `$states.input` and `$states.context`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing yet, or there is no work.
    Nothing,
    /// `$states.result`
    Result,
    /// `$states.errorOutput`
    Error,
}

impl<'a> Fields<'a> {
    /// `Output`, which sees what came of the work.
    pub(super) fn output(&self) -> Option<QueryTemplate> {
        self.query_template("Output", self.outcome)
    }

    /// A payload whose strings may be expressions.
    pub(super) fn query_template(&self, name: &'a str, outcome: Outcome) -> Option<QueryTemplate> {
        let value = self.get(name)?;
        Some(QueryTemplate::read(value, &mut |pointer, text| {
            self.read_query(|| self.at(name).below(value, pointer), text, outcome)
        }))
    }

    /// Checks the expressions of a field that is not read. The names of columns are never any.
    pub(super) fn check_queries(&self, name: &'a str) {
        let Some(value) = self.get(name).filter(|_| self.language == Language::Jsonata) else {
            return;
        };
        QueryTemplate::read(value, &mut |pointer, text| {
            let is_column = pointer.starts_with("/ReaderConfig/CSVHeaders/");
            if is_column {
                None
            } else {
                self.read_query(|| self.at(name).below(value, pointer), text, Outcome::Nothing)
            }
        });
    }

    /// A payload that is an expression as a whole, or a literal of this kind with expressions in it.
    pub(super) fn query_payload(
        &self,
        name: &'a str,
        kind: &str,
        is_of_kind: impl FnOnce(&Value) -> bool,
    ) -> Option<QueryTemplate> {
        match self.get(name)? {
            Value::String(text) if !is_delimited(text) => {
                self.refuse_plain_text(name, text);
                None
            }
            value if value.is_string() || is_of_kind(value) => self.query_template(name, Outcome::Nothing),
            _ => {
                self.schema(name, format!("Expected value of type {kind}"));
                None
            }
        }
    }

    /// A field that holds an expression in JSONata, or else what `literal` reads, which is no text there.
    pub(super) fn query_or<T>(
        &self,
        name: &'a str,
        query: impl FnOnce(Query) -> T,
        literal: impl FnOnce(&Self) -> Option<T>,
    ) -> Option<T> {
        let is_text = self.get(name).is_some_and(Value::is_string);
        if is_text && self.language == Language::Jsonata { self.query(name).map(query) } else { literal(self) }
    }

    /// A field that holds an expression in JSONata, or else what `literal` reads, which may be a text.
    pub(super) fn query_or_text<T>(
        &self,
        name: &'a str,
        query: impl FnOnce(Query) -> T,
        literal: impl FnOnce(&Self) -> Option<T>,
    ) -> Option<T> {
        let is_plain = self.get(name).and_then(Value::as_str).is_some_and(|text| !is_delimited(text));
        if is_plain { literal(self) } else { self.query_or(name, query, literal) }
    }

    /// A field that must hold an expression.
    fn query(&self, name: &'a str) -> Option<Query> {
        let text = self.string(name)?;
        if !is_delimited(text) {
            self.refuse_plain_text(name, text);
            return None;
        }
        self.read_query(|| self.at(name), text, Outcome::Nothing)
    }

    /// A text where an expression must stand.
    fn refuse_plain_text(&self, name: &str, text: &str) {
        self.schema(name, NO_EXPRESSION).help(format!("Write \"{{% {text} %}}\" for an expression"));
    }

    /// The expression that a text is, if it is one; what is wrong with it is reported.
    fn read_query(&self, place: impl Fn() -> Place, text: &str, outcome: Outcome) -> Option<Query> {
        let Some(source) = Query::source_in(text) else {
            if is_delimited(text) {
                let finding = self.report.error_in(Code::SchemaValidationFailed, place, NO_EXPRESSION);
                finding.help("Nothing may stand before '{%' or after '%}'");
            }
            return None;
        };
        match Query::parse(source) {
            Ok(query) => {
                check(self.report, &place, query.references(), outcome);
                hints::queries::check(self.report, place, &query);
                Some(query)
            }
            Err(error) => {
                let finding = self.report.error_in(Code::InvalidJsonataExpression, place, error.to_string());
                if let Some(position) = error.position() {
                    finding.help(read_so_far(source, position));
                }
                None
            }
        }
    }
}

/// Whether a text is an expression, or half of one.
fn is_delimited(text: &str) -> bool {
    text.starts_with("{%") || text.ends_with("%}")
}

/// Refers to what is not there: refused, in AWS's words.
///
/// Seen: ValidateStateMachineDefinition in us-east-1 in August 2026.
fn check(report: &Report, place: impl Fn() -> Place, references: &References, outcome: Outcome) {
    let refuse = |message: String, help: String| {
        report.error_in(Code::UnsupportedJsonataExpression, &place, message).help(help);
    };
    for reference in references.document() {
        match reference {
            DocumentReference::Field(name) => refuse(
                format!("Reference to '{name}' at the top level is not supported."),
                format!("Write $states.input.{name} for a field of the state's input, ${name} for a variable"),
            ),
            DocumentReference::Context => refuse(
                format!("Reference to '{reference}' at the top level is not supported."),
                "The state's input is $states.input".to_owned(),
            ),
            DocumentReference::Root => refuse(
                format!("Reference to '{reference}' is not supported."),
                "The state's input is $states.input, the context object $states.context".to_owned(),
            ),
        }
    }
    for (member, seen, help) in OUTCOMES {
        if outcome != seen && references.uses_member(RESERVED, member) {
            refuse(format!("Field '${RESERVED}.{member}' does not exist."), help.to_owned());
        }
    }
}

/// What was read of an expression that does not parse: its end, if it is long.
fn read_so_far(source: &str, position: usize) -> String {
    const MOST: usize = 40;
    let read: Vec<char> = source.chars().take(position).collect();
    let (start, cut) = if read.len() > MOST { (read.len() - MOST, "…") } else { (0, "") };
    format!("It was read as far as: {cut}{}", read[start..].iter().collect::<String>())
}
