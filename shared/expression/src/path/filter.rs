//! Decides `[?(...)]` for one item.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use serde_json::Value;

use super::evaluate::Run;
use super::operand::{Literal, Operand};
use super::{Compiled, Error};

/// A filter.
#[derive(Debug, Clone)]
pub(super) enum Filter {
    /// `a || b`
    Any(Vec<Filter>),
    /// `a && b`
    All(Vec<Filter>),
    /// `!(a)`
    Not(Box<Filter>),
    /// `@.a` or `!@.a`
    Exists { path: Compiled, should_exist: bool },
    /// `@.a == 1`
    Compare(Box<Comparison>),
}

/// A comparison of two sides.
#[derive(Debug, Clone)]
pub(super) struct Comparison {
    pub(super) left: Side,
    pub(super) operator: Operator,
    pub(super) right: Side,
}

/// A side of a comparison.
#[derive(Debug, Clone)]
pub(super) enum Side {
    Path(Compiled),
    Literal(Literal),
}

/// Jayway's operators. Those in words may be written in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    TypeSafeEqual,
    NotEqual,
    TypeSafeNotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    SubsetOf,
    AnyOf,
    NoneOf,
    Contains,
    Size,
    Empty,
    /// `ALL`, `TYPE`, `MATCHES`, `EXISTS`: their operands exist only in Java programs.
    JavaOnly,
}

impl Operator {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_uppercase().as_str() {
            "==" => Self::Equal,
            "===" => Self::TypeSafeEqual,
            "!=" => Self::NotEqual,
            "!==" => Self::TypeSafeNotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "=~" => Self::Matches,
            "IN" => Self::In,
            "NIN" => Self::NotIn,
            "SUBSETOF" => Self::SubsetOf,
            "ANYOF" => Self::AnyOf,
            "NONEOF" => Self::NoneOf,
            "CONTAINS" => Self::Contains,
            "SIZE" => Self::Size,
            "EMPTY" => Self::Empty,
            "ALL" | "TYPE" | "MATCHES" | "EXISTS" => Self::JavaOnly,
            _ => return None,
        })
    }
}

/// A value that a path of a filter found.
enum Found<'v> {
    Here(Cow<'v, Value>),
    Shared(Rc<Value>),
    Nowhere,
}

impl Filter {
    /// Whether `item` passes. A filter that meets a bad path rejects the item, negated or not.
    pub(super) fn accepts<'p>(&'p self, run: &Run<'p, '_>, item: &Value) -> Result<bool, Error> {
        match self.decide(run, item) {
            Err(error) if error.is_invalid_path() => Ok(false),
            other => other,
        }
    }

    fn decide<'p>(&'p self, run: &Run<'p, '_>, item: &Value) -> Result<bool, Error> {
        run.spend(1)?;
        match self {
            Self::Any(filters) => {
                for filter in filters {
                    if filter.decide(run, item)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::All(filters) => {
                for filter in filters {
                    if !filter.decide(run, item)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Not(filter) => filter.decide(run, item).map(|accepted| !accepted),
            // Jayway looks from the item here even when the path starts at `$`.
            Self::Exists { path, should_exist } => match run.value(path, item, true) {
                Ok(_) => Ok(*should_exist),
                Err(error) if error.is_path_not_found() => Ok(!should_exist),
                Err(error) => Err(error),
            },
            Self::Compare(comparison) => comparison.decide(run, item),
        }
    }
}

impl Side {
    fn find<'p, 'v>(&'p self, run: &Run<'p, '_>, item: &'v Value) -> Result<Found<'v>, Error> {
        let Self::Path(path) = self else {
            return Ok(Found::Nowhere);
        };
        let found = if path.root == '$' {
            run.root_value(path).map(Found::Shared)
        } else if path.plain {
            Ok(path.walk(item).map_or(Found::Nowhere, |value| Found::Here(Cow::Borrowed(value))))
        } else {
            run.value(path, item, false).map(Found::Here)
        };
        match found {
            Err(error) if error.is_path_not_found() => Ok(Found::Nowhere),
            other => other,
        }
    }

    fn operand<'o>(&'o self, found: &'o Found<'_>) -> Result<Operand<'o>, Error> {
        match (self, found) {
            (Self::Literal(literal), _) => literal.operand(),
            (Self::Path(_), Found::Here(value)) => Ok(Operand::found(value)),
            (Self::Path(_), Found::Shared(value)) => Ok(Operand::found(value)),
            (Self::Path(_), Found::Nowhere) => Ok(Operand::Undefined),
        }
    }
}

