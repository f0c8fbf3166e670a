//! What can go wrong: a code of the reference, where it happened, and the reference's words for it.
//!
//! An [`Error`] is built where the failure is seen, and completed on its way up: a function call that it passes adds its
//! name and position when they are still missing, as the reference does. The text is made when it is asked for.

mod code;
mod template;

pub use code::Code;
use std::fmt;

/// Why an expression could not be parsed or evaluated.
///
/// ```
/// let error = ratchet_jsonata::Expression::parse("1 + ").unwrap_err();
/// assert_eq!(error.code().map(|code| code.name()), Some("S0207"));
/// assert_eq!(error.to_string(), "Unexpected end of expression");
/// assert_eq!(error.position(), Some(4));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub struct Error(Box<Details>);

/// Placeholders of the texts; what a template asks for and an error has not prints as `undefined`.
#[derive(Clone, Default, PartialEq, Eq)]
struct Details {
    kind: Kind,
    position: Option<usize>,
    /// JSON text, as are `value` and `second`.
    token: Option<String>,
    value: Option<String>,
    second: Option<String>,
    /// The function's name, the type or the message that some texts carry.
    words: Option<String>,
    index: Option<usize>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    Coded(Code),
    /// A failure for which the reference has no code, such as a JavaScript exception.
    #[default]
    Internal,
    Limit(Limit),
}

/// A bound that stopped an evaluation.
///
/// ```
/// use ratchet_jsonata::{Expression, Limit};
///
/// let endless = Expression::parse("($f := function($n) { 1 + $f($n) }; $f(1))").unwrap();
/// let error = endless.evaluate(&serde_json::Value::Null).unwrap_err();
/// assert_eq!(error.limit(), Some(Limit::Depth));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Expressions within expressions, and calls within calls.
    Depth,
    /// Steps of work, of every kind.
    Steps,
    /// Strings, arrays, objects and variables alive at one time.
    Memory,
    /// Arrays and objects within each other.
    Nesting,
}

impl Limit {
    fn text(self) -> &'static str {
        match self {
            Self::Depth => {
                "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive."
            }
            Self::Steps => "Expression evaluation timeout: Check for infinite loop",
            Self::Memory => "Expression evaluation memory limit exceeded: Check for excessive memory usage",
            Self::Nesting => "Expression evaluation memory limit exceeded: Check for values nested too deeply",
        }
    }
}

impl Error {
    pub(crate) fn new(code: Code) -> Self {
        Self(Box::new(Details { kind: Kind::Coded(code), ..Details::default() }))
    }

    pub(crate) fn at(code: Code, position: usize) -> Self {
        Self::new(code).with_position(position)
    }

