//! Arrays and objects as they are written, and grouping.

use super::{Frame, Machine, Result};
use crate::ast::{Expr, Group, Kind};
use crate::error::{Code, Error};
use crate::value::{Array, Flags, Object, Text, Tuple, Tuples, Value, in_error};
use indexmap::IndexMap;
use std::rc::Rc;

/// Most pairs whose keys are compared with each other one by one.
const MAX_LISTED: usize = 16;

/// Values that fall under one key.
struct Entry<'a> {
    /// Which pair of the constructor made the key.
    pair: usize,
    data: Data<'a>,
}

enum Data<'a> {
    One(Value<'a>),
    Many(Array<'a>),
    Tuples(Vec<Tuple<'a>>),
}

impl<'a> Machine<'a> {
    pub(super) fn construct_array(
        &self,
        items: &'a [Expr],
        is_constructed: bool,
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        let mut array = Array::new(&self.meter)?;
        for item in items {
            let value = self.evaluate(item, input, frame)?;
            if value.is_undefined() {
                continue;
            }
            if matches!(item.kind, Kind::Array(_)) {
                array.push(value)?;
            } else if items.len() == 1
                && let Value::Array(only) = value
            {
                // Alone, it need not be copied if nobody else has it.
                match Rc::try_unwrap(only) {
                    Ok(only) => array = only,
                    Err(shared) => array.extend(&Value::Array(shared))?,
                }
            } else {
                array.extend(&value)?;
            }
        }
        array.set_flags(Flags { is_constructed, ..Flags::default() });
        Ok(array.into())
    }

    /// An object of one member for each key that the pairs give for the items.
    pub(super) fn group(&self, group: &'a Group, input: &Value<'a>, frame: &Rc<Frame<'a>>) -> Result<'a> {
        if !input.is_array() {
            if group.has_written_keys {
                return self.object_of_written_keys(group, input, frame);
            }
            if group.pairs.len() <= MAX_LISTED {
                return self.object_of_one(group, input, frame);
            }
        }
        let mut entries: IndexMap<Text<'a>, Entry<'a>> = IndexMap::new();
        match input {
            Value::Tuples(tuples) if !tuples.list.is_empty() => {
                self.collect_tuples(group, tuples, &mut entries, frame)?;
            }
            _ => {
                let items = input.items_or_self();
                // Without any item, there is still an object to write.
                for index in 0..items.len().max(1) {
                    self.collect_item(group, &items.get(index), &mut entries, frame)?;
                }
            }
        }
        let object = Object::new(&self.meter)?;
        for (key, entry) in entries {
            let expr = &group.pairs[entry.pair].1;
            let value = match entry.data {
                Data::One(value) => self.evaluate(expr, &value, frame)?,
                Data::Many(values) => self.evaluate(expr, &values.into(), frame)?,
                Data::Tuples(tuples) => {
                    let tuple = self.reduce(tuples)?;
                    let inner = Frame::of_tuple(frame, &tuple)?;
                    self.evaluate(expr, &tuple.value, &inner)?
                }
            };
            if !value.is_undefined() {
                object.insert(key, value)?;
            }
        }
        Ok(object.into())
    }

    /// One item, and keys of which it is known that they are texts, each another.
    fn object_of_written_keys(&self, group: &'a Group, item: &Value<'a>, frame: &Rc<Frame<'a>>) -> Result<'a> {
        self.meter.spend(group.pairs.len())?;
        let object = Object::with_capacity(group.pairs.len(), &self.meter)?;
        for (key, value) in &group.pairs {
            let Kind::Text(key) = &key.kind else { continue };
            let value = self.evaluate(value, item, frame)?;
            if !value.is_undefined() {
                object.insert(Text::Borrowed(key), value)?;
            }
        }
        Ok(object.into())
    }

    /// One item, and so few pairs that a list of their keys is as good as a map.
    fn object_of_one(&self, group: &'a Group, item: &Value<'a>, frame: &Rc<Frame<'a>>) -> Result<'a> {
        let mut keys: Vec<(Text<'a>, &'a Expr)> = Vec::with_capacity(group.pairs.len());
        for (key, value) in &group.pairs {
            let Some(key) = self.key(group, self.evaluate(key, item, frame)?)? else { continue };
            if keys.iter().any(|(known, _)| *known == key) {
                return Err(Error::at(Code::D1009, group.position).with_value(&key));
            }
            keys.push((key, value));
        }
        let object = Object::new(&self.meter)?;
        for (key, value) in keys {
            let value = self.evaluate(value, item, frame)?;
            if !value.is_undefined() {
                object.insert(key, value)?;
            }
        }
        Ok(object.into())
    }

    fn collect_item(
        &self,
        group: &'a Group,
        item: &Value<'a>,
        entries: &mut IndexMap<Text<'a>, Entry<'a>>,
        frame: &Rc<Frame<'a>>,
    ) -> std::result::Result<(), Error> {
        for (pair, (key, _)) in group.pairs.iter().enumerate() {
            let Some(key) = self.key(group, self.evaluate(key, item, frame)?)? else { continue };
            match entries.get_mut(&*key) {
                Some(entry) => {
                    self.same_pair(group, entry, pair, &key)?;
                    let data = std::mem::replace(&mut entry.data, Data::One(Value::Undefined));
                    entry.data = self.append(data, item)?;
                }
                None => drop(entries.insert(key, Entry { pair, data: Data::One(item.clone()) })),
            }
        }
        Ok(())
    }

    fn collect_tuples(
        &self,
        group: &'a Group,
        tuples: &Tuples<'a>,
        entries: &mut IndexMap<Text<'a>, Entry<'a>>,
        frame: &Rc<Frame<'a>>,
    ) -> std::result::Result<(), Error> {
        for tuple in &tuples.list {
            let inner = Frame::of_tuple(frame, tuple)?;
            for (pair, (key, _)) in group.pairs.iter().enumerate() {
                let Some(key) = self.key(group, self.evaluate(key, &tuple.value, &inner)?)? else { continue };
                match entries.get_mut(&*key) {
                    Some(entry) => {
                        self.same_pair(group, entry, pair, &key)?;
                        if let Data::Tuples(list) = &mut entry.data {
                            list.push(tuple.clone());
                        }
                    }
                    None => drop(entries.insert(key, Entry { pair, data: Data::Tuples(vec![tuple.clone()]) })),
                }
            }
        }
        Ok(())
    }

    /// The key; none where the pair has nothing to say about the item.
    fn key(&self, group: &Group, key: Value<'a>) -> std::result::Result<Option<Text<'a>>, Error> {
        match key {
            Value::Text(key) => {
                self.meter.scan(key.len())?;
                Ok(Some(key))
            }
            Value::Undefined => Ok(None),
            other => {
                let error = Error::at(Code::T1003, group.position);
                Err(error.with_value_json(in_error(&other, &self.meter)))
            }
        }
    }

    fn same_pair(&self, group: &Group, entry: &Entry<'a>, pair: usize, key: &str) -> std::result::Result<(), Error> {
        self.meter.spend(1)?;
        if entry.pair == pair { Ok(()) } else { Err(Error::at(Code::D1009, group.position).with_value(key)) }
    }

    /// Joins what falls under one key, as `$append` does.
    fn append(&self, data: Data<'a>, item: &Value<'a>) -> std::result::Result<Data<'a>, Error> {
        Ok(match data {
            Data::One(Value::Undefined) => Data::One(item.clone()),
            data if item.is_undefined() => data,
            Data::One(value) => {
                let mut array = Array::new(&self.meter)?;
                array.extend(&value)?;
                array.extend(item)?;
                Data::Many(array)
            }
            Data::Many(mut array) => {
                array.extend(item)?;
                Data::Many(array)
            }
            Data::Tuples(tuples) => Data::Tuples(tuples),
        })
    }

    /// One tuple out of several: each variable has the values of all.
    fn reduce(&self, tuples: Vec<Tuple<'a>>) -> std::result::Result<Tuple<'a>, Error> {
        let mut tuples = tuples.into_iter();
        let Some(mut first) = tuples.next() else { return Ok(Tuple::new(Value::Undefined)) };
        if tuples.len() == 0 {
            return Ok(first);
        }
        let mut value = Data::One(std::mem::replace(&mut first.value, Value::Undefined));
        let mut bound: Vec<(&'a str, Data<'a>)> =
            first.bound.into_iter().map(|(name, value)| (name, Data::One(value))).collect();
        for tuple in tuples {
            value = self.append(value, &tuple.value)?;
            for (name, more) in &tuple.bound {
                match bound.iter_mut().find(|(known, _)| known == name) {
                    Some((_, data)) => {
                        let known = std::mem::replace(data, Data::One(Value::Undefined));
                        *data = self.append(known, more)?;
                    }
                    None => bound.push((name, Data::One(more.clone()))),
                }
            }
        }
        let bound = bound.into_iter().map(|(name, data)| (name, data.into_value())).collect();
        Ok(Tuple { value: value.into_value(), bound })
    }
}

impl<'a> Data<'a> {
    fn into_value(self) -> Value<'a> {
        match self {
            Self::One(value) => value,
            Self::Many(array) => array.into(),
            Self::Tuples(_) => Value::Undefined,
        }
    }
}
