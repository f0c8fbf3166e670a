//! Express executions: whole in memory, with no journal.
//!
//! StartSyncExecution runs one where it is called. StartExecution sends a start to the Express queue, and whoever gets it
//! runs it: at least once, since a message that comes again runs again, from the beginning.

mod start;

pub use start::{ExpressInput, ExpressStart};

use crate::effects::status_of;
use crate::machines::Parsed;
use crate::ports::{BlobKey, ExecutionStatus};
use crate::stored::sha256_hex;
use crate::versions::Chosen;
use crate::{Error, Finished, InMemory, Limits, Orchestrator, RunKey, StartRequest, Started};
use bytes::Bytes;
use engine::{ExecutionFacts, Outcome};
use model::{ExecutionArn, Failure, MachineType, Payload, QualifiedArn, RunId, StateMachineArn, Timestamp};
use std::sync::Arc;

/// What StartSyncExecution answers.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncEnded {
    /// The execution.
    pub execution: ExecutionArn,
    /// Its machine.
    pub machine: StateMachineArn,
    /// Its input.
    pub input: Payload,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub stopped: Timestamp,
    /// How. A failure is an ordinary end.
    pub outcome: Outcome<Payload>,
    /// The caller's trace header.
    pub trace_header: Option<String>,
}

impl SyncEnded {
    /// How it ended, in a word.
    pub fn status(&self) -> ExecutionStatus {
        status_of(&self.outcome)
    }

    /// Its output, or why it has none.
    pub fn result(&self) -> Result<&Payload, &Failure> {
        match &self.outcome {
            Outcome::Succeeded { output } => Ok(output),
            Outcome::Failed(failure) | Outcome::Aborted(failure) | Outcome::TimedOut(failure) => Err(failure),
        }
    }
}

impl Orchestrator {
    /// StartSyncExecution: runs the execution, and answers with its end.
    pub async fn start_sync_execution(&self, request: StartRequest) -> Result<SyncEnded, Error> {
        let Chosen { revision, .. } = self.choose(&request.machine).await?;
        let machine = request.machine.machine().clone();
        let parsed = self.parsed(&machine, &revision).await?;
        if parsed.machine_type != MachineType::Express {
            return Err(Error::StateMachineTypeNotSupported(request.machine));
        }
        let name = request.name.unwrap_or_else(|| self.fresh_id());
        let facts = ExecutionFacts {
            arn: machine.express_execution(&name, &self.fresh_id()),
            machine,
            role_arn: parsed.role_arn.clone(),
            input: request.input,
            started: self.now(),
            is_synchronous: true,
        };
        let Finished { outcome, stopped, .. } = self.run_whole(&parsed, &facts).await;
        Ok(SyncEnded {
            execution: facts.arn,
            machine: facts.machine,
            input: facts.input,
            started: facts.started,
            stopped,
            outcome,
            trace_header: request.trace_header,
        })
    }

    /// StartExecution of an Express machine, with this revision of it. Its name may be another's too: each start is an
    /// execution of its own.
    pub(crate) async fn start_express(&self, revision: String, request: StartRequest) -> Result<Started, Error> {
        let machine = request.machine.machine().clone();
        let name = request.name.unwrap_or_else(|| self.fresh_id());
        let id = self.fresh_id();
        let execution = machine.express_execution(&name, &id);
        let queue = &self.ports().express;
        let input = match queue.max_input_bytes() {
            Some(most) if request.input.text().len() > most => {
                let key = blob_key(&execution, &id, sha256_hex(request.input.text()));
                let content = Bytes::copy_from_slice(request.input.text().as_bytes());
                self.ports().blobs.put(&key, content).await?;
                ExpressInput::Blob(key.sha256)
            }
            Some(_) | None => ExpressInput::Here(request.input),
        };
        let started = self.now();
        queue.send(ExpressStart { machine, revision, name, id, started, input }).await?;
        Ok(Started { execution, at: started })
    }

    /// Runs an Express execution that was started, from its beginning: as often as its message comes.
    ///
    /// However it ends, its message is done with. An error means that it could not begin: bring the message again.
    pub async fn run_express(&self, start: ExpressStart) -> Result<Finished, Error> {
        let execution = start.execution();
        let parsed = self.parsed(&start.machine, &start.revision).await?;
        let input = match start.input {
            ExpressInput::Here(input) => input,
            ExpressInput::Blob(sha256) => self.express_input(&blob_key(&execution, &start.id, sha256)).await?,
        };
        let facts = ExecutionFacts {
            arn: execution,
            machine: start.machine,
            role_arn: parsed.role_arn.clone(),
            input,
            started: start.started,
            is_synchronous: false,
        };
        Ok(self.run_whole(&parsed, &facts).await)
    }

    /// Refuses what names no machine, version or alias, or one of an Express machine.
    pub(crate) async fn check_standard(&self, arn: &QualifiedArn) -> Result<(), Error> {
        let revision = match arn {
            QualifiedArn::Machine(machine) => Some(self.describe_state_machine(machine).await?.revision),
            QualifiedArn::Version(_) | QualifiedArn::Alias(_) => {
                let Chosen { revision, .. } = self.choose(arn).await?;
                self.ports().catalog.revision(arn.machine(), &revision).await?
            }
        };
        match revision.map(|revision| revision.machine_type) {
            Some(MachineType::Standard) => Ok(()),
            Some(MachineType::Express) => Err(Error::StateMachineTypeNotSupported(arn.clone())),
            None => Err(Error::StateMachineDoesNotExist(arn.clone())),
        }
    }

    async fn run_whole(&self, parsed: &Arc<Parsed>, facts: &ExecutionFacts) -> Finished {
        let run = InMemory {
            machine: &parsed.machine,
            facts,
            clock: &*self.ports().clock,
            tasks: &*self.ports().tasks,
            limits: Limits { max_payload_bytes: self.settings().max_payload_bytes, ..Limits::default() },
        };
        let finished = Box::pin(run.run()).await;
        let (status, error) = (status_of(&finished.outcome).as_str(), failed_with(&finished.outcome));
        let duration_ms = finished.stopped.since(finished.began).as_millis();
        tracing::info!(execution = %facts.arn, status, error, duration_ms, "an Express execution ended");
        finished
    }
}

/// Where the input of an Express execution lies that is too long for its message.
fn blob_key(execution: &ExecutionArn, id: &str, sha256: String) -> BlobKey {
    BlobKey { run: RunKey { execution: execution.clone(), run: RunId(id.into()) }, sha256 }
}

fn failed_with(outcome: &Outcome<Payload>) -> Option<&str> {
    match outcome {
        Outcome::Succeeded { .. } => None,
        Outcome::Failed(failure) | Outcome::Aborted(failure) | Outcome::TimedOut(failure) => failure.error.as_deref(),
    }
}
