//! The Choice state and its conditions.

use super::data::Wanted;
use super::fields::Fields;
use super::report::{Place, Report};
use crate::machine::{Choice, ChoiceRule, Comparison, Condition, Operand, Operator, Relation, StateName, TypeTest};
use crate::timestamp::parse_timestamp;
use serde_json::Value;

/// What AWS says of a text that is no timestamp.
pub(super) const NO_TIMESTAMP: &str = "String does not match RFC3339 timestamp";

/// The fields that combine other rules.
const COMBINERS: [&str; 3] = ["And", "Or", "Not"];

/// What an operator's name says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Family {
    String(Relation),
    Numeric(Relation),
    Timestamp(Relation),
    Boolean,
    Matches,
    Is(TypeTest),
}

/// A Choice state.
pub(super) fn choice(fields: &Fields<'_>) -> Choice {
    fields.require(&["Choices"]);
    let data = fields.input_output();
    let items = fields.filled_array("Choices").unwrap_or_default();
    let choices = items.into_iter().filter_map(|(place, item)| rule(item, place, fields.report)).collect();
    let default = fields.string("Default").map(StateName::from);
    fields.refuse_assign();
    Choice { data, choices, default }
}

/// A rule of `Choices`: a condition that leads somewhere.
fn rule(value: &Value, place: Place, report: &Report) -> Option<ChoiceRule> {
    let fields = Fields::of(value, place, report)?;
    fields.require(&["Next"]);
    let next = fields.string("Next").map(StateName::from);
    fields.refuse_assign();
    fields.refuse_jsonata(&["Condition", "Output"]);
    // A rule written for JSONata is reported already; its missing operator is no news.
    let condition = if fields.has("Condition") { None } else { condition(&fields) };
    fields.finish();
    Some(ChoiceRule { condition: condition?, next: next? })
}

/// A rule inside of another one: it leads nowhere by itself.
fn nested(value: &Value, place: Place, report: &Report) -> Option<Condition> {
    let fields = Fields::of(value, place, report)?;
    let condition = condition(&fields);
    if fields.has("Next") {
        fields.schema("Next", "Field 'Next' is not supported in a rule inside of another rule");
    }
    fields.finish();
    condition
}

/// The recursion is bounded: JSON is read to a limited depth.
fn condition(fields: &Fields<'_>) -> Option<Condition> {
    let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    let operators: Vec<_> = names.into_iter().filter(|name| is_operator(name)).collect();
    for name in &operators {
        fields.allow(name);
    }
    match operators.as_slice() {
        [] => {
            fields.allow("Variable");
            fields.report.schema(&fields.place, "A rule needs one comparison operator, or one of: [And, Or, Not]");
            None
        }
        ["And"] => combined(fields, "And").map(Condition::And),
        ["Or"] => combined(fields, "Or").map(Condition::Or),
        ["Not"] => {
            let value = fields.get("Not")?;
            nested(value, fields.at("Not"), fields.report).map(|condition| Condition::Not(Box::new(condition)))
        }
        [name] => {
            fields.require(&["Variable"]);
            let variable = fields.expression("Variable", Wanted::Path);
            let operator = operator(fields, name);
            Some(Condition::Compare(Comparison { variable: variable?, operator: operator? }))
        }
        several => {
            fields.allow("Variable");
            let message = format!("A rule has exactly one operator, found: [{}]", several.join(", "));
            fields.report.schema(&fields.place, message);
            None
        }
    }
}

fn combined<'a>(fields: &Fields<'a>, name: &'a str) -> Option<Vec<Condition>> {
    let items = fields.filled_array(name)?;
    Some(items.into_iter().filter_map(|(place, item)| nested(item, place, fields.report)).collect())
}

