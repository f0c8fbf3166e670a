//! A parsed expression.

use crate::analysis::References;
use crate::ast::Expr;
use crate::error::Error;
use crate::evaluate::{Arena, Caller, Frame, Machine};
use crate::meter::Meter;
use crate::options::{Options, Random, Sources};
use crate::parse::parse;
use crate::value::{Outcome, Value, into_json};
use std::rc::Rc;

/// An expression, parsed once and evaluated as often as one likes, from any thread.
///
/// ```
/// use ratchet_jsonata::Expression;
/// use serde_json::json;
///
/// let expression = Expression::parse("name.first & ' ' & name.last").unwrap();
/// let outcome = expression.evaluate(&json!({"name": {"first": "Ada", "last": "Lovelace"}})).unwrap();
/// assert_eq!(outcome.into_json(), Some(json!("Ada Lovelace")));
/// ```
#[derive(Clone, Debug)]
pub struct Expression {
    root: Expr,
}

impl Expression {
    /// Parses the text of an expression, without any delimiters around it.
    ///
    /// ```
    /// let error = ratchet_jsonata::Expression::parse("orders[0").unwrap_err();
    /// assert_eq!(error.to_string(), r#"Expected "]" before end of expression"#);
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self { root: parse(text)? })
    }

    /// Evaluates with the default bounds, and without variables, randomness or a clock.
    ///
    /// ```
    /// use ratchet_jsonata::Expression;
    /// use serde_json::json;
    ///
    /// let outcome = Expression::parse("$count(a)").unwrap().evaluate(&json!({"a": [1, 2]})).unwrap();
    /// assert_eq!(outcome.into_json(), Some(json!(2)));
    /// ```
    ///
    /// Without an input, which is not the same as null, `$` is undefined:
    ///
    /// ```
    /// use ratchet_jsonata::{Expression, Outcome};
    ///
    /// assert_eq!(Expression::parse("$").unwrap().evaluate(None), Ok(Outcome::Undefined));
    /// ```
    pub fn evaluate<'i>(&self, input: impl Into<Option<&'i serde_json::Value>>) -> Result<Outcome, Error> {
        self.evaluate_with(input, Options::default())
    }

    /// Evaluates with everything that a caller may bring.
    ///
    /// ```
    /// use ratchet_jsonata::{Expression, Options, Seeded};
    /// use serde_json::json;
    ///
    /// let mut random = Seeded::new(1);
    /// let options = Options { random: Some(&mut random), ..Options::default() };
    /// let outcome = Expression::parse("$random() < 1").unwrap().evaluate_with(&json!(null), options).unwrap();
    /// assert_eq!(outcome.into_json(), Some(json!(true)));
    /// ```
    pub fn evaluate_with<'i>(
        &self,
        input: impl Into<Option<&'i serde_json::Value>>,
        options: Options<'_>,
    ) -> Result<Outcome, Error> {
        let arena = Arena::default();
        let caller = Caller { document: input.into(), variables: options.variables };
        let meter = Meter::new(options.limits);
        let sources = Sources { now: options.now, random: options.random.map(|random| -> &mut dyn Random { random }) };
        let machine = Machine::new(Rc::clone(&meter), options.dialect, sources, &arena);
        let outcome = run(&machine, &self.root, &caller);
        machine.finish();
        outcome
    }

    /// What the expression refers to, found without evaluating it.
    ///
    /// ```
    /// let expression = ratchet_jsonata::Expression::parse("$total + $states.input.price").unwrap();
    /// assert_eq!(expression.references().variables().collect::<Vec<_>>(), ["states", "total"]);
    /// ```
    pub fn references(&self) -> References {
        References::of(&self.root)
    }
}

fn run<'a>(machine: &Machine<'a>, root: &'a Expr, caller: &'a Caller<'a>) -> Result<Outcome, Error> {
    let frame = Frame::root(&machine.meter, caller)?;
    let context = machine.context(caller.document.map_or(Value::Undefined, Value::from_json))?;
    machine.meter.forgive();
    let result = machine.evaluate(root, &context, &frame);
    let outcome = result.and_then(|value| into_json(&value, machine.dialect, &machine.meter));
    frame.clear();
    outcome
}
