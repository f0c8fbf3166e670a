//! Making the call that a claim is for. Only the worker whose claim was acknowledged comes here.

use crate::advance::Delays;
use crate::defects::Defect;
use crate::invocation::Invocation;
use crate::known::Known;
use crate::ports::{CallContext, Clock, FunctionCall, Tasks};
use crate::{Error, Orchestrator, Record, function_output};
use engine::{Call, Phase, TaskRequest, Trigger};
use model::{ExecutionArn, Failure, Payload};
use std::time::Duration;

impl Orchestrator {
    /// Makes the call that the record claims, and says what came of it.
    pub(crate) async fn call(&self, known: &Known, record: &Record) -> Result<Trigger, Error> {
        let Phase::Calling(call) = &record.cursor.phase else { return Ok(Trigger::Entered) };
        let mut delays = Delays::default();
        loop {
            match self.stop_mark(known, record).await {
                Ok(Some(ending)) => return Ok(Trigger::Aborted(ending)),
                Ok(None) => return Ok(self.caller(&known.key.execution).outcome(call).await),
                // Given up, the claim would count as a call whose outcome is not known.
                Err(error) if error.is_transient() && self.is_live(record) => {
                    self.ports().clock.sleep(delays.next(self.ports().clock.random())).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether the execution must end: read by every strand but the root between its claim and its call, since a stop
    /// puts its terminal record on the root only.
    async fn stop_mark(&self, known: &Known, record: &Record) -> Result<Option<engine::Ending>, Error> {
        if record.key.strand.is_root() || self.has(Defect::StopMarkNotRead) {
            return Ok(None);
        }
        let Some(meta) = self.present_meta(&known.key.execution).await? else { return Ok(None) };
        if meta.run == record.key.run.run && meta.opened() > record.cursor.place.opened() {
            // It was stopped and redriven since: nothing waits for this strand any more.
            return Ok(Some(engine::Ending::Stopped(Failure::default())));
        }
        Ok(meta.stop.map(|mark| mark.ending))
    }

    pub(crate) fn caller<'a>(&'a self, execution: &'a ExecutionArn) -> Caller<'a> {
        Caller {
            tasks: &*self.ports().tasks,
            clock: &*self.ports().clock,
            execution,
            longest: self.settings().longest_call,
        }
    }
}

/// Makes the calls of one execution.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) tasks: &'a dyn Tasks,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) execution: &'a ExecutionArn,
    /// The longest that a call is waited for; none: as long as it takes.
    pub(crate) longest: Option<Duration>,
}

impl Caller<'_> {
    /// Makes the call, and says what came of it.
    pub(crate) async fn outcome(&self, call: &Call<Payload>) -> Trigger {
        let invoke = self.invoke(call);
        let asked = call.timeout.map(|seconds| call.started.plus_seconds(seconds).since(self.clock.now()));
        // A worker that is about to be stopped says so while it can.
        let Some(left) = asked.into_iter().chain(self.longest).min() else { return invoke.await };
        tokio::select! {
            biased;
            trigger = invoke => trigger,
            () = self.clock.sleep(left.max(Duration::from_millis(1))) => Trigger::TaskTimedOut { heartbeat: false },
        }
    }

    async fn invoke(&self, call: &Call<Payload>) -> Trigger {
        let (invocation, direct) = match &call.request {
            TaskRequest::LambdaFunction { arn, input } => (Invocation::direct(arn, input.text()), true),
            TaskRequest::LambdaInvoke { parameters, .. } => match Invocation::read(parameters.value()) {
                Ok(invocation) => (invocation, false),
                Err(failure) => return Trigger::TaskFailed(failure),
            },
        };
        let context =
            CallContext { execution: self.execution, state: &call.visit.state, attempt: call.visit.retry_count() };
        let options = invocation.options();
        let Invocation { function, payload, .. } = &invocation;
        let reply = self.tasks.invoke(FunctionCall { function, payload, options, context }).await;
        match reply.and_then(|reply| function_output(reply, (!direct).then_some(options.kind))) {
            Err(failure) => Trigger::TaskFailed(failure),
            Ok(output) => match &call.request {
                TaskRequest::LambdaInvoke { wait_for_token: true, .. } => Trigger::TaskSubmitted(output),
                TaskRequest::LambdaInvoke { .. } | TaskRequest::LambdaFunction { .. } => Trigger::TaskSucceeded(output),
            },
        }
    }
}
