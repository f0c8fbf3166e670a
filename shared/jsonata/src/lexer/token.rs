//! Tokens.

use crate::regex::Regex;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Of its end, in UTF-16 units.
    pub(crate) position: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Name(String),
    Variable(String),
    Text(String),
    Number(f64),
    Bool(bool),
    Null,
    Regex(Arc<Regex>),
    Symbol(Symbol),
    End,
}

macro_rules! symbols {
    ($($name:ident $text:literal $power:literal)+) => {
        /// Operators and punctuation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Symbol {
            $($name,)+
        }

        impl Symbol {
            pub(crate) fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// How strongly it binds what stands before it; 0 for what cannot follow an expression.
            pub(crate) fn power(self) -> u8 {
                match self {
                    $(Self::$name => $power,)+
                }
            }
        }

        /// Longer ones first.
        pub(crate) const SYMBOLS: &[Symbol] = &[$(Symbol::$name,)+];
    };
}

symbols! {
    Range ".." 0
    Bind ":=" 10
    NotEqual "!=" 40
    AtLeast ">=" 40
    AtMost "<=" 40
    Descendants "**" 0
    Apply "~>" 40
    Dot "." 75
    OpenBracket "[" 80
    CloseBracket "]" 0
    OpenBrace "{" 70
    CloseBrace "}" 0
    OpenParen "(" 80
    CloseParen ")" 0
    Comma "," 0
    At "@" 80
    Hash "#" 80
    Semicolon ";" 0
    Colon ":" 0
    Question "?" 20
    Plus "+" 50
    Minus "-" 50
    Star "*" 60
    Slash "/" 60
    Percent "%" 60
    Bar "|" 0
    Equal "=" 40
    Less "<" 40
    Greater ">" 40
    Caret "^" 40
    Ampersand "&" 50
    Exclamation "!" 0
    Tilde "~" 0
    And "and" 30
    Or "or" 25
    In "in" 40
}

impl Kind {
    /// The token as JSON text, for messages.
    pub(crate) fn to_json(&self) -> String {
        match self {
            Self::Name(text) | Self::Variable(text) | Self::Text(text) => serde_json::Value::from(&**text).to_string(),
            Self::Number(number) => crate::number::print(*number),
            Self::Bool(bool) => bool.to_string(),
            Self::Null => "null".to_owned(),
            Self::Regex(_) => "{}".to_owned(),
            Self::Symbol(symbol) => serde_json::Value::from(symbol.text()).to_string(),
            Self::End => "\"(end)\"".to_owned(),
        }
    }

    /// The token as it stands within a function's signature.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Name(text) | Self::Variable(text) | Self::Text(text) => text.clone(),
            Self::Symbol(symbol) => symbol.text().to_owned(),
            Self::End => "(end)".to_owned(),
            Self::Number(_) | Self::Bool(_) | Self::Null | Self::Regex(_) => self.to_json(),
        }
    }
}