impl Comparison {
    fn decide<'p>(&'p self, run: &Run<'p, '_>, item: &Value) -> Result<bool, Error> {
        let (left, right) = (self.left.find(run, item)?, self.right.find(run, item)?);
        let (left, right) = (self.left.operand(&left)?, self.right.operand(&right)?);
        for side in [&left, &right] {
            run.spend(side.work() + side.list().map_or(0, Operand::work_of_items))?;
        }
        Ok(match self.operator {
            Operator::Equal => left.equals(&right),
            Operator::NotEqual => !left.equals(&right),
            Operator::TypeSafeEqual => left.is_like(&right) && left.equals(&right),
            Operator::TypeSafeNotEqual => !(left.is_like(&right) && left.equals(&right)),
            Operator::Less => left.compare(&right) == Some(Ordering::Less),
            Operator::LessOrEqual => left.compare(&right).is_some_and(Ordering::is_le),
            Operator::Greater => left.compare(&right) == Some(Ordering::Greater),
            Operator::GreaterOrEqual => left.compare(&right).is_some_and(Ordering::is_ge),
            Operator::Matches => matches(run, &left, &right)?,
            Operator::In => is_in(&left, &right)?,
            Operator::NotIn => !is_in(&left, &right)?,
            Operator::SubsetOf => {
                compare_lists(run, &left, &right, |left, right| left.iter().all(|item| has(right, item)))?
            }
            Operator::AnyOf => {
                compare_lists(run, &left, &right, |left, right| left.iter().any(|item| has(right, item)))?
            }
            Operator::NoneOf => {
                compare_lists(run, &left, &right, |left, right| !left.iter().any(|item| has(right, item)))?
            }
            Operator::Contains => contains(&left, &right)?,
            Operator::Size => has_size(&left, &right),
            Operator::Empty => is_empty(&left, &right)?,
            Operator::JavaOnly => {
                return Err(Error::Operand { expected: "value list" });
            }
        })
    }
}

/// Whether the list has `item`.
fn has(list: &[Operand<'_>], item: &Operand<'_>) -> bool {
    list.iter().any(|other| item.equals(other))
}

fn is_in(left: &Operand<'_>, right: &Operand<'_>) -> Result<bool, Error> {
    match right.list() {
        Some(list) => Ok(has(&Operand::items(list)?, left)),
        None if right.is_json() => Ok(false),
        None => Err(Error::Operand { expected: "value list" }),
    }
}

fn contains(left: &Operand<'_>, right: &Operand<'_>) -> Result<bool, Error> {
    match (left, right) {
        (Operand::String(text), Operand::String(part)) => Ok(text.contains(part.as_ref())),
        _ => match left.list() {
            Some(list) => Ok(has(&Operand::items(list)?, right)),
            None => Ok(false),
        },
    }
}

fn compare_lists<'o>(
    run: &Run<'_, '_>,
    left: &Operand<'o>,
    right: &Operand<'o>,
    decide: impl FnOnce(&[Operand<'o>], &[Operand<'o>]) -> bool,
) -> Result<bool, Error> {
    let mut lists = [Vec::new(), Vec::new()];
    // Each item of one list may be compared with each of the other.
    if let (Some(left), Some(right)) = (left.list(), right.list()) {
        run.spend(left.len().saturating_mul(Operand::work_of_items(right)))?;
        run.spend(right.len().saturating_mul(Operand::work_of_items(left)))?;
    }
    for (items, side) in lists.iter_mut().zip([right, left]) {
        match side.list() {
            Some(list) => *items = Operand::items(list)?,
            None if side.is_json() => return Ok(false),
            None => {
                return Err(Error::Operand { expected: "value list" });
            }
        }
    }
    let [right, left] = lists;
    Ok(decide(&left, &right))
}

fn matches(run: &Run<'_, '_>, left: &Operand<'_>, right: &Operand<'_>) -> Result<bool, Error> {
    let (pattern, input) = match (left, right) {
        (Operand::Pattern(_), Operand::Pattern(_)) => return Ok(false),
        (Operand::Pattern(pattern), input) | (input, Operand::Pattern(pattern)) => (pattern, input),
        _ => return Ok(false),
    };
    let regex = run.regex(pattern)?;
    match input.list() {
        Some(list) => Ok(Operand::items(list)?.iter().any(|item| regex.is_match(&item.pattern_input()))),
        None => Ok(regex.is_match(&input.pattern_input())),
    }
}

/// The size of a string in UTF-16 units or of an array; an object's is -1.
fn has_size(left: &Operand<'_>, right: &Operand<'_>) -> bool {
    let Operand::Number(wanted, _) = right else {
        return false;
    };
    let Ok(wanted) = wanted.parse::<f64>() else {
        return false;
    };
    let size = match left {
        Operand::String(text) => text.encode_utf16().count(),
        _ => match left.list() {
            Some(list) => list.len(),
            #[expect(clippy::float_cmp, reason = "both are whole numbers")]
            None => return left.is_json() && wanted.trunc() == -1.0,
        },
    };
    #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "sizes are far below 2^53, and whole")]
    {
        size as f64 == wanted.trunc()
    }
}

/// Jayway fails on an object here with a ClassCastException of its own; this one answers.
fn is_empty(left: &Operand<'_>, right: &Operand<'_>) -> Result<bool, Error> {
    let empty = match left {
        Operand::String(text) => text.is_empty(),
        Operand::Value(Value::Array(items)) | Operand::Json(_, Value::Array(items)) => items.is_empty(),
        Operand::Value(Value::Object(members)) | Operand::Json(_, Value::Object(members)) => members.is_empty(),
        _ => return Ok(false),
    };
    match right {
        Operand::Boolean(wanted) => Ok(empty == *wanted),
        _ => Err(Error::Operand { expected: "boolean" }),
    }
}
