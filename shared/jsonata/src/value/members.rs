//! Names and values in the order in which they were added. Few are looked through; many are hashed.
//!
//! JavaScript would put names that are whole numbers first. No recording shows whether AWS does, so that nobody's objects
//! are rearranged.

use super::{Text, Value};
use indexmap::IndexMap;

/// Most members that are looked through one by one.
pub(super) const MAX_LISTED: usize = 8;

pub(super) enum Members<'a> {
    Few(Vec<(Text<'a>, Value<'a>)>),
    Many(IndexMap<Text<'a>, Value<'a>>),
}

impl<'a> Members<'a> {
    pub(super) fn with_capacity(members: usize) -> Self {
        Self::Few(Vec::with_capacity(members.min(MAX_LISTED)))
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Few(list) => list.len(),
            Self::Many(map) => map.len(),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value<'a>> {
        match self {
            Self::Few(list) => list.iter().find(|(known, _)| **known == *name).map(|(_, value)| value),
            Self::Many(map) => map.get(name),
        }
    }

    /// Sets a member, and gives the value that it had.
    pub(super) fn insert(&mut self, name: Text<'a>, value: Value<'a>) -> Option<Value<'a>> {
        match self {
            Self::Few(list) => {
                if let Some((_, known)) = list.iter_mut().find(|(known, _)| *known == name) {
                    return Some(std::mem::replace(known, value));
                }
                list.push((name, value));
                if list.len() > MAX_LISTED {
                    *self = Self::Many(list.drain(..).collect());
                }
                None
            }
            Self::Many(map) => map.insert(name, value),
        }
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Value<'a>> {
        match self {
            Self::Few(list) => {
                let index = list.iter().position(|(known, _)| **known == *name)?;
                Some(list.remove(index).1)
            }
            Self::Many(map) => map.shift_remove(name),
        }
    }

    /// Goes through all, in order, until one fails.
    pub(super) fn try_each<E>(&self, mut visit: impl FnMut(&Text<'a>, &Value<'a>) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::Few(list) => list.iter().try_for_each(|(name, value)| visit(name, value)),
            Self::Many(map) => map.iter().try_for_each(|(name, value)| visit(name, value)),
        }
    }
}

impl Default for Members<'_> {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}
