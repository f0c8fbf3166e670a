//! The part of a URL after the question mark.

use super::percent;
use crate::refusal::Refusal;
use serde_json::{Map, Value};

/// The parameters of a query, by name.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

/// A parameter that a route knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    name: &'static str,
    /// The operation's member that it becomes.
    member: &'static str,
    shape: Shape,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Text,
    Integer,
    Boolean,
}

impl Parameter {
    /// A text.
    pub(super) const fn text(name: &'static str, member: &'static str) -> Self {
        Self { name, member, shape: Shape::Text }
    }

    /// `true` or `false`.
    pub(super) const fn flag(name: &'static str, member: &'static str) -> Self {
        Self { name, member, shape: Shape::Boolean }
    }
}

/// The size of a page.
pub(super) const MAX_RESULTS: Parameter = Parameter { name: "maxResults", member: "maxResults", shape: Shape::Integer };
/// What continues a list.
pub(super) const NEXT_TOKEN: Parameter = Parameter::text("nextToken", "nextToken");
/// Whether data is wanted.
pub(super) const INCLUDED_DATA: Parameter = Parameter::text("includedData", "includedData");

impl Query {
    /// Reads a query.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (Some(name), Some(value)) = (percent::decode(name), percent::decode(value)) else {
                return Err(Refusal::validation(format!(
                    "The query has a part that is no percent-encoded text: '{part}'"
                )));
            };
            if parameters.iter().any(|(there, _)| *there == name) {
                return Err(Refusal::validation(format!("The query has '{name}' twice")));
            }
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// The members that the parameters become. What the route does not know is refused; signatures in queries are
    /// for the gateway.
    pub(super) fn members(&self, known: &[Parameter]) -> Result<Map<String, Value>, Refusal> {
        let mut members = Map::new();
        for (name, value) in &self.0 {
            if name.to_ascii_lowercase().starts_with("x-amz-") {
                continue;
            }
            let Some(parameter) = known.iter().find(|parameter| parameter.name == name) else {
                let names: Vec<&str> = known.iter().map(|parameter| parameter.name).collect();
                let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                return Err(Refusal::validation(format!(
                    "There is no query parameter '{name}' here; there are: {known}"
                )));
            };
            members.insert(parameter.member.to_owned(), parameter.read(value)?);
        }
        Ok(members)
    }
}

impl Parameter {
    fn read(&self, value: &str) -> Result<Value, Refusal> {
        let read = match self.shape {
            Shape::Text => Some(Value::from(value)),
            Shape::Integer => value.parse::<i64>().ok().map(Value::from),
            Shape::Boolean => value.parse::<bool>().ok().map(Value::from),
        };
        let wanted = match self.shape {
            Shape::Text => "a text",
            Shape::Integer => "a whole number",
            Shape::Boolean => "true or false",
        };
        let name = self.name;
        read.ok_or_else(|| {
            Refusal::validation(format!("The query parameter '{name}' must be {wanted}; it is '{value}'"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KNOWN: &[Parameter] =
        &[Parameter::text("status", "statusFilter"), MAX_RESULTS, Parameter::flag("reverse", "r")];

    fn check(text: &str, expected: Result<Value, &str>) {
        let found = Query::parse(text).and_then(|query| query.members(KNOWN)).map(Value::Object);
        assert_eq!(found.map_err(|refusal| refusal.message), expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn parameters_become_members_of_their_type() {
        check("", Ok(json!({})));
        let members = json!({"statusFilter": "A B", "maxResults": -5, "r": true});
        check("status=A+B&maxResults=-5&&reverse=true", Ok(members));
        check("X-Amz-Signature=abc&x-amz-date=1", Ok(json!({})));
    }

    #[test]
    fn what_is_no_parameter_is_refused_by_name() {
        check(
            "statusFilter=A",
            Err("There is no query parameter 'statusFilter' here; there are: status, maxResults, reverse"),
        );
        check("reverse", Err("The query parameter 'reverse' must be true or false; it is ''"));
        check("maxResults=1.0", Err("The query parameter 'maxResults' must be a whole number; it is '1.0'"));
        check("status=%e9", Err("The query has a part that is no percent-encoded text: 'status=%e9'"));
        check("status=A&status=B", Err("The query has 'status' twice"));
    }
}
