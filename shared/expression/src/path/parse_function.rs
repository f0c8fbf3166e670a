//! Reads a name or a function with its arguments.

use super::cursor::{Cursor, Read, invalid};
use super::parse::{Limits, read_path};
use super::{Parameter, Step, permissive};

/// `name`, `name()`, `name(arguments)`
pub(super) fn read(cursor: &mut Cursor<'_>, limits: &mut Limits) -> Read<Step> {
    let start = cursor.position;
    let mut index = start;
    let mut end = cursor.end();
    let mut is_function = false;
    while cursor.in_bounds(index) {
        match cursor.at(index)? {
            ' ' => {
                return invalid(format!(
                    "Use bracket notion ['my prop'] if your property contains blank characters. position: {start}"
                ));
            }
            '.' | '[' => {
                end = index;
                break;
            }
            '(' => {
                is_function = true;
                end = index;
                break;
            }
            _ => index += 1,
        }
    }
    let name = cursor.text(start, end);
    if !is_function {
        cursor.position = end;
        return Ok(Step::Names(vec![name], '\''));
    }
    let mut open = 1_usize;
    for index in end + 1..cursor.end() {
        match cursor.at(index)? {
            ')' => open -= 1,
            '(' => open += 1,
            _ => {}
        }
        if open == 0 {
            break;
        }
    }
    if open != 0 {
        return invalid(format!("Arguments to function: '{name}' are not closed properly."));
    }
    cursor.position = end + 1;
    // Without arguments Jayway stops before the closing parenthesis: it is the next step's first character, if any.
    if cursor.current_is(')')? {
        return Ok(Step::Function(name, Vec::new()));
    }
    let parameters = read_parameters(cursor, &name, limits)?;
    Ok(Step::Function(name, parameters))
}

/// Reads the arguments of a function, with the position after the opening parenthesis.
///
/// An argument that starts as neither JSON nor a path is dropped, as in Jayway.
fn read_parameters(cursor: &mut Cursor<'_>, function: &str, limits: &mut Limits) -> Read<Vec<Parameter>> {
    #[derive(Clone, Copy)]
    enum Kind {
        Json,
        Path,
    }
    let mut parameters = Vec::new();
    let mut text: Vec<char> = Vec::new();
    let mut kind = None;
    let (mut parentheses, mut brackets, mut braces, mut quotes) = (1_i32, 0_i32, 0_i32, 0_i32);
    let mut prior = '\0';
    let mut finished = false;
    while cursor.in_bounds(cursor.position) && !finished {
        let character = cursor.current()?;
        cursor.position += 1;
        let position = cursor.position;
        if kind.is_none() {
            match character {
                ' ' | '\t' | '\r' | '\n' => continue,
                '{' | '"' | '-' => kind = Some(Kind::Json),
                '$' | '@' => kind = Some(Kind::Path),
                digit if digit.is_ascii_digit() => kind = Some(Kind::Json),
                _ => {}
            }
        }
        match character {
            '"' => quotes += if prior != '\\' && quotes > 0 { -1 } else { 1 },
            '(' => parentheses += 1,
            '{' => braces += 1,
            '[' => brackets += 1,
            '}' if braces == 0 => {
                return invalid(format!("Unexpected close brace '}}' at character position: {position}"));
            }
            '}' => braces -= 1,
            ']' if brackets == 0 => {
                return invalid(format!("Unexpected close bracket ']' at character position: {position}"));
            }
            ']' => brackets -= 1,
            ')' | ',' => {
                if character == ')' {
                    parentheses -= 1;
                    if parentheses < 0 || prior == '(' {
                        text.push(character);
                    }
                }
                let balanced = quotes == 0 && braces == 0 && brackets == 0;
                if balanced && ((parentheses == 0 && character == ')') || parentheses == 1) {
                    finished = parentheses == 0;
                    if let Some(kind) = kind.take() {
                        parameters.push(match kind {
                            Kind::Json => Parameter::Json(permissive::parse(&text)),
                            Kind::Path => {
                                Parameter::Path(limits.nested(|limits| read_path(&mut Cursor::new(&text), limits))?)
                            }
                        });
                    }
                    text.clear();
                }
            }
            _ => {}
        }
        if kind.is_some() && !(character == ',' && braces == 0 && brackets == 0 && parentheses == 1) {
            text.push(character);
        }
        prior = character;
    }
    if braces != 0 || parentheses != 0 || brackets != 0 {
        return invalid(format!("Arguments to function: '{function}' are not closed properly."));
    }
    Ok(parameters)
}
