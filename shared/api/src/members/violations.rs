//! Violated constraints, in AWS's words.

use super::{Characters, Member, Shape, Structures, Text};
use crate::refusal::Refusal;
use serde_json::{Map, Value};

/// Gathers what violates the constraints.
pub(super) struct Violations {
    max_payload_bytes: Option<usize>,
    texts: Vec<String>,
}

impl Violations {
    pub(super) fn new(max_payload_bytes: Option<usize>) -> Self {
        Self { max_payload_bytes, texts: Vec::new() }
    }

    /// Looks at all members of a structure. `path` is the structure's own, with a dot behind it.
    pub(super) fn look_at(&mut self, members: &[Member], body: &Map<String, Value>, path: &str) {
        for member in members {
            match body.get(member.name) {
                None | Some(Value::Null) if member.is_required => {
                    self.add("Value null", &format!("{path}{}", member.name), "Member must not be null");
                }
                None | Some(Value::Null) => {}
                Some(value) => self.look_at_value(&member.shape, member.is_sensitive, value, path, member.name),
            }
        }
    }

    /// One refusal for all of them; none if there are none.
    pub(super) fn refusal(self) -> Result<(), Refusal> {
        let errors = match self.texts.len() {
            0 => return Ok(()),
            1 => "error",
            _ => "errors",
        };
        let texts = self.texts.join("; ");
        Err(Refusal::validation(format!("{} validation {errors} detected: {texts}", self.texts.len())))
    }

    fn look_at_value(&mut self, shape: &Shape, is_sensitive: bool, value: &Value, path: &str, name: &str) {
        let constraint = match (shape, value) {
            (Shape::Text(text), Value::String(string)) => violated(text, string),
            (Shape::Payload, Value::String(string)) => {
                self.max_payload_bytes.filter(|most| string.len() > *most).map(|most| at_most("length", most))
            }
            (Shape::Integer { min, max }, Value::Number(number)) => match number.as_i64() {
                Some(number) if number > *max => Some(at_most("value", max)),
                Some(number) if number < *min => Some(at_least("value", min)),
                _ => None,
            },
            (Shape::Structure(members), Value::Object(body)) => {
                self.look_at(members, body, &format!("{path}{name}."));
                None
            }
            (Shape::List(item), Value::Array(items)) => {
                self.look_at_items(item, is_sensitive, items, path, name);
                None
            }
            (Shape::Structures(list), Value::Array(items)) => {
                self.look_at_items(&Shape::Structure(list.members), is_sensitive, items, path, name);
                list.violated(items.len())
            }
            // Types were looked at before.
            _ => None,
        };
        if let Some(constraint) = constraint {
            let value = match (shape, value) {
                _ if is_sensitive => "Value".to_owned(),
                (_, Value::String(text)) => format!("Value '{text}'"),
                (Shape::Structures(list), Value::Array(items)) => format!("Value '{}'", list.print(items)),
                (_, other) => format!("Value '{other}'"),
            };
            self.add(&value, &format!("{path}{name}"), &constraint);
        }
    }

    fn look_at_items(&mut self, shape: &Shape, is_sensitive: bool, items: &[Value], path: &str, name: &str) {
        for (index, value) in items.iter().enumerate() {
            let name = format!("{name}.{}.member", index + 1);
            self.look_at_value(shape, is_sensitive, value, path, &name);
        }
    }

    fn add(&mut self, value: &str, path: &str, constraint: &str) {
        self.texts.push(format!("{value} at '{path}' failed to satisfy constraint: {constraint}"));
    }
}

fn violated(text: &Text, string: &str) -> Option<String> {
    let length = if text.in_bytes || string.is_ascii() { string.len() } else { string.encode_utf16().count() };
    if length > text.max {
        Some(at_most("length", text.max))
    } else if length < text.min {
        Some(at_least("length", text.min))
    } else if let Some(pattern) = text.characters.violated(string) {
        Some(format!("Member must satisfy regular expression pattern: {pattern}"))
    } else if !text.one_of.is_empty() && !text.one_of.contains(&string) {
        Some(format!("Member must satisfy enum value set: [{}]", text.one_of.join(", ")))
    } else {
        None
    }
}

impl Characters {
    /// The pattern that the string does not match.
    fn violated(self, string: &str) -> Option<&'static str> {
        match self {
            Self::Any => None,
            Self::Ascii => (!string.is_ascii()).then_some("\\p{ASCII}*"),
            Self::Visible => (!string.bytes().all(|byte| byte.is_ascii_graphic())).then_some("[!-~]+"),
            Self::AliasName => {
                let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
                let is_name = string.bytes().all(is_allowed) && !string.bytes().all(|byte| byte.is_ascii_digit());
                (!is_name).then_some(r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$")
            }
        }
    }
}

impl Structures {
    /// What a list of this length violates.
    fn violated(&self, length: usize) -> Option<String> {
        if length > self.max {
            Some(at_most("length", self.max))
        } else if length < self.min {
            Some(at_least("length", self.min))
        } else {
            None
        }
    }

    /// The list as AWS's texts have it: `[Name(member=value, ...), ...]`.
    fn print(&self, items: &[Value]) -> String {
        let member = |item: &Value, member: &Member| match item.get(member.name) {
            Some(Value::String(text)) => format!("{}={text}", member.name),
            value => format!("{}={}", member.name, value.unwrap_or(&Value::Null)),
        };
        let print = |item: &Value| {
            let members: Vec<String> = self.members.iter().map(|known| member(item, known)).collect();
            format!("{}({})", self.name, members.join(", "))
        };
        format!("[{}]", items.iter().map(print).collect::<Vec<_>>().join(", "))
    }
}

fn at_most(what: &str, limit: impl std::fmt::Display) -> String {
    format!("Member must have {what} less than or equal to {limit}")
}

fn at_least(what: &str, limit: impl std::fmt::Display) -> String {
    format!("Member must have {what} greater than or equal to {limit}")
}
