//! The functions of a workflow on this machine: the `Tasks` port, told what to do by `tasks.toml`.
//!
//! A file says for each function what happens when a Task calls it; `[lambda."*"]` is for all others:
//!
//! ```toml
//! [lambda.validate-order]
//! command = "python3 validate.py"     # event on stdin, answer on stdout
//!
//! [lambda.charge-card]
//! url = "http://localhost:9000"       # an emulator, `cargo lambda watch`
//!
//! [lambda.ship-order]
//! attempts = [                        # fails once, then answers
//!     { error = { name = "CarrierBusy", cause = "no van at the door" } },
//!     { return = { tracking = "RX-1" } },
//! ]
//!
//! [lambda.ask-a-human]                # answers the event's task token by itself
//! callback = { after = "1s", return = { approved = true } }
//!
//! [lambda."*"]
//! echo = true
//! concurrency = 10                    # no more calls than that at once; the others wait
//! ```
//!
//! `MockConfigFile.json` of Step Functions Local is read as well, in [`mocks`]. This module does not know what
//! Retry and Catch make of a failure; that is the `engine` crate's affair. One kind of work a file.

mod answer;
mod callback;
mod command;
mod config;
mod mocks;
mod near;
mod read;
mod reply;
mod source;
#[cfg(test)]
mod tests;
mod url;
mod value;

pub use callback::Callbacks;
pub use mocks::UnknownTestCase;
pub use near::nearest;
pub use source::Problem;

use async_trait::async_trait;
use callback::CallbackError;
use config::{Function, Functions, Work};
use mocks::{Mocked, Mocks};
use model::{ExecutionArn, Failure, error_name};
use orchestrator::FunctionReply;
use orchestrator::ports::{FunctionCall, InvocationType, Tasks};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::Semaphore;

/// How many commands run at once, of all functions together: each is a process, and thousands of them would leave this
/// machine no room for anything else. The others wait.
pub const COMMANDS_AT_ONCE: usize = 256;

/// Why a file of tasks cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("failed to read the tasks file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Something in it is wrong: all of it at once.
    #[error("{}", source::in_lines(.0))]
    Invalid(Vec<Problem>),
}

/// Who is told of each line that a command writes to stderr: the function's name and the line.
pub type LogLine = dyn Fn(&str, &str) + Send + Sync;

/// The functions of a workflow on this machine.
#[derive(Default)]
pub struct LocalTasks {
    shared: Arc<Shared>,
}

struct Shared {
    /// A place for each command that may run at once.
    commands: Semaphore,
    functions: Functions,
    mocks: Option<Mocks>,
    test_case: OnceLock<String>,
    test_cases: Mutex<HashMap<ExecutionArn, String>>,
    callbacks: OnceLock<Arc<dyn Callbacks>>,
    endpoint: OnceLock<String>,
    log: OnceLock<Box<LogLine>>,
    client: url::Client,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            commands: Semaphore::new(COMMANDS_AT_ONCE),
            functions: Functions::default(),
            mocks: None,
            test_case: OnceLock::new(),
            test_cases: Mutex::default(),
            callbacks: OnceLock::new(),
            endpoint: OnceLock::new(),
            log: OnceLock::new(),
            client: url::Client::default(),
        }
    }
}

