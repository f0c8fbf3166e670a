//! Every error that a caller can see: AWS's name for it, AWS's text, its HTTP status.

use crate::wire::Dialect;
use http::StatusCode;
use orchestrator::{Error, ports};
use serde_json::{Map, Value};
use std::error::Error as _;
use std::fmt::{self, Write as _};
use std::time::Duration;

/// The longest message, in bytes: a definition's many findings have room, a caller's megabytes have not.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// What a refused call is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// HTTP status: 400 for all that the caller can mend.
    pub(crate) status: StatusCode,
    /// AWS's name: `__type` in the body.
    pub(crate) code: &'static str,
    /// AWS's text where it is known.
    pub(crate) message: String,
    /// One more member, as the exception's shape has it: `reason`, `resourceName`.
    pub(crate) extra: Option<(&'static str, String)>,
}

impl Refusal {
    /// A refusal with status 400.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into(), extra: None }
    }

    /// The same with one more member.
    pub(crate) fn with(mut self, member: &'static str, value: impl Into<String>) -> Self {
        self.extra = Some((member, value.into()));
        self
    }

    /// What the operation's constraints do not allow.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// A body that is not the JSON it should be.
    pub(crate) fn serialization(message: impl Into<String>) -> Self {
        Self::new("SerializationException", message)
    }

    /// A request that names no operation that is served here.
    pub(crate) fn unknown_operation(message: impl Into<String>) -> Self {
        Self::new("UnknownOperationException", message)
    }

    /// An operation that AWS has and this version has not.
    pub(crate) fn not_supported(operation: &str) -> Self {
        Self::unknown_operation(format!(
            "{operation} is an operation of AWS Step Functions that this version of Ratchet does not support yet"
        ))
    }

    /// A text that is not the ARN it should be.
    pub(crate) fn invalid_arn(why: impl fmt::Display) -> Self {
        Self::new("InvalidArn", format!("Invalid Arn: '{why}'"))
    }

    /// A machine that is not there. The ARN is given as it came, with its version or alias.
    pub(crate) fn no_such_machine(arn: impl fmt::Display) -> Self {
        Self::new("StateMachineDoesNotExist", format!("State Machine Does Not Exist: '{arn}'"))
    }

    /// A paging token or a task token that was not made here.
    pub(crate) fn invalid_token() -> Self {
        Self::new("InvalidToken", "Invalid Token: 'Invalid token'")
    }

    /// A fault of ours.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "InternalFailure",
            message: message.into(),
            extra: None,
        }
    }

    /// A body above the limit.
    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!(
            "The request's body has more than {limit} bytes, which is the most that is read here. Put large data where \
             the tasks can read it, such as S3, and pass its place; a task's own result may be larger than a request"
        );
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, ..Self::new("RequestEntityTooLargeException", message) }
    }

    /// An answer above the limit.
    pub(crate) fn answer_too_large(limit: usize) -> Self {
        let message = format!(
            "The answer has more than {limit} bytes, which is the most that can be answered here. Ask for less: a smaller \
             maxResults, or includedData METADATA_ONLY"
        );
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, ..Self::new("ResponseTooLargeException", message) }
    }

    /// An execution that was not over when its caller could wait no longer.
    pub(crate) fn given_up(after: Duration) -> Self {
        let message = format!(
            "The execution was given up after {} seconds: behind an HTTP API a call ends at 30. Call StartSyncExecution \
             through the function URL, which waits for five minutes, or StartExecution, which does not wait",
            after.as_secs()
        );
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, ..Self::new("ExecutionGivenUpException", message) }
    }

    /// The same with a message of bounded length: texts of callers are repeated in messages.
    pub(crate) fn bounded(mut self) -> Self {
        if self.message.len() > MAX_MESSAGE_BYTES {
            self.message.truncate(self.message.floor_char_boundary(MAX_MESSAGE_BYTES));
            self.message.push_str(" ...");
        }
        self
    }

    /// The HTTP status where statuses say what is the matter: AWS's protocol has 400 for nearly all.
    pub(crate) fn plain_status(&self) -> StatusCode {
        match self.code {
            "AccessDeniedException" => StatusCode::FORBIDDEN,
            "ResourceNotFound" => StatusCode::NOT_FOUND,
            "ConflictException" | "StateMachineDeleting" | "ExecutionNotRedrivable" => StatusCode::CONFLICT,
            "TaskTimedOut" => StatusCode::GONE,
            "ThrottlingException" | "ServiceQuotaExceededException" => StatusCode::TOO_MANY_REQUESTS,
            code if code.ends_with("DoesNotExist") => StatusCode::NOT_FOUND,
            code if code.ends_with("AlreadyExists") => StatusCode::CONFLICT,
            code if code.ends_with("LimitExceeded") => StatusCode::TOO_MANY_REQUESTS,
            _ => self.status,
        }
    }

    /// The body of an answer of AWS's protocol, or of plain JSON.
    pub(crate) fn body(&self, dialect: Dialect) -> Vec<u8> {
        let mut body = Map::new();
        let name = match dialect {
            Dialect::AwsJson => "__type",
            Dialect::Plain => "error",
        };
        body.insert(name.to_owned(), self.code.into());
        body.insert("message".to_owned(), self.message.as_str().into());
        if let Some((member, value)) = &self.extra {
            body.insert((*member).to_owned(), value.as_str().into());
        }
        Value::Object(body).to_string().into_bytes()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::ExecutionDoesNotExist(arn) => {
                Self::new("ExecutionDoesNotExist", format!("Execution Does Not Exist: '{arn}'"))
            }
            Error::ExecutionAlreadyExists(arn) => {
                Self::new("ExecutionAlreadyExists", format!("Execution Already Exists: '{arn}'"))
            }
            Error::ExecutionNotRedrivable { reason, .. } => Self::new("ExecutionNotRedrivable", reason),
            Error::StateMachineDoesNotExist(arn) => Self::no_such_machine(arn),
            Error::StateMachineAlreadyExists(arn) => {
                Self::new("StateMachineAlreadyExists", format!("State Machine Already Exists: '{arn}'"))
            }
            Error::StateMachineDeleting(arn) => {
                Self::new("StateMachineDeleting", format!("State Machine is being deleted: '{arn}'"))
            }
            Error::StateMachineTypeNotSupported(_) => Self::new(
                "StateMachineTypeNotSupported",
                "This operation is not supported by this type of state machine",
            ),
            Error::StateMachineConflict(arn) => {
                Self::new("ConflictException", format!("State Machine was changed at the same time: '{arn}'"))
            }
            Error::RevisionChanged { wanted, newest } => Self::new(
                "ConflictException",
                format!(
                    "Failed to publish the State Machine version for revision {wanted}. The current State Machine \
                     revision is {newest}."
                ),
            ),
            Error::VersionInUse { aliases, .. } => Self::new(
                "ConflictException",
                format!(
                    "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this \
                     version: [{}]",
                    aliases.join(", ")
                ),
            ),
            Error::NoSuchQualifier(arn) => {
                Self::new("ResourceNotFound", "Request references a resource that does not exist.")
                    .with("resourceName", arn.to_string())
            }
            Error::AliasAlreadyExists(_) => Self::new(
                "ConflictException",
                "Failed to create alias because an alias with the same name and a different routing configuration \
                 already exists.",
            ),
            Error::TooMany { .. } => Self {
                status: StatusCode::PAYMENT_REQUIRED,
                ..Self::new("ServiceQuotaExceededException", error.to_string())
            },
            Error::InvalidDefinition(found) => {
                Self::new("InvalidDefinition", language::invalid_definition_message(&found))
            }
            Error::ActivityDoesNotExist(arn) => {
                Self::new("ActivityDoesNotExist", format!("Activity Does Not Exist: '{arn}'"))
            }
            Error::ResourceNotFound(tagged) => Self::new("ResourceNotFound", format!("Resource not found: '{tagged}'"))
                .with("resourceName", tagged.to_string()),
            Error::ResourceConflict(tagged) => {
                Self::new("ConflictException", format!("The tags were changed at the same time: '{tagged}'"))
            }
            Error::InvalidTaskToken | Error::InvalidPageToken(_) => Self::invalid_token(),
            Error::TaskTimedOut => Self::new("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'"),
            Error::Engine { .. } => Self::internal(error.to_string()),
            Error::Port(error) => port(&error),
        }
    }
}

