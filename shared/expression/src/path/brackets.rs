//! Reads the steps in brackets that need no other path: names, indexes, slices, wildcards.

use super::Step;
use super::cursor::{Cursor, Fault, Read, invalid, unescape};

/// `['name']`, `["one", "two"]`
pub(super) fn read_names(cursor: &mut Cursor<'_>) -> Read<Option<Step>> {
    let quote = cursor.next_significant(cursor.position);
    if !matches!(quote, '\'' | '"') {
        return Ok(None);
    }
    let mut names = Vec::new();
    let mut start = cursor.position + 1;
    let mut end = 0;
    let mut index = start;
    let (mut inside, mut escaped, mut after_comma) = (false, false, false);
    while cursor.in_bounds(index) {
        let character = cursor.at(index)?;
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == ']' && !inside {
            if after_comma {
                return invalid(format!("Found empty property at index {index}"));
            }
            break;
        } else if character == quote {
            if inside {
                if !matches!(cursor.next_significant(index), ']' | ',') {
                    return invalid(format!(
                        "Property must be separated by comma or Property must be terminated close square bracket at index {index}"
                    ));
                }
                end = index;
                names.push(unescape(cursor.slice(start, end))?);
                inside = false;
            } else {
                start = index + 1;
                inside = true;
                after_comma = false;
            }
        } else if character == ',' && !inside {
            if after_comma {
                return invalid(format!("Found empty property at index {index}"));
            }
            after_comma = true;
        }
        index += 1;
    }
    if inside {
        return invalid(format!("Property has not been closed - missing closing {quote}"));
    }
    let Some(close) = cursor.find_significant(end, ']')? else {
        return invalid("Property has not been closed - missing closing ]");
    };
    cursor.position = close + 1;
    if names.is_empty() {
        return invalid("Empty properties");
    }
    Ok(Some(Step::Names(names, quote)))
}

/// `[1]`, `[1,2]`, `[1:]`, `[:2]`, `[1:2]`; the step of a slice is read and ignored.
pub(super) fn read_array(cursor: &mut Cursor<'_>) -> Read<Option<Step>> {
    let first = cursor.next_significant(cursor.position);
    if !first.is_ascii_digit() && !matches!(first, '-' | ':') {
        return Ok(None);
    }
    let Some(end) = cursor.find(cursor.position + 1, ']') else {
        return Ok(None);
    };
    let text = cursor.text(cursor.position + 1, end);
    let text = text.trim();
    if !text.chars().all(|character| character.is_ascii_digit() || matches!(character, ',' | '-' | ':' | ' ')) {
        return Ok(None);
    }
    let step = if text.contains(':') { parse_slice(text)? } else { parse_indexes(text)? };
    cursor.position = end + 1;
    Ok(Some(step))
}

fn parse_slice(text: &str) -> Read<Step> {
    let refused = || invalid(format!("Failed to parse SliceOperation: {text}"));
    if text.contains([',', ' ']) {
        return refused();
    }
    let mut bounds = text.split(':').map(|bound| {
        let number = || {
            bound
                .parse()
                .map_err(|_| Fault::Java(format!("java.lang.NumberFormatException: For input string: \"{bound}\"")))
        };
        if bound.is_empty() { Ok(None) } else { number().map(Some) }
    });
    let from = bounds.next().transpose()?.flatten();
    let to = bounds.next().transpose()?.flatten();
    if from.is_none() && to.is_none() {
        return refused();
    }
    Ok(Step::Slice(from, to))
}

fn parse_indexes(text: &str) -> Read<Step> {
    let parse = |token: &str| {
        let token = token.trim();
        let failed = |_| Fault::Invalid(format!("Failed to parse token in ArrayIndexOperation: {token}"));
        token.parse().map_err(failed)
    };
    text.split(',').map(parse).collect::<Read<Vec<i32>>>().map(Step::Indexes)
}

/// `*`, `[*]`
pub(super) fn read_wildcard(cursor: &mut Cursor<'_>) -> Read<Option<Step>> {
    if cursor.current_is('*')? {
        cursor.position += 1;
        return Ok(Some(Step::Wildcard));
    }
    if !cursor.significant_is(cursor.position, '*') {
        return Ok(None);
    }
    let Some(star) = cursor.find_significant(cursor.position, '*')? else {
        return Ok(None);
    };
    if !cursor.significant_is(star, ']') {
        return invalid(format!("Expected wildcard token to end with ']' on position {}", star + 1));
    }
    if let Some(close) = cursor.find_significant(star, ']')? {
        cursor.position = close + 1;
    }
    Ok(Some(Step::Wildcard))
}
