//! Paths out of pairs: `a.b[c]` becomes a list of two steps, the second with a stage.

use super::node::Node;
use super::process::{Processed, Processor, seeker, seeking};
use crate::ast::{Expr, Group, Kind, Stage, Term};
use crate::error::{Code, Error};

impl Processor {
    /// `left.right`
    pub(super) fn map(&mut self, left: Box<Node>, right: Box<Node>) -> Processed {
        let left = self.expr(left)?;
        let parent = match &left.kind {
            Kind::Parent(slot) => vec![slot.number],
            _ => Vec::new(),
        };
        let mut path = into_path(left);
        path.step.seeking.extend(parent);
        let mut right = self.expr(right)?;
        let Kind::Path { steps, keeps_singleton } = &mut path.kind else { return Ok(path) };
        match right.kind {
            Kind::Path { steps: more, .. } => steps.extend(more),
            _ => {
                right.step.stages.append(&mut right.predicates);
                steps.push(*right);
            }
        }
        for step in steps.iter_mut() {
            let literal = match &mut step.kind {
                Kind::Text(name) => {
                    step.kind = Kind::Name(std::mem::take(name));
                    continue;
                }
                Kind::Number(number) => crate::number::print(*number),
                Kind::Bool(bool) => bool.to_string(),
                Kind::Null => "null".to_owned(),
                _ => continue,
            };
            return Err(Error::at(Code::S0213, step.position.unwrap_or(0)).with_value_json(Some(literal)));
        }
        *keeps_singleton |= steps.iter().any(|step| step.keeps_array);
        if let Some(first) = steps.first_mut() {
            first.step.is_constructed |= matches!(first.kind, Kind::Array(_));
        }
        if let Some(last) = steps.last_mut() {
            last.step.is_constructed |= matches!(last.kind, Kind::Array(_));
        }
        self.ancestry.resolve_path(&mut path)?;
        Ok(path)
    }

    pub(super) fn apply(&mut self, left: Box<Node>, right: Box<Node>, position: usize) -> Processed {
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let keeps_array = left.keeps_array || right.keeps_array;
        let mut expr = seeker(Kind::Apply { left, right }, position, Vec::new());
        expr.keeps_array = keeps_array;
        Ok(expr)
    }

    pub(super) fn filter(&mut self, left: Box<Node>, predicate: Box<Node>, position: usize) -> Processed {
        let mut expr = self.expr(left)?;
        let is_path = matches!(expr.kind, Kind::Path { .. });
        let step = last_step(&mut expr);
        if step.group.is_some() {
            return Err(Error::at(Code::S0209, position));
        }
        let predicate = self.expr(predicate)?;
        self.ancestry.resolve_predicate(step, &predicate)?;
        let stages = if is_path { &mut step.step.stages } else { &mut step.predicates };
        stages.push(Stage::Filter(predicate));
        Ok(expr)
    }

    pub(super) fn group(&mut self, left: Box<Node>, pairs: Vec<(Node, Node)>, position: usize) -> Processed {
        let mut expr = self.expr(left)?;
        if expr.group.is_some() {
            return Err(Error::at(Code::S0210, position));
        }
        expr.group = Some(Box::new(Group::new(self.pairs(pairs)?, position)));
        Ok(expr)
    }

    pub(super) fn sort(&mut self, left: Box<Node>, terms: Vec<(bool, Node)>, position: usize) -> Processed {
        let mut path = into_path(self.expr(left)?);
        let mut sort = Vec::with_capacity(terms.len());
        for (is_descending, node) in terms {
            let expression = self.expr(Box::new(node))?;
            sort.push(Term { is_descending, expression: *expression });
        }
        let terms = sort;
        let seeking = seeking(terms.iter().map(|term| &term.expression));
        if let Kind::Path { steps, .. } = &mut path.kind {
            steps.push(*seeker(Kind::Sort(terms), position, seeking));
        }
        self.ancestry.resolve_path(&mut path)?;
        Ok(path)
    }

    pub(super) fn focus(&mut self, left: Box<Node>, name: String, position: usize, keeps_array: bool) -> Processed {
        let mut expr = self.expr(left)?;
        let step = last_step(&mut expr);
        if !step.step.stages.is_empty() || !step.predicates.is_empty() {
            return Err(Error::at(Code::S0215, position));
        }
        if matches!(step.kind, Kind::Sort(_)) {
            return Err(Error::at(Code::S0216, position));
        }
        step.keeps_array |= keeps_array;
        step.step.focus = Some(name);
        step.step.is_tuple = true;
        Ok(expr)
    }

    pub(super) fn index(&mut self, left: Box<Node>, name: String) -> Processed {
        let mut expr = self.expr(left)?;
        if !matches!(expr.kind, Kind::Path { .. }) {
            let mut predicates = std::mem::take(&mut expr.predicates);
            expr.step.stages.append(&mut predicates);
            expr = into_path(expr);
        }
        let step = last_step(&mut expr);
        if step.step.stages.is_empty() {
            step.step.index = Some(name);
        } else {
            step.step.stages.push(Stage::Index(name));
        }
        step.step.is_tuple = true;
        Ok(expr)
    }
}

fn into_path(expr: Box<Expr>) -> Box<Expr> {
    match expr.kind {
        Kind::Path { .. } => expr,
        _ => Box::new(Expr::new(Kind::Path { steps: vec![*expr], keeps_singleton: false }, None)),
    }
}

/// The last step of a path, or else the expression itself.
fn last_step(expr: &mut Expr) -> &mut Expr {
    match expr.kind {
        Kind::Path { ref mut steps, .. } => {
            let last = steps.len() - 1;
            &mut steps[last]
        }
        _ => expr,
    }
}
