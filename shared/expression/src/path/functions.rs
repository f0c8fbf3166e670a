//! The functions at the end of a path: `length()`, `sum()`, `concat("a", $.b)` and their kin.
//!
//! AWS forbids them in reference paths; elsewhere they work as Jayway's do, oddities included: `max()` of negative
//! numbers is the smallest positive double, `last()` of one item is an error.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::evaluate::Run;
use super::{Compiled, Error, Parameter, Step, java};

/// The result of the function `name` on `model`.
pub(super) fn call<'p>(
    run: &Run<'p, '_>,
    name: &str,
    parameters: &'p [Parameter],
    model: &Value,
) -> Result<Value, Error> {
    let Some(function) = Function::named(name) else {
        return Err(Error::UnknownFunction { name: name.to_owned() });
    };
    let mut arguments = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        arguments.push(match parameter {
            Parameter::Json(value) => value.as_ref().map(Cow::Borrowed),
            Parameter::Path(path) => Some(run.value(path, run.root, false)?),
        });
    }
    match function {
        Function::Length => length(run, parameters, model),
        Function::Aggregate(aggregate) => {
            let mut numbers = Vec::new();
            push_numbers(model, &mut numbers, false);
            for argument in read(&arguments)? {
                push_numbers(argument, &mut numbers, true);
            }
            if numbers.is_empty() {
                return Err(Error::Failed(EMPTY.to_owned()));
            }
            Ok(Number::from_f64(aggregate.of(&numbers)).map_or(Value::Null, Value::Number))
        }
        Function::Concat => {
            let mut text = String::new();
            if let Value::Array(items) = model {
                items.iter().filter_map(Value::as_str).for_each(|item| text.push_str(item));
            }
            for argument in read(&arguments)? {
                for value in argument.as_array().map_or(std::slice::from_ref(argument), Vec::as_slice) {
                    if !value.is_null() {
                        text.push_str(&java::to_string(value));
                    }
                }
            }
            run.spend(text.len())?;
            Ok(Value::String(text))
        }
        Function::Append => {
            let mut model = model.clone();
            if let Value::Array(items) = &mut model {
                items.extend(read(&arguments)?.into_iter().cloned());
            }
            Ok(model)
        }
        Function::Keys => Ok(match model {
            Value::Object(members) => Value::Array(members.keys().cloned().map(Value::String).collect()),
            _ => Value::Null,
        }),
        Function::First => item(model, |_| Ok(0)),
        Function::Last => item(model, |_| Ok(-1)),
        Function::Index => item(model, |_| {
            let mut numbers = Vec::new();
            for argument in read(&arguments)? {
                push_numbers(argument, &mut numbers, true);
            }
            let first = numbers.first().ok_or(Error::OutOfBounds { index: 0, length: 0 })?;
            #[expect(clippy::cast_possible_truncation, reason = "Number.intValue of a double saturates like this")]
            Ok(i64::from(*first as i32))
        }),
    }
}

const EMPTY: &str = "Aggregation function attempted to calculate value using empty array";

enum Function {
    Length,
    Aggregate(Aggregate),
    Concat,
    Append,
    Keys,
    First,
    Last,
    Index,
}

enum Aggregate {
    Sum,
    Average,
    Deviation,
    Minimum,
    Maximum,
}

impl Function {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "length" | "size" => Self::Length,
            "sum" => Self::Aggregate(Aggregate::Sum),
            "avg" => Self::Aggregate(Aggregate::Average),
            "stddev" => Self::Aggregate(Aggregate::Deviation),
            "min" => Self::Aggregate(Aggregate::Minimum),
            "max" => Self::Aggregate(Aggregate::Maximum),
            "concat" => Self::Concat,
            "append" => Self::Append,
            "keys" => Self::Keys,
            "first" => Self::First,
            "last" => Self::Last,
            "index" => Self::Index,
            _ => return None,
        })
    }
}

impl Aggregate {
    fn of(&self, numbers: &[f64]) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 numbers")]
        let count = numbers.len() as f64;
        let sum = numbers.iter().fold(0.0, |sum, number| sum + number);
        match self {
            Self::Sum => sum,
            Self::Average => sum / count,
            Self::Deviation => {
                let squares = numbers.iter().fold(0.0, |sum, number| sum + number * number);
                (squares / count - sum * sum / count / count).sqrt()
            }
            Self::Minimum => {
                numbers.iter().fold(f64::MAX, |least, number| if least > *number { *number } else { least })
            }
            // Java's Double.MIN_VALUE is the smallest positive number, and Jayway starts there.
            Self::Maximum => {
                numbers.iter().fold(f64::from_bits(1), |most, number| if most < *number { *number } else { most })
            }
        }
    }
}

/// The number of items or members. With an argument, as after `..`, that of the list it finds.
fn length<'p>(run: &Run<'p, '_>, parameters: &'p [Parameter], model: &Value) -> Result<Value, Error> {
    match parameters.first() {
        None => {}
        Some(Parameter::Json(_)) => {
            return Err(Error::Failed("java.lang.NullPointerException".to_owned()));
        }
        Some(Parameter::Path(path)) => {
            // Jayway appends a wildcard here, yet remembers that the path was definite and then takes the last member.
            let found = if ends_in_function(path) || path.steps.is_empty() {
                run.value(path, model, false)?
            } else {
                run.collect(path, run.members(path, model)?)?
            };
            if let Value::Array(items) = found.as_ref() {
                return Ok(Value::from(items.len()));
            }
        }
    }
    Ok(match model {
        Value::Array(items) => Value::from(items.len()),
        Value::Object(members) => Value::from(members.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Value::Null,
    })
}

fn ends_in_function(path: &Compiled) -> bool {
    matches!(path.steps.last(), Some(Step::Function(..)))
}

fn read<'a>(arguments: &'a [Option<Cow<'_, Value>>]) -> Result<Vec<&'a Value>, Error> {
    let malformed = || Error::Failed("the argument of a function is not valid JSON".to_owned());
    arguments.iter().map(|argument| argument.as_deref().ok_or_else(malformed)).collect()
}

/// Adds the numbers of a list, or a number by itself when `alone` says so.
fn push_numbers(value: &Value, numbers: &mut Vec<f64>, alone: bool) {
    match value {
        Value::Array(items) => numbers.extend(items.iter().filter_map(Value::as_f64)),
        Value::Number(number) if alone => numbers.extend(number.as_f64()),
        _ => {}
    }
}

fn item(model: &Value, index: impl FnOnce(usize) -> Result<i64, Error>) -> Result<Value, Error> {
    let Value::Array(items) = model else {
        return Err(Error::Failed(EMPTY.to_owned()));
    };
    let length = items.len();
    let index = index(length)?;
    let effective = if index < 0 { index.saturating_add(i64::try_from(length).unwrap_or(i64::MAX)) } else { index };
    if index < 0 && effective <= 0 {
        return Err(Error::Failed(format!("Target index:{index} larger than object count:{length}")));
    }
    let found = usize::try_from(effective).ok().and_then(|effective| items.get(effective));
    found.cloned().ok_or(Error::OutOfBounds { index, length })
}
