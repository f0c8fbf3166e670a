//! Lambda's Invoke, over functions that are closures of the test.

use super::connector::{Answer, Call};
use super::lock;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The most bytes of an event or an answer.
const MAX_BYTES: usize = 6 * 1024 * 1024;

/// One invocation of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The function's bare name.
    pub function: String,
    /// Its event.
    pub event: Value,
    /// Whether nobody waits for the answer.
    pub asynchronous: bool,
}

/// What a function gives back: an answer, or its error as `{"errorType", "errorMessage"}`.
pub type Outcome = Result<Value, Value>;

type Code = Arc<dyn Fn(Invocation) -> BoxFuture<'static, Outcome> + Send + Sync>;

/// The functions of one account.
#[derive(Default)]
pub struct Functions {
    code: Mutex<HashMap<String, Code>>,
    calls: Mutex<Vec<Invocation>>,
}

impl Functions {
    /// Creates a function.
    pub fn create<F>(&self, name: &str, code: impl Fn(Invocation) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        lock(&self.code).insert(name.to_owned(), Arc::new(move |invocation| Box::pin(code(invocation))));
    }

    /// Every invocation that began, in order.
    pub fn calls(&self) -> Vec<Invocation> {
        lock(&self.calls).clone()
    }

    /// Forgets the invocations so far.
    pub fn forget(&self) {
        lock(&self.calls).clear();
    }

    pub(crate) async fn serve(&self, call: &Call) -> Answer {
        if call.operation != "Invoke" {
            return error(400, "InvalidRequestContentException", "this operation is not among those of this test");
        }
        let Some(code) = lock(&self.code).get(&call.resource).cloned() else {
            return error(404, "ResourceNotFoundException", &format!("Function not found: {}", call.resource));
        };
        if call.body.len() > MAX_BYTES {
            return error(413, "RequestTooLargeException", "Request must be smaller than 6291456 bytes");
        }
        let body: &[u8] = if call.body.is_empty() { b"{}" } else { &call.body };
        let event = match serde_json::from_slice(body) {
            Ok(event) => event,
            Err(why) => return error(400, "InvalidRequestContentException", &why.to_string()),
        };
        let kind = call.header("x-amz-invocation-type").unwrap_or("RequestResponse");
        let invocation = Invocation { function: call.resource.clone(), event, asynchronous: kind == "Event" };
        let empty = |status| Answer::new(status, "application/json", "");
        match kind {
            "DryRun" => empty(204),
            "Event" => {
                lock(&self.calls).push(invocation.clone());
                tokio::spawn(code(invocation));
                empty(202)
            }
            _ => {
                lock(&self.calls).push(invocation.clone());
                answered(code(invocation).await)
            }
        }
    }
}

fn answered(outcome: Outcome) -> Answer {
    let (mut payload, mut failed) = match outcome {
        Ok(answer) => (answer.to_string(), false),
        Err(error) => (error.to_string(), true),
    };
    if payload.len() > MAX_BYTES {
        failed = true;
        let message = format!("Response payload size exceeded maximum allowed payload size ({MAX_BYTES} bytes).");
        payload = json!({ "errorType": "Function.ResponseSizeTooLarge", "errorMessage": message }).to_string();
    }
    let mut answer = Answer::new(200, "application/json", payload);
    answer.headers.push(("x-amz-executed-version".to_owned(), "$LATEST".to_owned()));
    answer.headers.push(("x-amzn-requestid".to_owned(), "00000000-0000-4000-8000-000000000000".to_owned()));
    if failed {
        answer.headers.push(("x-amz-function-error".to_owned(), "Unhandled".to_owned()));
    }
    answer
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    let mut answer = Answer::new(
        status,
        "application/json",
        json!({ "Type": "User", "Message": message, "message": message }).to_string(),
    );
    answer.headers.push(("x-amzn-errortype".to_owned(), code.to_owned()));
    answer
}

/// The operation and the function's bare name, if the path is one of Lambda's.
pub(crate) fn recognize(method: &str, path: &str) -> Option<(&'static str, String)> {
    let function = path.strip_prefix("/2015-03-31/functions/")?.strip_suffix("/invocations")?;
    let function = super::s3::decoded(function);
    let bare = match function.split(':').collect::<Vec<_>>().as_slice() {
        // arn:aws:lambda:region:account:function:name(:qualifier), account:function:name, or name(:qualifier)
        ["arn", _, _, _, _, "function", name, ..] | [_, "function", name, ..] | [name, ..] => (*name).to_owned(),
        [] => return None,
    };
    (method == "POST").then_some(("Invoke", bare))
}
