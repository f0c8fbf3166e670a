//! Why a use case could not do what it was asked for.

use crate::{Tagged, ports};
use language::Diagnostic;
use model::{ActivityArn, AliasArn, ExecutionArn, QualifiedArn, StateMachineArn, VersionArn};
use std::sync::Arc;

/// Why a use case could not do what it was asked for. The `api` crate gives each its AWS name and text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such execution.
    #[error("execution {0} does not exist")]
    ExecutionDoesNotExist(ExecutionArn),
    /// The name is taken by an execution with another input, or by one that has ended.
    #[error("execution {0} exists already")]
    ExecutionAlreadyExists(ExecutionArn),
    /// The execution is none that can be redriven.
    #[error("execution {execution} cannot be redriven: {reason}")]
    ExecutionNotRedrivable {
        /// The execution.
        execution: ExecutionArn,
        /// Why: a sentence for the caller.
        reason: String,
    },
    /// No such machine, or no such version or alias of one.
    #[error("state machine {0} does not exist")]
    StateMachineDoesNotExist(QualifiedArn),
    /// The name is taken by a machine that differs.
    #[error("state machine {0} exists already")]
    StateMachineAlreadyExists(StateMachineArn),
    /// The machine is being deleted.
    #[error("state machine {0} is being deleted")]
    StateMachineDeleting(StateMachineArn),
    /// The machine was changed by somebody else at the same time.
    #[error("state machine {0} was changed at the same time")]
    StateMachineConflict(StateMachineArn),
    /// The machine is of the other type.
    #[error("state machine {0} is not of the type that this needs")]
    StateMachineTypeNotSupported(QualifiedArn),
    /// The revision that a version was to be of is not the newest.
    #[error("revision {wanted} is not the newest, which is {newest}")]
    RevisionChanged {
        /// What the caller named.
        wanted: String,
        /// The id of the newest one.
        newest: String,
    },
    /// Aliases lead to the version.
    #[error("version {version} is what aliases lead to: {}", .aliases.join(", "))]
    VersionInUse {
        /// The version.
        version: VersionArn,
        /// Their names.
        aliases: Vec<Arc<str>>,
    },
    /// No version or alias to look up or to lead to.
    #[error("{0} does not exist")]
    NoSuchQualifier(QualifiedArn),
    /// The name is taken by an alias that differs.
    #[error("alias {0} exists already")]
    AliasAlreadyExists(AliasArn),
    /// The machine has as many of these as it may have.
    #[error("state machine {of} has {most} {what}, which is the most")]
    TooMany {
        /// `versions` or `aliases`.
        what: &'static str,
        /// The machine.
        of: StateMachineArn,
        /// How many it may have.
        most: u32,
    },
    /// The definition is wrong.
    #[error("invalid definition: {}", language::invalid_definition_message(.0))]
    InvalidDefinition(Vec<Diagnostic>),
    /// No such activity.
    #[error("activity {0} does not exist")]
    ActivityDoesNotExist(ActivityArn),
    /// Nothing that has tags.
    #[error("resource {0} does not exist")]
    ResourceNotFound(Tagged),
    /// Its tags were changed by others at the same time, again and again.
    #[error("the tags of {0} were changed at the same time")]
    ResourceConflict(Tagged),
    /// The text is no task token of this deployment.
    #[error("invalid task token")]
    InvalidTaskToken,
    /// The task that the token names is over, or its execution is.
    #[error("the task is not waiting any more")]
    TaskTimedOut,
    /// The text is no paging token of this list.
    #[error("invalid page token {0:?}")]
    InvalidPageToken(String),
    /// The engine panicked: a mistake of ours.
    #[error("the engine panicked in {execution}: {said}")]
    Engine {
        /// What it worked on.
        execution: ExecutionArn,
        /// What the panic said.
        said: String,
    },
    /// A port failed.
    #[error(transparent)]
    Port(#[from] ports::Error),
}

impl Error {
    /// Why there is no page of a list. What a store cannot read may be the token, which came from a caller: all of them
    /// name it in these words.
    pub(crate) fn of_page(error: ports::Error, after: Option<&str>) -> Self {
        match (&error, after) {
            (ports::Error::Unreadable { what, .. }, Some(after)) if *what == format!("page token {after:?}") => {
                Self::InvalidPageToken(after.to_owned())
            }
            _ => Self::Port(error),
        }
    }

    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Port(error) => error.is_transient(),
            Self::StateMachineConflict(_) | Self::ResourceConflict(_) => true,
            Self::ExecutionDoesNotExist(_)
            | Self::ExecutionAlreadyExists(_)
            | Self::ExecutionNotRedrivable { .. }
            | Self::StateMachineDoesNotExist(_)
            | Self::StateMachineAlreadyExists(_)
            | Self::StateMachineDeleting(_)
            | Self::StateMachineTypeNotSupported(_)
            | Self::RevisionChanged { .. }
            | Self::VersionInUse { .. }
            | Self::NoSuchQualifier(_)
            | Self::AliasAlreadyExists(_)
            | Self::TooMany { .. }
            | Self::InvalidDefinition(_)
            | Self::ActivityDoesNotExist(_)
            | Self::ResourceNotFound(_)
            | Self::InvalidTaskToken
            | Self::TaskTimedOut
            | Self::InvalidPageToken(_)
            | Self::Engine { .. } => false,
        }
    }
}
