//! JSON in which strings may be expressions: Arguments, Output, Assign and their kin.

use super::{Query, QueryError, QueryProblem, QueryScope};
use crate::json::{MAX_BYTES, MAX_DEPTH, weigh};
use crate::template::{MAX_PLACE_BYTES, within};
use serde_json::{Map, Value};

/// A payload whose strings may be expressions. Names of members are never expressions.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryTemplate {
    /// Boxed: most states have room for several templates and have none.
    node: Box<Node>,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// No expression in it: given as it is.
    Literal(Value),
    Query(Query),
    Array(Box<[Node]>),
    Object(Box<[(Box<str>, Node)]>),
}

/// An expression of a template that does not parse.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{error}")]
pub struct QueryTemplateError {
    /// JSON pointer of the expression, relative to the template's root.
    pub pointer: String,
    /// Why it does not parse.
    pub error: jsonata::Error,
}

impl QueryTemplate {
    /// Reads a template; every bad expression is reported.
    pub fn parse(value: &Value) -> Result<Self, Vec<QueryTemplateError>> {
        let mut errors = Errors::default();
        let template = Self::read(value, &mut |pointer, text| {
            let parsed = Query::parse(Query::source_in(text)?);
            parsed.map_err(|error| errors.add(pointer, error)).ok()
        });
        if errors.found.is_empty() { Ok(template) } else { Err(errors.found) }
    }

    /// Reads a template for a caller who knows what its strings are: `query` gets each with its JSON pointer, in the order
    /// of the template, and answers its expression, or nothing for a plain one.
    pub fn read(value: &Value, query: &mut dyn FnMut(&str, &str) -> Option<Query>) -> Self {
        Self { node: Box::new(Node::read(value, &mut String::new(), query)) }
    }

    /// The value of the template. `field` is where it stands, as AWS names it: `Output`.
    pub fn evaluate(&self, field: &str, scope: &QueryScope<'_>) -> Result<Value, QueryError> {
        self.node.evaluate(&mut field.to_owned(), scope, 0, &mut 0)
    }

    /// The expression that it is as a whole, if it is one.
    pub fn as_query(&self) -> Option<&Query> {
        match &*self.node {
            Node::Query(query) => Some(query),
            Node::Literal(_) | Node::Array(_) | Node::Object(_) => None,
        }
    }

    /// Calls `visit` with every expression and its JSON pointer, in the order of the template.
    pub fn for_each_query(&self, visit: &mut dyn FnMut(&str, &Query)) {
        self.node.for_each_query(&mut String::new(), visit);
    }
}

impl Node {
    fn read(value: &Value, pointer: &mut String, query: &mut dyn FnMut(&str, &str) -> Option<Query>) -> Self {
        let (node, literal) = match value {
            Value::String(text) => {
                return query(pointer, text).map_or_else(|| Self::Literal(value.clone()), Self::Query);
            }
            Value::Array(items) => {
                let read_item = |(index, item): (usize, &Value)| {
                    within(pointer, &index.to_string(), |pointer| Self::read(item, pointer, query))
                };
                let nodes: Vec<Self> = items.iter().enumerate().map(read_item).collect();
                let literal = nodes.iter().all(Self::is_literal);
                (Self::Array(nodes.into()), literal)
            }
            Value::Object(members) => {
                let read_member = |(key, member): (&String, &Value)| {
                    (key.as_str().into(), within(pointer, key, |pointer| Self::read(member, pointer, query)))
                };
                let nodes: Vec<(Box<str>, Self)> = members.iter().map(read_member).collect();
                let literal = nodes.iter().all(|(_, node)| node.is_literal());
                (Self::Object(nodes.into()), literal)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => (Self::Literal(value.clone()), true),
        };
        if literal { Self::Literal(value.clone()) } else { node }
    }

    fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }

