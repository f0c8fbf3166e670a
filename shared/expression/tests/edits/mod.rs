//! What somebody does to a good text: cuts, doubles, swaps and nests parts of it, and puts in what does not belong.
//!
//! Crates above this one take the file by its path, so that all mutate alike.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// So many cases, or what `PROPTEST_CASES` says; a failing one is printed and kept nowhere: it becomes a test by name.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() }
}

/// One change at a place.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Remove(Index, usize),
    Insert(Index, &'static str),
    Double(Index, usize),
    /// Two parts change places.
    Swap(Index, Index, usize),
    /// A part is put into brackets, so many times.
    Nest(Index, usize, (&'static str, &'static str), usize),
    Byte(Index, u8),
    /// The rest is cut off.
    Cut(Index),
}

/// What damages JSON, paths and calls, and what only looks as if it did.
const PARTS: [&str; 36] = [
    "null",
    "true",
    "-1",
    "-0",
    "1e400",
    "1e-400",
    "99999999999999999999999",
    "0.1",
    "NaN",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    ":",
    "\\",
    "\\u0000",
    "\\ud800",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "é",
    "\u{1f600}",
    "$",
    "$$.",
    "$.a",
    "..",
    "[*]",
    "[?(@.a)]",
    "States.Array(",
    "States.Format('{}',",
    "\n",
];

const BRACKETS: [(&str, &str); 6] =
    [("[", "]"), ("{\"a\":", "}"), ("(", ")"), ("States.Array(", ")"), ("[?(", ")]"), ("\"", "\"")];

/// Any number of changes up to `most`.
pub(crate) fn edits(most: usize) -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        (any::<Index>(), 1..40_usize).prop_map(|(place, bytes)| Edit::Remove(place, bytes)),
        (any::<Index>(), select(&PARTS[..])).prop_map(|(place, part)| Edit::Insert(place, part)),
        (any::<Index>(), 1..40_usize).prop_map(|(place, bytes)| Edit::Double(place, bytes)),
        (any::<Index>(), any::<Index>(), 1..20_usize).prop_map(|(one, other, bytes)| Edit::Swap(one, other, bytes)),
        (any::<Index>(), 1..30_usize, select(&BRACKETS[..]), 1..150_usize)
            .prop_map(|(place, bytes, brackets, times)| Edit::Nest(place, bytes, brackets, times)),
        (any::<Index>(), any::<u8>()).prop_map(|(place, byte)| Edit::Byte(place, byte)),
        any::<Index>().prop_map(Edit::Cut),
    ];
    proptest::collection::vec(edit, 0..=most)
}

/// The bytes after all changes; they need be no UTF-8.
pub(crate) fn edited(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for edit in edits {
        let length = bytes.len();
        if length == 0 {
            break;
        }
        match edit {
            Edit::Remove(place, part) => {
                let start = place.index(length);
                bytes.drain(start..length.min(start + part));
            }
            Edit::Insert(place, part) => {
                let start = place.index(length);
                bytes.splice(start..start, part.bytes());
            }
            Edit::Double(place, part) => {
                let start = place.index(length);
                let part = bytes[start..length.min(start + part)].to_vec();
                bytes.splice(start..start, part);
            }
            Edit::Swap(one, other, part) => {
                let (one, other) = (one.index(length), other.index(length));
                for offset in 0..*part {
                    if one.max(other) + offset < length {
                        bytes.swap(one + offset, other + offset);
                    }
                }
            }
            Edit::Nest(place, part, (open, close), times) => {
                let start = place.index(length);
                let end = length.min(start + part);
                bytes.splice(end..end, close.repeat(*times).bytes());
                bytes.splice(start..start, open.repeat(*times).bytes());
            }
            Edit::Byte(place, byte) => bytes[place.index(length)] = *byte,
            Edit::Cut(place) => bytes.truncate(place.index(length)),
        }
    }
    bytes
}
