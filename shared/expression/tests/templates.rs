//! Payload templates and expressions in fields: values, AWS's texts, and where the bad fields are.

use ratchet_expression::{Context, Error, Expression, Random, Scope, Template};
use serde_json::{Map, Value, json};

fn with_scope<T>(inner: impl FnOnce(&Scope<'_>) -> T) -> T {
    let input = json!({ "a": { "b": [1, 2] }, "z": null });
    let build = || json!({ "State": { "Name": "S" } });
    let context = Context::lazy(&build, &[]);
    let variables: Map<String, Value> = std::iter::once(("v".to_owned(), json!({ "w": 8 }))).collect();
    inner(&Scope { input: &input, context: &context, variables: &variables, random: &Random::seeded(5) })
}

fn evaluate(template: &Value) -> Result<Value, Error> {
    with_scope(|scope| Template::parse(template).unwrap().evaluate(scope))
}

#[test]
fn fields_that_end_in_a_dollar_are_evaluated_in_place() {
    let template = json!({
        "first": 1,
        "path.$": "$.a.b[1]",
        "list": [{ "deep.$": "$$.State.Name" }, "$.a"],
        "null.$": "$.z",
        "variable.$": "$v.w",
        "many.$": "$.a.b[*]",
        "none.$": "$.a.b[5:]",
        "call.$": "States.MathAdd($.a.b[0], $v.w)",
        "all.$": "$",
        "plain$": "$.a",
    });
    let output = evaluate(&template).unwrap();
    let expected = r#"{"first":1,"path":2,"list":[{"deep":"S"},"$.a"],"null":null,"variable":8,"many":[1,2],"none":[],"call":9,"all":{"a":{"b":[1,2]},"z":null},"plain$":"$.a"}"#;
    assert_eq!(output.to_string(), expected);
}

#[test]
fn a_missing_value_is_reported_with_its_field_and_the_input() {
    for (source, expected) in [
        (
            "$.nope",
            r#"The JSONPath '$.nope' specified for the field 'value.$' could not be found in the input '{"a":{"b":[1,2]},"z":null}'"#,
        ),
        (
            "$.nope.deeper",
            r#"The JSONPath '$.nope.deeper' specified for the field 'value.$' could not be found in the input '{"a":{"b":[1,2]},"z":null}'"#,
        ),
        (
            "$.z.x",
            r#"The JSONPath '$.z.x' specified for the field 'value.$' could not be found in the input '{"a":{"b":[1,2]},"z":null}'"#,
        ),
        (
            "$$.Nope",
            r#"The JSONPath '$$.Nope' specified for the field 'value.$' could not be found in the input '{"State":{"Name":"S"}}'"#,
        ),
        (
            "$nope",
            r#"The JSONPath '$nope' specified for the field 'value.$' could not be found in the input '{"a":{"b":[1,2]},"z":null}'"#,
        ),
        ("$.a[0]", "Invalid path '$.a[0]' : Filter: [0] can only be applied to arrays. Current context is: {b=[1,2]}"),
    ] {
        let error = evaluate(&json!({ "outer": { "value.$": source } })).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.error_name(), "States.Runtime");
    }
}

#[test]
fn an_index_beyond_an_array_is_null_in_a_template_and_a_miss_elsewhere() {
    let output = evaluate(&json!({ "v.$": "$.a.b[5]", "w.$": "$.a.b[-3]" })).unwrap();
    assert_eq!(output, json!({ "v": null, "w": null }));
    let error = evaluate(&json!({ "v.$": "$.a.b[5].c" })).unwrap_err();
    assert!(
        error.to_string().starts_with("The JSONPath '$.a.b[5].c' specified for the field 'v.$' could not be found")
    );
    let error = with_scope(|scope| Expression::parse("$.a.b[5]").unwrap().evaluate(scope)).unwrap_err();
    assert_eq!(error.to_string(), "No results for path: $['a']['b'][5]");
}

#[test]
fn numbers_keep_their_digits_and_members_their_order() {
    let text = r#"{"z":123456789012345678901234567890,"a":{"10":-1.50,"9":1e2,"z":0}}"#;
    let input: Value = serde_json::from_str(text).unwrap();
    let (context, variables, random) = (Context::fixed(Value::Null), Map::new(), Random::seeded(0));
    let scope = Scope { input: &input, context: &context, variables: &variables, random: &random };
    let template =
        json!({ "all.$": "$", "z.$": "$.z", "text.$": "States.JsonToString($)", "f.$": "States.Format('{}', $.z)" });
    let output = Template::parse(&template).unwrap().evaluate(&scope).unwrap();
    let input = input.to_string();
    let quoted = Value::from(input.as_str());
    let digits = "123456789012345678901234567890";
    assert_eq!(output.to_string(), format!(r#"{{"all":{input},"z":{digits},"text":{quoted},"f":"{digits}"}}"#));
}

#[test]
fn a_path_field_keeps_jayways_words() {
    for (source, expected) in [
        ("$.nope", "No results for path: $['nope']"),
        ("$$.no.deeper", "Missing property in path $['no']"),
        ("$v.nope", "No results for path: $['nope']"),
    ] {
        let error = with_scope(|scope| Expression::parse(source).unwrap().evaluate(scope)).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(matches!(error, Error::Path { path, .. } if path == source));
    }
}

#[test]
fn every_bad_field_is_reported_with_its_place() {
    let template = json!({ "ok.$": "$.a", "x": [{ "a/b.$": "nope" }], "n.$": 1, "f.$": "States.Nope()" });
    let errors = Template::parse(&template).unwrap_err();
    let places: Vec<_> = errors.iter().map(|error| (error.pointer.as_str(), error.parent.as_str())).collect();
    assert_eq!(places, [("/x/0/a~1b.$", "/x/0"), ("/n.$", ""), ("/f.$", "")]);
    assert_eq!(
        errors[2].to_string(),
        "The value for the field 'f.$' must be a valid JSONPath or a valid intrinsic function call"
    );
}

#[test]
fn only_templates_without_expressions_are_literal() {
    assert!(Template::parse(&json!({ "a": [1, { "b": "$.c" }] })).unwrap().is_literal());
    assert!(!Template::parse(&json!({ "a": [1, { "b.$": "$.c" }] })).unwrap().is_literal());
}

#[test]
fn expressions_are_visited_in_order() {
    let template = Template::parse(&json!({ "a.$": "$.x", "b": [{ "c.$": "$v" }], "d.$": "States.UUID()" })).unwrap();
    let mut sources = Vec::new();
    template.for_each_expression(&mut |expression| sources.push(expression.source().to_owned()));
    assert_eq!(sources, ["$.x", "$v", "States.UUID()"]);
}

#[test]
fn nesting_beyond_the_limit_is_refused() {
    let mut value = json!(0);
    for _ in 0..1000 {
        let input = value.clone();
        let context = Context::fixed(Value::Null);
        let variables = Map::new();
        let scope = Scope { input: &input, context: &context, variables: &variables, random: &Random::seeded(0) };
        match Template::parse(&json!({ "a": [{ "x.$": "$" }] })).unwrap().evaluate(&scope) {
            Ok(nested) => value = nested,
            Err(error) => {
                assert_eq!(error.to_string(), "the value is nested deeper than 100 levels");
                return;
            }
        }
    }
    panic!("a loop may nest without end");
}
