//! Executions: start, stop, look up, list.

use crate::defects::Defect;
use crate::known::Known;
use crate::ports::{ExecutionStatus, MachineRevision, Meta, Page, StartOutcome, StopMark};
use crate::stored::sha256_hex;
use crate::versions::Chosen;
use crate::{Cause, Error, Orchestrator, Record, RecordKey, RunKey, Wake, WakeKind};
use engine::{Ending, ExecutionFacts, Outcome, Phase, Redriven};
use model::{
    AliasArn, ExecutionArn, Failure, MachineType, Payload, QualifiedArn, Qualifier, RunId, StateMachineArn, StrandId,
    Timestamp, VersionArn, WriterId,
};
use std::sync::Arc;
use std::time::Duration;

/// Pages that a list looks at for one that is not empty.
const MAX_EMPTY_PAGES: u32 = 10;

/// What StartExecution is asked for.
#[derive(Clone, Debug)]
pub struct StartRequest {
    /// The machine, or the version or alias of one.
    pub machine: QualifiedArn,
    /// The execution's name; a random one if absent.
    pub name: Option<String>,
    /// Its input.
    pub input: Payload,
    /// The caller's trace header.
    pub trace_header: Option<String>,
}

/// What StartExecution answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The execution.
    pub execution: ExecutionArn,
    /// When it started.
    pub at: Timestamp,
}

/// What StopExecution is asked for.
#[derive(Clone, Debug)]
pub struct StopRequest {
    /// The execution.
    pub execution: ExecutionArn,
    /// Why, for its history.
    pub failure: Failure,
}

/// What DescribeExecution answers.
#[derive(Clone, Debug)]
pub struct Described {
    /// The execution.
    pub summary: ExecutionSummary,
    /// Its input.
    pub input: Payload,
    /// Its output, once it has succeeded.
    pub output: Option<Payload>,
    /// Why it ended otherwise.
    pub failure: Failure,
    /// The caller's trace header.
    pub trace_header: Option<String>,
    /// Why RedriveExecution would refuse it, in AWS's words; none: it would not.
    pub not_redrivable: Option<&'static str>,
}

/// An execution in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionSummary {
    /// The execution.
    pub execution: ExecutionArn,
    /// Its machine.
    pub machine: StateMachineArn,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it started.
    pub started: Timestamp,
    /// When it ended.
    pub stopped: Option<Timestamp>,
    /// Its last redrive.
    pub redriven: Option<Redriven>,
    /// The version and the alias that it was started by.
    pub qualifier: Option<Qualifier>,
}

/// Which executions a list has.
#[derive(Clone, Debug, Default)]
pub struct ExecutionFilter {
    /// Those of this machine, or those that were started by this version or alias of one. What an alias leads to counts
    /// as started by that version too.
    pub machine: Option<QualifiedArn>,
    /// Those with this status.
    pub status: Option<ExecutionStatus>,
    /// Those that were redriven, or those that were not.
    pub redriven: Option<bool>,
}

impl ExecutionFilter {
    /// Whether it is in the list, as far as the journal did not see to it.
    fn wants(&self, meta: &Meta, now: Timestamp) -> bool {
        let qualifier = meta.qualifier.as_ref();
        let is_of_machine = match &self.machine {
            None | Some(QualifiedArn::Machine(_)) => true,
            Some(QualifiedArn::Version(version)) => qualifier.is_some_and(|by| by.version == version.number),
            Some(QualifiedArn::Alias(alias)) => qualifier.is_some_and(|by| by.alias.as_ref() == Some(&alias.name)),
        };
        is_of_machine
            && meta.expires.is_none_or(|expires| now < expires)
            && self.redriven.is_none_or(|redriven| meta.redriven.is_some() == redriven)
    }
}

impl ExecutionSummary {
    /// The version that it runs, where it was started by one or by an alias.
    pub fn version(&self) -> Option<VersionArn> {
        self.qualifier.as_ref().map(|qualifier| self.machine.version(qualifier.version))
    }

    /// The alias that it was started by.
    pub fn alias(&self) -> Option<AliasArn> {
        let alias = self.qualifier.as_ref().and_then(|qualifier| qualifier.alias.as_ref());
        alias.map(|alias| self.machine.alias(alias))
    }
}

