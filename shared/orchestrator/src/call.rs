//! Making the call that a claim is for. Only the worker whose claim was acknowledged comes here.

use crate::advance::Delays;
use crate::defects::Defect;
use crate::known::Known;
use crate::ports::{CallContext, FunctionCall};
use crate::{Error, Orchestrator, Record, function_output};
use engine::{Call, Phase, TaskRequest, Trigger};
use model::{Failure, Payload, error_name};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::time::Duration;

impl Orchestrator {
    /// Makes the call that the record claims, and says what came of it.
    pub(crate) async fn call(&self, known: &Known, record: &Record) -> Result<Trigger, Error> {
        let Phase::Calling(call) = &record.cursor.phase else { return Ok(Trigger::Entered) };
        let mut delays = Delays::default();
        loop {
            match self.stop_mark(known, record).await {
                Ok(Some(ending)) => return Ok(Trigger::Aborted(ending)),
                Ok(None) => return Ok(self.outcome(known, call).await),
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

    async fn outcome(&self, known: &Known, call: &Call<Payload>) -> Trigger {
        let invoke = self.invoke(known, call);
        let asked = call.timeout.map(|seconds| call.started.plus_seconds(seconds).since(self.now()));
        // A worker that is about to be stopped says so while it can.
        let Some(left) = asked.into_iter().chain(self.settings().longest_call).min() else { return invoke.await };
        tokio::select! {
            biased;
            trigger = invoke => trigger,
            () = self.ports().clock.sleep(left.max(Duration::from_millis(1))) => Trigger::TaskTimedOut { heartbeat: false },
        }
    }

    async fn invoke(&self, known: &Known, call: &Call<Payload>) -> Trigger {
        let (function, payload, asynchronous, direct) = match &call.request {
            TaskRequest::LambdaFunction { arn, input } => {
                (arn.clone(), input.text().to_owned(), false, Some(arn.as_str()))
            }
            TaskRequest::LambdaInvoke { parameters, .. } => match invocation(parameters.value()) {
                Ok((function, payload, asynchronous)) => (function, payload, asynchronous, None),
                Err(failure) => return Trigger::TaskFailed(failure),
            },
        };
        let context = CallContext {
            execution: &known.key.execution,
            state: &call.visit.state,
            attempt: call.visit.retry_count(),
            asynchronous,
        };
        let reply = self.ports().tasks.invoke(FunctionCall { function: &function, payload: &payload, context }).await;
        match reply.and_then(|reply| function_output(reply, direct, self.settings().max_payload_bytes)) {
            Err(failure) => Trigger::TaskFailed(failure),
            Ok(output) => match &call.request {
                TaskRequest::LambdaInvoke { wait_for_token: true, .. } => Trigger::TaskSubmitted(output),
                TaskRequest::LambdaInvoke { .. } | TaskRequest::LambdaFunction { .. } => Trigger::TaskSucceeded(output),
            },
        }
    }
}

/// What the parameters of `lambda:invoke` ask for: the function, its event, and whether nobody waits for it.
fn invocation(parameters: &Value) -> Result<(String, String, bool), Failure> {
    let invalid = |text: String| Failure::new(error_name::RUNTIME, text);
    let Some(function) = parameters.get("FunctionName").and_then(Value::as_str) else {
        return Err(invalid("The parameter FunctionName of lambda:invoke must be a string.".to_owned()));
    };
    // A qualifier selects a version or an alias, as it does in the function's ARN.
    let function = match parameters.get("Qualifier").and_then(Value::as_str) {
        Some(qualifier) => format!("{function}:{qualifier}"),
        None => function.to_owned(),
    };
    // Payload is a blob: seen on AWS, a string is the event's text, and null is no event.
    let payload = match parameters.get("Payload") {
        None | Some(Value::Null) => "{}".to_owned(),
        Some(Value::String(text)) if serde_json::from_str::<IgnoredAny>(text).is_ok() => text.clone(),
        Some(other) => other.to_string(),
    };
    let asynchronous = match parameters.get("InvocationType").and_then(Value::as_str) {
        None | Some("RequestResponse") => false,
        Some("Event") => true,
        Some(other) => {
            return Err(invalid(format!("The InvocationType '{other}' of lambda:invoke is not supported.")));
        }
    };
    Ok((function, payload, asynchronous))
}
