//! Checks values against the schemas of the document: as much of JSON Schema as it uses.

use serde_json::Value;

/// Every place where a value is not as its schema says.
pub(crate) fn problems(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    look_at(document, schema, value, "", &mut found);
    found
}

/// What a `$ref` leads to; the thing itself if it has none.
pub(crate) fn resolve<'a>(document: &'a Value, thing: &'a Value) -> &'a Value {
    let Some(reference) = thing.get("$ref").and_then(Value::as_str) else { return thing };
    document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null)
}

/// The keywords that are looked at, and those that say nothing about validity.
const KEYWORDS: [&str; 12] = [
    "$ref",
    "type",
    "enum",
    "required",
    "properties",
    "additionalProperties",
    "items",
    "format",
    "description",
    "minLength",
    "maxLength",
    "minimum",
];

fn look_at(document: &Value, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let schema = resolve(document, schema);
    let Some(keywords) = schema.as_object() else {
        found.push(format!("{place}: no schema"));
        return;
    };
    for keyword in keywords.keys().filter(|keyword| !KEYWORDS.contains(&keyword.as_str()) && *keyword != "maximum") {
        found.push(format!("{place}: nobody looks at {keyword}"));
    }
    let types: Vec<&str> = match keywords.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(some)) => some.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|it| is_of_type(value, it)) {
        found.push(format!("{place}: {value} is no {types:?}"));
    }
    if keywords.get("enum").and_then(Value::as_array).is_some_and(|words| !words.contains(value)) {
        found.push(format!("{place}: {value} is no word of the enumeration"));
    }
    if keywords.get("format").is_some_and(|format| format == "date-time") && !is_instant(value) {
        found.push(format!("{place}: {value} is no instant"));
    }
    if let Some(members) = value.as_object() {
        for name in keywords.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                found.push(format!("{place}/{name}: required"));
            }
        }
        for (name, value) in members {
            match keywords.get("properties").and_then(|properties| properties.get(name)) {
                Some(schema) => look_at(document, schema, value, &format!("{place}/{name}"), found),
                None if keywords.get("additionalProperties") == Some(&Value::Bool(false)) => {
                    found.push(format!("{place}/{name}: not in the document"));
                }
                None => {}
            }
        }
    }
    if let (Some(items), Some(schema)) = (value.as_array(), keywords.get("items")) {
        for (index, value) in items.iter().enumerate() {
            look_at(document, schema, value, &format!("{place}/{index}"), found);
        }
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.as_i64().is_some(),
        _ => false,
    }
}

fn is_instant(value: &Value) -> bool {
    let pattern = "dddd-dd-ddTdd:dd:dd.dddZ";
    value.as_str().is_some_and(|text| {
        text.len() == pattern.len()
            && text.chars().zip(pattern.chars()).all(|(found, wanted)| match wanted {
                'd' => found.is_ascii_digit(),
                other => found == other,
            })
    })
}
