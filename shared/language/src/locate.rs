//! From a JSON pointer to a line and a column of the definition's text.

use crate::json::{self, Content, Node};

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

/// Line and column of what a diagnostic's pointer names: the key of a field, the beginning of an item, of
/// the definition itself for `/`. A pointer to something absent gives the place of what should hold it; a text
/// that is no JSON gives the place where reading stopped.
pub fn locate(text: &str, pointer: &str) -> Position {
    match json::read(text) {
        Ok(Some(root)) => Position::of(text, offset(&root, pointer)),
        Ok(None) => Position::of(text, 0),
        Err(failure) => failure.position,
    }
}

fn offset(root: &Node, pointer: &str) -> usize {
    let mut offset = root.offset;
    let mut node = root;
    if matches!(pointer, "" | "/") {
        return offset;
    }
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let step = match &node.content {
            Content::Object(members) => {
                members.iter().find(|member| member.key == token).map(|member| (member.offset, &member.value))
            }
            Content::Array(items) => {
                token.parse::<usize>().ok().and_then(|index| items.get(index)).map(|item| (item.offset, item))
            }
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::String(_) => None,
        };
        let Some((place, next)) = step else { break };
        offset = place;
        node = next;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