    /// A failure for which the reference has no code.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self(Box::new(Details { words: Some(message.into()), ..Details::default() }))
    }

    pub(crate) fn with_position(mut self, position: usize) -> Self {
        self.0.position = Some(position);
        self
    }

    /// The token is text, and is shown in quotes.
    pub(crate) fn with_token(mut self, token: &str) -> Self {
        self.0.token = Some(quoted(token));
        self
    }

    pub(crate) fn with_token_json(mut self, token: String) -> Self {
        self.0.token = Some(token);
        self
    }

    pub(crate) fn with_value_json(mut self, value: Option<String>) -> Self {
        self.0.value = value;
        self
    }

    pub(crate) fn with_value(self, value: &str) -> Self {
        self.with_value_json(Some(quoted(value)))
    }

    pub(crate) fn with_second_json(mut self, value: Option<String>) -> Self {
        self.0.second = value;
        self
    }

    pub(crate) fn with_words(mut self, words: impl Into<String>) -> Self {
        self.0.words = Some(words.into());
        self
    }

    pub(crate) fn with_index(mut self, index: usize) -> Self {
        self.0.index = Some(index);
        self
    }

    /// What a call adds to a failure within it: only what is still missing. Position 0 counts as missing.
    pub(crate) fn complete(mut self, token: Option<&str>, position: usize) -> Self {
        if self.0.position.is_none_or(|known| known == 0) {
            self.0.position = Some(position);
        }
        if self.0.token.is_none() {
            self.0.token = token.map(quoted);
        }
        self
    }

    /// What the function that failed adds: its name if there is none yet, its position in any case.
    pub(crate) fn in_function(mut self, called: Option<(&str, usize)>) -> Self {
        if let Some((token, position)) = called {
            if self.0.token.is_none() && !token.is_empty() {
                self.0.token = Some(quoted(token));
            }
            if position != 0 {
                self.0.position = Some(position);
            }
        }
        self
    }

    /// The reference's code; none for a bound and for what the reference leaves to JavaScript's own exceptions.
    ///
    /// ```
    /// use ratchet_jsonata::{Code, Expression};
    ///
    /// let error = Expression::parse("'a' + 1").unwrap().evaluate(None).unwrap_err();
    /// assert_eq!(error.code(), Some(Code::T2001));
    /// ```
    pub fn code(&self) -> Option<Code> {
        match self.0.kind {
            Kind::Coded(code) => Some(code),
            Kind::Internal | Kind::Limit(_) => None,
        }
    }

    /// The bound that was hit, if it was one.
    ///
    /// ```
    /// use ratchet_jsonata::{Expression, Limit};
    ///
    /// let error = Expression::parse("[1..1000000]").unwrap().evaluate(None).unwrap_err();
    /// assert_eq!(error.limit(), Some(Limit::Memory));
    /// ```
    pub fn limit(&self) -> Option<Limit> {
        match self.0.kind {
            Kind::Limit(limit) => Some(limit),
            Kind::Coded(_) | Kind::Internal => None,
        }
    }

    /// Where in the expression, in UTF-16 units from its start. It is the end of the token in question.
    ///
    /// ```
    /// let error = ratchet_jsonata::Expression::parse("a + * )").unwrap_err();
    /// assert_eq!((error.position(), error.token()), (Some(7), Some("\")\"")));
    /// ```
    pub fn position(&self) -> Option<usize> {
        self.0.position
    }

    /// The function, operator or token in question, as JSON text.
    ///
    /// ```
    /// let error = ratchet_jsonata::Expression::parse("$sqrt(-1)").unwrap().evaluate(None).unwrap_err();
    /// assert_eq!(error.token(), Some("\"sqrt\""));
    /// ```
    pub fn token(&self) -> Option<&str> {
        self.0.token.as_deref()
    }

    /// The reference's text, without the code.
    ///
    /// ```
    /// let error = ratchet_jsonata::Expression::parse("$sqrt(-1)").unwrap().evaluate(None).unwrap_err();
    /// assert_eq!(error.message(), "The sqrt function cannot be applied to a negative number: -1");
    /// ```
    pub fn message(&self) -> String {
        match self.0.kind {
            Kind::Coded(code) => template::fill(code.template(), |field| self.field(field)),
            Kind::Internal => self.0.words.clone().unwrap_or_default(),
            Kind::Limit(limit) => limit.text().to_owned(),
        }
    }

    /// JSON text of one placeholder.
    fn field(&self, name: &str) -> Option<String> {
        match name {
            "token" => self.0.token.clone(),
            "value" => self.0.value.clone(),
            "value2" | "exp" => self.0.second.clone(),
            "index" => self.0.index.map(|index| index.to_string()),
            "position" => self.0.position.map(|position| position.to_string()),
            "code" => self.code().map(|code| quoted(code.name())),
            "message" | "functionName" | "type" => self.0.words.as_deref().map(quoted),
            _ => None,
        }
    }
}

impl From<Limit> for Error {
    fn from(limit: Limit) -> Self {
        Self(Box::new(Details { kind: Kind::Limit(limit), ..Details::default() }))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => write!(formatter, "{}: {} (at {:?})", code.name(), self.message(), self.0.position),
            None => write!(formatter, "{} (at {:?})", self.message(), self.0.position),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