impl From<&Meta> for ExecutionSummary {
    fn from(meta: &Meta) -> Self {
        Self {
            execution: meta.execution.clone(),
            machine: meta.machine.clone(),
            status: meta.status,
            started: meta.started,
            stopped: meta.stopped,
            redriven: meta.redriven,
            qualifier: meta.qualifier.clone(),
        }
    }
}

impl Orchestrator {
    /// StartExecution: idempotent while the execution of that name runs with the same input, but not for Express machines.
    pub async fn start_execution(&self, request: StartRequest) -> Result<Started, Error> {
        let Chosen { revision, qualifier } = self.choose(&request.machine).await?;
        let machine = request.machine.machine();
        let parsed = self.parsed(machine, &revision).await?;
        if parsed.machine_type == MachineType::Express {
            return self.start_express(revision, request).await;
        }
        let name = request.name.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        let execution = machine.execution(&name);
        let key = RunKey { execution: execution.clone(), run: RunId(self.fresh_id().into()) };
        let now = self.now();
        let facts = ExecutionFacts {
            arn: execution.clone(),
            machine: machine.clone(),
            role_arn: parsed.role_arn.clone(),
            input: request.input,
            started: now,
            is_synchronous: false,
        };
        let known = Known::new(key.clone(), facts, Arc::clone(&parsed.machine), revision.clone());
        let begun = engine::start(&parsed.machine, &known.facts, qualifier.as_ref());
        let meta = Meta {
            execution: execution.clone(),
            run: key.run.clone(),
            machine: machine.clone(),
            revision,
            status: ExecutionStatus::Running,
            seq: 0,
            started: now,
            stopped: None,
            input_hash: sha256_hex(known.facts.input.text()),
            stop: None,
            trace_header: request.trace_header,
            expires: self.expires(&known, now, now),
            redriven: None,
            qualifier,
        };
        let first = Record {
            key: RecordKey { run: key.clone(), strand: StrandId::root(), seq: 0 },
            writer: WriterId(self.fresh_id().into()),
            cause: Cause::Started,
            time: now,
            events: begun.events,
            cursor: begun.cursor,
        };
        // Sent before anything is put; they look at META first, and find none if the start is lost.
        let timeout = async {
            let Some(seconds) = parsed.machine.timeout_seconds else { return Ok(()) };
            let wake = Wake::new(&key, &StrandId::root(), WakeKind::ExecutionTimeout);
            self.send_later(wake, Duration::from_secs(seconds)).await
        };
        let safety = self.send_safety(Wake::new(&key, &StrandId::root(), WakeKind::Settle));
        tokio::try_join!(timeout, safety)?;
        match self.ports().journal.start(&meta, &self.stored(&known, &first).await?).await? {
            StartOutcome::New => {
                first.settle_payloads();
                let known = Arc::new(known);
                self.caches().executions.insert(key, Arc::clone(&known));
                self.ports().observer.recorded(&execution, &first);
                let first = Arc::new(first);
                if known.machine.timeout_seconds.is_some_and(|seconds| self.now() >= now.plus_seconds(seconds)) {
                    // The wake for its time-out may have come before META was there, and found nothing.
                    self.arm_execution_timeout(&known, &first).await?;
                }
                self.carry_out_or_settle_later(&known, &first).await?;
                Ok(Started { execution, at: now })
            }
            StartOutcome::Exists(there) => self.started_before(&there, &meta.input_hash).await,
        }
    }

    /// A start whose name is taken: the same answer again if it is the same start.
    async fn started_before(&self, there: &Meta, input_hash: &str) -> Result<Started, Error> {
        let key = RunKey { execution: there.execution.clone(), run: there.run.clone() };
        let head = self.head(&key, &StrandId::root()).await?;
        let running = head.as_ref().is_none_or(|head| !head.cursor.is_terminal());
        if there.input_hash != input_hash || !running {
            return Err(Error::ExecutionAlreadyExists(there.execution.clone()));
        }
        // The start that this one repeats may have failed between its put and its wake.
        if let (Some(head), Some(known)) = (head, self.known(&key).await?) {
            self.settle(&known, &Arc::new(head)).await?;
        }
        Ok(Started { execution: there.execution.clone(), at: there.started })
    }

