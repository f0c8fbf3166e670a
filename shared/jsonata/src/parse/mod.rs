//! Tokens into the tree that is evaluated.
//!
//! Two passes, as in the reference, whose errors and oddities depend on it: operator precedence gives [`node`]s, then
//! [`process`] puts paths together and finds what each `%` refers to.

mod ancestry;
mod infix;
mod node;
mod path;
mod prefix;
mod process;

use crate::ast::Expr;
use crate::error::{Code, Error, Limit};
use crate::lexer::{Kind, Lexer, Symbol, Token};
use node::{Node, Shape};

/// Levels of a parsed tree. Parsing, evaluating and dropping it takes stack for each.
const MAX_LEVELS: usize = 250;
const MAX_LEVELS_WHILE_EVALUATING: usize = 100;

/// Parses the text of an expression.
pub(crate) fn parse(source: &str) -> Result<Expr, Error> {
    parse_within(source, MAX_LEVELS)
}

/// Parses a text that was met while evaluating, where less of the stack is left.
pub(crate) fn parse_while_evaluating(source: &str) -> Result<Expr, Error> {
    parse_within(source, MAX_LEVELS_WHILE_EVALUATING)
}

fn parse_within(source: &str, max_levels: usize) -> Result<Expr, Error> {
    let start = Token { kind: Kind::End, position: 0 };
    let mut parser = Parser { lexer: Lexer::new(source), current: start, depth: 0, max_levels };
    parser.advance()?;
    let node = parser.expression(0)?;
    if !matches!(parser.current.kind, Kind::End) {
        let token = parser.current.kind.to_json();
        return Err(Error::at(Code::S0201, parser.current.position).with_token_json(token));
    }
    process::process(Box::new(node))
}

struct Parser<'s> {
    lexer: Lexer<'s>,
    current: Token,
    depth: usize,
    max_levels: usize,
}

impl Parser<'_> {
    /// Reads the next token, in whose place an operand may stand.
    fn advance(&mut self) -> Result<Token, Error> {
        let next = self.lexer.next(false)?;
        self.accept(next)
    }

    /// Reads the next token, before which an operand stands: a slash divides.
    fn advance_after_operand(&mut self) -> Result<Token, Error> {
        let next = self.lexer.next(true)?;
        self.accept(next)
    }

    fn accept(&mut self, next: Token) -> Result<Token, Error> {
        if let Kind::Symbol(symbol @ (Symbol::Exclamation | Symbol::Tilde)) = next.kind {
            return Err(Error::at(Code::S0204, next.position).with_token(symbol.text()));
        }
        Ok(std::mem::replace(&mut self.current, next))
    }

    fn is_at(&self, symbol: Symbol) -> bool {
        matches!(self.current.kind, Kind::Symbol(current) if current == symbol)
    }

    fn require(&self, symbol: Symbol) -> Result<(), Error> {
        if self.is_at(symbol) {
            return Ok(());
        }
        let code = if matches!(self.current.kind, Kind::End) { Code::S0203 } else { Code::S0202 };
        let error = Error::at(code, self.current.position).with_token_json(self.current.kind.to_json());
        Err(error.with_value(symbol.text()))
    }

    /// Reads over a symbol that must stand here.
    fn expect(&mut self, symbol: Symbol) -> Result<(), Error> {
        self.require(symbol)?;
        self.advance().map(drop)
    }

    /// Reads over a symbol that closes an operand.
    fn close(&mut self, symbol: Symbol) -> Result<(), Error> {
        self.require(symbol)?;
        self.advance_after_operand().map(drop)
    }

    /// An expression, up to the first operator that binds no stronger than `power`.
    fn expression(&mut self, power: u8) -> Result<Node, Error> {
        self.depth += 1;
        if self.depth > self.max_levels {
            return Err(Error::from(Limit::Depth).with_position(self.current.position));
        }
        let first = self.advance_after_operand()?;
        let mut left = self.prefix(first)?;
        while let Kind::Symbol(symbol) = self.current.kind {
            if symbol.power() <= power {
                break;
            }
            let token = self.advance()?;
            left = self.infix(symbol, token.position, left)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// A list of expressions between commas.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        loop {
            items.push(item(self)?);
            if !self.is_at(Symbol::Comma) {
                return Ok(items);
            }
            self.advance()?;
        }
    }

    fn pairs(&mut self) -> Result<Vec<(Node, Node)>, Error> {
        let pairs = if self.is_at(Symbol::CloseBrace) {
            Vec::new()
        } else {
            self.list(|parser| {
                let key = parser.expression(0)?;
                parser.expect(Symbol::Colon)?;
                Ok((key, parser.expression(0)?))
            })?
        };
        self.close(Symbol::CloseBrace)?;
        Ok(pairs)
    }
}

fn node(shape: Shape, position: usize) -> Result<Node, Error> {
    let levels = shape.levels_below() + 1;
    if levels > MAX_LEVELS {
        return Err(Error::from(Limit::Depth).with_position(position));
    }
    Ok(Node { shape, position, keeps_array: false, levels })
}
