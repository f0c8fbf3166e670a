//! What may follow an expression.

use super::node::{Node, Shape};
use super::{Parser, node};
use crate::error::{Code, Error};
use crate::lexer::{Kind, Symbol};
use crate::signature::Signature;

impl Parser<'_> {
    pub(super) fn infix(&mut self, symbol: Symbol, position: usize, left: Node) -> Result<Node, Error> {
        let shape = match symbol {
            Symbol::OpenParen => return self.call(left, position),
            Symbol::OpenBracket => return self.filter(left, position),
            Symbol::OpenBrace => Shape::Group { left: Box::new(left), pairs: self.pairs()? },
            Symbol::Caret => self.sort(left)?,
            Symbol::Question => self.condition(left)?,
            Symbol::At => {
                let name = self.bound_name(symbol)?;
                Shape::Focus { left: Box::new(left), name }
            }
            Symbol::Hash => {
                let name = self.bound_name(symbol)?;
                Shape::Index { left: Box::new(left), name }
            }
            Symbol::Bind => {
                let Shape::Variable(name) = left.shape else {
                    return Err(Error::at(Code::S0212, left.position).with_token_json(token_of(&left)));
                };
                Shape::Bind { name, value: Box::new(self.expression(symbol.power() - 1)?) }
            }
            _ => {
                let right = Box::new(self.expression(symbol.power())?);
                Shape::Binary { operator: symbol, left: Box::new(left), right }
            }
        };
        node(shape, position)
    }

    fn bound_name(&mut self, symbol: Symbol) -> Result<String, Error> {
        let right = self.expression(symbol.power())?;
        match right.shape {
            Shape::Variable(name) => Ok(name),
            _ => Err(Error::at(Code::S0214, right.position).with_token(symbol.text())),
        }
    }

    /// A predicate; an empty one only marks the step in front of all predicates.
    fn filter(&mut self, mut left: Node, position: usize) -> Result<Node, Error> {
        if self.is_at(Symbol::CloseBracket) {
            let mut step = &mut left;
            while let Shape::Filter { left: inner, .. } = &mut step.shape {
                step = inner;
            }
            step.keeps_array = true;
            self.advance()?;
            return Ok(left);
        }
        let predicate = Box::new(self.expression(Symbol::CloseBracket.power())?);
        self.close(Symbol::CloseBracket)?;
        node(Shape::Filter { left: Box::new(left), predicate }, position)
    }

    fn sort(&mut self, left: Node) -> Result<Shape, Error> {
        self.expect(Symbol::OpenParen)?;
        let terms = self.list(|parser| {
            let is_descending = parser.is_at(Symbol::Greater);
            if is_descending || parser.is_at(Symbol::Less) {
                parser.advance()?;
            }
            Ok((is_descending, parser.expression(0)?))
        })?;
        self.expect(Symbol::CloseParen)?;
        Ok(Shape::Sort { left: Box::new(left), terms })
    }

    fn condition(&mut self, condition: Node) -> Result<Shape, Error> {
        let then = Box::new(self.expression(0)?);
        let otherwise = if self.is_at(Symbol::Colon) {
            self.advance()?;
            Some(Box::new(self.expression(0)?))
        } else {
            None
        };
        Ok(Shape::Condition { condition: Box::new(condition), then, otherwise })
    }

    fn call(&mut self, procedure: Node, position: usize) -> Result<Node, Error> {
        let mut is_partial = false;
        let arguments = if self.is_at(Symbol::CloseParen) {
            Vec::new()
        } else {
            self.list(|parser| {
                if parser.is_at(Symbol::Question) {
                    is_partial = true;
                    let token = parser.advance()?;
                    return node(Shape::Placeholder, token.position);
                }
                parser.expression(0)
            })?
        };
        self.close(Symbol::CloseParen)?;
        if matches!(&procedure.shape, Shape::Name(name) if name == "function" || name == "λ") {
            return self.lambda(arguments, position);
        }
        let procedure = Box::new(procedure);
        let shape =
            if is_partial { Shape::Partial { procedure, arguments } } else { Shape::Call { procedure, arguments } };
        node(shape, position)
    }

    /// The rest of a function's definition, whose parameters were read as the arguments of a call.
    fn lambda(&mut self, arguments: Vec<Node>, position: usize) -> Result<Node, Error> {
        let mut parameters = Vec::new();
        for (index, argument) in arguments.into_iter().enumerate() {
            match argument.shape {
                Shape::Variable(name) => parameters.push(name),
                _ => {
                    let error = Error::at(Code::S0208, argument.position).with_token_json(token_of(&argument));
                    return Err(error.with_value_json(Some((index + 1).to_string())));
                }
            }
        }
        let signature = if self.is_at(Symbol::Less) { Some(self.signature()?) } else { None };
        self.expect(Symbol::OpenBrace)?;
        let body = Box::new(self.expression(0)?);
        self.expect(Symbol::CloseBrace)?;
        node(Shape::Lambda { parameters, signature, body }, position)
    }

    fn signature(&mut self) -> Result<Signature, Error> {
        let position = self.current.position;
        let mut depth = 1_usize;
        let mut text = "<".to_owned();
        while depth > 0 && !self.is_at(Symbol::OpenBrace) && !matches!(self.current.kind, Kind::End) {
            self.advance()?;
            if self.is_at(Symbol::Greater) {
                depth -= 1;
            } else if self.is_at(Symbol::Less) {
                depth += 1;
            }
            text.push_str(&self.current.kind.plain());
        }
        self.expect(Symbol::Greater)?;
        Signature::parse(&text).map_err(|(error, offset)| error.with_position(position + offset))
    }
}

/// JSON text of what the reference keeps as the value of a tree's root.
fn token_of(node: &Node) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    match &node.shape {
        Shape::Name(name) | Shape::Variable(name) | Shape::Text(name) => text(name),
        Shape::Number(number) => crate::number::print(*number),
        Shape::Bool(bool) => bool.to_string(),
        Shape::Null => "null".to_owned(),
        Shape::Regex(_) => "{}".to_owned(),
        Shape::Keyword(word) => text(word),
        Shape::Placeholder | Shape::Condition { .. } => text("?"),
        Shape::Wildcard => text("*"),
        Shape::Descendants => text("**"),
        Shape::Parent => text("%"),
        Shape::End => text("(end)"),
        Shape::Binary { operator, .. } => text(operator.text()),
        Shape::Filter { .. } | Shape::Array(_) => text("["),
        Shape::Sort { .. } => text("^"),
        Shape::Group { .. } | Shape::Object(_) => text("{"),
        Shape::Focus { .. } => text("@"),
        Shape::Index { .. } => text("#"),
        Shape::Bind { .. } => text(":="),
        Shape::Negate(_) => text("-"),
        Shape::Call { .. } | Shape::Partial { .. } | Shape::Lambda { .. } | Shape::Block(_) => text("("),
        Shape::Transform { .. } => text("|"),
    }
}
