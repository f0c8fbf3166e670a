//! Answers from outside: callbacks with a task token, and activities' workers.

use crate::advance::{Calls, Moved};
use crate::defects::Defect;
use crate::ports::WaitKey;
use crate::{Cause, Error, Orchestrator, RecordKey, Wake, WakeKind};
use engine::{Awaits, Phase, TaskRequest, Trigger};
use model::history::Kind;
use model::{Failure, Payload};
use std::sync::Arc;

impl Orchestrator {
    /// SendTaskSuccess.
    pub async fn send_task_success(&self, token: &str, output: Payload) -> Result<(), Error> {
        let wait = self.tokens().read(token).ok_or(Error::InvalidTaskToken)?;
        match self.answer(&wait, &Trigger::TaskSucceeded(output.clone()), awaits_answer).await? {
            Moved::Won => Ok(()),
            Moved::Gone if self.succeeded_with(&wait, &output).await? => Ok(()),
            Moved::Gone => Err(Error::TaskTimedOut),
        }
    }

    /// SendTaskFailure.
    pub async fn send_task_failure(&self, token: &str, failure: Failure) -> Result<(), Error> {
        let wait = self.tokens().read(token).ok_or(Error::InvalidTaskToken)?;
        match self.answer(&wait, &Trigger::TaskFailed(failure), awaits_answer).await? {
            Moved::Won => Ok(()),
            Moved::Gone => Err(Error::TaskTimedOut),
        }
    }

    /// SendTaskHeartbeat: a note, not a record; the heartbeat's timer reads it. The timer takes no time-out back, and
    /// so lets no heartbeat in any more before it puts its record: one that comes then is told that the task has timed
    /// out, and sees to it that it has.
    pub async fn send_task_heartbeat(&self, token: &str) -> Result<(), Error> {
        let wait = self.tokens().read(token).ok_or(Error::InvalidTaskToken)?;
        let head = self.head(&wait.run, &wait.strand).await?;
        let waits = head.is_some_and(|head| head.cursor.since == wait.since && awaits_answer(&head.cursor.phase));
        if !waits || self.must_stop(&wait).await? {
            return Err(Error::TaskTimedOut);
        }
        if self.ports().journal.beat_if_open(&wait, self.now()).await? {
            return Ok(());
        }
        self.answer(&wait, &Trigger::TaskTimedOut { heartbeat: true }, awaits_answer).await?;
        Err(Error::TaskTimedOut)
    }

    /// Moves a strand on for an answer to what it has waited for since that record.
    pub(crate) async fn answer(
        &self,
        wait: &WaitKey,
        trigger: &Trigger,
        mut accepts: impl FnMut(&Phase<Payload>) -> bool,
    ) -> Result<Moved, Error> {
        let wait = &self.wait_of_name(wait).await?;
        let Some(known) = self.known(&wait.run).await? else { return Ok(Moved::Gone) };
        if self.must_stop(wait).await? {
            return Ok(Moved::Gone);
        }
        let Some(head) = self.head(&wait.run, &wait.strand).await? else { return Ok(Moved::Gone) };
        let cause = Cause::Answer(wait.since);
        let is_past = self.has(Defect::TokenMatchedBySeq) && head.key.seq != wait.since;
        if head.cursor.since != wait.since || is_past || !accepts(&head.cursor.phase) {
            if head.cause == cause {
                // The answer that this one repeats may have failed between its put and its effects.
                self.make_sure(&known, &Arc::new(head)).await?;
            }
            return Ok(Moved::Gone);
        }
        self.send_safety(Wake::new(&wait.run, &wait.strand, WakeKind::Settle)).await?;
        self.advance_within(&known, Arc::new(head), trigger, &cause, Calls::Outside).await
    }

    /// The wait itself; with [`Defect::RunForgotten`] the same of whichever run has the name.
    async fn wait_of_name(&self, wait: &WaitKey) -> Result<WaitKey, Error> {
        let run = if self.has(Defect::RunForgotten) { self.run_of_name(&wait.run).await? } else { wait.run.clone() };
        Ok(WaitKey { run, ..wait.clone() })
    }

    /// Whether the execution must end: then no answer is taken, though the strand may not have ended yet.
    async fn must_stop(&self, wait: &WaitKey) -> Result<bool, Error> {
        if self.has(Defect::AnswerAfterStop) {
            return Ok(false);
        }
        let meta = self.present_meta(&wait.run.execution).await?;
        Ok(meta.is_none_or(|meta| meta.run != wait.run.run || meta.stop.is_some() || meta.stopped.is_some()))
    }

    /// Whether the wait was ended by this very answer before: then repeating it is no error.
    async fn succeeded_with(&self, wait: &WaitKey, output: &Payload) -> Result<bool, Error> {
        // Few records lie between the start of a wait and its answer: a submission, a worker's start.
        for seq in wait.since + 1..wait.since + 4 {
            let key = RecordKey { run: wait.run.clone(), strand: wait.strand.clone(), seq };
            let Some(record) = self.record(&key).await? else { return Ok(false) };
            if record.cause == Cause::Answer(wait.since) {
                let answered = record.events.iter().any(|event| match &event.kind {
                    Kind::TaskSucceeded { output: there, .. } | Kind::ActivitySucceeded { output: there } => {
                        there == output
                    }
                    _ => false,
                });
                if answered {
                    // The first time may have failed between its put and its effects.
                    let head = self.head(&wait.run, &wait.strand).await?;
                    if let (Some(known), Some(head)) = (self.known(&wait.run).await?, head) {
                        self.make_sure(&known, &Arc::new(head)).await?;
                    }
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// Whether a strand in this phase takes an answer from whoever holds its token.
fn awaits_answer(phase: &Phase<Payload>) -> bool {
    match phase {
        // A callback may come before the call that sent its token has returned.
        Phase::Calling(call) => matches!(call.request, TaskRequest::LambdaInvoke { wait_for_token: true, .. }),
        Phase::Pending(pending) => match pending.awaits {
            Awaits::Callback(_) | Awaits::ActivityResult { .. } => true,
            Awaits::ActivityWorker { .. } => false,
        },
        Phase::Ready { .. } | Phase::Waiting(_) | Phase::Forked(_) | Phase::Ended(_) => false,
    }
}
