//! What tasks call: functions that do as they are told, by name.

use crate::clock::{VirtualClock, sleep};
use crate::python;
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use model::{ExecutionArn, Failure};
use orchestrator::FunctionReply;
use orchestrator::ports::{Clock, FunctionCall, InvocationType, Tasks};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a function does.
#[derive(Clone)]
pub enum Behaviour {
    /// Returns its input.
    Identity,
    /// Returns this.
    Constant(Value),
    /// Fails as a Python function does.
    Raise {
        /// `errorType`.
        error_type: String,
        /// `errorMessage`.
        error_message: String,
        /// `stackTrace`.
        stack_trace: Vec<String>,
    },
    /// Takes its time, then does something.
    Sleep(Duration, Box<Behaviour>),
    /// Answers with one character, over and over; the text is no JSON.
    RawBody {
        /// The character.
        character: char,
        /// How often.
        count: usize,
    },
    /// Returns a string: the prefix, then Python's `repr` of the input.
    PythonRepr {
        /// The prefix.
        prefix: String,
    },
    /// Anything else.
    Custom(Custom),
}

/// A function written for a test.
pub type Custom = Arc<dyn Fn(ReceivedCall) -> BoxFuture<'static, Result<FunctionReply, Failure>> + Send + Sync>;

/// A call as a function received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedCall {
    /// The function's name.
    pub function: String,
    /// The event, JSON text.
    pub payload: String,
    /// The execution that called.
    pub execution: ExecutionArn,
    /// The state that called.
    pub state: String,
    /// Retries before this call.
    pub attempt: u64,
    /// Whether the caller asks for the end of its log.
    pub tails_log: bool,
}

/// The functions of a world.
pub struct Functions {
    clock: Arc<VirtualClock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    behaviours: HashMap<String, Behaviour>,
    received: Vec<ReceivedCall>,
}

