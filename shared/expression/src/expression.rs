//! What a `.$` field of a template, or a `*Path` field of a state, may hold.

use std::borrow::Cow;

use serde_json::Value;

use crate::Error;
use crate::intrinsic::Intrinsic;
use crate::json::json_text;
use crate::path::{self, JsonPath};
use crate::scope::Scope;

/// A text that is neither a path nor a call of an intrinsic function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The text starts like a path, and Jayway refuses it.
    #[error("{0}")]
    Path(#[from] path::Error),
    /// A variable's name is missing or not an identifier.
    #[error("'{0}' does not start with a variable name")]
    Variable(String),
    /// Neither `$` nor `States.` at its start.
    #[error("'{0}' is neither a path nor an intrinsic function")]
    Neither(String),
    /// A call of an intrinsic function that is not well formed.
    #[error("at character {at}: {problem}")]
    Intrinsic {
        /// Characters before the trouble.
        at: usize,
        /// What is wrong there.
        problem: String,
    },
}

/// A path into the input, the context object or a variable, or a call of an intrinsic function.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// `$.x`: a path into the input.
    Input(JsonPath),
    /// `$$.x`: a path into the context object.
    Context(JsonPath),
    /// `$name.x`: a path into a variable.
    Variable(Box<Variable>),
    /// `States.F(...)`.
    Intrinsic(Box<Intrinsic>),
}

/// Longest name of a variable, in characters.
///
/// Source: Step Functions developer guide, "Passing data between states with variables".
pub const MAX_VARIABLE_NAME: usize = 80;

/// Whether a variable may have this name: a Unicode identifier.
///
/// Source: the same. An underscore cannot be the first character.
pub fn is_variable_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(unicode_ident::is_xid_start)
        && characters.all(unicode_ident::is_xid_continue)
        && name.chars().count() <= MAX_VARIABLE_NAME
}

/// A path into a variable: `$name`, `$name.x`, `$name[0]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    source: String,
    name: String,
    path: JsonPath,
}

impl Variable {
    /// The variable's name, without the `$`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path within the variable's value; `$` when the variable stands alone.
    pub fn path(&self) -> &JsonPath {
        &self.path
    }

    fn parse(text: &str) -> Result<Self, ParseError> {
        let rest = text.strip_prefix('$').unwrap_or(text);
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, path) = rest.split_at(end);
        if !is_variable_name(name) {
            return Err(ParseError::Variable(text.to_owned()));
        }
        let path = JsonPath::parse(&format!("${path}"))?;
        Ok(Self { source: text.to_owned(), name: name.to_owned(), path })
    }
}

impl Expression {
    /// Reads an expression: a text that starts with `$` is a path, one that starts with `States.` a call.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.starts_with("$$") {
            Ok(Self::Context(JsonPath::parse_context(text)?))
        } else if let Some(rest) = text.strip_prefix('$') {
            let named = rest.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_');
            if named {
                Ok(Self::Variable(Box::new(Variable::parse(text)?)))
            } else {
                Ok(Self::Input(JsonPath::parse(text)?))
            }
        } else if text.trim_start().starts_with("States.") {
            Ok(Self::Intrinsic(Box::new(Intrinsic::parse(text)?)))
        } else {
            Err(ParseError::Neither(text.to_owned()))
        }
    }

    /// The text it was read from.
    pub fn source(&self) -> &str {
        match self {
            Self::Input(path) => path.source(),
            Self::Context(path) => path.text(),
            Self::Variable(variable) => &variable.source,
            Self::Intrinsic(call) => call.source(),
        }
    }

    /// The text as an error about an argument shows it: a path into the context object with one `$`.
    pub(crate) fn argument(&self) -> &str {
        match self {
            Self::Context(path) => path.source(),
            Self::Input(_) | Self::Variable(_) | Self::Intrinsic(_) => self.source(),
        }
    }

    /// Its value. A path that fails is [`Error::Path`], in Jayway's words.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Error> {
        match self {
            Self::Intrinsic(call) => call.evaluate(scope),
            Self::Input(_) | Self::Context(_) | Self::Variable(_) => self.look_up(scope).map(Cow::into_owned),
        }
    }

    /// Its value for a field that wants a reference path. A path into the input that leads nowhere is [`Error::Step`].
    pub fn evaluate_reference(&self, scope: &Scope<'_>) -> Result<Value, Error> {
        self.evaluate(scope).map_err(|error| match self {
            Self::Input(path) => match path.as_reference().and_then(|path| path.first_step_beyond(scope.input)) {
                Some(step) => Error::Step { step, input: json_text(scope.input) },
                None => error,
            },
            Self::Context(_) | Self::Variable(_) | Self::Intrinsic(_) => error,
        })
    }

    /// Its value without a copy where the scope holds it as it is.
    pub fn look_up<'s>(&self, scope: &Scope<'s>) -> Result<Cow<'s, Value>, Error> {
        let (path, found) = match self {
            Self::Input(path) => (path, path.evaluate(scope.input)),
            Self::Context(path) => (path, scope.context.evaluate(path)),
            Self::Variable(variable) => match scope.variables.value(&variable.name) {
                Some(value) => (&variable.path, variable.path.evaluate(value)),
                None => {
                    let undefined = path::Error::undefined_variable(&variable.name);
                    return Err(Error::Path { path: variable.source.clone(), source: undefined });
                }
            },
            Self::Intrinsic(call) => return call.evaluate(scope).map(Cow::Owned),
        };
        match found {
            // Seen on AWS: a path that may find many finds none where Jayway would miss the way there.
            Err(source) if !path.is_definite() && source.is_missing() => Ok(Cow::Owned(Value::Array(Vec::new()))),
            found => found.map_err(|source| Error::Path { path: self.source().to_owned(), source }),
        }
    }

    /// Its value for the payload field `field`: errors name the field, as AWS does for templates, ErrorPath and CausePath.
    pub fn evaluate_for(&self, field: &str, scope: &Scope<'_>) -> Result<Value, Error> {
        self.evaluate(scope).map_err(|error| self.in_field(error, field, scope))
    }

    /// Its value for the member `key` of a payload template. Seen on AWS: an index beyond an array gives `null` here, and
    /// here alone.
    pub(crate) fn evaluate_in_template(&self, key: &str, scope: &Scope<'_>) -> Result<Value, Error> {
        self.evaluate(scope).or_else(|error| match self {
            Self::Input(path) if path.is_beyond_array(scope.input) => Ok(Value::Null),
            Self::Input(_) | Self::Context(_) | Self::Variable(_) | Self::Intrinsic(_) => {
                Err(self.in_field(error, &format!("{key}.$"), scope))
            }
        })
    }

    /// `error` in the words that AWS uses for the payload field `field`.
    fn in_field(&self, error: Error, field: &str, scope: &Scope<'_>) -> Error {
        match error {
            error @ Error::Path { .. } => error.into_field(field, &json_text(self.document(scope))),
            other => other,
        }
    }

    /// The document that a cause shows: the context object for `$$`, else the input.
    pub(crate) fn document<'s>(&self, scope: &Scope<'s>) -> &'s Value {
        match self {
            Self::Context(_) => scope.context.whole(),
            Self::Input(_) | Self::Variable(_) | Self::Intrinsic(_) => scope.input,
        }
    }
}
