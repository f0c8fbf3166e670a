//! What the parameters of `lambda:invoke` ask for.

use crate::ports::{InvocationType, InvokeOptions};
use model::{Failure, error_name};
use serde::de::IgnoredAny;
use serde_json::Value;

/// One invocation as its parameters ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// The function, with the version or alias that `Qualifier` selects.
    pub(crate) function: String,
    /// The event, JSON text.
    pub(crate) payload: String,
    kind: InvocationType,
    client_context: Option<String>,
    tails_log: bool,
}

impl Invocation {
    /// Of a function that a Task names directly.
    pub(crate) fn direct(function: &str, payload: &str) -> Self {
        Self {
            function: function.to_owned(),
            payload: payload.to_owned(),
            kind: InvocationType::RequestResponse,
            client_context: None,
            tails_log: false,
        }
    }

    /// Of the function that these parameters name.
    pub(crate) fn read(parameters: &Value) -> Result<Self, Failure> {
        let text = |name: &str| match parameters.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(invalid(&format!("The parameter {name} of lambda:invoke must be a string."))),
        };
        let Some(function) = text("FunctionName")? else {
            return Err(invalid("The parameter FunctionName of lambda:invoke must be a string."));
        };
        // As it does in the function's ARN.
        let function = match text("Qualifier")? {
            Some(qualifier) => format!("{function}:{qualifier}"),
            None => function.to_owned(),
        };
        let kind = match text("InvocationType")? {
            None | Some("RequestResponse") => InvocationType::RequestResponse,
            Some("Event") => InvocationType::Event,
            Some("DryRun") => InvocationType::DryRun,
            Some(other) => return Err(not_in("invocationType", other, "[Event, RequestResponse, DryRun]")),
        };
        let tails_log = match text("LogType")? {
            None | Some("None") => false,
            Some("Tail") => true,
            Some(other) => return Err(not_in("logType", other, "[None, Tail]")),
        };
        let client_context = text("ClientContext")?.map(ToOwned::to_owned);
        Ok(Self { function, payload: event(parameters.get("Payload")), kind, client_context, tails_log })
    }

    /// How the function is invoked.
    pub(crate) fn options(&self) -> InvokeOptions<'_> {
        InvokeOptions {
            kind: self.kind,
            client_context: self.client_context.as_deref(),
            // Of what nobody waits for there is no log.
            tails_log: self.tails_log && self.kind == InvocationType::RequestResponse,
        }
    }
}

/// `Payload` is a blob: seen on AWS, a string is the event's text, and null is no event.
fn event(payload: Option<&Value>) -> String {
    match payload {
        None | Some(Value::Null) => "{}".to_owned(),
        Some(Value::String(text)) if serde_json::from_str::<IgnoredAny>(text).is_ok() => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn invalid(cause: &str) -> Failure {
    Failure::new(error_name::RUNTIME, cause)
}

/// The service's own words for a value that it does not know.
fn not_in(member: &str, value: &str, known: &str) -> Failure {
    let cause = format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must satisfy \
         enum value set: {known} (Service: Lambda, Status Code: 400, Request ID: null)"
    );
    Failure::new("Lambda.AWSLambdaException", cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(parameters: &Value, function: &str, payload: &str, options: InvokeOptions<'_>) {
        let invocation = Invocation::read(parameters).expect("it can be made");
        assert_eq!((invocation.function.as_str(), invocation.payload.as_str()), (function, payload), "{parameters}");
        assert_eq!(invocation.options(), options, "{parameters}");
    }

    #[test]
    fn every_parameter_of_the_service_is_passed_on() {
        let plain = InvokeOptions::default();
        check(&json!({ "FunctionName": "pay" }), "pay", "{}", plain);
        check(&json!({ "FunctionName": "pay", "Qualifier": "live", "Payload": [1] }), "pay:live", "[1]", plain);
        let context = InvokeOptions { client_context: Some("e30="), ..plain };
        check(&json!({ "FunctionName": "pay", "ClientContext": "e30=" }), "pay", "{}", context);
        let tail = InvokeOptions { tails_log: true, ..plain };
        check(&json!({ "FunctionName": "pay", "LogType": "Tail" }), "pay", "{}", tail);
        check(&json!({ "FunctionName": "pay", "LogType": "None", "Qualifier": null }), "pay", "{}", plain);
        for (name, kind) in [("Event", InvocationType::Event), ("DryRun", InvocationType::DryRun)] {
            let asked = json!({ "FunctionName": "pay", "InvocationType": name, "LogType": "Tail" });
            check(&asked, "pay", "{}", InvokeOptions { kind, ..plain });
        }
    }

    #[test]
    fn a_payload_is_a_blob() {
        let event = |payload: Value| event(Some(&payload));
        assert_eq!(event(json!(null)), "{}");
        assert_eq!(event(json!("{\"a\": 1}")), "{\"a\": 1}");
        assert_eq!(event(json!("no json")), "\"no json\"");
        assert_eq!(event(json!({ "a": [1.0] })), "{\"a\":[1.0]}");
    }

    #[test]
    fn what_the_service_does_not_know_is_refused() {
        let refused = |parameters: Value| {
            let failure = Invocation::read(&parameters).expect_err("it is refused");
            (failure.error.unwrap_or_default(), failure.cause.unwrap_or_default())
        };
        assert_eq!(refused(json!({})).0, "States.Runtime");
        assert_eq!(refused(json!({ "FunctionName": "pay", "Qualifier": 1 })).0, "States.Runtime");
        let (error, cause) = refused(json!({ "FunctionName": "pay", "LogType": "tail" }));
        assert_eq!(error, "Lambda.AWSLambdaException");
        assert!(cause.starts_with("1 validation error detected: Value 'tail' at 'logType'"), "{cause}");
        assert_eq!(refused(json!({ "FunctionName": "pay", "InvocationType": "Now" })).0, "Lambda.AWSLambdaException");
    }
}
