//! The parsed tree into the one that is evaluated: each kind of expression, with what it seeks. Paths are in [`super::path`].

use super::ancestry::{Ancestry, pass_on, underivable};
use super::node::{Node, Shape};
use crate::ast::{Call, Expr, Group, Kind, Lambda};
use crate::error::{Code, Error};
use crate::functions::Native;
use crate::lexer::Symbol;
use crate::signature::Signature;

pub(super) fn process(node: Box<Node>) -> Result<Expr, Error> {
    let expr = Processor::default().expr(node)?;
    if matches!(expr.kind, Kind::Parent(_)) || !expr.step.seeking.is_empty() {
        return Err(underivable(&expr));
    }
    Ok(*expr)
}

/// Trees are passed in boxes, and each kind has a function of its own: what one level of the tree takes of the stack
/// must be little.
#[derive(Default)]
pub(super) struct Processor {
    pub(super) ancestry: Ancestry,
}

pub(super) type Processed = Result<Box<Expr>, Error>;

impl Processor {
    #[expect(clippy::boxed_local, reason = "a tree passed by value takes stack on every level")]
    pub(super) fn expr(&mut self, node: Box<Node>) -> Processed {
        let keeps_array = node.keeps_array;
        let mut expr = self.shape(*node)?;
        if keeps_array {
            expr.keeps_array = true;
        }
        Ok(expr)
    }

    fn shape(&mut self, node: Node) -> Processed {
        let Node { shape, position, keeps_array, .. } = node;
        match shape {
            Shape::Binary { operator, left, right } => self.binary(operator, left, right, position),
            Shape::Filter { left, predicate } => self.filter(left, predicate, position),
            Shape::Sort { left, terms } => self.sort(left, terms, position),
            Shape::Group { left, pairs } => self.group(left, pairs, position),
            Shape::Focus { left, name } => self.focus(left, name, position, keeps_array),
            Shape::Index { left, name } => self.index(left, name),
            Shape::Bind { name, value } => self.bind(name, value, position),
            Shape::Negate(operand) => self.negate(operand, position),
            Shape::Array(items) => self.array(items, position),
            Shape::Object(pairs) => self.object(pairs, position),
            Shape::Call { procedure, arguments } => self.call(procedure, arguments, position),
            Shape::Partial { procedure, arguments } => self.partial(procedure, arguments, position),
            Shape::Lambda { parameters, signature, body } => self.lambda(parameters, signature, body, position),
            Shape::Block(expressions) => self.block(expressions, position),
            Shape::Condition { condition, then, otherwise } => self.condition(condition, then, otherwise, position),
            Shape::Transform { pattern, update, delete } => self.transform(pattern, update, delete, position),
            leaf => self.leaf(leaf, position, keeps_array),
        }
    }

    /// What has nothing below it.
    fn leaf(&mut self, shape: Shape, position: usize, keeps_array: bool) -> Processed {
        let kind = match shape {
            Shape::Name(name) => return Ok(name_path(name, position, keeps_array)),
            Shape::Keyword(word) => return Ok(name_path(word.to_owned(), position, keeps_array)),
            Shape::Variable(name) => Kind::Variable { native: Native::find(&name), name },
            Shape::Text(text) => Kind::Text(text),
            Shape::Number(number) => Kind::Number(number),
            Shape::Bool(bool) => Kind::Bool(bool),
            Shape::Null => Kind::Null,
            Shape::Regex(regex) => Kind::Regex(regex),
            Shape::Wildcard => Kind::Wildcard,
            Shape::Descendants => Kind::Descendants,
            Shape::Parent => return Ok(Box::new(Expr::new(Kind::Parent(self.ancestry.new_slot()), None))),
            Shape::Placeholder => return Err(Error::at(Code::S0201, position).with_token("?")),
            _ => return Err(Error::at(Code::S0207, position).with_token("(end)")),
        };
        Ok(Box::new(Expr::new(kind, Some(position))))
    }

    // Loops, not iterators: in a build without optimization each adapter would take stack for every level.
    fn exprs(&mut self, nodes: Vec<Node>) -> Result<Vec<Expr>, Error> {
        let mut exprs = Vec::with_capacity(nodes.len());
        for node in nodes {
            let expr = self.expr(Box::new(node))?;
            exprs.push(*expr);
        }
        Ok(exprs)
    }

