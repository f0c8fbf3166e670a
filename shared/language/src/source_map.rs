//! Where the parts of a definition are in its text: read once, asked for each finding.

use crate::diagnostic::Diagnostic;
use crate::json::{self, Content, Failure, Node};
use std::collections::HashMap;
use std::ops::Range;

/// A place in a text, both counted from 1; columns are characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl Position {
    /// The place of a byte offset.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let row = before.rsplit('\n').next().unwrap_or_default();
        Self { line: before.matches('\n').count() + 1, column: row.chars().count() + 1 }
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Characters are counted from the nearest mark before; marks are this many bytes apart.
const MARK_BYTES: usize = 4_096;

/// The places of everything in a text.
#[derive(Debug)]
pub struct SourceMap<'t> {
    text: &'t str,
    /// Byte offsets.
    line_starts: Vec<usize>,
    /// How many characters begin before every [`MARK_BYTES`]th byte.
    marks: Vec<usize>,
    parts: Vec<Part>,
    failure: Option<Failure>,
}

/// A value with its key. The first part is the whole.
#[derive(Debug)]
struct Part {
    /// An item of an array has none.
    key: Option<Range<usize>>,
    value: Range<usize>,
    children: Children,
}

/// The parts inside of a part.
#[derive(Debug)]
enum Children {
    None,
    Fields(HashMap<String, usize>),
    Items(Vec<usize>),
}

impl<'t> SourceMap<'t> {
    /// Reads a text.
    pub fn of(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(breaks).collect();
        let mut characters = 0;
        let mut marks = vec![0];
        for block in text.as_bytes().chunks(MARK_BYTES) {
            characters += characters_in(block);
            marks.push(characters);
        }
        let mut map = Self { text, line_starts, marks, parts: Vec::new(), failure: None };
        match json::read(text) {
            Ok(Some(root)) => {
                map.add(None, root);
            }
            Ok(None) => {}
            Err(failure) => map.failure = Some(failure),
        }
        map
    }

    /// The depth of the recursion is that of the JSON, which is bounded.
    fn add(&mut self, key: Option<Range<usize>>, node: Node) -> usize {
        let index = self.parts.len();
        self.parts.push(Part { key, value: node.span, children: Children::None });
        let children = match node.content {
            Content::Object(members) => {
                let fields = members.into_iter().map(|member| {
                    let child = self.add(Some(member.span), member.value);
                    (member.key, child)
                });
                Children::Fields(fields.collect())
            }
            Content::Array(items) => Children::Items(items.into_iter().map(|item| self.add(None, item)).collect()),
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::String(_) => Children::None,
        };
        self.parts[index].children = children;
        index
    }

    /// The part that a pointer names, or else the closest one around it; and whether it is the one.
    fn part(&self, pointer: &str) -> Option<(&Part, bool)> {
        let mut part = self.parts.first()?;
        if matches!(pointer, "" | "/") {
            return Some((part, true));
        }
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let child = match &part.children {
                Children::None => None,
                Children::Fields(fields) => fields.get(&token),
                Children::Items(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
            };
            match child.and_then(|child| self.parts.get(*child)) {
                Some(child) => part = child,
                None => return Some((part, false)),
            }
        }
        Some((part, true))
    }

    /// Line and column of what a pointer names: the key of a field, the beginning of an item, of the definition itself
    /// for `/`. A pointer to something absent gives the place of what should hold it; a text that is no JSON gives the
    /// place where reading stopped.
    pub fn locate(&self, pointer: &str) -> Position {
        if let Some(failure) = &self.failure {
            return failure.position;
        }
        let start = self.part(pointer).map_or(0, |(part, _)| part.key.as_ref().unwrap_or(&part.value).start);
        self.position(start)
    }

    /// Whether there is something at a pointer.
    pub fn has(&self, pointer: &str) -> bool {
        self.part(pointer).is_some_and(|(_, is_there)| is_there)
    }

    /// The bytes of the key of the field that a pointer names.
    pub fn key(&self, pointer: &str) -> Option<Range<usize>> {
        self.part(pointer).filter(|(_, is_there)| *is_there).and_then(|(part, _)| part.key.clone())
    }

