//! Paths, templates and the fields that carry data through a state.

use super::fields::Fields;
use super::language::Language;
use super::queries::Outcome;
use super::report::Finding;
use crate::machine::{Data, DataFlow, InputOutput, PathField, Queries, ResultPathField, Seconds};
use expression::{Expression, JsonPath, ResultPath, Template};
use serde_json::Value;
use std::ops::RangeInclusive;

/// What AWS says of a text that is no path.
const NO_PATH: &str = "Value must be a valid JSONPath.";

/// What AWS says of a path that may not stand where one place must be named.
const NO_REFERENCE: &str = "Value is not a Reference Path";

/// What a field may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Any path.
    Path,
    /// A path that names one place: no `*`, `..`, filters or functions.
    Reference,
    /// The same, and not in the context object.
    ///
    /// Seen: validation of Maps in us-east-1 in September 2026; `ItemsPath` alone may look there.
    ReferenceToInput,
    /// The same as [`Wanted::Reference`], in a rule of a Choice: AWS has words of its own for what is no path at all.
    Operand,
    /// A path or an intrinsic function.
    PathOrIntrinsic,
}

impl<'a> Fields<'a> {
    /// What becomes of the data of a state whose work takes no arguments; `paths` reads how JSONPath has it.
    pub(super) fn data<P>(&self, paths: impl FnOnce(&Self) -> P) -> Data<P> {
        match self.language {
            Language::JsonPath => Data::JsonPath(paths(self)),
            Language::Jsonata => Data::Jsonata(Queries { arguments: None, output: self.output() }),
        }
    }

    /// What becomes of the data of a state that hands arguments to its work.
    pub(super) fn data_with_arguments(&self) -> Data<DataFlow> {
        match self.language {
            Language::JsonPath => Data::JsonPath(self.data_flow()),
            Language::Jsonata => {
                let arguments = self.query_template("Arguments", Outcome::Nothing);
                Data::Jsonata(Queries { arguments, output: self.output() })
            }
        }
    }

    /// A field that holds an expression of JSONPath; none in JSONata, which has refused it already.
    pub(super) fn expression(&self, name: &'a str, wanted: Wanted) -> Option<Expression> {
        if self.language == Language::Jsonata {
            return None;
        }
        let text = self.string(name)?;
        self.parse_expression(name, text, wanted)
    }

    fn parse_expression(&self, name: &str, text: &str, wanted: Wanted) -> Option<Expression> {
        let expression = match Expression::parse(text) {
            Ok(expression) => expression,
            Err(error) => {
                self.refuse_text(name, text, wanted).help(error.to_string());
                return None;
            }
        };
        let is_fit = match (&expression, wanted) {
            (Expression::Intrinsic(_), Wanted::PathOrIntrinsic) => true,
            (Expression::Intrinsic(_), _) => {
                self.refuse_text(name, text, wanted).help("An intrinsic function cannot stand here");
                return None;
            }
            (_, Wanted::Path | Wanted::PathOrIntrinsic) => true,
            (Expression::Context(_), Wanted::ReferenceToInput) => false,
            (expression, Wanted::Reference | Wanted::ReferenceToInput | Wanted::Operand) => {
                path_of(expression).is_some_and(JsonPath::is_reference)
            }
        };
        if !is_fit {
            self.schema(name, NO_REFERENCE).help(match expression {
                Expression::Context(_) if wanted == Wanted::ReferenceToInput => {
                    "The context object cannot be read here: put the value into the state's input first"
                }
                _ => "It must name one place: no '*', '..', filters, slices or functions",
            });
            return None;
        }
        Some(expression)
    }

    /// A text that is no path.
    fn refuse_text(&self, name: &str, text: &str, wanted: Wanted) -> Finding<'a> {
        match wanted {
            // Seen: Terraform and CloudFormation, on `Variable`.
            Wanted::Operand if !text.starts_with('$') => {
                self.schema(name, format!("{NO_REFERENCE}: Reference path didn't start with '$'"))
            }
            Wanted::Operand => self.schema(name, NO_REFERENCE),
            Wanted::Path | Wanted::Reference | Wanted::ReferenceToInput | Wanted::PathOrIntrinsic => {
                self.schema(name, NO_PATH)
            }
        }
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
            Some(text) if !text.starts_with('$') => {
                self.schema(NAME, NO_PATH).help("It must begin with '$.' or '$['");
                ResultPathField::Replace
            }
            Some(text) if !text.starts_with("$.") && !text.starts_with("$[") => {
                self.schema(NAME, NO_REFERENCE).help("It must begin with '$.' or '$['");
                ResultPathField::Replace
            }
            Some(text) => match ResultPath::parse(text) {
                Ok(path) => ResultPathField::Insert(path),
                Err(error) => {
                    self.schema(NAME, NO_REFERENCE).help(error.to_string());
                    ResultPathField::Replace
                }
            },
        }
    }

    /// A payload template, which must be an object.
    pub(super) fn template(&self, name: &'a str) -> Option<Template> {
        let value = self.get(name)?;
        if !value.is_object() {
            self.schema(name, "Expected value of type Object");
            return None;
        }
        let template = match Template::parse(value) {
            Ok(template) => template,
            Err(errors) => {
                let place = self.at(name);
                for error in errors {
                    let finding = self.report.schema(&place.below(value, &error.parent), error.to_string());
                    let finding = finding.focus(&place.below(value, &error.pointer));
                    if let Some(reason) = error.reason {
                        finding.help(reason.to_string());
                    }
                }
                return None;
            }
        };
        self.hint_no_dollar(name);
        Some(template)
    }

    /// `InputPath` and `OutputPath`.
    pub(super) fn input_output(&self) -> InputOutput {
        InputOutput { input_path: self.path_field("InputPath"), output_path: self.path_field("OutputPath") }
    }

    /// The fields of a state that has a result and takes `Parameters`.
    fn data_flow(&self) -> DataFlow {
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

    /// `XSeconds`, which may be an expression, or `XSecondsPath`: not both.
    pub(super) fn seconds(&self, name: &'a str, path: &'a str, range: &RangeInclusive<u64>) -> Option<Seconds> {
        self.exclude(&[name, path]);
        let seconds = self.query_or(name, Seconds::Query, |fields| fields.integer(name, range).map(Seconds::Fixed));
        seconds.or_else(|| self.expression(path, Wanted::Reference).map(Seconds::Path))
    }
}

/// The path within what an expression reads; none for a call.
fn path_of(expression: &Expression) -> Option<&JsonPath> {
    match expression {
        Expression::Input(path) | Expression::Context(path) => Some(path),
        Expression::Variable(variable) => Some(variable.path()),
        Expression::Intrinsic(_) => None,
    }
}
