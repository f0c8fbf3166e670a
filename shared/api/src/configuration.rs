//! Logging, tracing and encryption: what a caller gives, with AWS's defaults filled in.
//!
//! What comes out is stored and described as it is.

use crate::members::{Member, Shape};
use crate::refusal::Refusal;
use serde_json::{Map, Value, json};

const LOG_GROUP: &[Member] = &[Member::arn("logGroupArn")];
const DESTINATION: Shape = Shape::Structure(&[Member::structure("cloudWatchLogsLogGroup", LOG_GROUP)]);

/// `loggingConfiguration`.
pub(crate) const LOGGING: Member = Member::structure(
    "loggingConfiguration",
    &[
        Member::one_of("level", &["ALL", "ERROR", "FATAL", "OFF"]),
        Member::flag("includeExecutionData"),
        Member::list("destinations", &DESTINATION),
    ],
);

/// `tracingConfiguration`.
pub(crate) const TRACING: Member = Member::structure("tracingConfiguration", &[Member::flag("enabled")]);

/// `encryptionConfiguration`.
pub(crate) const ENCRYPTION: Member = Member::structure(
    "encryptionConfiguration",
    &[
        Member::text("kmsKeyId", 1, 2048),
        Member::integer("kmsDataKeyReusePeriodSeconds", 60, 900),
        Member::one_of("type", &["AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"]).required(),
    ],
);

/// The logging of a machine.
pub(crate) fn logging(given: Option<&Map<String, Value>>) -> Result<Value, Refusal> {
    let member = |name| given.and_then(|given| given.get(name)).filter(|value| !value.is_null());
    let level = member("level").and_then(Value::as_str).unwrap_or("OFF");
    let include = member("includeExecutionData").and_then(Value::as_bool).unwrap_or(false);
    let destinations = member("destinations").and_then(Value::as_array);
    let count = destinations.map_or(0, Vec::len);
    if count > 1 || (count == 0 && level != "OFF") {
        return Err(invalid_logging("Must specify exactly one Log Destination."));
    }
    let mut logging = json!({"level": level, "includeExecutionData": include});
    if let Some(destinations) = destinations {
        let destinations: Result<Vec<Value>, Refusal> = destinations.iter().map(destination).collect();
        logging["destinations"] = destinations?.into();
    }
    Ok(logging)
}

fn destination(given: &Value) -> Result<Value, Refusal> {
    let arn = given.get("cloudWatchLogsLogGroup").and_then(|group| group.get("logGroupArn")).and_then(Value::as_str);
    let arn = arn.filter(|arn| arn.split(':').nth(2) == Some("logs"));
    let arn = arn.ok_or_else(|| invalid_logging("Log Destination not found."))?;
    Ok(json!({"cloudWatchLogsLogGroup": {"logGroupArn": arn}}))
}

fn invalid_logging(why: &str) -> Refusal {
    Refusal::new("InvalidLoggingConfiguration", format!("Invalid Logging Configuration: {why}"))
}

/// The tracing of a machine.
pub(crate) fn tracing(given: Option<&Map<String, Value>>) -> Value {
    let enabled = given.and_then(|given| given.get("enabled")).and_then(Value::as_bool).unwrap_or(false);
    json!({"enabled": enabled})
}

/// The encryption of a machine or an activity: keys of one's own are refused by name.
pub(crate) fn encryption(given: Option<&Map<String, Value>>) -> Result<Value, Refusal> {
    let given = given.cloned().unwrap_or_default();
    let invalid = |why: &str| {
        let message = format!("Invalid Encryption Configuration: {why}");
        Err(Refusal::new("InvalidEncryptionConfiguration", message))
    };
    if given.get("type").and_then(Value::as_str) == Some("CUSTOMER_MANAGED_KMS_KEY") {
        return invalid("CUSTOMER_MANAGED_KMS_KEY is not supported yet by this version of Ratchet");
    }
    let has_key = ["kmsKeyId", "kmsDataKeyReusePeriodSeconds"].iter().any(|name| {
        let value = given.get(*name);
        value.is_some_and(|value| !value.is_null())
    });
    if has_key {
        return invalid("kmsKeyId and kmsDataKeyReusePeriodSeconds belong to CUSTOMER_MANAGED_KMS_KEY");
    }
    Ok(json!({"type": "AWS_OWNED_KEY"}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_logging(given: &Value, expected: Result<Value, &str>) {
        let found = logging(given.as_object()).map_err(|refusal| refusal.message);
        let expected = expected.map_err(|why| format!("Invalid Logging Configuration: {why}"));
        assert_eq!(found, expected, "{given}");
    }

    #[test]
    fn logging_is_off_unless_asked_for_and_destinations_stay() {
        check_logging(&Value::Null, Ok(json!({"level": "OFF", "includeExecutionData": false})));
        check_logging(&json!({}), Ok(json!({"level": "OFF", "includeExecutionData": false})));
        let empty = json!({"level": "OFF", "includeExecutionData": false, "destinations": []});
        check_logging(&json!({"destinations": []}), Ok(empty));
    }

    #[test]
    fn a_level_needs_exactly_one_destination() {
        let group = json!({"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:1:log-group:g:*"}});
        let why = "Must specify exactly one Log Destination.";
        check_logging(&json!({"level": "FATAL"}), Err(why));
        check_logging(&json!({"level": "ALL", "destinations": [group, group]}), Err(why));
        let one = json!({"level": "ALL", "includeExecutionData": true, "destinations": [group]});
        check_logging(&one, Ok(one.clone()));
        check_logging(&json!({"level": "ALL", "destinations": [{}]}), Err("Log Destination not found."));
    }

    #[test]
    fn data_is_encrypted_with_a_key_of_aws_and_no_other() {
        assert_eq!(encryption(None), Ok(json!({"type": "AWS_OWNED_KEY"})));
        let own = json!({"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"});
        let refused = encryption(own.as_object()).err().map(|refusal| refusal.code);
        assert_eq!(refused, Some("InvalidEncryptionConfiguration"));
    }
}
