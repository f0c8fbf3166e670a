//! What may open an expression.

use super::node::{Node, Shape};
use super::{Parser, node};
use crate::error::{Code, Error};
use crate::lexer::{Kind, Symbol, Token};

/// How strongly a minus binds what follows.
const NEGATION: u8 = 70;

impl Parser<'_> {
    pub(super) fn prefix(&mut self, token: Token) -> Result<Node, Error> {
        let shape = match token.kind {
            Kind::Name(name) => Shape::Name(name),
            Kind::Variable(name) => Shape::Variable(name),
            Kind::Text(text) => Shape::Text(text),
            Kind::Number(number) => Shape::Number(number),
            Kind::Bool(bool) => Shape::Bool(bool),
            Kind::Null => Shape::Null,
            Kind::Regex(regex) => Shape::Regex(regex),
            Kind::End => Shape::End,
            Kind::Symbol(symbol) => self.prefix_symbol(symbol, token.position)?,
        };
        node(shape, token.position)
    }

    fn prefix_symbol(&mut self, symbol: Symbol, position: usize) -> Result<Shape, Error> {
        Ok(match symbol {
            Symbol::And | Symbol::Or | Symbol::In => Shape::Keyword(symbol.text()),
            Symbol::Minus => Shape::Negate(Box::new(self.expression(NEGATION)?)),
            Symbol::Star => Shape::Wildcard,
            Symbol::Descendants => Shape::Descendants,
            Symbol::Percent => Shape::Parent,
            Symbol::OpenParen => self.block()?,
            Symbol::OpenBracket => self.array()?,
            Symbol::OpenBrace => Shape::Object(self.pairs()?),
            Symbol::Bar => self.transform()?,
            _ => return Err(Error::at(Code::S0211, position).with_token(symbol.text())),
        })
    }

    fn block(&mut self) -> Result<Shape, Error> {
        let mut expressions = Vec::new();
        while !self.is_at(Symbol::CloseParen) {
            expressions.push(self.expression(0)?);
            if !self.is_at(Symbol::Semicolon) {
                break;
            }
            self.advance()?;
        }
        self.close(Symbol::CloseParen)?;
        Ok(Shape::Block(expressions))
    }

    fn array(&mut self) -> Result<Shape, Error> {
        let items = if self.is_at(Symbol::CloseBracket) { Vec::new() } else { self.list(Self::array_item)? };
        self.close(Symbol::CloseBracket)?;
        Ok(Shape::Array(items))
    }

    fn array_item(&mut self) -> Result<Node, Error> {
        let left = self.expression(0)?;
        if !self.is_at(Symbol::Range) {
            return Ok(left);
        }
        let token = self.advance()?;
        let right = self.expression(0)?;
        let range = Shape::Binary { operator: Symbol::Range, left: Box::new(left), right: Box::new(right) };
        node(range, token.position)
    }

    fn transform(&mut self) -> Result<Shape, Error> {
        let pattern = Box::new(self.expression(0)?);
        self.expect(Symbol::Bar)?;
        let update = Box::new(self.expression(0)?);
        let delete = if self.is_at(Symbol::Comma) {
            self.advance()?;
            Some(Box::new(self.expression(0)?))
        } else {
            None
        };
        self.expect(Symbol::Bar)?;
        Ok(Shape::Transform { pattern, update, delete })
    }
}
