//! The service integrations: `arn:aws:states:::SERVICE:ACTION[PATTERN]`.
//!
//! All that AWS knows are data here, whether or not this version can call them.

/// An action of a service, and how the task waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integration {
    /// The `Resource` as the definition has it.
    pub arn: String,
    /// Whether the service has an integration of its own.
    pub kind: IntegrationKind,
    /// `sqs`, `lambda`, `http`, `states`; `s3` of `aws-sdk:s3:getObject`.
    pub service: String,
    /// `sendMessage`, `invoke`, `getObject`.
    pub action: String,
    /// What the task waits for.
    pub pattern: Pattern,
}

/// Whose words an integration speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntegrationKind {
    /// `SERVICE:ACTION`: made for Step Functions.
    Optimized,
    /// `aws-sdk:SERVICE:ACTION`: the service's API as it is.
    AwsSdk,
}

/// What a task that calls a service waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// The answer to the request.
    RequestResponse,
    /// `.sync`: the end of the job that the request begins.
    RunJob,
    /// `.sync:2`: the same, with the job's output as JSON.
    RunJobWithJsonOutput,
    /// `.waitForTaskToken`: somebody who answers with the task's token.
    WaitForTaskToken,
}

impl Pattern {
    /// What follows the action.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::RequestResponse => "",
            Self::RunJob => ".sync",
            Self::RunJobWithJsonOutput => ".sync:2",
            Self::WaitForTaskToken => ".waitForTaskToken",
        }
    }

    /// The pattern that a suffix names.
    pub fn of_suffix(suffix: &str) -> Option<Self> {
        [Self::RequestResponse, Self::RunJob, Self::RunJobWithJsonOutput, Self::WaitForTaskToken]
            .into_iter()
            .find(|pattern| pattern.suffix() == suffix)
    }
}

impl Integration {
    /// `resourceType` of its events: `lambda`, `aws-sdk:s3`.
    pub fn resource_type(&self) -> String {
        match self.kind {
            IntegrationKind::Optimized => self.service.clone(),
            IntegrationKind::AwsSdk => format!("aws-sdk:{}", self.service),
        }
    }

    /// `resource` of its events: `invoke.waitForTaskToken`.
    pub fn resource(&self) -> String {
        format!("{}{}", self.action, self.pattern.suffix())
    }

    /// Whether it is the optimized integration of this action.
    pub fn is_optimized(&self, service: &str, action: &str) -> bool {
        self.kind == IntegrationKind::Optimized && self.service == service && self.action == action
    }

    /// Whether it is `lambda:invoke`, with whatever pattern.
    pub fn is_lambda_invoke(&self) -> bool {
        self.is_optimized("lambda", "invoke")
    }

    /// Whether the task waits for its token.
    pub fn waits_for_token(&self) -> bool {
        self.pattern == Pattern::WaitForTaskToken
    }
}

impl std::fmt::Display for Integration {
    /// What follows `arn:aws:states:::`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.resource_type(), self.resource())
    }
}