    pub(super) fn pairs(&mut self, pairs: Vec<(Node, Node)>) -> Result<Vec<(Expr, Expr)>, Error> {
        let mut exprs = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let key = self.expr(Box::new(key))?;
            let value = self.expr(Box::new(value))?;
            exprs.push((*key, *value));
        }
        Ok(exprs)
    }

    fn optional(&mut self, node: Option<Box<Node>>) -> Result<Option<Box<Expr>>, Error> {
        node.map(|node| self.expr(node)).transpose()
    }

    fn binary(&mut self, operator: Symbol, left: Box<Node>, right: Box<Node>, position: usize) -> Processed {
        match operator {
            Symbol::Dot => return self.map(left, right),
            Symbol::Apply => return self.apply(left, right, position),
            _ => {}
        }
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let seeking = seeking([&*left, &*right]);
        Ok(seeker(Kind::Binary { operator, left, right }, position, seeking))
    }

    fn bind(&mut self, name: String, value: Box<Node>, position: usize) -> Processed {
        let value = self.expr(value)?;
        let seeking = seeking([&*value]);
        Ok(seeker(Kind::Bind { name, value }, position, seeking))
    }

    fn negate(&mut self, operand: Box<Node>, position: usize) -> Processed {
        let mut operand = self.expr(operand)?;
        if let Kind::Number(number) = &mut operand.kind {
            *number = -*number;
            return Ok(operand);
        }
        let seeking = seeking([&*operand]);
        Ok(seeker(Kind::Negate(operand), position, seeking))
    }

    fn array(&mut self, items: Vec<Node>, position: usize) -> Processed {
        let items = self.exprs(items)?;
        let seeking = seeking(&items);
        Ok(seeker(Kind::Array(items), position, seeking))
    }

    fn object(&mut self, pairs: Vec<(Node, Node)>, position: usize) -> Processed {
        let pairs = self.pairs(pairs)?;
        let seeking = seeking(pairs.iter().flat_map(|(key, value)| [key, value]));
        Ok(seeker(Kind::Object(Group::new(pairs, position)), position, seeking))
    }

    fn call(&mut self, procedure: Box<Node>, arguments: Vec<Node>, position: usize) -> Processed {
        let arguments = self.exprs(arguments)?;
        let seeking = seeking(&arguments);
        let procedure = self.expr(procedure)?;
        Ok(seeker(Kind::Call(Call { procedure, arguments }), position, seeking))
    }

    fn partial(&mut self, procedure: Box<Node>, nodes: Vec<Node>, position: usize) -> Processed {
        let mut arguments = Vec::with_capacity(nodes.len());
        for node in nodes {
            arguments.push(match node.shape {
                Shape::Placeholder => None,
                _ => Some(*self.expr(Box::new(node))?),
            });
        }
        let seeking = seeking(arguments.iter().flatten());
        let procedure = self.expr(procedure)?;
        Ok(seeker(Kind::Partial { procedure, arguments }, position, seeking))
    }

    fn lambda(
        &mut self,
        parameters: Vec<String>,
        signature: Option<Signature>,
        body: Box<Node>,
        position: usize,
    ) -> Processed {
        let body = with_tail_calls(self.expr(body)?);
        Ok(seeker(Kind::Lambda(Lambda { parameters, signature, body }), position, Vec::new()))
    }

    fn block(&mut self, expressions: Vec<Node>, position: usize) -> Processed {
        let expressions = self.exprs(expressions)?;
        let seeking = seeking(&expressions);
        let is_constructed = expressions.iter().any(is_constructed);
        let mut block =
            seeker(Kind::Block { is_scope: expressions.iter().any(Expr::may_bind), expressions }, position, seeking);
        block.step.is_constructed = is_constructed;
        Ok(block)
    }

    fn condition(
        &mut self,
        condition: Box<Node>,
        then: Box<Node>,
        otherwise: Option<Box<Node>>,
        position: usize,
    ) -> Processed {
        let condition = self.expr(condition)?;
        let then = self.expr(then)?;
        let otherwise = self.optional(otherwise)?;
        let seeking = seeking([&*condition, &*then].into_iter().chain(otherwise.as_deref()));
        Ok(seeker(Kind::Condition { condition, then, otherwise }, position, seeking))
    }

    fn transform(
        &mut self,
        pattern: Box<Node>,
        update: Box<Node>,
        delete: Option<Box<Node>>,
        position: usize,
    ) -> Processed {
        let pattern = self.expr(pattern)?;
        let update = self.expr(update)?;
        let delete = self.optional(delete)?;
        Ok(seeker(Kind::Transform { pattern, update, delete }, position, Vec::new()))
    }
}

pub(super) fn seeking<'e>(within: impl IntoIterator<Item = &'e Expr>) -> Vec<usize> {
    let mut seeking = Vec::new();
    within.into_iter().for_each(|expr| pass_on(expr, &mut seeking));
    seeking
}

pub(super) fn seeker(kind: Kind, position: usize, seeking: Vec<usize>) -> Box<Expr> {
    let mut expr = Box::new(Expr::new(kind, Some(position)));
    expr.step.seeking = seeking;
    expr
}

fn name_path(name: String, position: usize, keeps_array: bool) -> Box<Expr> {
    let mut step = Expr::new(Kind::Name(name), Some(position));
    step.keeps_array = keeps_array;
    Box::new(Expr::new(Kind::Path { steps: vec![step], keeps_singleton: keeps_array }, None))
}

fn is_constructed(expr: &Expr) -> bool {
    let first = match &expr.kind {
        Kind::Path { steps, .. } => steps.first(),
        _ => None,
    };
    expr.step.is_constructed || first.is_some_and(|step| step.step.is_constructed)
}

/// Marks the calls that are the last thing a function does: a loop makes them, so that they need no stack.
fn with_tail_calls(mut expr: Box<Expr>) -> Box<Expr> {
    match expr.kind {
        Kind::Call(_) if expr.predicates.is_empty() => {
            let position = expr.position;
            return Box::new(Expr::new(Kind::TailCall(expr), position));
        }
        Kind::Condition { condition, then, otherwise } => {
            let then = with_tail_calls(then);
            let otherwise = otherwise.map(with_tail_calls);
            expr.kind = Kind::Condition { condition, then, otherwise };
        }
        Kind::Block { ref mut expressions, .. } => {
            if let Some(last) = expressions.pop() {
                expressions.push(*with_tail_calls(Box::new(last)));
            }
        }
        _ => {}
    }
    expr
}
