//! What is wrong with a definition: data, all of it at once, each with the place it belongs to.

use std::fmt;

/// One finding about a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the definition is refused because of it.
    pub severity: Severity,
    /// Which check found it.
    pub code: Code,
    /// What is wrong and, where it helps, what to do. AWS's own text where that is known.
    pub message: String,
    /// Where it is: a JSON pointer into the definition (`/States/Pay/Retry/0/BackoffRate`), `/` for the
    /// machine itself, empty when the text is not a JSON object or the finding has no place. [`crate::locate`]
    /// turns it into line and column, [`Diagnostic::location`] into AWS's notation.
    pub pointer: String,
    /// Which tokens of the pointer stand for items of arrays, counted from 0, in order.
    pub(crate) items: Vec<usize>,
    /// A narrower place than the one that AWS names: the very field of an object that has one too many.
    pub focus: Option<String>,
    /// What AWS does not say: why it is wrong, or what to do.
    pub help: Option<String>,
}

/// Whether a finding refuses the definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// CreateStateMachine refuses the definition.
    Error,
    /// The definition is accepted; its author should look.
    Warning,
}

/// Which check found it: the codes of ValidateStateMachineDefinition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The text is not JSON.
    InvalidJsonDescription,
    /// A field is missing, unknown, of the wrong type or out of range.
    SchemaValidationFailed,
    /// A `Next`, `StartAt` or `Default` names no state of its scope.
    MissingTransitionTarget,
    /// Two states of the machine share a name.
    DuplicateStateName,
    /// The name of a state is too long, or empty.
    InvalidStateName,
    /// Nothing leads to the state.
    UnreachableState,
    /// No state of the machine's own scope ends it.
    MissingEndState,
    /// `Assign` sets something that is no variable.
    InvalidVariableName,
    /// `Assign` sets the variable that JSONata has in every state.
    ReservedVariableName,
    /// An expression of JSONata does not parse.
    InvalidJsonataExpression,
    /// An expression of JSONata refers to what a state does not have.
    UnsupportedJsonataExpression,
    /// A part of the language that this version does not run yet.
    NotSupported,
    /// Warning: the value of a `Resource` that AWS would refuse and Ratchet takes.
    InvalidResource,
    /// Warning: a field of a template holds what looks like an expression, and its name does not end in `.$`.
    NoDollar,
    /// Warning: a field that takes no path holds what looks like one.
    NoPath,
    /// Warning: the `Result` of a Pass state is no template.
    PassResultIsStatic,
    /// Hint: `ErrorEquals` names an error of Step Functions that there is not.
    UnknownErrorName,
    /// Hint: earlier catchers take every error of this one.
    UnreachableCatcher,
    /// Hint: earlier retriers take every error of this one.
    UnreachableRetrier,
    /// Hint: a retrier that never tries says how long to wait before it does.
    RetryNever,
    /// Hint: the interval begins at the most that it may grow to.
    RetryDelayCapped,
    /// Hint: a rule of a Choice asks what an earlier one asks.
    UnreachableRule,
    /// Hint: what a path looks for is certainly not there.
    ImpossiblePath,
    /// Hint: a variable is read that no state sets.
    UnassignedVariable,
    /// Hint: states go round with nothing but a Wait of no time between.
    BusyLoop,
    /// Hint: a task waits for an answer for a year, if none comes.
    CallbackWithoutTimeout,
    /// Hint: nobody gets the token that a task waits for.
    TokenNotPassed,
    /// Hint: a task has a heartbeat that nobody can send.
    HeartbeatWithoutToken,
    /// Hint: a result is selected and thrown away.
    ResultDiscarded,
    /// Hint: no execution has any time.
    ImmediateTimeout,
}

impl Code {
    /// The code as the API spells it. AWS has no code of its own for an unreachable state.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJsonDescription => "INVALID_JSON_DESCRIPTION",
            Self::SchemaValidationFailed => "SCHEMA_VALIDATION_FAILED",
            Self::MissingTransitionTarget | Self::UnreachableState => "MISSING_TRANSITION_TARGET",
            Self::DuplicateStateName => "DUPLICATE_STATE_NAME",
            Self::InvalidStateName => "INVALID_STATE_NAME",
            Self::MissingEndState => "MISSING_END_STATE",
            Self::InvalidVariableName => "INVALID_VARIABLE_NAME",
            Self::ReservedVariableName => "RESERVED_VARIABLE_NAME",
            Self::InvalidJsonataExpression => "INVALID_JSONATA_EXPRESSION",
            Self::UnsupportedJsonataExpression => "UNSUPPORTED_JSONATA_EXPRESSION",
            Self::NotSupported => "NOT_SUPPORTED",
            Self::InvalidResource => "INVALID_RESOURCE",
            Self::NoDollar => "NO_DOLLAR",
            Self::NoPath => "NO_PATH",
            Self::PassResultIsStatic => "PASS_RESULT_IS_STATIC",
            Self::UnknownErrorName => "UNKNOWN_ERROR_NAME",
            Self::UnreachableCatcher => "UNREACHABLE_CATCHER",
            Self::UnreachableRetrier => "UNREACHABLE_RETRIER",
            Self::RetryNever => "RETRY_NEVER",
            Self::RetryDelayCapped => "RETRY_DELAY_CAPPED",
            Self::UnreachableRule => "UNREACHABLE_RULE",
            Self::ImpossiblePath => "IMPOSSIBLE_PATH",
            Self::UnassignedVariable => "UNASSIGNED_VARIABLE",
            Self::BusyLoop => "BUSY_LOOP",
            Self::CallbackWithoutTimeout => "CALLBACK_WITHOUT_TIMEOUT",
            Self::TokenNotPassed => "TOKEN_NOT_PASSED",
            Self::HeartbeatWithoutToken => "HEARTBEAT_WITHOUT_TOKEN",
            Self::ResultDiscarded => "RESULT_DISCARDED",
            Self::ImmediateTimeout => "IMMEDIATE_TIMEOUT",
        }
    }
}