impl LocalTasks {
    /// Reads the files: `*.json` as the mock configuration of Step Functions Local, others as `tasks.toml`.
    ///
    /// Of several entries for one function the first file's counts.
    pub fn read<P: AsRef<Path>>(files: &[P]) -> Result<Self, Error> {
        let mut functions = Functions::default();
        let mut found_mocks: Option<Mocks> = None;
        let mut problems = Vec::new();
        for path in files.iter().map(AsRef::as_ref) {
            let text =
                std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_path_buf(), source })?;
            if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
                let mocks = mocks::read(path, &text, &mut problems);
                match &mut found_mocks {
                    Some(found) => found.merge(mocks),
                    None => found_mocks = Some(mocks),
                }
            } else {
                functions.merge(read::functions(path, &text, &mut problems));
            }
        }
        if problems.is_empty() {
            Ok(Self { shared: Arc::new(Shared { functions, mocks: found_mocks, ..Shared::default() }) })
        } else {
            Err(Error::Invalid(problems))
        }
    }

    /// No functions at all. `expected` is the file that would have them: a call's failure says so.
    pub fn none(expected: &Path) -> Self {
        let functions = Functions { files: vec![expected.to_path_buf()], ..Functions::default() };
        Self { shared: Arc::new(Shared { functions, ..Shared::default() }) }
    }

    /// Says who takes the answers of stand-in humans (`callback`). The first word stands.
    pub fn set_callbacks(&self, callbacks: Arc<dyn Callbacks>) {
        let _ = self.shared.callbacks.set(callbacks);
    }

    /// Says where commands reach the Step Functions API: their `RATCHET_ENDPOINT` and `AWS_ENDPOINT_URL_SFN`.
    /// The first word stands.
    pub fn set_endpoint(&self, endpoint: String) {
        let _ = self.shared.endpoint.set(endpoint);
    }

    /// Says who is told what commands write to stderr; the log otherwise. The first word stands.
    pub fn set_log(&self, log: Box<LogLine>) {
        let _ = self.shared.log.set(log);
    }

    /// Chooses the test case of the mock configuration for executions that have none of their own.
    pub fn choose_test_case(&self, machine: Option<&str>, name: &str) -> Result<(), UnknownTestCase> {
        Mocks::check(self.shared.mocks.as_ref(), machine, name)?;
        let _ = self.shared.test_case.set(name.into());
        Ok(())
    }

    /// Chooses the test case of one execution: Step Functions Local's `stateMachineArn#TestCase`.
    pub fn choose_test_case_of(&self, execution: &ExecutionArn, name: &str) -> Result<(), UnknownTestCase> {
        Mocks::check(self.shared.mocks.as_ref(), Some(execution.state_machine().name()), name)?;
        let mut chosen = self.shared.test_cases.lock().unwrap_or_else(PoisonError::into_inner);
        chosen.insert(execution.clone(), name.into());
        Ok(())
    }

    /// What to tell when every task would fail because no test case was chosen; none: all is well.
    pub fn missing_test_case(&self) -> Option<String> {
        let mocks = self.shared.mocks.as_ref()?;
        let is_missing = self.shared.functions.is_empty() && self.shared.test_case.get().is_none();
        is_missing.then(|| mocks.no_test_case().cause.unwrap_or_default())
    }

    /// Whether any function has a stand-in human.
    pub fn has_callbacks(&self) -> bool {
        let functions = &self.shared.functions;
        functions.named.values().chain(&functions.default).any(|function| function.callback.is_some())
    }

    /// The task token in a function's event, if nobody stands in for the one who would answer it.
    pub fn unanswered_token(&self, function: &str, event: &str) -> Option<String> {
        match self.shared.functions.find(function) {
            Some((_, Function { callback: Some(_), .. })) => None,
            // A mocked state is answered by its mock.
            _ if self.shared.test_case.get().is_some() => None,
            Some(_) | None => callback::find_token(event, None),
        }
    }

    /// Has the stand-in human answer a token that a call before a restart got. Nothing if there is no stand-in.
    pub fn resume_callback(&self, function: &str, event: &str) {
        if let Some((name, Function { callback: Some(stand_in), .. })) = self.shared.functions.find(function)
            && let Err(error) = self.shared.answer_later(stand_in, event)
        {
            tracing::warn!(function = name, "the stand-in cannot answer: {error}");
        }
    }
}

#[async_trait]
impl Tasks for LocalTasks {
    async fn invoke(&self, call: FunctionCall<'_>) -> Result<FunctionReply, Failure> {
        if let Some(mocked) = self.shared.mocked(&call)? {
            return self.shared.answer_as_mocked(mocked, call.payload);
        }
        let Some((name, function)) = self.shared.functions.find(call.function) else {
            return Err(self.shared.no_such_function(call.function));
        };
        let request = Request {
            name: name.to_owned(),
            version: config::version_of(call.function),
            event: call.payload.to_owned(),
            execution: call.context.execution.to_string(),
            state: call.context.state.to_owned(),
            attempt: call.context.attempt,
            client_context: call.options.client_context.map(ToOwned::to_owned),
            tails_log: call.options.tails_log,
            kind: call.options.kind,
        };
        match call.options.kind {
            InvocationType::RequestResponse => return self.shared.work(function, &request).await,
            // There is such a function, and who calls it here may.
            InvocationType::DryRun => return Ok(reply::accepted(&request)),
            InvocationType::Event => {}
        }
        // Nobody waits for an `Event` invocation: the answer is that it was taken, and failures go to the log.
        let (shared, function) = (Arc::clone(&self.shared), function.clone());
        let reply = reply::accepted(&request);
        tokio::spawn(async move {
            match shared.work(&function, &request).await {
                Ok(FunctionReply::Returned { .. }) => {}
                Ok(FunctionReply::Failed { payload }) => {
                    tracing::warn!(function = request.name, "an Event invocation failed: {payload}");
                }
                Err(failure) => tracing::warn!(function = request.name, "an Event invocation failed: {failure:?}"),
            }
        });
        Ok(reply)
    }
}

