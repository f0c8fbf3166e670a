//! The Choice state: the first rule that holds.
//!
//! A comparison with a value of the wrong type is false, never an error; a variable that is not there is an
//! error, except for `IsPresent`.

use crate::evaluate::{Came, Clause, Evaluation};
use crate::leave::Leaving;
use crate::writer::Writer;
use crate::{Failed, Place, Step, Visit, leave};
use expression::{Expression, Scope};
use language::Machine;
use language::machine::{Choice, Comparison, Condition, Data, Next, Operand, Operator, Relation, TypeTest};
use model::{Payload, Timestamp, error_name};
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

/// Takes the first rule that holds.
pub(crate) fn run(
    machine: &Machine,
    writer: Writer<'_>,
    place: Place<Payload>,
    choice: &Choice,
    visit: Visit<Payload>,
) -> Step {
    let (next, left) = match decide(&Evaluation::at(&writer, &place, &visit), choice) {
        Ok((next, left)) => (next, Ok(left)),
        // It leads nowhere.
        Err(failed) => (Next::End, Err(failed)),
    };
    leave::leave(machine, writer, place, &next, visit, left)
}

fn decide(evaluation: &Evaluation<'_>, choice: &Choice) -> Result<(Next, Leaving), Failed> {
    let input = evaluation.input(&choice.data)?;
    // The scope cannot carry our own kind of failure, so the decision comes out beside it.
    let held = evaluation.scoped(&input, |scope| Ok(first_that_holds(evaluation, choice, scope)))??;
    let came = Came::Input(&input);
    let Some((clause, rule)) = held.map(|index| (Clause::Rule(index), &choice.choices[index])) else {
        let Some(default) = &choice.default else {
            let text = "Failed to transition out of the state. The state does not point to a next state.";
            return Err(evaluation.failure(error_name::NO_CHOICE_MATCHED, text).into());
        };
        return Ok((Next::State(default.clone()), evaluation.leaving(&choice.data, choice.assign.as_ref(), came)?));
    };
    let output = match &choice.data {
        Data::JsonPath(paths) => evaluation.path(&paths.output_path, &input)?,
        Data::Jsonata(_) => evaluation.queried_or(clause, "Output", rule.output.as_ref(), came)?,
    };
    Ok((Next::State(rule.next.clone()), evaluation.left(clause, output, rule.assign.as_ref(), came)?))
}