    fn evaluate(
        &self,
        field: &mut String,
        scope: &QueryScope<'_>,
        depth: usize,
        bytes: &mut usize,
    ) -> Result<Value, QueryError> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Query(query) => {
                let value = query.evaluate(field, scope)?;
                *bytes += weigh(&value, MAX_DEPTH.saturating_sub(depth))
                    .map_err(|_| query.failed(field, QueryProblem::TooDeep { limit: MAX_DEPTH }))?;
                if *bytes > MAX_BYTES {
                    return Err(query.failed(field, QueryProblem::TooLarge { limit: MAX_BYTES }));
                }
                Ok(value)
            }
            Self::Array(nodes) => {
                let mut items = Vec::with_capacity(nodes.len());
                for (index, node) in nodes.iter().enumerate() {
                    let segment = format!("[{index}]");
                    items.push(extended(field, &segment, |field| node.evaluate(field, scope, depth + 1, bytes))?);
                }
                Ok(Value::Array(items))
            }
            Self::Object(members) => {
                let mut object = Map::with_capacity(members.len());
                for (key, node) in members {
                    let segment = format!("/{key}");
                    let value = extended(field, &segment, |field| node.evaluate(field, scope, depth + 1, bytes))?;
                    object.insert(key.to_string(), value);
                }
                Ok(Value::Object(object))
            }
        }
    }

    fn for_each_query(&self, pointer: &mut String, visit: &mut dyn FnMut(&str, &Query)) {
        match self {
            Self::Literal(_) => {}
            Self::Query(query) => visit(pointer, query),
            Self::Array(nodes) => {
                for (index, node) in nodes.iter().enumerate() {
                    within(pointer, &index.to_string(), |pointer| node.for_each_query(pointer, visit));
                }
            }
            Self::Object(members) => {
                for (key, node) in members {
                    within(pointer, key, |pointer| node.for_each_query(pointer, visit));
                }
            }
        }
    }
}

/// The errors of one template. A caller's text may make megabytes of places: what would follow the first
/// [`MAX_PLACE_BYTES`] of them is left out.
#[derive(Default)]
struct Errors {
    found: Vec<QueryTemplateError>,
    place_bytes: usize,
}

impl Errors {
    fn add(&mut self, pointer: &str, error: jsonata::Error) {
        self.place_bytes += pointer.len();
        if self.place_bytes <= MAX_PLACE_BYTES || self.found.is_empty() {
            self.found.push(QueryTemplateError { pointer: pointer.to_owned(), error });
        }
    }
}

/// Runs `inner` with `segment` added to the field.
fn extended<T>(field: &mut String, segment: &str, inner: impl FnOnce(&mut String) -> T) -> T {
    let length = field.len();
    field.push_str(segment);
    let result = inner(field);
    field.truncate(length);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, Random};
    use model::Payload;
    use serde_json::json;

    fn evaluate(template: &Value) -> Result<Value, String> {
        let context = Context::fixed(json!({"Execution": {"Name": "n"}}));
        let variables = Map::from_iter([("total".to_owned(), json!(3))]);
        let scope = QueryScope {
            input: &Payload::from_value(json!({"price": 2, "deep": [[]]})),
            result: None,
            error_output: None,
            context: &context,
            variables: &variables,
            random: &Random::seeded(1),
            now_milliseconds: 0,
            limits: jsonata::Limits::default(),
        };
        let template = QueryTemplate::parse(template).map_err(|errors| format!("{errors:?}"))?;
        template.evaluate("Output", &scope).map_err(|error| error.to_string())
    }

    #[test]
    fn strings_between_delimiters_are_expressions_and_no_others() {
        let template = json!({"a": "{% $states.input.price * $total %}", "b": [" {% 1 %} ", "{%$states.context.Execution.Name%}", null],
            "{% 1 %}": {"c": 1.50}});
        let expected = json!({"a": 6, "b": [" {% 1 %} ", "n", null], "{% 1 %}": {"c": 1.50}});
        assert_eq!(evaluate(&template).map(|value| value.to_string()), Ok(expected.to_string()));
    }

    #[test]
    fn a_failure_names_the_field_and_the_expression() {
        let of = |template: Value| evaluate(&template).unwrap_err();
        let at =
            |expression, field| format!("The JSONata expression '{expression}' specified for the field '{field}' ");
        assert_eq!(of(json!("{% $no %}")), at("$no", "Output") + "returned nothing (undefined).");
        assert_eq!(
            of(json!({"a": [1, {"b": "{% $no %}"}]})),
            at("$no", "Output/a[1]/b") + "returned nothing (undefined)."
        );
        assert_eq!(of(json!(["{% $sum %}"])), at("$sum", "Output[0]") + "returned an unsupported result type.");
        let thrown = "threw an error during evaluation. T1006: Attempted to invoke a non-function";
        assert_eq!(of(json!("{% $no() %}")), at("$no()", "Output") + thrown);
    }

    #[test]
    fn what_is_too_deep_is_refused() {
        let mut template = json!("{% $states.input.deep %}");
        for _ in 0..98 {
            template = json!([template]);
        }
        assert!(evaluate(&template).is_ok());
        assert!(evaluate(&json!([template])).unwrap_err().ends_with("returned a value nested deeper than 100 levels."));
    }
}
