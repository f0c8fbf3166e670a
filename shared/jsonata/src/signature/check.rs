//! Arguments against a signature: the right ones, in place, with arrays where arrays are wanted.

use super::{Often, Parameter, Signature};
use crate::error::{Code, Error};
use crate::meter::Meter;
use crate::value::{Array, Value, in_error};
use std::rc::Rc;

impl Signature {
    /// The arguments as the function wants them: the context where one is left out, single values as arrays.
    pub(crate) fn check<'a>(
        &self,
        mut arguments: Vec<Value<'a>>,
        context: &Value<'a>,
        meter: &Rc<Meter<'a>>,
    ) -> Result<Vec<Value<'a>>, Error> {
        if self.takes_one_each(&arguments) {
            meter.spend(arguments.len())?;
            for (index, (parameter, argument)) in self.parameters.iter().zip(&mut arguments).enumerate() {
                if parameter.kind == 'a' {
                    let letter = type_of(argument);
                    let given = std::mem::replace(argument, Value::Undefined);
                    *argument = parameter.fit(given, (letter, &[letter]), index, meter)?;
                }
            }
            return Ok(arguments);
        }
        let types: Vec<char> = arguments.iter().map(type_of).collect();
        meter.spend(types.len().saturating_mul(self.parameters.len()))?;
        let Some(counts) = self.distribute(&types) else { return Err(self.mismatch(&arguments, &types, meter)?) };
        let mut checked = Vec::with_capacity(arguments.len().max(self.parameters.len()));
        // Places among the types, and among the arguments: a parameter without one moves the second only.
        let (mut at, mut next) = (0, 0);
        for (parameter, count) in self.parameters.iter().zip(counts) {
            if count == 0 {
                if parameter.takes_context {
                    if !parameter.takes(type_of(context)) {
                        let error = Error::new(Code::T0411).with_value_json(in_error(context, meter));
                        return Err(error.with_index(next + 1));
                    }
                    checked.push(context.clone());
                } else {
                    // As in the reference: a parameter without an argument takes the next one along, if there is one.
                    checked.push(arguments.get(next).cloned().unwrap_or(Value::Undefined));
                    next += 1;
                }
                continue;
            }
            let matched = &types[at..at + count];
            at += count;
            // As in the reference: of several arguments for what is no array, the first one counts for all.
            let first = next;
            for letter in matched {
                let argument = arguments.get(if parameter.kind == 'a' { next } else { first });
                let argument = argument.cloned().unwrap_or(Value::Undefined);
                checked.push(parameter.fit(argument, (*letter, matched), next, meter)?);
                next += 1;
            }
        }
        Ok(checked)
    }

    /// Arguments that are in their places, as those of a function applied in part: nothing is taken from the context or
    /// made an array, what is missing is undefined, and what is too much is left out.
    pub(crate) fn check_in_place<'a>(
        &self,
        arguments: Vec<Value<'a>>,
        meter: &Rc<Meter<'a>>,
    ) -> Result<Vec<Value<'a>>, Error> {
        let mut checked = Vec::with_capacity(arguments.len());
        for (index, (parameter, argument)) in self.parameters.iter().zip(arguments).enumerate() {
            if !argument.is_undefined() && !parameter.takes(type_of(&argument)) {
                let error = Error::new(Code::T0410).with_value_json(in_error(&argument, meter));
                return Err(error.with_index(index + 1));
            }
            checked.push(argument);
        }
        Ok(checked)
    }

    /// The common case: there is an argument for each parameter, which takes it.
    fn takes_one_each(&self, arguments: &[Value<'_>]) -> bool {
        arguments.len() == self.parameters.len()
            && self.parameters.iter().zip(arguments).all(|(parameter, argument)| {
                parameter.often != Often::OnceOrMore && !parameter.is_lazy && parameter.takes(type_of(argument))
            })
    }

    /// How many arguments each parameter takes, as a regular expression over the letters of their types would match.
    fn distribute(&self, types: &[char]) -> Option<Vec<usize>> {
        // For each parameter and place: whether the parameters from there on can take all arguments from there on.
        let mut can: Vec<Vec<bool>> = vec![vec![false; types.len() + 1]; self.parameters.len() + 1];
        can[self.parameters.len()][types.len()] = true;
        for (index, parameter) in self.parameters.iter().enumerate().rev() {
            let mut later_of_run = false;
            for at in (0..=types.len()).rev() {
                let takes = at < types.len() && parameter.takes(types[at]);
                let one = takes && (can[index + 1][at + 1] || parameter.often == Often::OnceOrMore && later_of_run);
                can[index][at] = one || parameter.often == Often::AtMostOnce && can[index + 1][at];
                later_of_run = one;
            }
        }
        if !can[0][0] {
            return None;
        }
        let mut counts = Vec::with_capacity(self.parameters.len());
        let mut at = 0;
        for (index, parameter) in self.parameters.iter().enumerate() {
            let run = types[at..].iter().take_while(|letter| parameter.takes(**letter)).count();
            let longest = if parameter.often == Often::OnceOrMore { run } else { run.min(1) };
            let least = usize::from(parameter.often != Often::AtMostOnce);
            let mut possible = (least..=longest).filter(|count| can[index + 1][at + count]);
            let count = if parameter.is_lazy { possible.next() } else { possible.next_back() }?;
            counts.push(count);
            at += count;
        }
        Some(counts)
    }

    /// Which argument is the first that does not fit.
    fn mismatch<'a>(&self, arguments: &[Value<'a>], types: &[char], meter: &Rc<Meter<'a>>) -> Result<Error, Error> {
        let mut good = 0;
        for end in 1..=self.parameters.len() {
            meter.spend(end.saturating_mul((types.len() + 1).saturating_mul(types.len() + 1)))?;
            let part = Self { parameters: self.parameters[..end].to_vec() };
            let longest = (0..=types.len()).rev().find(|len| part.distribute(&types[..*len]).is_some());
            match longest {
                Some(len) => good = len,
                None => break,
            }
        }
        let value = arguments.get(good).and_then(|value| in_error(value, meter));
        Ok(Error::new(Code::T0410).with_value_json(value).with_index(good + 1))
    }
}

