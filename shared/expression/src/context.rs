//! The context object, `$$`: what an expression asks for of it, and no more.
//!
//! Two of its parts may be large, the execution's input and the item of a Map. Both exist already, and a path that leads
//! into one is walked there. The small rest is built at its first use; the whole, with copies of both, only for a path
//! that may see it: `$$`, `$$.Execution`, `$$..x`.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use jsonata::Variable;
use model::Payload;
use serde_json::Value;

use crate::path::{self, Beyond, JsonPath};

/// The context object.
pub struct Context<'a> {
    build: Option<&'a dyn Fn() -> Value>,
    parts: &'a [Part<'a>],
    rest: OnceCell<Value>,
    whole: OnceCell<Value>,
}

/// A part of the context object that exists already.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The names that lead there. What `build` gives has some value at that place, so that members keep their order.
    pub place: &'a [&'a str],
    /// The part.
    pub payload: &'a Payload,
}

impl<'a> Context<'a> {
    /// A context object that `build` makes at the first use, but for these parts.
    pub fn lazy(build: &'a dyn Fn() -> Value, parts: &'a [Part<'a>]) -> Self {
        Self { build: Some(build), parts, rest: OnceCell::new(), whole: OnceCell::new() }
    }

    /// A context object that exists already.
    pub fn fixed(value: Value) -> Self {
        Self { build: None, parts: &[], rest: OnceCell::from(value), whole: OnceCell::new() }
    }

    /// The whole context object.
    pub(crate) fn whole(&self) -> &Value {
        if self.parts.is_empty() {
            return self.rest();
        }
        self.whole.get_or_init(|| {
            let mut whole = self.rest().clone();
            for part in self.parts {
                let names = part.place.iter();
                if let Some(place) = names.copied().try_fold(&mut whole, |place, name| place.get_mut(name)) {
                    *place = part.payload.value().clone();
                }
            }
            whole
        })
    }

    /// The whole context object as JSONata reads it. The parts are not copied.
    pub(crate) fn as_variable(&self) -> Variable<'_> {
        let parts: Vec<_> = self.parts.iter().map(|part| (part.place, part.payload.value())).collect();
        with_parts(self.rest(), &parts)
    }

    /// What a path finds in it.
    pub(crate) fn evaluate(&self, path: &JsonPath) -> Result<Cow<'_, Value>, path::Error> {
        match self.shortcut(path) {
            Some(found) => Ok(Cow::Borrowed(found)),
            None => path.evaluate(self.whole()),
        }
    }

    /// The value to which a reference path leads that does not need the whole.
    fn shortcut(&self, path: &JsonPath) -> Option<&Value> {
        let path = path.as_reference()?;
        for part in self.parts {
            match path.beyond(part.place) {
                Beyond::Inside(rest) => {
                    return rest.iter().try_fold(part.payload.value(), |place, step| step.of(place));
                }
                Beyond::Above => return None,
                Beyond::Elsewhere => {}
            }
        }
        path.steps().iter().try_fold(self.rest(), |place, step| step.of(place))
    }

    /// What `build` makes.
    fn rest(&self) -> &Value {
        self.rest.get_or_init(|| self.build.map_or(Value::Null, |build| build()))
    }
}

/// A value, but for the parts that lie in it, each with the way there.
fn with_parts<'v>(value: &'v Value, parts: &[(&[&str], &'v Value)]) -> Variable<'v> {
    match (value, parts) {
        (_, [([], part), ..]) => Variable::Json(part),
        (Value::Object(members), [_, ..]) => {
            let member = |(name, value): (&'v String, &'v Value)| {
                let inside = parts.iter().filter_map(|(place, part)| match place {
                    [first, rest @ ..] if first == name => Some((rest, *part)),
                    _ => None,
                });
                (name.as_str(), with_parts(value, &inside.collect::<Vec<_>>()))
            };
            Variable::Object(members.iter().map(member).collect())
        }
        _ => Variable::Json(value),
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Context").field("rest", &self.rest).field("parts", &self.parts).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::json;

    use super::*;

    #[test]
    fn jsonata_sees_the_whole_and_copies_no_part() {
        let build = || json!({ "Execution": { "Id": "arn", "Input": null }, "State": { "Name": "S" } });
        let input = Payload::from_value(json!({ "a": [7] }));
        let parts = [Part { place: &["Execution", "Input"], payload: &input }];
        let context = Context::lazy(&build, &parts);
        let Variable::Object(members) = context.as_variable() else { panic!("no object") };
        let [("Execution", Variable::Object(execution)), ("State", Variable::Json(state))] = &members[..] else {
            panic!("{members:?}")
        };
        assert_eq!(*state, &json!({ "Name": "S" }));
        let [("Id", Variable::Json(id)), ("Input", Variable::Json(part))] = &execution[..] else {
            panic!("{execution:?}")
        };
        assert_eq!(*id, &json!("arn"));
        assert!(std::ptr::eq(*part, input.value()));
        assert!(context.whole.get().is_none());
    }

    #[test]
    fn a_path_builds_no_more_than_it_needs() {
        let built = Cell::new(0);
        let build = || {
            built.set(built.get() + 1);
            json!({ "Execution": { "Id": "arn", "Input": null, "Name": "n" }, "Map": { "Item": { "Index": 2, "Value": null } } })
        };
        let (input, item) = (Payload::from_value(json!({ "a": [7] })), Payload::from_value(json!("x")));
        let parts = [
            Part { place: &["Execution", "Input"], payload: &input },
            Part { place: &["Map", "Item", "Value"], payload: &item },
        ];
        let whole = r#"{"Execution":{"Id":"arn","Input":{"a":[7]},"Name":"n"},"Map":{"Item":{"Index":2,"Value":"x"}}}"#;
        // How often the rest is built, and whether the whole is.
        for (path, expected, rest, all) in [
            ("$.Execution.Input.a[0]", "7", 0, false),
            ("$['Execution']['Input']", r#"{"a":[7]}"#, 0, false),
            ("$.Map.Item.Value", "\"x\"", 0, false),
            ("$.Execution.Id", "\"arn\"", 1, false),
            ("$.Map.Item.Index", "2", 1, false),
            ("$.Map.Item", r#"{"Index":2,"Value":"x"}"#, 1, true),
            ("$", whole, 1, true),
            ("$.Execution.Input.a[*]", "[7]", 1, true),
            ("$..Name", r#"["n"]"#, 1, true),
            ("$.Execution.Input.b", "No results for path: $['Execution']['Input']['b']", 1, true),
            ("$.Nope", "No results for path: $['Nope']", 1, true),
        ] {
            built.set(0);
            let context = Context::lazy(&build, &parts);
            let found = context.evaluate(&JsonPath::parse(path).unwrap());
            let found = found.map_or_else(|error| error.to_string(), |found| found.to_string());
            assert_eq!((found.as_str(), built.get(), context.whole.get().is_some()), (expected, rest, all), "{path}");
        }
    }
}