/// The rule to take, by its index.
fn first_that_holds(evaluation: &Evaluation<'_>, choice: &Choice, scope: &Scope<'_>) -> Result<Option<usize>, Failed> {
    for (index, rule) in choice.choices.iter().enumerate() {
        if holds(&Rule { evaluation, index }, &rule.condition, scope)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// The rule that a condition is part of.
struct Rule<'e, 'a> {
    evaluation: &'e Evaluation<'a>,
    index: usize,
}

fn holds(rule: &Rule<'_, '_>, condition: &Condition, scope: &Scope<'_>) -> Result<bool, Failed> {
    match condition {
        Condition::And(conditions) => {
            for condition in conditions {
                if !holds(rule, condition, scope)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Condition::Or(conditions) => {
            for condition in conditions {
                if holds(rule, condition, scope)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Condition::Not(condition) => Ok(!holds(rule, condition, scope)?),
        Condition::Compare(comparison) => compare(comparison, scope).map_err(|path| {
            let text = format!("Invalid path '{path}': The choice state's condition path references an invalid value.");
            rule.evaluation.failure(error_name::RUNTIME, &text).into()
        }),
        Condition::Query(query) => rule.evaluation.truth(&Clause::Rule(rule.index).field("Condition"), query),
        Condition::Constant(holds) => Ok(*holds),
    }
}

/// Whether it holds; the path that found nothing otherwise.
fn compare<'c>(comparison: &'c Comparison, scope: &Scope<'_>) -> Result<bool, &'c str> {
    let found = comparison.variable.look_up(scope);
    if let Operator::Is(TypeTest::Present, wanted) = comparison.operator {
        return Ok(found.is_ok() == wanted);
    }
    let value = found.map_err(|_| comparison.variable.source())?;
    let value = value.as_ref();
    Ok(match &comparison.operator {
        Operator::String(relation, operand) => related(
            *relation,
            match operand {
                Operand::Literal(text) => strings(value, text),
                Operand::Path(path) => look_up(path, scope)?.as_str().and_then(|text| strings(value, text)),
            },
        ),
        Operator::Numeric(relation, operand) => related(
            *relation,
            match operand {
                Operand::Literal(number) => numbers(value, number),
                Operand::Path(path) => look_up(path, scope)?.as_number().and_then(|number| numbers(value, number)),
            },
        ),
        Operator::Timestamp(relation, operand) => {
            let right = match operand {
                Operand::Literal((_, instant)) => Some(Timestamp::from(*instant)),
                Operand::Path(path) => instant(look_up(path, scope)?.as_ref()),
            };
            related(*relation, instant(value).zip(right).map(|(left, right)| left.cmp(&right)))
        }
        Operator::Boolean(operand) => {
            let right = match operand {
                Operand::Literal(truth) => Some(*truth),
                Operand::Path(path) => look_up(path, scope)?.as_bool(),
            };
            right.is_some() && value.as_bool() == right
        }
        Operator::StringMatches(pattern) => value.as_str().is_some_and(|text| matches_pattern(pattern, text)),
        Operator::Is(test, wanted) => {
            let is = match test {
                TypeTest::Null => value.is_null(),
                TypeTest::Present => true,
                TypeTest::Numeric => value.is_number(),
                TypeTest::String => value.is_string(),
                TypeTest::Boolean => value.is_boolean(),
                TypeTest::Timestamp => instant(value).is_some(),
            };
            is == *wanted
        }
    })
}

fn look_up<'c, 's>(path: &'c Expression, scope: &Scope<'s>) -> Result<Cow<'s, Value>, &'c str> {
    path.look_up(scope).map_err(|_| path.source())
}

fn related(relation: Relation, ordering: Option<Ordering>) -> bool {
    let Some(ordering) = ordering else { return false };
    match relation {
        Relation::Equals => ordering.is_eq(),
        Relation::LessThan => ordering.is_lt(),
        Relation::LessThanEquals => ordering.is_le(),
        Relation::GreaterThan => ordering.is_gt(),
        Relation::GreaterThanEquals => ordering.is_ge(),
    }
}

fn strings(left: &Value, right: &str) -> Option<Ordering> {
    let left = left.as_str()?;
    // Java compares UTF-16 units; only characters beyond the basic plane tell the difference.
    Some(if left == right { Ordering::Equal } else { left.encode_utf16().cmp(right.encode_utf16()) })
}

fn numbers(left: &Value, right: &Number) -> Option<Ordering> {
    expression::compare_numbers(left.as_number()?, right)
}

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(language::parse_timestamp).map(Timestamp::from)
}

/// `*` stands for any characters; `\*` is a star, `\\` a backslash.
///
/// Each part between stars is looked for where the one before it ends, and never again: the work is the length of both.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '*' => parts.push(std::mem::take(&mut part)),
            '\\' => part.push(characters.next().unwrap_or('\\')),
            other => part.push(other),
        }
    }
    let [first, middle @ ..] = parts.as_slice() else { return part == text };
    let Some(rest) = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(part.as_str())) else {
        return false;
    };
    let found = middle.iter().try_fold(rest, |rest, part| rest.find(part).map(|at| &rest[at + part.len()..]));
    found.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_star_stands_for_any_characters_and_an_escaped_one_for_itself() {
        for (pattern, text, wanted) in [
            ("log-*.txt", "log-2024.txt", true),
            ("log-*.txt", "log-.txt", true),
            ("log-*.txt", "log-2024.txt.gz", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
            (r"a\*c", "a*c", true),
            (r"a\*c", "abc", false),
            (r"a\\*", r"a\bc", true),
            ("", "", true),
            ("*", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches_pattern(pattern, text), wanted, "{pattern} against {text}");
        }
    }

    /// Steps as many as the product of both lengths would take minutes.
    #[test]
    fn a_hostile_pattern_ends_soon() {
        assert!(!matches_pattern(&"*a".repeat(200_000), &"a".repeat(199_999)));
        assert!(matches_pattern(&"*a".repeat(200_000), &"a".repeat(200_000)));
        assert!(!matches_pattern(&format!("*{}b*", "a".repeat(100_000)), &"a".repeat(200_000)));
        assert!(matches_pattern(&"*".repeat(500_000), "x"));
    }

    #[test]
    fn the_end_of_a_pattern_is_no_part_of_what_a_star_took() {
        for (pattern, text, wanted) in [
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("ab*ba", "aba", false),
            ("*aab", "aaaab", true),
            ("a*b*b", "ab", false),
            (r"a\\", r"a\", true),
            (r"\*\**", "**x", true),
            ("é*\u{1f600}", "é-\u{1f600}", true),
        ] {
            assert_eq!(matches_pattern(pattern, text), wanted, "{pattern} against {text}");
        }
    }

    #[test]
    fn numbers_compare_by_value_and_large_ones_exactly() {
        let order = |left: &str, right: &str| {
            let parse = |text: &str| serde_json::from_str::<Number>(text).expect("a number");
            numbers(&Value::Number(parse(left)), &parse(right))
        };
        assert_eq!(order("1", "1.0"), Some(Ordering::Equal));
        assert_eq!(order("9007199254740993", "9007199254740992"), Some(Ordering::Greater));
        assert_eq!(order("1e400", "0"), Some(Ordering::Greater));
        assert_eq!(order("-1e400", "1e-400"), Some(Ordering::Less));
        assert_eq!(order("-0", "0.0"), Some(Ordering::Equal));
        let long = |last: char| format!("1{}{last}", "0".repeat(4_000));
        assert_eq!(order(&long('1'), &long('2')), Some(Ordering::Less));
        assert_eq!(numbers(&json!("1"), &Number::from(1)), None);
    }
}