/// One invocation, owned.
struct Request {
    /// The function's name, without account, region and qualifier.
    name: String,
    /// What `X-Amz-Executed-Version` says.
    version: String,
    /// The event's JSON text.
    event: String,
    execution: String,
    state: String,
    attempt: u64,
    kind: InvocationType,
    client_context: Option<String>,
    tails_log: bool,
}

impl Shared {
    async fn work(&self, function: &Function, request: &Request) -> Result<FunctionReply, Failure> {
        // Whoever waits for a place has begun as far as its task's clock goes. Nothing closes these.
        let _place = match &function.places {
            Some(places) => places.acquire().await.ok(),
            None => None,
        };
        let _process = match &function.work {
            Work::Command(_) => self.commands.acquire().await.ok(),
            Work::Url(_) | Work::Answers(_) | Work::Echo | Work::Nothing => None,
        };
        if let Some(delay) = function.delay {
            tokio::time::sleep(delay).await;
        }
        let reply = match &function.work {
            Work::Command(line) => {
                command::run(line, request, self.endpoint.get().map(String::as_str), &|text| self.note(request, text))
                    .await?
            }
            Work::Url(endpoint) => self.client.invoke(endpoint, request).await?,
            Work::Answers(answers) => answer::give(answers, request).await?,
            Work::Echo => reply::returned(request, request.event.clone()),
            Work::Nothing => reply::returned(request, "null".into()),
        };
        if let (FunctionReply::Returned { .. }, Some(stand_in)) = (&reply, &function.callback)
            && let Err(error) = self.answer_later(stand_in, &request.event)
        {
            return Ok(FunctionReply::Failed { payload: reply::error_payload(error.name(), &error.to_string()) });
        }
        Ok(reply)
    }

    fn answer_later(&self, stand_in: &config::StandIn, event: &str) -> Result<(), CallbackError> {
        let callbacks = self.callbacks.get().ok_or(CallbackError::Nobody)?;
        callback::answer_later(callbacks, stand_in, event)
    }

    fn note(&self, request: &Request, text: &str) {
        match self.log.get() {
            Some(log) => log(&request.name, text),
            None => tracing::info!(function = request.name, state = request.state, "{text}"),
        }
    }

    /// What the mock configuration says about this call; none: it says nothing.
    fn mocked(&self, call: &FunctionCall<'_>) -> Result<Option<Mocked>, Failure> {
        let Some(mocks) = &self.mocks else { return Ok(None) };
        let own = {
            let chosen = self.test_cases.lock().unwrap_or_else(PoisonError::into_inner);
            chosen.get(call.context.execution).cloned()
        };
        match own.as_ref().or_else(|| self.test_case.get()) {
            Some(case) => {
                let machine = call.context.execution.state_machine();
                mocks.find(machine.name(), case, call.context.state, call.context.attempt)
            }
            None if self.functions.is_empty() => Err(mocks.no_test_case()),
            None => Ok(None),
        }
    }

    fn answer_as_mocked(&self, mocked: Mocked, event: &str) -> Result<FunctionReply, Failure> {
        let text = match mocked {
            Mocked::Return(text) => text,
            Mocked::Throw(failure) => return Err(failure),
        };
        // A mocked `.waitForTaskToken` state ends with its response at once, without anybody's callback.
        if let (Some(token), Some(callbacks)) = (callback::find_token(event, None), self.callbacks.get()) {
            callback::succeed_soon(callbacks, token, text.clone());
        }
        Ok(reply::mocked(text))
    }

    fn no_such_function(&self, function: &str) -> Failure {
        let name = config::name_of(function);
        let file = match self.functions.files.first() {
            Some(file) => file.display().to_string(),
            None => "a tasks.toml beside the definition".into(),
        };
        let near = nearest(name, self.functions.named.keys().map(String::as_str))
            .map(|near| format!(" It has [lambda.{}]: was that meant?", config::toml_key(near)))
            .unwrap_or_default();
        Failure::new(
            error_name::LAMBDA_RESOURCE_NOT_FOUND,
            format!(
                "Function not found: {function}. Nothing says what it does on this machine: add [lambda.{}] with \
                 command, url, return or echo to {file}, or [lambda.\"*\"] for every function without an entry.{near}",
                config::toml_key(name)
            ),
        )
    }
}