    /// The bytes to look at for a finding, within one line: the very value, or the whole field where its name is what is
    /// wrong; the key alone of what runs over several lines.
    pub fn span(&self, diagnostic: &Diagnostic) -> Range<usize> {
        if let Some(failure) = &self.failure {
            return failure.span.clone();
        }
        let Some((part, is_there)) = self.part(diagnostic.closest_pointer()) else {
            return 0..0;
        };
        let key = part.key.as_ref();
        let whole = match key {
            Some(key) if diagnostic.focus.is_some() => key.start..part.value.end,
            _ => part.value.clone(),
        };
        let is_one_line = self.text.get(whole.clone()).is_some_and(|text| !text.contains('\n'));
        match key {
            _ if is_there && is_one_line => whole,
            Some(key) => key.clone(),
            None => part.value.start..part.value.start + 1,
        }
    }

    /// The place of a byte offset.
    pub fn position(&self, offset: usize) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        Position { line, column: self.characters_before(offset) - self.characters_before(start) + 1 }
    }

    fn characters_before(&self, offset: usize) -> usize {
        let mark = offset / MARK_BYTES;
        let rest = self.text.as_bytes().get(mark * MARK_BYTES..offset.min(self.text.len())).unwrap_or_default();
        self.marks.get(mark).copied().unwrap_or_default() + characters_in(rest)
    }
}

/// How many characters of UTF-8 begin in these bytes.
fn characters_in(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// Line and column of what a pointer names: [`SourceMap::locate`], for those who ask once.
pub fn locate(text: &str, pointer: &str) -> Position {
    SourceMap::of(text).locate(pointer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Severity};

    const TEXT: &str = "{\n  \"StartAt\": \"A\",\n  \"States\": {\n    \"a/b\": { \"Retry\": [\n      {}, { \"é\": 1, \"x\": 2 } ] }\n  }\n}";

    fn check(text: &str, pointer: &str, line: usize, column: usize) {
        assert_eq!(locate(text, pointer), Position { line, column }, "{pointer}");
    }

    #[test]
    fn a_pointer_leads_to_its_key_or_item() {
        check(TEXT, "/", 1, 1);
        check(TEXT, "", 1, 1);
        check(TEXT, "/StartAt", 2, 3);
        check(TEXT, "/States/a~1b", 4, 5);
        check(TEXT, "/States/a~1b/Retry", 4, 14);
        check(TEXT, "/States/a~1b/Retry/1", 5, 11);
        check(TEXT, "/States/a~1b/Retry/1/x", 5, 21);
    }

    #[test]
    fn what_is_absent_is_placed_where_it_should_be() {
        check(TEXT, "/States/a~1b/Next", 4, 5);
        check(TEXT, "/Nothing/at/all", 1, 1);
    }

    #[test]
    fn text_that_is_no_json_is_placed_where_reading_stopped() {
        check("{\n  \"a\": x\n}", "", 2, 9);
        check("  ", "", 1, 1);
    }

    fn check_span(text: &str, pointer: &str, focus: Option<&str>, expected: &str) {
        let diagnostic = Diagnostic {
            severity: Severity::Error,
            code: Code::SchemaValidationFailed,
            message: String::new(),
            pointer: pointer.to_owned(),
            items: Vec::new(),
            focus: focus.map(str::to_owned),
            help: None,
        };
        assert_eq!(text.get(SourceMap::of(text).span(&diagnostic)), Some(expected), "{pointer} {focus:?}");
    }

    #[test]
    fn a_finding_has_the_bytes_of_its_value() {
        check_span(TEXT, "/StartAt", None, "\"A\"");
        check_span(TEXT, "/States/a~1b/Retry/1/é", None, "1");
        check_span(TEXT, "/States/a~1b/Retry/1", Some("/States/a~1b/Retry/1/é"), "\"é\": 1");
        // What runs over several lines is shown by its key, what is absent by what should hold it.
        check_span(TEXT, "/States", None, "\"States\"");
        check_span(TEXT, "/States/a~1b/Retry/0/x", None, "{");
        check_span(TEXT, "/", None, "{");
        check_span("{\n  \"a\": nul\n}", "", None, "nul");
        check_span("{\"a\": }", "", None, "}");
        check_span("{\"a\":", "", None, "");
        check_span(" ", "", None, "");
    }

    #[test]
    fn places_in_one_long_line_are_counted_in_characters() {
        let text = format!("[{}\n\"é\", 1]", "\"é\",".repeat(5_000));
        let map = SourceMap::of(&text);
        for (offset, _) in text.char_indices().step_by(977) {
            assert_eq!(map.position(offset), Position::of(&text, offset));
        }
        assert_eq!(map.locate("/4999"), Position { line: 1, column: 1 + 4 * 4_999 + 1 });
        assert_eq!(map.locate("/5001"), Position { line: 2, column: 6 });
    }
}
