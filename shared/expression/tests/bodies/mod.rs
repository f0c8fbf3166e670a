//! What must hold of every text: one function for each thing that is read. The fuzz targets have the same bodies.

use ratchet_expression::{
    Context, Error, Expression, Intrinsic, JsonPath, MAX_DEPTH, Random, ResultPath, Scope, Template, is_deeper_than,
};
use serde_json::{Map, Value, json};

/// Deepest value that can be read back.
const READABLE: usize = 127;

fn with_scope<T>(input: &Value, evaluate: impl FnOnce(&Scope<'_>) -> T) -> T {
    let context = Context::fixed(json!({ "Execution": { "Id": "arn", "Input": input }, "Task": { "Token": "t" } }));
    let variables: Map<String, Value> = std::iter::once(("a".to_owned(), input.clone())).collect();
    evaluate(&Scope { input, context: &context, variables: &variables, random: &Random::seeded(3) })
}

/// An error has a name that Retry and Catch may name, and says what is wrong.
fn check_error(error: &Error) {
    assert!(error.error_name().starts_with("States."), "{error}");
    assert!(!error.to_string().is_empty() && !error.is_transient());
}

/// Paths: what parses parses again to the same, evaluates or fails, and alike both times.
pub(crate) fn path(text: &str, document: &Value) {
    if let Ok(path) = JsonPath::parse(text) {
        let again = JsonPath::parse(path.source()).expect("what parsed once parses again");
        assert_eq!(path, again);
        let found = path.evaluate(document);
        assert_eq!(found, again.evaluate(document));
        match found {
            Ok(found) => assert!(path.is_definite() || found.is_array(), "{text} is not definite, and found {found}"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    if let Ok(path) = ResultPath::parse(text) {
        match path.insert(document.clone(), json!(["result"])) {
            Ok(output) => {
                assert!(!is_deeper_than(&output, READABLE), "{text}");
                let found = JsonPath::parse(text).expect("a path").evaluate(&output).map(std::borrow::Cow::into_owned);
                assert_eq!(found, Ok(json!(["result"])), "{text}");
            }
            Err(error) => check_error(&error),
        }
    }
}

/// Intrinsic functions and everything else that a `.$` field may hold.
pub(crate) fn expression(text: &str, document: &Value) {
    if let Ok(expression) = Expression::parse(text) {
        assert_eq!(Expression::parse(expression.source()).as_ref(), Ok(&expression));
        with_scope(document, |scope| match expression.evaluate(scope) {
            Ok(value) => {
                if let Expression::Intrinsic(call) = &expression {
                    assert!(!is_deeper_than(&value, MAX_DEPTH), "{text}");
                    assert_eq!(Intrinsic::parse(call.source()).as_ref(), Ok(&**call));
                }
            }
            Err(error) => check_error(&error),
        });
    }
}

/// Payload templates: each error has a place that is there, and what comes out can be read back.
pub(crate) fn template(template: &Value, document: &Value) {
    match Template::parse(template) {
        Ok(parsed) => with_scope(document, |scope| match parsed.evaluate(scope) {
            Ok(output) if parsed.is_literal() => assert_eq!(output, *template),
            Ok(output) => {
                let text = output.to_string();
                assert_eq!(serde_json::from_str::<Value>(&text).expect("it can be read back").to_string(), text);
            }
            Err(error) => check_error(&error),
        }),
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in errors {
                assert!(template.pointer(&error.pointer).is_some(), "{} in {template}", error.pointer);
                assert!(
                    template.pointer(&error.parent).is_some_and(Value::is_object),
                    "{} in {template}",
                    error.parent
                );
                assert!(error.to_string().contains(&error.field));
            }
        }
    }
}

/// One function with these arguments, as values that a path finds and, where they can be written so, as literals.
pub(crate) fn call(function: &str, arguments: &[Value]) {
    let paths: Vec<String> = (0..arguments.len()).map(|index| format!("$[{index}]")).collect();
    let literals: Vec<String> = arguments
        .iter()
        .zip(&paths)
        .map(|(value, path)| match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::String(text) => {
                let escaped = text.chars().flat_map(|letter| {
                    let special = matches!(letter, '\'' | '\\' | '{' | '}');
                    special.then_some('\\').into_iter().chain(std::iter::once(letter))
                });
                format!("'{}'", escaped.collect::<String>())
            }
            Value::Array(_) | Value::Object(_) => path.clone(),
        })
        .collect();
    let input = Value::Array(arguments.to_vec());
    let evaluate = |written: &[String]| {
        let call = format!("States.{function}({})", written.join(", "));
        let parsed = Expression::parse(&call)?;
        Ok::<_, ratchet_expression::ParseError>(with_scope(&input, |scope| parsed.evaluate(scope)))
    };
    let (found, written) = (evaluate(&paths), evaluate(&literals));
    match (found, written) {
        (Ok(Ok(found)), Ok(Ok(written))) => {
            assert!(!is_deeper_than(&found, MAX_DEPTH));
            // A template in data has placeholders where an escaped literal has braces.
            if function != "Format" {
                assert_eq!(found, written, "States.{function} of {input}");
            }
        }
        (Ok(Err(found)), Ok(Err(written))) => {
            check_error(&found);
            check_error(&written);
        }
        (Err(found), Err(_)) => assert!(!found.to_string().is_empty()),
        (Ok(_), Ok(_)) => assert_eq!(function, "Format", "{input}"),
        (found, written) => panic!("States.{function} of {input}: {found:?}, {written:?}"),
    }
}
