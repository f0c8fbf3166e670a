//! Intrinsic functions: `States.Format('{}', $.x)` and the other seventeen.
//!
//! `parse` checks names and numbers of arguments, so that a machine that was created has no unknown call; the other
//! files have the functions by subject. A function gets values and returns a value, or says what is wrong with them.

use std::borrow::Cow;

use serde_json::Value;

use crate::Error;
use crate::expression::{Expression, ParseError};
use crate::json::{MAX_BYTES, MAX_DEPTH, json_text, weigh};
use crate::path;
use crate::scope::Scope;

mod arrays;
mod encoding;
mod format;
mod function;
mod java_set;
mod math;
mod objects;
mod parse;
mod strings;

use function::Function;
use math::Whole;

/// A parsed call of an intrinsic function.
#[derive(Debug, Clone, PartialEq)]
pub struct Intrinsic {
    source: String,
    call: Call,
}

#[derive(Debug, Clone, PartialEq)]
struct Call {
    function: Function,
    arguments: Vec<Argument>,
}

#[derive(Debug, Clone, PartialEq)]
enum Argument {
    /// A number, `true`, `false`, `null`, or a string without its escapes.
    Literal(Value),
    /// The literal template of a Format, with its escapes: `\{}` is no placeholder.
    Template(Value),
    /// A path.
    Path(Expression),
    Call(Box<Call>),
}

/// Why a call has no value.
enum Failure {
    /// The function refuses its arguments.
    Refused(String),
    /// An argument's path failed for another reason than a missing value. AWS shows Jayway's words.
    Path(path::Error),
    /// Something else, worded already.
    Other(Error),
}

impl From<String> for Failure {
    fn from(problem: String) -> Self {
        Self::Refused(problem)
    }
}

impl Intrinsic {
    /// Reads a call. The function must exist and take that many arguments.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Ok(Self { source: text.to_owned(), call: parse::parse(text)? })
    }

    /// The text it was read from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The value of the call.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Error> {
        let value = self.call.evaluate(&self.source, scope).map_err(|failure| match failure {
            Failure::Refused(problem) => Error::Intrinsic { function: self.source.clone(), problem },
            Failure::Path(error) => Error::Intrinsic { function: self.source.clone(), problem: error.to_string() },
            Failure::Other(error) => error,
        })?;
        weigh(&value, MAX_DEPTH)?;
        Ok(value)
    }

    /// Calls `visit` for every path among the arguments, those of nested calls included.
    pub fn for_each_path(&self, visit: &mut dyn FnMut(&Expression)) {
        self.call.for_each_path(visit);
    }
}

impl Call {
    fn evaluate(&self, source: &str, scope: &Scope<'_>) -> Result<Value, Failure> {
        let mut values = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            values.push(argument.evaluate(source, scope)?);
        }
        let escaped = matches!(self.arguments.first(), Some(Argument::Template(_)));
        let arguments = Arguments { function: self.function, values };
        match self.function {
            Function::Array => {
                let mut bytes = 0;
                for value in &arguments.values {
                    bytes += weigh(value, MAX_DEPTH).map_err(Failure::Other)?;
                    if bytes > MAX_BYTES {
                        return Err(Failure::Other(Error::TooLarge { limit: MAX_BYTES }));
                    }
                }
                Ok(Value::Array(arguments.values.into_iter().map(Cow::into_owned).collect()))
            }
            Function::ArrayPartition => arrays::partition(&arguments),
            Function::ArrayContains => arrays::contains(&arguments),
            Function::ArrayRange => arrays::range(&arguments),
            Function::ArrayGetItem => arrays::get_item(&arguments),
            Function::ArrayLength => Ok(Value::from(arguments.array(0)?.len())),
            Function::ArrayUnique => arrays::unique(&arguments),
            Function::Base64Encode => encoding::base64_encode(&arguments),
            Function::Base64Decode => encoding::base64_decode(&arguments),
            Function::Hash => encoding::hash(&arguments),
            Function::JsonMerge => objects::merge(&arguments),
            Function::StringToJson => objects::from_text(&arguments),
            Function::JsonToString => objects::to_text(&arguments),
            Function::MathRandom => math::random(&arguments, scope.random),
            Function::MathAdd => math::add(&arguments),
            Function::StringSplit => strings::split(&arguments),
            Function::Uuid => Ok(Value::String(scope.random.uuid())),
            Function::Format => format::format(&arguments, escaped),
        }
    }

    fn for_each_path(&self, visit: &mut dyn FnMut(&Expression)) {
        for argument in &self.arguments {
            match argument {
                Argument::Literal(_) | Argument::Template(_) => {}
                Argument::Path(path) => visit(path),
                Argument::Call(call) => call.for_each_path(visit),
            }
        }
    }
}

impl Argument {
    fn evaluate<'a>(&'a self, source: &str, scope: &Scope<'a>) -> Result<Cow<'a, Value>, Failure> {
        match self {
            Self::Literal(value) | Self::Template(value) => Ok(Cow::Borrowed(value)),
            Self::Call(call) => call.evaluate(source, scope).map(Cow::Owned),
            Self::Path(expression) => expression.look_up(scope).map_err(|error| match error {
                // The path and the input as AWS shows them here: both are those of the state, even for `$$.x`.
                Error::Path { source: missing, .. } if missing.is_missing() => {
                    Failure::Other(Error::ArgumentNotFound {
                        function: source.to_owned(),
                        path: expression.argument().to_owned(),
                        input: json_text(scope.input),
                    })
                }
                Error::Path { source: other, .. } => Failure::Path(other),
                other => Failure::Other(other),
            }),
        }
    }
}

/// The values a function is called with. Their number is right: `parse` has checked it.
struct Arguments<'a> {
    function: Function,
    values: Vec<Cow<'a, Value>>,
}

impl Arguments<'_> {
    fn value(&self, index: usize) -> &Value {
        self.values.get(index).map_or(&Value::Null, Cow::as_ref)
    }

    fn array(&self, index: usize) -> Result<&[Value], Failure> {
        self.value(index).as_array().map(Vec::as_slice).ok_or_else(|| self.expected(index, "an array"))
    }

    fn text(&self, index: usize) -> Result<&str, Failure> {
        self.value(index).as_str().ok_or_else(|| self.expected(index, "a string"))
    }

    /// A number without its fraction.
    fn integer(&self, index: usize) -> Result<i32, Failure> {
        self.whole(index, math::truncated(self.value(index)))
    }

    /// A number, rounded half up.
    fn rounded(&self, index: usize) -> Result<i32, Failure> {
        self.whole(index, math::rounded(self.value(index)))
    }

    fn whole(&self, index: usize, whole: Option<Whole>) -> Result<i32, Failure> {
        match whole {
            Some(Whole::Int(int)) => Ok(int),
            Some(Whole::OutOfRange) => {
                Err(self.refused(&format!("argument {} is out of range: {}", index + 1, self.value(index))))
            }
            None => Err(self.expected(index, "a number")),
        }
    }

    fn expected(&self, index: usize, what: &str) -> Failure {
        let found = match self.value(index) {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        self.refused(&format!("argument {} must be {what}, found {found}", index + 1))
    }

    fn refused(&self, problem: &str) -> Failure {
        Failure::Refused(format!("Invalid arguments in States.{}: {problem}", self.function.name()))
    }
}