impl Severity {
    /// The severity as the API spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warning => "WARNING",
        }
    }
}

impl Diagnostic {
    /// The narrowest place that is known.
    pub fn closest_pointer(&self) -> &str {
        self.focus.as_deref().unwrap_or(&self.pointer)
    }

    /// The place as AWS writes it, `/States/Pay/Retry[0]/BackoffRate` with names as they are, or Jackson's
    /// `[Source: (String)"..."; line: 1, column: 4]`; none when it has no place.
    pub fn location(&self) -> Option<String> {
        if self.code == Code::InvalidJsonDescription {
            return self.message.split_once("\n at [Source").map(|(_, rest)| format!("[Source{rest}"));
        }
        if self.pointer.len() <= 1 {
            return (self.pointer == "/").then(|| self.pointer.clone());
        }
        let mut location = String::new();
        for (index, token) in self.pointer.split('/').skip(1).enumerate() {
            let name = token.replace("~1", "/").replace("~0", "~");
            let (open, close) = if self.items.binary_search(&index).is_ok() { ("[", "]") } else { ("/", "") };
            location.extend([open, &name, close]);
        }
        Some(location)
    }
}

/// The message of `InvalidDefinition`, as AWS words it: every error, in order.
pub fn invalid_definition_message(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).map(|diagnostic| {
        // AWS prints the absent place of MISSING_END_STATE like this.
        let location = diagnostic.location().unwrap_or_else(|| "null".to_owned());
        format!("{}: {} at {location}", diagnostic.code.as_str(), diagnostic.message)
    });
    format!("Invalid State Machine Definition: '{}'", errors.collect::<Vec<_>>().join(", "))
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)?;
        if self.pointer.is_empty() { Ok(()) } else { write!(f, " at {}", self.pointer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(code: Code, message: &str, pointer: &str, items: &[usize]) -> Diagnostic {
        let (message, pointer, items) = (message.to_owned(), pointer.to_owned(), items.to_vec());
        Diagnostic { severity: Severity::Error, code, message, pointer, items, focus: None, help: None }
    }

    fn check(pointer: &str, items: &[usize], expected: Option<&str>) {
        let found = at(Code::SchemaValidationFailed, "m", pointer, items);
        assert_eq!(found.location().as_deref(), expected, "{pointer}");
    }

    #[test]
    fn locations_are_written_as_aws_does() {
        check("/", &[], Some("/"));
        check("", &[], None);
        check("/StartAt", &[], Some("/StartAt"));
        check("/States/C/Choices/0/And/12/Next", &[3, 5], Some("/States/C/Choices[0]/And[12]/Next"));
        check("/States/P/Branches/0/States/0/Catch/1", &[3, 7], Some("/States/P/Branches[0]/States/0/Catch[1]"));
        check("/States/P/Output/0/0", &[4], Some("/States/P/Output/0[0]"));
        check("/States/a~1b/Next", &[], Some("/States/a/b/Next"));
    }

    #[test]
    fn errors_are_joined_and_warnings_left_out() {
        let mut warning = at(Code::NoDollar, "w", "/States/A", &[]);
        warning.severity = Severity::Warning;
        let missing = at(Code::MissingTransitionTarget, "Missing 'Next' target: B", "/States/A/Next", &[]);
        let endless = at(Code::MissingEndState, "Workflow has no terminal state", "", &[]);
        assert_eq!(
            invalid_definition_message(&[missing, warning, endless]),
            "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next, \
             MISSING_END_STATE: Workflow has no terminal state at null'"
        );
    }

    #[test]
    fn text_that_is_no_json_is_located_in_jacksons_words() {
        let message = "Unrecognized token 'x': was expecting y\n at [Source: (String)\"x\"; line: 1, column: 2]";
        let location = at(Code::InvalidJsonDescription, message, "", &[]).location();
        assert_eq!(location.as_deref(), Some("[Source: (String)\"x\"; line: 1, column: 2]"));
    }
}