impl Parameter {
    fn takes(&self, letter: char) -> bool {
        self.types.contains(letter)
    }

    /// The argument, as an array where one is wanted.
    fn fit<'a>(
        &self,
        argument: Value<'a>,
        (letter, matched): (char, &[char]),
        index: usize,
        meter: &Rc<Meter<'a>>,
    ) -> Result<Value<'a>, Error> {
        let is_missing = argument.is_undefined() && matches!(letter, 'm' | 'a');
        if self.kind != 'a' || is_missing {
            return Ok(argument);
        }
        if let Some(subtype) = &self.subtype {
            let fits = match argument.items() {
                Some(items) => {
                    meter.spend(items.len())?;
                    let wanted = items.iter().next().map(|first| type_of(&first));
                    wanted.is_none_or(|wanted| {
                        subtype.starts_with(wanted) && items.iter().all(|item| type_of(&item) == wanted)
                    })
                }
                None => matched.iter().copied().eq(subtype.chars()),
            };
            if !fits {
                let error = Error::new(Code::T0412).with_value_json(in_error(&argument, meter)).with_index(index + 1);
                return Err(match plural(subtype) {
                    Some(plural) => error.with_words(plural),
                    None => error,
                });
            }
        }
        if argument.is_array() {
            return Ok(argument);
        }
        let mut array = Array::new(meter)?;
        array.push(argument)?;
        Ok(array.into())
    }
}

fn plural(subtype: &str) -> Option<&'static str> {
    Some(match subtype {
        "a" => "arrays",
        "b" => "booleans",
        "f" => "functions",
        "n" => "numbers",
        "o" => "objects",
        "s" => "strings",
        _ => return None,
    })
}

fn type_of(value: &Value<'_>) -> char {
    match value {
        Value::Undefined => 'm',
        Value::Null => 'l',
        Value::Bool(_) => 'b',
        Value::Number(_) | Value::Digits(_) => 'n',
        Value::Text(_) => 's',
        Value::JsonArray(_) | Value::Array(_) | Value::Tuples(_) => 'a',
        Value::JsonObject(_) | Value::Given(_) | Value::Object(_) => 'o',
        Value::Function(_) => 'f',
    }
}