    /// StopExecution: answers once the execution can claim no more calls, and normally once it has ended.
    pub async fn stop_execution(&self, request: StopRequest) -> Result<Timestamp, Error> {
        let (key, mark) = loop {
            let meta = self.meta(&request.execution).await?;
            if let Some(stopped) = meta.stopped {
                return Ok(stopped);
            }
            let opened = meta.opened();
            let key = RunKey { execution: meta.execution, run: meta.run };
            let mark = StopMark { at: self.now(), opened, ending: Ending::Stopped(request.failure.clone()) };
            if !self.has(Defect::StopWithoutSafetyWake) {
                self.send_safety(Wake::new(&key, &StrandId::root(), WakeKind::Abort(mark.ending.clone()))).await?;
            }
            let marked = if self.has(Defect::StopWithoutMark) {
                self.ports().journal.meta(&request.execution).await?
            } else {
                self.ports().journal.mark_stop(&key, &mark).await?
            };
            if let Some(marked) = marked {
                break (key, marked.stop.unwrap_or(mark));
            }
            // It ended meanwhile, and may have been redriven or started anew: each turn is another's progress.
        };
        self.abort_root(&key, &mark).await?;
        // With children alive the root ends when they have ended; that takes a few records each.
        for _ in 0..100 {
            let meta = self.meta(&key.execution).await?;
            if let Some(stopped) = meta.stopped {
                return Ok(stopped);
            }
            self.ports().clock.sleep(Duration::from_millis(20)).await;
        }
        Ok(mark.at)
    }

    /// DescribeExecution.
    pub async fn describe_execution(&self, execution: &ExecutionArn) -> Result<Described, Error> {
        let meta = self.meta(execution).await?;
        let key = RunKey { execution: meta.execution.clone(), run: meta.run.clone() };
        // Its definition is not needed: one that is gone is why many an execution is looked at.
        let input = match self.caches().executions.get(&key) {
            Some(known) => self.input_of(&known).await?,
            None => self.input(&key).await?,
        };
        let mut described = Described {
            summary: ExecutionSummary::from(&meta),
            input,
            output: None,
            failure: Failure::default(),
            not_redrivable: self.not_redrivable(&meta).await?,
            trace_header: meta.trace_header,
        };
        if meta.status == ExecutionStatus::Running {
            return Ok(described);
        }
        let end = RecordKey { run: key, strand: StrandId::root(), seq: meta.seq };
        if let Some(Phase::Ended(outcome)) = self.record(&end).await?.map(|record| record.cursor.phase) {
            match outcome {
                Outcome::Succeeded { output } => described.output = Some(output),
                Outcome::Failed(failure) | Outcome::Aborted(failure) => described.failure = failure,
                // AWS describes a timed-out execution with neither error nor cause.
                Outcome::TimedOut(_) => {}
            }
        }
        Ok(described)
    }

    /// DescribeStateMachineForExecution: the revision that the execution runs.
    pub async fn machine_of_execution(
        &self,
        execution: &ExecutionArn,
    ) -> Result<(StateMachineArn, MachineRevision), Error> {
        let meta = self.meta(execution).await?;
        let revision = self.ports().catalog.revision(&meta.machine, &meta.revision).await?;
        let revision = revision.ok_or_else(|| Error::StateMachineDoesNotExist(meta.machine.clone().into()))?;
        Ok((meta.machine, revision))
    }

    /// ListExecutions, newest first.
    pub async fn list_executions(
        &self,
        filter: &ExecutionFilter,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<ExecutionSummary>, Error> {
        if let Some(machine) = &filter.machine {
            self.check_standard(machine).await?;
        }
        let now = self.now();
        let mut after = after.map(str::to_owned);
        let mut pages = 0;
        loop {
            let journal = &self.ports().journal;
            let machine = filter.machine.as_ref().map(QualifiedArn::machine);
            let page = journal.executions(machine, filter.status, after.as_deref(), limit).await;
            let page = page.map_err(|error| Error::of_page(error, after.as_deref()))?;
            let wanted = page.items.iter().filter(|meta| filter.wants(meta, now));
            let items: Vec<_> = wanted.map(ExecutionSummary::from).collect();
            pages += 1;
            // Few executions are redriven: an empty page that has another one after it is an answer, but no good one.
            if !items.is_empty() || page.next.is_none() || pages == MAX_EMPTY_PAGES {
                return Ok(Page { items, next: page.next });
            }
            after = page.next;
        }
    }

    pub(crate) async fn meta(&self, execution: &ExecutionArn) -> Result<Meta, Error> {
        let meta = self.present_meta(execution).await?;
        meta.ok_or_else(|| Error::ExecutionDoesNotExist(execution.clone()))
    }
}