fn port(error: &ports::Error) -> Refusal {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        // Most texts of ours have their source's text in them already.
        let text = error.to_string();
        if !message.contains(&text) {
            let _ = write!(message, ": {text}");
        }
        source = error.source();
    }
    match error {
        ports::Error::Unavailable { .. } => Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "ServiceUnavailableException",
            message,
            extra: None,
        },
        ports::Error::Unreadable { .. } => Refusal::internal(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: Error, status: u16, code: &str, message: &str) {
        let refusal = Refusal::from(error);
        assert_eq!((refusal.status.as_u16(), refusal.code, refusal.message.as_str()), (status, code, message));
    }

    #[test]
    fn what_is_not_there_is_named_by_its_arn() -> Result<(), model::arn::Error> {
        let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:pay";
        check(
            Error::StateMachineDoesNotExist(machine.parse()?),
            400,
            "StateMachineDoesNotExist",
            "State Machine Does Not Exist: 'arn:aws:states:us-east-1:123456789012:stateMachine:pay'",
        );
        let activity = "arn:aws:states:us-east-1:123456789012:activity:pack";
        check(
            Error::ActivityDoesNotExist(activity.parse()?),
            400,
            "ActivityDoesNotExist",
            "Activity Does Not Exist: 'arn:aws:states:us-east-1:123456789012:activity:pack'",
        );
        Ok(())
    }

    #[test]
    fn tokens_of_both_kinds_are_refused_alike() {
        check(Error::InvalidTaskToken, 400, "InvalidToken", "Invalid Token: 'Invalid token'");
        check(Error::InvalidPageToken("x".into()), 400, "InvalidToken", "Invalid Token: 'Invalid token'");
    }

    #[test]
    fn an_outage_asks_for_a_retry_and_lost_data_does_not() {
        let away = ports::Error::Unavailable { what: "journal", source: "connection refused".into() };
        let message = "journal is not available: connection refused";
        check(Error::Port(away), 503, "ServiceUnavailableException", message);
        let lost = ports::Error::Unreadable { what: "record 0".into(), source: "version 9".into() };
        check(Error::Port(lost), 500, "InternalFailure", "record 0 cannot be read: version 9");
    }

    #[test]
    fn the_body_has_the_type_the_message_and_the_extra_member() {
        let refusal = Refusal::validation("no").with("reason", "MISSING_REQUIRED_PARAMETER");
        let body = r#"{"__type":"ValidationException","message":"no","reason":"MISSING_REQUIRED_PARAMETER"}"#;
        assert_eq!(refusal.body(Dialect::AwsJson), body.as_bytes());
        assert_eq!(refusal.body(Dialect::Plain), body.replace("__type", "error").as_bytes());
    }

    #[test]
    fn plain_statuses_say_what_is_the_matter() -> Result<(), model::arn::Error> {
        let machine: model::StateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:pay".parse()?;
        let status = |error: Error| Refusal::from(error).plain_status().as_u16();
        assert_eq!(status(Error::StateMachineDoesNotExist(machine.clone().into())), 404);
        assert_eq!(status(Error::ResourceNotFound(orchestrator::Tagged::Machine(machine.clone()))), 404);
        assert_eq!(status(Error::StateMachineAlreadyExists(machine.clone())), 409);
        assert_eq!(status(Error::StateMachineConflict(machine.clone())), 409);
        assert_eq!(status(Error::StateMachineDeleting(machine)), 409);
        assert_eq!(status(Error::TaskTimedOut), 410);
        assert_eq!(status(Error::InvalidTaskToken), 400);
        let away = ports::Error::Unavailable { what: "journal", source: "connection refused".into() };
        assert_eq!(status(Error::Port(away)), 503);
        assert_eq!(Refusal::too_large(1).plain_status().as_u16(), 413);
        assert_eq!(Refusal::new("ActivityLimitExceeded", "").plain_status().as_u16(), 429);
        Ok(())
    }

    #[test]
    fn a_message_that_repeats_megabytes_is_cut_between_characters() {
        let refusal = Refusal::validation("é".repeat(1_000_000)).bounded();
        assert!(refusal.message.len() <= MAX_MESSAGE_BYTES + 4 && refusal.message.ends_with("é ..."));
        assert_eq!(Refusal::validation("no").bounded().message, "no");
    }
}
