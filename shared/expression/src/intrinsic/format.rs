//! `Format`: a template with `{}` for each further argument.

use serde_json::Value;

use super::{Arguments, Failure};
use crate::Error;
use crate::json::MAX_TEXT_BYTES;
use crate::path::java;

/// The template with its placeholders filled.
///
/// Objects and arrays print as Java's maps and lists do, `{Arg1=1, Arg2=[]}`, against the specification and as AWS does:
/// conformance case `test_format_2`. With `escaped`, the template is a literal whose escapes are still in it; a template
/// that comes from data may escape braces the same way. A brace that is neither escaped nor part of `{}` is an error.
pub(super) fn format(arguments: &Arguments<'_>, escaped: bool) -> Result<Value, Failure> {
    let template = arguments.text(0)?;
    let mut filled = String::with_capacity(template.len());
    let mut next = 1;
    let mut characters = template.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some('\'' | '{' | '}' | '\\')) => filled.extend(characters.next()),
            ('\\', None) if !escaped => return Err(invalid_template("the template ends in an open escape")),
            ('{', Some('}')) => {
                characters.next();
                if let Some(value) = arguments.values.get(next) {
                    write(value, &mut filled);
                }
                next += 1;
                if filled.len() > MAX_TEXT_BYTES {
                    return Err(Failure::Other(Error::TooLarge { limit: MAX_TEXT_BYTES }));
                }
            }
            ('{', _) => return Err(invalid_template("matching '}' not found for '{'.")),
            ('}', _) => return Err(invalid_template("matching '{' not found for '}'.")),
            _ => filled.push(character),
        }
    }
    if next != arguments.values.len() {
        return Err(arguments.refused("number of arguments do not match the occurrences of {}."));
    }
    Ok(Value::String(filled))
}

fn invalid_template(problem: &str) -> Failure {
    Failure::Refused(format!("Invalid template in States.Format: {problem}"))
}

/// `toString()` of Java's values, lists among them.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&java::number_to_string(number)),
        Value::String(string) => text.push_str(string),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (index, (key, member)) in members.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                text.push_str(key);
                text.push('=');
                write(member, text);
            }
            text.push('}');
        }
    }
}