fn operator<'a>(fields: &Fields<'a>, name: &'a str) -> Option<Operator> {
    let (family, is_path) = family(name)?;
    Some(match family {
        Family::String(relation) => {
            if !is_path {
                fields.hint_no_path(name);
            }
            let literal = |fields: &Fields<'a>| fields.string(name).map(str::to_owned);
            Operator::String(relation, operand(fields, name, is_path, literal)?)
        }
        Family::Numeric(relation) => {
            let literal = |fields: &Fields<'a>| fields.any_number(name);
            Operator::Numeric(relation, operand(fields, name, is_path, literal)?)
        }
        Family::Timestamp(relation) => {
            let literal = |fields: &Fields<'a>| fields.timestamp(name);
            Operator::Timestamp(relation, operand(fields, name, is_path, literal)?)
        }
        Family::Boolean => {
            let literal = |fields: &Fields<'a>| fields.boolean(name);
            Operator::Boolean(operand(fields, name, is_path, literal)?)
        }
        Family::Matches => Operator::StringMatches(fields.string(name)?.to_owned()),
        Family::Is(test) => Operator::Is(test, fields.boolean(name)?),
    })
}

/// The right side of a comparison: a path, or what `literal` reads.
fn operand<'a, T>(
    fields: &Fields<'a>,
    name: &'a str,
    is_path: bool,
    literal: impl FnOnce(&Fields<'a>) -> Option<T>,
) -> Option<Operand<T>> {
    if is_path {
        return fields.expression(name, Wanted::Path).map(Operand::Path);
    }
    literal(fields).map(Operand::Literal)
}

impl<'a> Fields<'a> {
    /// A timestamp, with its text.
    pub(super) fn timestamp(&self, name: &'a str) -> Option<(String, jiff::Timestamp)> {
        let text = self.string(name)?;
        let instant = parse_timestamp(text);
        if instant.is_none() {
            self.schema(name, NO_TIMESTAMP);
        }
        Some((text.to_owned(), instant?))
    }
}

fn is_operator(name: &str) -> bool {
    COMBINERS.contains(&name) || family(name).is_some()
}

/// What an operator's name says, and whether it ends in `Path`.
fn family(name: &str) -> Option<(Family, bool)> {
    let literal = |family| Some((family, false));
    match name {
        "StringMatches" => return literal(Family::Matches),
        "IsNull" => return literal(Family::Is(TypeTest::Null)),
        "IsPresent" => return literal(Family::Is(TypeTest::Present)),
        "IsNumeric" => return literal(Family::Is(TypeTest::Numeric)),
        "IsString" => return literal(Family::Is(TypeTest::String)),
        "IsBoolean" => return literal(Family::Is(TypeTest::Boolean)),
        "IsTimestamp" => return literal(Family::Is(TypeTest::Timestamp)),
        _ => {}
    }
    let (word, is_path) = name.strip_suffix("Path").map_or((name, false), |word| (word, true));
    if word == "BooleanEquals" {
        return Some((Family::Boolean, is_path));
    }
    let (relation, family): (&str, fn(Relation) -> Family) = if let Some(relation) = word.strip_prefix("String") {
        (relation, Family::String)
    } else if let Some(relation) = word.strip_prefix("Numeric") {
        (relation, Family::Numeric)
    } else {
        (word.strip_prefix("Timestamp")?, Family::Timestamp)
    };
    let relation = match relation {
        "Equals" => Relation::Equals,
        "LessThan" => Relation::LessThan,
        "LessThanEquals" => Relation::LessThanEquals,
        "GreaterThan" => Relation::GreaterThan,
        "GreaterThanEquals" => Relation::GreaterThanEquals,
        _ => return None,
    };
    Some((family(relation), is_path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_39_operators() {
        let mut names = vec!["StringMatches".to_owned(), "BooleanEquals".to_owned(), "BooleanEqualsPath".to_owned()];
        for test in ["Null", "Present", "Numeric", "String", "Boolean", "Timestamp"] {
            names.push(format!("Is{test}"));
        }
        for family in ["String", "Numeric", "Timestamp"] {
            for relation in ["Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"] {
                names.push(format!("{family}{relation}"));
                names.push(format!("{family}{relation}Path"));
            }
        }
        assert_eq!(names.len(), 39);
        assert!(names.iter().all(|name| is_operator(name)));
        for other in ["StringMatchesPath", "IsNullPath", "BooleanLessThan", "Path", "Equals", "Variable", "Next"] {
            assert!(!is_operator(other), "{other}");
        }
    }
}
