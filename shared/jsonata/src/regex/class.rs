//! Sets of characters.

#[derive(Clone, Debug)]
pub(super) struct Class {
    /// In order and apart from each other, so that a search takes few steps.
    ranges: Vec<(char, char)>,
    /// Each once.
    kinds: Vec<(Kind, bool)>,
    is_negated: bool,
}

/// What a class is written as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    Range(char, char),
    /// `\d`, `\w` or `\s`; negated, `\D`, `\W` or `\S`.
    Kind(Kind, bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Digit,
    Word,
    Space,
}

impl Class {
    pub(super) fn new(items: &[Item], is_negated: bool) -> Self {
        let (mut written, mut kinds) = (Vec::new(), Vec::new());
        for item in items {
            match *item {
                Item::Range(first, last) => written.push((first, last)),
                Item::Kind(kind, is_negated) if !kinds.contains(&(kind, is_negated)) => kinds.push((kind, is_negated)),
                Item::Kind(..) => {}
            }
        }
        written.sort_unstable();
        let mut ranges: Vec<(char, char)> = Vec::new();
        for (first, last) in written {
            match ranges.last_mut() {
                Some((_, end)) if first <= *end => *end = last.max(*end),
                _ => ranges.push((first, last)),
            }
        }
        Self { ranges, kinds, is_negated }
    }

    pub(super) fn contains(&self, character: char, ignores_case: bool) -> bool {
        let has = |character| self.has(character);
        let mut found = has(character);
        if !found && ignores_case {
            let upper = canonical(character);
            found = has(upper) || lower(character).is_some_and(has) || lower(upper).is_some_and(has);
        }
        found != self.is_negated
    }

    fn has(&self, character: char) -> bool {
        let behind = self.ranges.partition_point(|(first, _)| *first <= character);
        let in_range = behind.checked_sub(1).is_some_and(|index| character <= self.ranges[index].1);
        in_range || self.kinds.iter().any(|(kind, is_negated)| kind.contains(character) != *is_negated)
    }
}

impl Kind {
    fn contains(self, character: char) -> bool {
        match self {
            Self::Digit => character.is_ascii_digit(),
            Self::Word => is_word(character),
            Self::Space => is_space(character),
        }
    }
}

pub(super) fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_space(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}'
    )
}

pub(super) fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// The form in which characters are compared when case is ignored: upper case, where that is one character and does not
/// turn something foreign into ASCII.
pub(super) fn canonical(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_uppercase();
    }
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) if !single.is_ascii() => single,
        _ => character,
    }
}

fn lower(character: char) -> Option<char> {
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) if single.is_ascii() == character.is_ascii() => Some(single),
        _ => None,
    }
}
