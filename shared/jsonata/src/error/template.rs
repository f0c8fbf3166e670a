//! The texts' placeholders.

/// Fills a template: `{{{field}}}` with the field's plain text, then `{{field}}` with its JSON text.
pub(super) fn fill(template: &str, field: impl Fn(&str) -> Option<String>) -> String {
    let plain = |json: Option<String>| match json.map(|json| (serde_json::from_str::<String>(&json), json)) {
        Some((Ok(text), _)) => text,
        Some((Err(_), json)) => json,
        None => "undefined".to_owned(),
    };
    let text = replace(template, "{{{", "}}}", |name| plain(field(name)));
    replace(&text, "{{", "}}", |name| field(name).unwrap_or_else(|| "undefined".to_owned()))
}

fn replace(text: &str, open: &str, close: &str, with: impl Fn(&str) -> String) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(open) {
        let name = &rest[start + open.len()..];
        let Some(end) = name.find('}').filter(|end| *end > 0 && name[*end..].starts_with(close)) else {
            result.push_str(&rest[..=start]);
            rest = &rest[start + 1..];
            continue;
        };
        result.push_str(&rest[..start]);
        result.push_str(&with(&name[..end]));
        rest = &name[end + close.len()..];
    }
    result + rest
}
