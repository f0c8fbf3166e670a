//! Payload templates: JSON in which a key that ends in `.$` holds an expression.

use serde_json::{Map, Value};

use crate::Error;
use crate::expression::{Expression, ParseError};
use crate::json::{MAX_BYTES, MAX_DEPTH, weigh};
use crate::scope::Scope;

/// Most bytes of pointers that the errors of one template hold.
pub(crate) const MAX_PLACE_BYTES: usize = 1 << 20;

/// A payload template: Parameters, ResultSelector, ItemSelector, Assign and their kin.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Boxed: most states have room for several templates and have none.
    node: Box<Node>,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    /// No expression in it: returned as it is.
    Literal(Value),
    Array(Box<[Node]>),
    Object(Box<[(Box<str>, Member)]>),
}

#[derive(Debug, Clone, PartialEq)]
enum Member {
    Template(Node),
    /// The key is stored without its `.$`.
    Expression(Expression),
}

/// A field of a template that holds no valid expression. `Display` is AWS's text without the place.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function call")]
pub struct TemplateError {
    /// JSON pointer of the field, relative to the template's root.
    pub pointer: String,
    /// JSON pointer of the object that holds the field: the place AWS names.
    pub parent: String,
    /// The field's name, with its `.$`.
    pub field: String,
    /// Why it is not valid; `None` when the value is no string at all.
    #[source]
    pub reason: Option<ParseError>,
}

impl Template {
    /// Reads a template; every bad field is reported.
    ///
    /// A caller's text may make megabytes of places, so that what would follow the first [`MAX_PLACE_BYTES`] of them is
    /// left out.
    pub fn parse(value: &Value) -> Result<Self, Vec<TemplateError>> {
        let mut errors = Errors::default();
        let node = Node::parse(value, &mut String::new(), &mut errors);
        if errors.found.is_empty() { Ok(Self { node: Box::new(node) }) } else { Err(errors.found) }
    }

    /// The value of the template in `scope`.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Error> {
        self.node.evaluate(scope, 0, &mut 0)
    }

    /// Whether it holds no expression at all.
    pub fn is_literal(&self) -> bool {
        matches!(*self.node, Node::Literal(_))
    }

    /// Calls `visit` for every expression, in the order of the template.
    pub fn for_each_expression(&self, visit: &mut dyn FnMut(&Expression)) {
        self.node.for_each_expression(visit);
    }
}

/// The errors of one template.
#[derive(Default)]
struct Errors {
    found: Vec<TemplateError>,
    place_bytes: usize,
}

impl Errors {
    fn add(&mut self, pointer: &str, field: &str, reason: Option<ParseError>) {
        self.place_bytes += pointer.len();
        if self.place_bytes > MAX_PLACE_BYTES && !self.found.is_empty() {
            return;
        }
        let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
        self.found.push(TemplateError { pointer: pointer.to_owned(), parent, field: field.to_owned(), reason });
    }
}

impl Node {
    fn parse(value: &Value, pointer: &mut String, errors: &mut Errors) -> Self {
        let (node, literal) = match value {
            Value::Array(items) => {
                let parse_item = |(index, item): (usize, &Value)| {
                    within(pointer, &index.to_string(), |pointer| Self::parse(item, pointer, errors))
                };
                let nodes: Vec<Self> = items.iter().enumerate().map(parse_item).collect();
                let literal = nodes.iter().all(|node| matches!(node, Self::Literal(_)));
                (Self::Array(nodes.into()), literal)
            }
            Value::Object(members) => {
                let mut nodes = Vec::with_capacity(members.len());
                for (key, member) in members {
                    let parsed = within(pointer, key, |pointer| match key.strip_suffix(".$") {
                        Some(name) => match expression(member) {
                            Ok(expression) => Some((name.into(), Member::Expression(expression))),
                            Err(reason) => {
                                errors.add(pointer, key, reason);
                                None
                            }
                        },
                        None => Some((key.as_str().into(), Member::Template(Self::parse(member, pointer, errors)))),
                    });
                    nodes.extend(parsed);
                }
                let literal = nodes.iter().all(|(_, member)| matches!(member, Member::Template(Self::Literal(_))));
                (Self::Object(nodes.into()), literal)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (Self::Literal(value.clone()), true),
        };
        if literal { Self::Literal(value.clone()) } else { node }
    }

    fn evaluate(&self, scope: &Scope<'_>, depth: usize, bytes: &mut usize) -> Result<Value, Error> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Array(nodes) => nodes
                .iter()
                .map(|node| node.evaluate(scope, depth + 1, bytes))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Self::Object(members) => {
                let mut object = Map::with_capacity(members.len());
                for (key, member) in members {
                    let value = match member {
                        Member::Template(node) => node.evaluate(scope, depth + 1, bytes)?,
                        Member::Expression(expression) => {
                            let value = expression.evaluate_in_template(key, scope)?;
                            *bytes += weigh(&value, MAX_DEPTH.saturating_sub(depth + 1))?;
                            if *bytes > MAX_BYTES {
                                return Err(Error::TooLarge { limit: MAX_BYTES });
                            }
                            value
                        }
                    };
                    object.insert(key.to_string(), value);
                }
                Ok(Value::Object(object))
            }
        }
    }

    fn for_each_expression(&self, visit: &mut dyn FnMut(&Expression)) {
        match self {
            Self::Literal(_) => {}
            Self::Array(nodes) => nodes.iter().for_each(|node| node.for_each_expression(visit)),
            Self::Object(members) => {
                for (_, member) in members {
                    match member {
                        Member::Template(node) => node.for_each_expression(visit),
                        Member::Expression(expression) => visit(expression),
                    }
                }
            }
        }
    }
}

fn expression(value: &Value) -> Result<Expression, Option<ParseError>> {
    match value {
        Value::String(text) => Expression::parse(text).map_err(Some),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Err(None),
    }
}

/// Runs `inner` with `segment` added to the pointer.
pub(crate) fn within<T>(pointer: &mut String, segment: &str, inner: impl FnOnce(&mut String) -> T) -> T {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
    let result = inner(pointer);
    pointer.truncate(length);
    result
}
