//! The way through the tree, with the scopes as the evaluator makes them.

use super::{DocumentReference, References};
use crate::ast::{Expr, Group, Kind, Stage};
use indexmap::IndexSet;
use std::collections::BTreeSet;

pub(super) fn walk(root: &Expr) -> References {
    let mut walk = Walk { found: Found::default(), scopes: Vec::new() };
    walk.within(false, |walk| walk.expr(root, true));
    let Found { variables, names, members, whole, document } = walk.found;
    let owned = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
    References {
        variables: owned(variables),
        names: owned(names),
        members: members.into_iter().map(|(variable, member)| (variable.to_owned(), member.to_owned())).collect(),
        whole: owned(whole),
        document: document.into_iter().collect(),
    }
}

struct Walk<'e> {
    found: Found<'e>,
    scopes: Vec<Scope<'e>>,
}

/// [`References`] as they are found.
#[derive(Default)]
struct Found<'e> {
    variables: BTreeSet<&'e str>,
    names: BTreeSet<&'e str>,
    members: BTreeSet<(&'e str, &'e str)>,
    whole: BTreeSet<&'e str>,
    document: IndexSet<DocumentReference>,
}

/// Where names are bound: a block, a function, or a path that binds variables on its way.
#[derive(Default)]
struct Scope<'e> {
    bound: BTreeSet<&'e str>,
    is_function: bool,
    /// Names used in functions that were made here. Such a function may be called once all is bound, so whether they are
    /// bound here is known at the end.
    awaited: BTreeSet<&'e str>,
}

impl<'e> Walk<'e> {
    /// `at_top` tells whether the context is still the document itself.
    fn expr(&mut self, expr: &'e Expr, at_top: bool) {
        self.kind(expr, at_top);
        self.stages(&expr.predicates);
        for name in [&expr.step.focus, &expr.step.index].into_iter().flatten() {
            self.bind(name);
        }
        self.stages(&expr.step.stages);
        if let Some(group) = &expr.group
            && !matches!(expr.kind, Kind::Path { .. })
        {
            self.group(group, false);
        }
    }

    fn kind(&mut self, expr: &'e Expr, at_top: bool) {
        match &expr.kind {
            Kind::Path { steps, .. } => self.path(steps, expr.group.as_deref(), at_top),
            Kind::Name(name) if at_top => self.document(DocumentReference::Field(name.clone())),
            Kind::Variable { name, native } => self.variable(name, native.is_some(), at_top),
            Kind::Binary { left, right, .. } | Kind::Apply { left, right } => self.each([&**left, right], at_top),
            Kind::Negate(operand) | Kind::TailCall(operand) => self.expr(operand, at_top),
            Kind::Array(items) => self.each(items, at_top),
            Kind::Object(group) => self.group(group, at_top),
            Kind::Call(call) => {
                self.expr(&call.procedure, at_top);
                self.each(&call.arguments, at_top);
            }
            Kind::Partial { procedure, arguments } => {
                self.expr(procedure, at_top);
                self.each(arguments.iter().flatten(), at_top);
            }
            Kind::Lambda(lambda) => self.within(true, |walk| {
                lambda.parameters.iter().for_each(|name| walk.bind(name));
                walk.expr(&lambda.body, at_top);
            }),
            Kind::Condition { condition, then, otherwise } => {
                self.each([&**condition, then].into_iter().chain(otherwise.as_deref()), at_top);
            }
            Kind::Block { expressions, .. } => self.within(false, |walk| walk.each(expressions, at_top)),
            Kind::Bind { name, value } => {
                self.expr(value, at_top);
                self.bind(name);
            }
            Kind::Transform { pattern, update, delete } => {
                self.each([&**pattern, update].into_iter().chain(delete.as_deref()), false);
            }
            Kind::Sort(terms) => self.each(terms.iter().map(|term| &term.expression), false),
            Kind::Name(_)
            | Kind::Wildcard
            | Kind::Descendants
            | Kind::Text(_)
            | Kind::Number(_)
            | Kind::Bool(_)
            | Kind::Null
            | Kind::Regex(_)
            | Kind::Parent(_) => {}
        }
    }

