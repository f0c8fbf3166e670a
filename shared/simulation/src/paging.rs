//! Things in the order in which they came and pages of them, newest first; and pages in the order of keys.

use orchestrator::ports::{Error, Page};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::hash::Hash;
use std::ops::Bound;
use std::str::FromStr;

/// Things by key, and in the order in which they came.
pub(crate) struct Shelf<K, V> {
    numbers: HashMap<K, u64>,
    things: BTreeMap<u64, V>,
    next: u64,
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), things: BTreeMap::new(), next: 0 }
    }
}

impl<K: Eq + Hash, V> Shelf<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.things.get(self.numbers.get(key)?)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.things.get_mut(self.numbers.get(key)?)
    }

    pub(crate) fn remove(&mut self, key: &K) {
        if let Some(number) = self.numbers.remove(key) {
            self.things.remove(&number);
        }
    }

    pub(crate) fn add(&mut self, key: K, thing: V) {
        self.things.insert(self.next, thing);
        self.numbers.insert(key, self.next);
        self.next += 1;
    }
}

/// The page after `after`, newest first. The token names the list and the last thing on the page.
pub(crate) fn page_of<K, V: Clone>(
    list: &str,
    shelf: &Shelf<K, V>,
    after: Option<&str>,
    limit: u32,
    wanted: impl Fn(&V) -> bool,
) -> Result<Page<V>, Error> {
    let end = place_in(list, after)?.unwrap_or(u64::MAX);
    Ok(first_of(list, limit, shelf.things.range(..end).rev().filter(|(_, thing)| wanted(thing))))
}

/// The page after `after`, in the order of the keys.
pub(crate) fn page_by_key<K: Ord + Display + FromStr, V: Clone>(
    list: &str,
    things: &BTreeMap<K, V>,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<V>, Error> {
    let last: Option<K> = place_in(list, after)?;
    let start = last.map_or(Bound::Unbounded, Bound::Excluded);
    Ok(first_of(list, limit, things.range((start, Bound::Unbounded))))
}

/// The page after `after`, from the last key to the first.
pub(crate) fn page_from_the_last<K: Ord + Display + FromStr, V: Clone>(
    list: &str,
    things: &BTreeMap<K, V>,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<V>, Error> {
    let last: Option<K> = place_in(list, after)?;
    let end = last.map_or(Bound::Unbounded, Bound::Excluded);
    Ok(first_of(list, limit, things.range((Bound::Unbounded, end)).rev()))
}

/// What a token names; none without a token.
fn place_in<P: FromStr>(list: &str, token: Option<&str>) -> Result<Option<P>, Error> {
    let Some(token) = token else { return Ok(None) };
    let place = token.strip_prefix(list).and_then(|rest| rest.strip_prefix(' ')?.parse().ok());
    place.map(Some).ok_or_else(|| Error::Unreadable {
        what: format!("page token {token:?}"),
        source: format!("it is not of the list of {list}").into(),
    })
}

fn first_of<'a, P: Display, V: Clone + 'a>(
    list: &str,
    limit: u32,
    mut found: impl Iterator<Item = (P, &'a V)>,
) -> Page<V> {
    let mut items = Vec::new();
    let mut last = None;
    for (place, thing) in found.by_ref().take(usize::try_from(limit.max(1)).unwrap_or(usize::MAX)) {
        items.push(thing.clone());
        last = Some(format!("{list} {place}"));
    }
    let next = if found.next().is_some() { last } else { None };
    Page { items, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_go_from_the_newest_to_the_oldest_without_a_gap() -> Result<(), Error> {
        let mut shelf = Shelf::default();
        for number in 0..5 {
            shelf.add(number, number);
        }
        let first = page_of("things", &shelf, None, 2, |_| true)?;
        assert_eq!(first.items, [4, 3]);
        let second = page_of("things", &shelf, first.next.as_deref(), 2, |_| true)?;
        assert_eq!(second.items, [2, 1]);
        let third = page_of("things", &shelf, second.next.as_deref(), 2, |_| true)?;
        assert_eq!((third.items, third.next), (vec![0], None));
        Ok(())
    }

    #[test]
    fn pages_by_key_go_on_after_the_last_key_also_when_it_is_gone() -> Result<(), Error> {
        let mut things: BTreeMap<u32, u32> = [5, 1, 3, 2].map(|number| (number, number)).into();
        let first = page_by_key("things", &things, None, 2)?;
        assert_eq!(first.items, [1, 2]);
        things.remove(&2);
        let second = page_by_key("things", &things, first.next.as_deref(), 2)?;
        assert_eq!((second.items, second.next), (vec![3, 5], None));
        Ok(())
    }

    #[test]
    fn a_full_last_page_has_no_next_one() -> Result<(), Error> {
        let mut shelf = Shelf::default();
        shelf.add('a', 'a');
        assert_eq!(page_of("things", &shelf, None, 1, |_| true)?.next, None);
        assert!(page_of("things", &shelf, Some("x"), 1, |_| true).is_err());
        Ok(())
    }
}
