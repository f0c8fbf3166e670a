//! Paths, templates and the fields that carry data through a state.

use super::fields::Fields;
use crate::machine::{DataFlow, InputOutput, PathField, ResultPathField, Seconds};
use expression::{Expression, ResultPath, Template};
use serde_json::Value;
use std::ops::RangeInclusive;

/// The longest that AWS lets a task, a heartbeat, a retry interval or a Wait last, in seconds (some three years).
pub(super) const MAX_SECONDS: u64 = 99_999_999;

/// What a field may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Any path.
    Path,
    /// A path that names one place: no `*`, `..`, filters or functions.
    Reference,
    /// A path or an intrinsic function.
    PathOrIntrinsic,
}

impl<'a> Fields<'a> {
    /// A field that holds an expression.
    pub(super) fn expression(&self, name: &'a str, wanted: Wanted) -> Option<Expression> {
        let text = self.string(name)?;
        self.parse_expression(name, text, wanted)
    }

    fn parse_expression(&self, name: &str, text: &str, wanted: Wanted) -> Option<Expression> {
        let expression = match Expression::parse(text) {
            Ok(expression) => expression,
            Err(error) => {
                self.schema(name, format!("Value is not a valid JSONPath: {error}"));
                return None;
            }
        };
        if self.refuse_variables(name, &expression) {
            return None;
        }
        match (&expression, wanted) {
            (Expression::Intrinsic(_), Wanted::Path | Wanted::Reference) => {
                self.schema(name, "Value is not a valid JSONPath: an intrinsic function is not allowed here");
                None
            }
            (Expression::Input(path) | Expression::Context(path), Wanted::Reference) if !path.is_reference() => {
                self.schema(
                    name,
                    "Value is not a Reference Path: it must name one place, without '*', '..' or filters",
                );
                None
            }
            _ => Some(expression),
        }
    }

    /// Whether an expression reads a variable, which is reported.
    fn refuse_variables(&self, name: &str, expression: &Expression) -> bool {
        let variable = variable_of(expression);
        if let Some(variable) = &variable {
            let feature = format!("The variable reference '{variable}'");
            self.report.not_supported(&self.at(name), &feature);
        }
        variable.is_some()
    }

    /// `InputPath` or `OutputPath`.
    fn path_field(&self, name: &'a str) -> PathField {
        match self.get(name) {
            None => PathField::Whole,
            Some(Value::Null) => PathField::Empty,
            Some(Value::String(text)) if text == "$" => PathField::Whole,
            Some(_) => self.expression(name, Wanted::Path).map_or(PathField::Whole, PathField::Path),
        }
    }

    /// `ResultPath`.
    pub(super) fn result_path(&self) -> ResultPathField {
        const NAME: &str = "ResultPath";
        let text = match self.get(NAME) {
            None => return ResultPathField::Replace,
            Some(Value::Null) => return ResultPathField::Discard,
            Some(_) => self.string(NAME),
        };
        match text {
            None | Some("$") => ResultPathField::Replace,
            // Jayway reads `x` as `$.x`; the States Language does not.
            Some(text) if !text.starts_with("$.") && !text.starts_with("$[") => {
                self.schema(NAME, "Value is not a Reference Path: it must begin with '$.' or '$['");
                ResultPathField::Replace
            }
            Some(text) => match ResultPath::parse(text) {
                Ok(path) => ResultPathField::Insert(path),
                Err(error) => {
                    self.schema(NAME, format!("Value is not a Reference Path: {error}"));
                    ResultPathField::Replace
                }
            },
        }
    }

    /// A payload template, which must be an object.
    pub(super) fn template(&self, name: &'a str) -> Option<Template> {
        let value = self.get(name)?;
        if !value.is_object() {
            self.schema(name, "Expected value of type [OBJECT]");
            return None;
        }
        let template = match Template::parse(value) {
            Ok(template) => template,
            Err(errors) => {
                for error in errors {
                    self.report.schema(&self.at(name).below(&error.parent), error.to_string());
                }
                return None;
            }
        };
        let mut refused = false;
        template.for_each_expression(&mut |expression: &Expression| {
            refused = refused || self.refuse_variables(name, expression);
        });
        if refused {
            return None;
        }
        self.hint_no_dollar(name);
        Some(template)
    }

    /// `InputPath` and `OutputPath`.
    pub(super) fn input_output(&self) -> InputOutput {
        InputOutput { input_path: self.path_field("InputPath"), output_path: self.path_field("OutputPath") }
    }

    /// The fields of a state that has a result and takes `Parameters`.
    pub(super) fn data_flow(&self) -> DataFlow {
        let mut data = self.data_flow_of_pass_and_map();
        data.parameters = self.template("Parameters");
        data.result_selector = self.template("ResultSelector");
        data
    }

    /// The three fields that every state with a result has.
    pub(super) fn data_flow_of_pass_and_map(&self) -> DataFlow {
        let InputOutput { input_path, output_path } = self.input_output();
        let result_path = self.result_path();
        DataFlow { input_path, parameters: None, result_selector: None, result_path, output_path }
    }

    /// `XSeconds` or `XSecondsPath`: not both.
    pub(super) fn seconds(&self, name: &'a str, path: &'a str, range: &RangeInclusive<u64>) -> Option<Seconds> {
        self.exclude(&[name, path]);
        let fixed = self.integer(name, range).map(Seconds::Fixed);
        fixed.or_else(|| self.expression(path, Wanted::Reference).map(Seconds::Path))
    }
}

/// The first variable that an expression reads.
fn variable_of(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Variable(variable) => Some(format!("${}", variable.name())),
        Expression::Intrinsic(call) => variable_in(call.source()),
        Expression::Input(_) | Expression::Context(_) => None,
    }
}

/// The first variable that a call mentions outside of quotes: `$name`, but not `$.name` or `$$.name`.
fn variable_in(source: &str) -> Option<String> {
    let mut quote = None;
    let mut before = ' ';
    let mut characters = source.char_indices();
    while let Some((start, character)) = characters.next() {
        match (character, quote) {
            ('\\', Some(_)) => {
                characters.next();
            }
            (end, Some(open)) if end == open => quote = None,
            ('\'' | '"', None) => quote = Some(character),
            ('$', None) if !is_name(before) && !matches!(before, '.' | '$') => {
                let name: String = source.get(start + 1..)?.chars().take_while(|next| is_name(*next)).collect();
                if name.chars().next().is_some_and(|first| !first.is_numeric()) {
                    return Some(format!("${name}"));
                }
            }
            _ => {}
        }
        before = character;
    }
    None
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: Option<&str>) {
        assert_eq!(variable_in(source).as_deref(), expected, "{source}");
    }

    #[test]
    fn variables_are_told_from_paths_and_quoted_text() {
        check("$answer", Some("$answer"));
        check("$answer.x[0]", Some("$answer"));
        check("States.Format('{}', $.a, $b)", Some("$b"));
        check("$.a", None);
        check("$$.Execution.Id", None);
        check("$['a $b']", None);
        check("$.a$b", None);
        check("States.Format('costs $price \\' $x {}', $.price)", None);
        check("$[?(@.price > 1)]", None);
        check("$", None);
    }
}