    fn each(&mut self, expressions: impl IntoIterator<Item = &'e Expr>, at_top: bool) {
        for expr in expressions {
            self.expr(expr, at_top);
        }
    }

    /// Only the first step still sees the document. Where a path binds variables, its own grouping sees them too.
    fn path(&mut self, steps: &'e [Expr], group: Option<&'e Group>, at_top: bool) {
        let walk_steps = |walk: &mut Self| {
            for (index, step) in steps.iter().enumerate() {
                match (&step.kind, steps.get(index + 1).map(|next| &next.kind)) {
                    (Kind::Variable { name, native }, Some(Kind::Name(member))) if index == 0 && is_plain(step) => {
                        walk.member(name, member, native.is_some(), at_top);
                    }
                    _ => walk.expr(step, at_top && index == 0),
                }
            }
            if let Some(group) = group {
                walk.group(group, false);
            }
        };
        if steps.iter().any(binds) { self.within(false, walk_steps) } else { walk_steps(self) }
    }

    fn stages(&mut self, stages: &'e [Stage]) {
        for stage in stages {
            match stage {
                Stage::Filter(predicate) => self.expr(predicate, false),
                Stage::Index(name) => self.bind(name),
            }
        }
    }

    fn group(&mut self, group: &'e Group, at_top: bool) {
        for (key, value) in &group.pairs {
            self.each([key, value], at_top);
        }
    }

    fn within(&mut self, is_function: bool, work: impl FnOnce(&mut Self)) {
        self.scopes.push(Scope { is_function, ..Scope::default() });
        work(self);
        let Some(scope) = self.scopes.pop() else { return };
        for name in scope.awaited.difference(&scope.bound) {
            match self.scopes.last_mut() {
                Some(around) => drop(around.awaited.insert(name)),
                None => drop(self.found.variables.insert(name)),
            }
        }
    }

    fn bind(&mut self, name: &'e str) {
        self.found.names.insert(name);
        if let Some(scope) = self.scopes.last_mut() {
            scope.bound.insert(name);
        }
    }

    /// A variable as it is, whole.
    fn variable(&mut self, name: &'e str, is_native: bool, at_top: bool) {
        match name {
            "" if at_top => self.document(DocumentReference::Context),
            "" => {}
            "$" => self.document(DocumentReference::Root),
            _ => {
                self.found.whole.insert(name);
                self.mention(name, is_native);
            }
        }
    }

    /// `$name.member`
    fn member(&mut self, name: &'e str, member: &'e str, is_native: bool, at_top: bool) {
        if matches!(name, "" | "$") {
            return self.variable(name, is_native, at_top);
        }
        self.found.members.insert((name, member));
        self.mention(name, is_native);
    }

    fn mention(&mut self, name: &'e str, is_native: bool) {
        self.found.names.insert(name);
        if is_native {
            return;
        }
        for level in (0..self.scopes.len()).rev() {
            if self.scopes[level].bound.contains(name) {
                return;
            }
            if self.scopes[level].is_function {
                // There is always a scope around a function: that of the whole expression.
                self.scopes[level.saturating_sub(1)].awaited.insert(name);
                return;
            }
        }
        self.found.variables.insert(name);
    }

    fn document(&mut self, reference: DocumentReference) {
        self.found.document.insert(reference);
    }
}

/// Whether a step takes its value as it is, whole.
fn is_plain(step: &Expr) -> bool {
    step.predicates.is_empty() && step.group.is_none() && step.step.stages.is_empty() && !binds(step)
}

/// Whether what follows the step is evaluated with variables that the path has bound.
fn binds(step: &Expr) -> bool {
    step.step.is_tuple
        || step.step.focus.is_some()
        || step.step.index.is_some()
        || step.step.stages.iter().any(|stage| matches!(stage, Stage::Index(_)))
}
