//! The Choice state and its conditions.

use super::data::Wanted;
use super::fields::Fields;
use super::language::Language;
use super::report::Place;
use crate::machine::{Choice, ChoiceRule, Comparison, Condition, Operand, Operator, Relation, StateName, TypeTest};
use crate::timestamp::parse_timestamp;
use serde_json::Value;

/// What AWS says of a text that is no timestamp.
pub(super) const NO_TIMESTAMP: &str = "String does not match RFC3339 timestamp";

/// A rule has one of these.
const KINDS: [&str; 5] = ["And", "Or", "Not", "Variable", "Condition"];

/// The comparisons, one of which goes with `Variable`.
const COMPARISONS: [&str; 39] = [
    "StringEquals",
    "StringEqualsPath",
    "StringLessThan",
    "StringLessThanPath",
    "StringGreaterThan",
    "StringGreaterThanPath",
    "StringLessThanEquals",
    "StringLessThanEqualsPath",
    "StringGreaterThanEquals",
    "StringGreaterThanEqualsPath",
    "StringMatches",
    "NumericEquals",
    "NumericEqualsPath",
    "NumericLessThan",
    "NumericLessThanPath",
    "NumericGreaterThan",
    "NumericGreaterThanPath",
    "NumericLessThanEquals",
    "NumericLessThanEqualsPath",
    "NumericGreaterThanEquals",
    "NumericGreaterThanEqualsPath",
    "BooleanEquals",
    "BooleanEqualsPath",
    "TimestampEquals",
    "TimestampEqualsPath",
    "TimestampLessThan",
    "TimestampLessThanPath",
    "TimestampGreaterThan",
    "TimestampGreaterThanPath",
    "TimestampLessThanEquals",
    "TimestampLessThanEqualsPath",
    "TimestampGreaterThanEquals",
    "TimestampGreaterThanEqualsPath",
    "IsNull",
    "IsPresent",
    "IsNumeric",
    "IsString",
    "IsBoolean",
    "IsTimestamp",
];

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
    let data = fields.data(Fields::input_output);
    let items = fields.filled_array("Choices").unwrap_or_default();
    let choices = items.into_iter().filter_map(|(place, item)| rule(fields, item, place)).collect();
    let default = fields.string("Default").map(StateName::from);
    Choice { data, choices, default, assign: fields.assign() }
}

/// A rule of `Choices`: a condition that leads somewhere.
fn rule<'a>(state: &Fields<'a>, value: &'a Value, place: Place) -> Option<ChoiceRule> {
    let fields = state.part(value, place)?;
    fields.require(&["Next"]);
    let next = fields.string("Next").map(StateName::from);
    fields.refuse_other_language("Choices");
    let assign = fields.assign();
    let (condition, output) = match fields.language {
        Language::JsonPath => (condition(&fields), None),
        Language::Jsonata => (query(&fields), fields.output()),
    };
    fields.finish();
    Some(ChoiceRule { condition: condition?, assign, output, next: next? })
}

/// `Condition` in JSONata. Beside what JSONPath has in its place, which is refused already, it need not be there.
fn query(fields: &Fields<'_>) -> Option<Condition> {
    const NAME: &str = "Condition";
    if KINDS.iter().any(|name| fields.has(name)) {
        fields.allow_all(&COMPARISONS);
    } else {
        fields.require(&[NAME]);
    }
    fields.query_or(NAME, Condition::Query, |fields| fields.boolean(NAME).map(Condition::Constant))
}

/// A rule inside of another one: it leads nowhere by itself.
fn nested<'a>(rule: &Fields<'a>, value: &'a Value, place: Place) -> Option<Condition> {
    let fields = rule.part(value, place)?;
    let condition = condition(&fields);
    fields.finish();
    condition
}

/// The recursion is bounded: JSON is read to a limited depth.
fn condition(fields: &Fields<'_>) -> Option<Condition> {
    let kinds: Vec<&str> = KINDS.into_iter().filter(|name| fields.has(name)).collect();
    let [kind] = kinds.as_slice() else {
        let message = format!("The object must have only one of the following fields, [{}]", KINDS.join(", "));
        let finding = fields.report.schema(&fields.place, message);
        if let [_, second, ..] = kinds.as_slice() {
            finding.focus(&fields.at(second));
        }
        fields.allow_all(&COMPARISONS);
        return None;
    };
    match *kind {
        "And" => combined(fields, "And").map(Condition::And),
        "Or" => combined(fields, "Or").map(Condition::Or),
        "Not" => {
            let value = fields.get("Not")?;
            nested(fields, value, fields.at("Not")).map(|condition| Condition::Not(Box::new(condition)))
        }
        "Variable" => {
            let variable = fields.expression("Variable", Wanted::Operand);
            let operator = one_operator(fields);
            Some(Condition::Compare(Comparison { variable: variable?, operator: operator? }))
        }
        _ => {
            fields.refuse_fields(&["Condition"]);
            None
        }
    }
}

fn one_operator(fields: &Fields<'_>) -> Option<Operator> {
    let mut found = COMPARISONS.into_iter().filter(|name| fields.has(name));
    match (found.next(), found.next()) {
        (Some(name), None) => operator(fields, name),
        (None, _) => {
            let help =
                "'Variable' needs a comparison beside it, such as \"StringEquals\": \"paid\" or \"IsPresent\": true";
            fields.report_none_of(&COMPARISONS).help(help);
            None
        }
        (Some(_), Some(_)) => {
            fields.exclude(&COMPARISONS);
            None
        }
    }
}

fn combined<'a>(fields: &Fields<'a>, name: &'a str) -> Option<Vec<Condition>> {
    let items = fields.filled_array(name)?;
    Some(items.into_iter().filter_map(|(place, item)| nested(fields, item, place)).collect())
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
        return fields.expression(name, Wanted::Operand).map(Operand::Path);
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
    fn every_comparison_is_of_a_family() {
        assert!(COMPARISONS.iter().all(|name| family(name).is_some()));
        assert_eq!(COMPARISONS.iter().filter(|name| family(name).is_some_and(|(_, is_path)| is_path)).count(), 16);
        for other in ["StringMatchesPath", "IsNullPath", "BooleanLessThan", "Path", "Equals", "Variable", "Next"] {
            assert!(family(other).is_none(), "{other}");
        }
    }
}