impl Functions {
    /// None yet, on this clock.
    pub fn new(clock: Arc<VirtualClock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// From now on the function does this.
    pub fn define(&self, name: impl Into<String>, behaviour: Behaviour) {
        self.state().behaviours.insert(name.into(), behaviour);
    }

    /// From now on the function does this, whatever a call may be.
    pub fn define_custom<F, A>(&self, name: impl Into<String>, function: F)
    where
        F: Fn(ReceivedCall) -> A + Send + Sync + 'static,
        A: Future<Output = Result<FunctionReply, Failure>> + Send + 'static,
    {
        self.define(name, Behaviour::Custom(Arc::new(move |call| Box::pin(function(call)))));
    }

    /// Every call so far, in order: what a test of "at most once per attempt" looks at.
    pub fn received(&self) -> Vec<ReceivedCall> {
        self.state().received.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn perform(&self, behaviour: &Behaviour, call: ReceivedCall) -> Result<FunctionReply, Failure> {
        match behaviour {
            Behaviour::Identity => self.returned(&call, python::dumps(&event(&call))),
            Behaviour::Constant(value) => self.returned(&call, python::dumps(value)),
            Behaviour::Raise { error_type, error_message, stack_trace } => {
                let payload = json!({
                    "errorMessage": error_message,
                    "errorType": error_type,
                    "requestId": self.uuid(),
                    "stackTrace": stack_trace,
                });
                Ok(FunctionReply::Failed { payload: python::dumps(&payload) })
            }
            Behaviour::Sleep(time, then) => {
                sleep(*time).await;
                // Once: what follows a sleep is not another one, for all that the recordings know.
                Box::pin(self.perform(then, call)).await
            }
            Behaviour::RawBody { character, count } => self.returned(&call, character.to_string().repeat(*count)),
            Behaviour::PythonRepr { prefix } => {
                self.returned(&call, python::dumps(&Value::from(format!("{prefix}{}", python::repr(&event(&call))))))
            }
            Behaviour::Custom(function) => function(call).await,
        }
    }

    /// An answer with the headers that AWS's client reports.
    #[expect(clippy::unnecessary_wraps, reason = "what every behaviour results in")]
    fn returned(&self, call: &ReceivedCall, payload: String) -> Result<FunctionReply, Failure> {
        let seconds = self.clock.now().as_micros().div_euclid(1_000_000);
        let request = self.uuid();
        let log = call.tails_log.then(|| {
            let log = format!("START RequestId: {request} Version: $LATEST\nEND RequestId: {request}\n");
            ("X-Amz-Log-Result", STANDARD.encode(log))
        });
        let headers = [
            ("X-Amz-Executed-Version", "$LATEST".to_owned()),
            ("x-amzn-Remapped-Content-Length", "0".to_owned()),
            ("Connection", "keep-alive".to_owned()),
            ("x-amzn-RequestId", request),
            ("Content-Length", payload.len().to_string()),
            ("Date", http_date(seconds)),
            ("X-Amzn-Trace-Id", format!("Root=1-{seconds:08x}-{:016x}00000000;Sampled=0", self.clock.random())),
            ("Content-Type", "application/json".to_owned()),
        ];
        Ok(FunctionReply::Returned {
            payload,
            version: "$LATEST".to_owned(),
            headers: log.into_iter().chain(headers).map(|(name, value)| (name.to_owned(), value)).collect(),
        })
    }

    fn uuid(&self) -> String {
        let (high, low) = (self.clock.random(), self.clock.random());
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }
}

#[async_trait]
impl Tasks for Functions {
    async fn invoke(&self, call: FunctionCall<'_>) -> Result<FunctionReply, Failure> {
        let name = function_name(call.function);
        let received = ReceivedCall {
            function: name.to_owned(),
            payload: call.payload.to_owned(),
            execution: call.context.execution.clone(),
            state: call.context.state.to_owned(),
            attempt: call.context.attempt,
            tails_log: call.options.tails_log,
        };
        let behaviour = {
            let mut state = self.state();
            if call.options.kind != InvocationType::DryRun {
                state.received.push(received.clone());
            }
            state.behaviours.get(name).cloned()
        };
        let Some(behaviour) = behaviour else { return Err(self.no_such_function(&call, name)) };
        match call.options.kind {
            InvocationType::RequestResponse => self.perform(&behaviour, received).await,
            InvocationType::Event => {
                let accepted = self.returned(&received, "\"\"".to_owned());
                // Whatever comes of it is nobody's.
                let _ = self.perform(&behaviour, received).await;
                accepted
            }
            InvocationType::DryRun => self.returned(&received, "\"\"".to_owned()),
        }
    }
}

impl Functions {
    fn no_such_function(&self, call: &FunctionCall<'_>, name: &str) -> Failure {
        let place = call.context.execution.place();
        let cause = format!(
            "Function not found: arn:{}:lambda:{}:{}:function:{name} (Service: Lambda, Status Code: 404, Request ID: {})",
            place.partition,
            place.region,
            place.account,
            self.uuid()
        );
        Failure::new("Lambda.ResourceNotFoundException", cause)
    }
}

/// The event as a value; a payload is always JSON.
fn event(call: &ReceivedCall) -> Value {
    serde_json::from_str(&call.payload).unwrap_or(Value::Null)
}

/// The name in a function's ARN, whole or partial, without its version or alias.
fn function_name(function: &str) -> &str {
    let name = function.split_once("function:").map_or(function, |(_, name)| name);
    name.split(':').next().unwrap_or(name)
}

/// A date as HTTP writes it: `Thu, 01 Jan 2026 00:00:00 GMT`.
fn http_date(seconds: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(instant) => jiff::fmt::strtime::format("%a, %d %b %Y %H:%M:%S GMT", instant).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_in_many_ways() {
        for name in
            ["pay", "pay:7", "123456789012:function:pay", "arn:aws:lambda:us-east-1:123456789012:function:pay:$LATEST"]
        {
            assert_eq!(function_name(name), "pay", "{name}");
        }
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(http_date(1_767_225_600), "Thu, 01 Jan 2026 00:00:00 GMT");
    }
}
