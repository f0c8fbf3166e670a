//! The syntax of JavaScript's patterns without the flag `u`, with the leniency of its Annex B.

use super::class::{Class, Item};
use super::escape::kind_of;
use super::syntax::{Bounds, Node, Pattern};

/// Groups within groups. Each takes stack while parsing, compiling and, for lookarounds, matching.
const MAX_DEPTH: usize = 100;

/// Capturing groups of one pattern.
const MAX_GROUPS: usize = 1000;

pub(super) type Result<T> = std::result::Result<T, &'static str>;

pub(super) fn parse(source: &str) -> Result<Pattern> {
    let characters: Vec<char> = source.chars().collect();
    let (total, names) = survey(&characters);
    if total > MAX_GROUPS {
        return Err("Regular expression too large");
    }
    let mut parser = Parser { characters, at: 0, groups: 0, total, names, depth: 0 };
    let root = parser.choice()?;
    if parser.at < parser.characters.len() {
        return Err("Unmatched ')'");
    }
    Ok(Pattern { root, groups: parser.groups })
}

/// Counts the capturing groups and lists the named ones, which references may precede.
fn survey(characters: &[char]) -> (usize, Vec<(String, usize)>) {
    let (mut total, mut names, mut in_class) = (0, Vec::new(), false);
    let mut at = 0;
    while at < characters.len() {
        match characters[at] {
            '\\' => at += 1,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => {
                let rest = &characters[at + 1..];
                let is_named = rest.starts_with(&['?', '<']) && !matches!(rest.get(2), Some('=' | '!'));
                if is_named || rest.first() != Some(&'?') {
                    total += 1;
                }
                if is_named {
                    let name = rest[2..].iter().take_while(|next| is_of_name(**next)).collect();
                    names.push((name, total));
                }
            }
            _ => {}
        }
        at += 1;
    }
    (total, names)
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

pub(super) struct Parser {
    pub(super) characters: Vec<char>,
    pub(super) at: usize,
    /// Groups opened so far.
    groups: usize,
    /// Groups in the whole pattern.
    pub(super) total: usize,
    pub(super) names: Vec<(String, usize)>,
    depth: usize,
}

impl Parser {
    pub(super) fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    pub(super) fn looks_at(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(index, wanted)| self.characters.get(self.at + index) == Some(&wanted))
    }

    pub(super) fn skip(&mut self, text: &str) -> bool {
        let found = self.looks_at(text);
        if found {
            self.at += text.chars().count();
        }
        found
    }

    fn choice(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("Regular expression too large");
        }
        let mut branches = vec![self.sequence()?];
        while self.skip("|") {
            branches.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Choice(branches) })
    }

    fn sequence(&mut self) -> Result<Node> {
        let mut nodes = Vec::new();
        while let Some(next) = self.peek() {
            if matches!(next, '|' | ')') {
                break;
            }
            let groups = self.groups;
            let (node, repeats) = self.term(next)?;
            nodes.push(self.repeated(node, repeats, groups)?);
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.remove(0),
            _ => Node::Sequence(nodes),
        })
    }

    /// A term, and whether it may be repeated.
    fn term(&mut self, next: char) -> Result<(Node, bool)> {
        if matches!(next, '*' | '+' | '?') || next == '{' && self.bounds().is_some() {
            return Err("Nothing to repeat");
        }
        if next == '(' {
            return self.group();
        }
        self.at += 1;
        Ok(match next {
            '^' => (Node::Start, false),
            '$' => (Node::End, false),
            '.' => (Node::Any, true),
            '[' => (Node::Class(self.class()?), true),
            '\\' => match self.escape()? {
                boundary @ Node::Boundary(_) => (boundary, false),
                node => (node, true),
            },
            plain => (Node::Char(plain), true),
        })
    }

    fn repeated(&mut self, node: Node, may_repeat: bool, groups: usize) -> Result<Node> {
        let (min, max) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.bounds() {
                Some((min, max, end)) => {
                    if max.is_some_and(|max| max < min) {
                        return Err("numbers out of order in {} quantifier");
                    }
                    self.at = end - 1;
                    (min, max)
                }
                None => return Ok(node),
            },
            _ => return Ok(node),
        };
        if !may_repeat {
            return Err("Nothing to repeat");
        }
        self.at += 1;
        let is_greedy = !self.skip("?");
        let bounds = Bounds { min, max, is_greedy };
        Ok(Node::Repeat { node: Box::new(node), bounds, groups: (groups + 1, self.groups + 1) })
    }

    /// `{min}`, `{min,}` or `{min,max}` that stands here, and its end.
    fn bounds(&self) -> Option<(u32, Option<u32>, usize)> {
        let is_bound = |next: &char| next.is_ascii_digit() || *next == ',';
        let rest: String = self.characters[self.at + 1..].iter().copied().take_while(is_bound).collect();
        let end = self.at + 1 + rest.len();
        if self.characters.get(end) != Some(&'}') {
            return None;
        }
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
            is_number.then(|| text.parse().unwrap_or(u32::MAX))
        };
        let (min, max) = match rest.split_once(',') {
            None => (number(&rest)?, Some(number(&rest)?)),
            Some((min, "")) => (number(min)?, None),
            Some((min, max)) => (number(min)?, Some(number(max)?)),
        };
        Some((min, max, end + 1))
    }

    fn group(&mut self) -> Result<(Node, bool)> {
        self.at += 1;
        let look = [("?=", true, false), ("?!", true, true), ("?<=", false, false), ("?<!", false, true)];
        for (opening, is_ahead, is_negative) in look {
            if self.skip(opening) {
                let node = Box::new(self.inner()?);
                // Old programs repeat lookaheads; lookbehinds are younger.
                return Ok((Node::Look { is_ahead, is_negative, node }, is_ahead));
            }
        }
        if self.skip("?:") {
            return Ok((self.inner()?, true));
        }
        if self.skip("?<") {
            let name: String = self.characters[self.at..].iter().take_while(|next| **next != '>').collect();
            self.at += name.chars().count();
            let is_name = !name.is_empty()
                && !name.starts_with(|first: char| first.is_ascii_digit())
                && name.chars().all(is_of_name);
            if !is_name || !self.skip(">") {
                return Err("Invalid capture group name");
            }
            if self.names.iter().filter(|(known, _)| *known == name).count() > 1 {
                return Err("Duplicate capture group name");
            }
        } else if self.peek() == Some('?') {
            return Err("Invalid group");
        }
        self.groups += 1;
        let number = self.groups;
        Ok((Node::Group { number, node: Box::new(self.inner()?) }, true))
    }

    fn inner(&mut self) -> Result<Node> {
        let node = self.choice()?;
        if self.skip(")") { Ok(node) } else { Err("Unterminated group") }
    }

    /// The rest of a class whose bracket was read.
    fn class(&mut self) -> Result<Class> {
        let is_negated = self.skip("^");
        let mut items = Vec::new();
        loop {
            let Some(next) = self.peek() else { return Err("Unterminated character class") };
            if next == ']' {
                self.at += 1;
                return Ok(Class::new(&items, is_negated));
            }
            let first = self.class_item()?;
            let is_range = self.peek() == Some('-') && self.characters.get(self.at + 1).is_some_and(|end| *end != ']');
            if !is_range {
                items.push(first);
                continue;
            }
            self.at += 1;
            let last = self.class_item()?;
            match (first, last) {
                (Item::Range(first, _), Item::Range(last, _)) if first <= last => {
                    items.push(Item::Range(first, last));
                }
                (Item::Range(..), Item::Range(..)) => return Err("Range out of order in character class"),
                (first, last) => items.extend([first, Item::Range('-', '-'), last]),
            }
        }
    }

    fn class_item(&mut self) -> Result<Item> {
        let Some(next) = self.peek() else { return Err("Unterminated character class") };
        self.at += 1;
        if next != '\\' {
            return Ok(Item::Range(next, next));
        }
        let Some(escaped) = self.peek() else { return Err("\\ at end of pattern") };
        if let Some(kind) = kind_of(escaped) {
            self.at += 1;
            return Ok(kind);
        }
        let character = if self.skip("b") { '\u{8}' } else { self.character()? };
        Ok(Item::Range(character, character))
    }
}
