//! What DynamoDB bills: the size of an item, and the units of a request.
//!
//! Sources: DynamoDB developer guide, "DynamoDB item sizes and formats", "DynamoDB read and write operations",
//! "Read and write capacity for global secondary indexes".

use serde_json::{Map, Value};

/// An item as it travels: attribute names with typed values.
pub type Item = Map<String, Value>;

/// What DynamoDB bills for a request, in whole write units and half read units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units {
    /// Write request units, those of indexes included.
    pub writes: u64,
    /// Halves of read request units: an eventually consistent read of up to 4 KB.
    pub half_reads: u64,
    /// Bytes of the items written, those of indexes not included.
    pub written_bytes: u64,
}

impl Units {
    /// Read request units.
    #[expect(clippy::cast_precision_loss, reason = "counts of a test")]
    pub fn reads(&self) -> f64 {
        self.half_reads as f64 / 2.0
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            writes: self.writes + other.writes,
            half_reads: self.half_reads + other.half_reads,
            written_bytes: self.written_bytes + other.written_bytes,
        }
    }
}

/// Which attributes a table or index is keyed by, and what an index has of an item.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    pub(crate) key: Vec<String>,
    pub(crate) projection: Projection,
}

#[derive(Clone, Debug, Default)]
pub(crate) enum Projection {
    #[default]
    All,
    KeysOnly,
    Include(Vec<String>),
}

impl Keys {
    /// What the index has of the item, if the item is in it.
    pub(crate) fn entry(&self, table_key: &[String], item: &Item) -> Option<Item> {
        if !self.key.iter().all(|name| item.contains_key(name)) {
            return None;
        }
        let is_kept = |name: &String| {
            self.key.contains(name)
                || table_key.contains(name)
                || match &self.projection {
                    Projection::All => true,
                    Projection::KeysOnly => false,
                    Projection::Include(names) => names.contains(name),
                }
        };
        Some(item.iter().filter(|(name, _)| is_kept(name)).map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// Write units of this index when an item changes.
    pub(crate) fn write_units(&self, table_key: &[String], before: Option<&Item>, after: Option<&Item>) -> u64 {
        let before = before.and_then(|item| self.entry(table_key, item));
        let after = after.and_then(|item| self.entry(table_key, item));
        match (before, after) {
            (None, None) => 0,
            (None, Some(entry)) | (Some(entry), None) => write_units(item_size(&entry)),
            (Some(before), Some(after)) if before == after => 0,
            (Some(before), Some(after)) => {
                let (old, new) = (write_units(item_size(&before)), write_units(item_size(&after)));
                let moves = self.key.iter().any(|name| before.get(name) != after.get(name));
                if moves { old + new } else { old.max(new) }
            }
        }
    }
}

/// Units of a write of this size: one for each KB begun, one at least.
pub(crate) fn write_units(bytes: usize) -> u64 {
    bytes.div_ceil(1024).max(1) as u64
}

/// Half units of a read of this size: for each 4 KB begun one, twice as many where it is strongly consistent.
pub(crate) fn half_read_units(bytes: usize, consistent: bool) -> u64 {
    bytes.div_ceil(4096).max(1) as u64 * if consistent { 2 } else { 1 }
}

/// The size of an item: the names of its attributes, and their values.
pub(crate) fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    let Some((kind, content)) = value.as_object().and_then(|typed| typed.iter().next()) else { return 0 };
    let text = |content: &Value| content.as_str().unwrap_or_default().len();
    let each = |size: fn(&Value) -> usize| content.as_array().map_or(0, |all| all.iter().map(size).sum());
    match kind.as_str() {
        "S" => text(content),
        "N" => number_size(content.as_str().unwrap_or_default()),
        "B" => binary_size(content),
        "BOOL" | "NULL" => 1,
        "SS" => each(|one| one.as_str().unwrap_or_default().len()),
        "NS" => each(|one| number_size(one.as_str().unwrap_or_default())),
        "BS" => each(binary_size),
        // Three bytes of their own, and one for each element.
        "L" => 3 + each(|one| 1 + value_size(one)),
        "M" => {
            3 + content
                .as_object()
                .map_or(0, |all| all.iter().map(|(name, one)| 1 + name.len() + value_size(one)).sum())
        }
        _ => 0,
    }
}

/// Bytes behind Base64.
fn binary_size(content: &Value) -> usize {
    let text = content.as_str().unwrap_or_default();
    text.trim_end_matches('=').len() * 3 / 4
}

/// A byte for every two significant digits, one more, and one for a sign.
fn number_size(text: &str) -> usize {
    let (mantissa, _) = text.split_once(['e', 'E']).unwrap_or((text, ""));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let significant = digits.trim_start_matches('0').trim_end_matches('0').len();
    let sign = usize::from(mantissa.starts_with('-'));
    1 + significant.div_ceil(2) + sign
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item(value: &Value) -> Item {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn an_item_is_as_large_as_its_names_and_values() {
        let check = |value: Value, size: usize| assert_eq!(item_size(&item(&value)), size, "{value}");
        check(json!({ "pk": { "S": "käse" } }), 2 + 5);
        check(json!({ "b": { "B": "AAECAw==" } }), 1 + 4);
        check(json!({ "n": { "N": "12345" } }), 1 + 4);
        check(json!({ "n": { "N": "-1200" } }), 1 + 3);
        check(json!({ "n": { "N": "0" } }), 1 + 1);
        check(json!({ "x": { "BOOL": true }, "y": { "NULL": true } }), 4);
        check(json!({ "l": { "L": [{ "S": "ab" }, { "BOOL": true }] } }), 1 + 3 + 3 + 2);
        check(json!({ "m": { "M": { "k": { "S": "ab" } } } }), 1 + 3 + 1 + 1 + 2);
        check(json!({ "s": { "SS": ["a", "bc"] } }), 1 + 3);
    }

    #[test]
    fn writes_count_by_the_kilobyte_and_reads_by_four() {
        assert_eq!([0, 1, 1024, 1025, 10_240].map(write_units), [1, 1, 1, 2, 10]);
        assert_eq!([0, 4096, 4097].map(|bytes| half_read_units(bytes, false)), [1, 1, 2]);
        assert_eq!([0, 4096, 4097].map(|bytes| half_read_units(bytes, true)), [2, 2, 4]);
    }

    #[test]
    fn an_index_is_written_only_when_what_it_has_changes() {
        let index = Keys { key: vec!["g".into()], projection: Projection::Include(vec!["p".into()]) };
        let key = ["pk".to_owned()];
        let of = |g: &str, p: &str, other: &str| {
            item(&json!({ "pk": { "S": "1" }, "g": { "S": g }, "p": { "S": p }, "o": { "S": other } }))
        };
        let absent = item(&json!({ "pk": { "S": "1" } }));
        let before = of("a", "x", "1");
        let check = |after: &Item, units: u64| {
            assert_eq!(index.write_units(&key, Some(&before), Some(after)), units, "{after:?}");
        };
        check(&of("a", "x", "2"), 0);
        check(&of("a", "y", "1"), 1);
        check(&of("b", "x", "1"), 2);
        check(&absent, 1);
        assert_eq!(index.write_units(&key, None, Some(&before)), 1);
        assert_eq!(index.write_units(&key, Some(&absent), Some(&absent)), 0);
    }
}
