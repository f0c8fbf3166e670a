//! `ratchet run`: one execution, watched, durable, resumable by its name.

use super::result::Ended;
use crate::arguments::{Limits, Run};
use crate::callbacks::{function_and_event, open_callbacks};
use crate::definition::Definition;
use crate::error::Error;
use crate::host::{Host, Server, endpoint, keep_out_of_git};
use crate::input;
use crate::view::{Watcher, Watching};
use embedded::tasks::LocalTasks;
use language::Machine;
use language::machine::{Resource, State};
use model::arn::Place;
use model::{ActivityArn, ExecutionArn, MachineType, Payload, StateMachineArn};
use orchestrator::ports::ExecutionStatus;
use orchestrator::{CreateMachine, StartRequest, UpdateMachine};
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The exit code after Ctrl-C, as shells have it.
const INTERRUPTED: u8 = 130;

pub(super) fn run(arguments: &Run) -> Result<u8, Error> {
    let watching = watching(arguments);
    bootstrap::tracing::init(bootstrap::tracing::Format::Text, "error")?;
    let definition = Definition::read(&arguments.what)?;
    let machine = definition.machine()?;
    let input = match (&arguments.input, definition.beside("input.json")) {
        (Some(argument), _) => input::from_argument(argument)?,
        (None, Some(file)) => input::from_file(&file)?,
        (None, None) => "{}".to_owned(),
    };
    let tasks = tasks(arguments, &definition)?;
    let machine_name = definition.name();
    if let Some(case) = &arguments.test_case {
        let of_this = tasks.choose_test_case(Some(&machine_name), case);
        of_this.or_else(|error| tasks.choose_test_case(None, case).map_err(|_| error))?;
    }
    if let Some(message) = tasks.missing_test_case() {
        return Err(Error::Name(message));
    }
    let name = match &arguments.name {
        Some(name) => checked(name)?,
        None => format!("{machine_name}-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]),
    };
    let data = arguments.data.clone().unwrap_or_else(|| PathBuf::from(".ratchet/runs").join(&name));
    let place = Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() };
    let state_machine = StateMachineArn::new(&place, &machine_name);
    let plan = Plan {
        execution: state_machine.execution(&name),
        state_machine,
        definition,
        machine,
        input: Payload::from_checked(input),
        input_was_given: arguments.input.is_some(),
        is_named: arguments.name.is_some(),
        is_at_its_own_place: arguments.data.is_none(),
        what: arguments.what.clone(),
        options: options(arguments),
        limits: arguments.limits,
        name,
        data,
        watching,
    };
    let runtime = tokio::runtime::Runtime::new().map_err(Error::io("start the runtime"))?;
    let result = runtime.block_on(plan.carry_out(tasks, place));
    // Kills the commands that still run, and everything that they started.
    runtime.shutdown_timeout(Duration::from_millis(500));
    result
}

/// A picture is no place for a log: whoever asks for one reads lines.
fn watching(arguments: &Run) -> Watching {
    let has_log =
        ["RATCHET_LOG", "RUST_LOG"].iter().any(|name| std::env::var_os(name).is_some_and(|log| !log.is_empty()));
    match Watching::for_stderr(arguments.quiet) {
        Watching::Picture { .. } if has_log => Watching::Lines,
        watching => watching,
    }
}

fn tasks(arguments: &Run, definition: &Definition) -> Result<LocalTasks, Error> {
    if !arguments.tasks.is_empty() {
        return Ok(LocalTasks::read(&arguments.tasks)?);
    }
    match definition.beside("tasks.toml") {
        Some(file) => Ok(LocalTasks::read(&[file])?),
        None => Ok(LocalTasks::none(&definition.place_beside("tasks.toml"))),
    }
}

fn options(arguments: &Run) -> String {
    let mut options = String::new();
    let files =
        arguments.tasks.iter().map(|file| ("--tasks", file)).chain(arguments.data.iter().map(|dir| ("--data", dir)));
    for (option, path) in files {
        options.extend([" ", option, " ", &path.display().to_string()]);
    }
    if let Some(case) = &arguments.test_case {
        options.extend([" --test-case ", case]);
    }
    options.push_str(arguments.limits.options());
    options
}

/// It names an execution, and a folder.
fn checked(name: &str) -> Result<String, Error> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=80).contains(&name.len()) && name.chars().all(is_good) {
        Ok(name.to_owned())
    } else {
        Err(Error::Name(format!("--name {name:?}: a name has 1 to 80 letters, digits, - and _")))
    }
}

/// One run, with all that it needs.
struct Plan {
    definition: Definition,
    machine: Machine,
    state_machine: StateMachineArn,
    execution: ExecutionArn,
    name: String,
    input: Payload,
    input_was_given: bool,
    is_named: bool,
    data: PathBuf,
    limits: Limits,
    is_at_its_own_place: bool,
    /// What the command line named, and the options that the same run needs again.
    what: PathBuf,
    options: String,
    watching: Watching,
}

/// What became of it.
enum End {
    Finished(u8),
    Interrupted,
}

impl Plan {
    async fn carry_out(self, tasks: LocalTasks, place: Place) -> Result<u8, Error> {
        let title = if self.is_named {
            format!("{} {}", self.state_machine.name(), self.name)
        } else {
            self.state_machine.name().to_owned()
        };
        let hint: Arc<OnceLock<(Arc<LocalTasks>, String)>> = Arc::default();
        let of_token = Arc::clone(&hint);
        let watcher = Watcher::new(
            self.execution.clone(),
            title,
            self.watching,
            Box::new(move |state, request| {
                let (tasks, endpoint) = of_token.get()?;
                token_hint(tasks, endpoint, state, request)
            }),
        );
        if self.is_at_its_own_place {
            keep_out_of_git(&self.data);
        }
        let host = Host::open(&self.data, tasks, place, watcher.clone(), self.limits)?;
        let server = Server::start(SocketAddr::from(([127, 0, 0, 1], 0)), host.router()).await?;
        let endpoint = endpoint(server.address);
        host.tasks.set_endpoint(endpoint.clone());
        let _ = hint.set((Arc::clone(&host.tasks), endpoint));
        let say = Arc::clone(&watcher);
        host.tasks.set_log(Box::new(move |function, line| say.say(format!("{function} | {line}"))));
        host.start();
        let end = self.watch(&host, &watcher).await?;
        let code = match end {
            End::Finished(code) => {
                server.stop(Duration::ZERO).await;
                host.stop(Duration::from_secs(1)).await;
                if code == 0 && !self.is_named && self.is_at_its_own_place {
                    // It has no name to come back by.
                    let _ = std::fs::remove_dir_all(&self.data);
                }
                code
            }
            End::Interrupted => {
                self.tell_interruption();
                INTERRUPTED
            }
        };
        Ok(code)
    }

    async fn watch(&self, host: &Host, watcher: &Watcher) -> Result<End, Error> {
        self.start_or_resume(host, watcher).await?;
        tokio::select! {
            () = watcher.draw_until_ended() => {}
            _ = tokio::signal::ctrl_c() => {
                watcher.finish();
                return Ok(End::Interrupted);
            }
        }
        watcher.finish();
        let ended = Ended {
            definition: &self.definition,
            execution: self.execution.as_str(),
            data: &self.data,
            colors: matches!(self.watching, Watching::Picture { colors: true }),
        };
        let code = watcher.look(|tree| tree.ended.as_ref().map(|(_, outcome)| ended.tell(outcome, tree)));
        Ok(code.map_or(End::Interrupted, End::Finished))
    }

    /// Starts the execution, or goes on with the one of its name.
    async fn start_or_resume(&self, host: &Host, watcher: &Watcher) -> Result<(), Error> {
        let orchestrator = &host.orchestrator;
        let before = match orchestrator.describe_execution(&self.execution).await {
            Ok(described) => Some(described),
            Err(orchestrator::Error::ExecutionDoesNotExist(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let Some(before) = before else {
            self.create_machine(host).await?;
            self.create_activities(host).await?;
            // Others may run in a data directory that was named.
            orchestrator.recover().await?;
            let request = StartRequest {
                machine: self.state_machine.clone().into(),
                name: Some(self.name.clone()),
                input: self.input.clone(),
                trace_header: None,
            };
            orchestrator.start_execution(request).await?;
            return Ok(());
        };
        if self.input_was_given && before.input.value() != self.input.value() {
            return Err(Error::OtherInput { name: self.name.clone(), data: self.data.clone() });
        }
        let records = orchestrator.records(&self.execution).await?;
        watcher.catch_up(&records);
        if before.summary.status == ExecutionStatus::Running && !watcher.look(|tree| tree.ended.is_some()) {
            let (_, revision) = orchestrator.machine_of_execution(&self.execution).await?;
            watcher.say(format!("going on with {} after {} records", self.name, records.len()));
            if revision.definition != self.definition.text {
                watcher.say("  with the definition that it was started with: the file has changed since".into());
            }
            for (function, event) in open_callbacks(&records) {
                host.tasks.resume_callback(&function, &event);
            }
        } else {
            watcher.say(format!("{} has ended before: this is its result again; another --name runs anew", self.name));
        }
        orchestrator.recover().await?;
        Ok(())
    }

    async fn create_machine(&self, host: &Host) -> Result<(), Error> {
        let orchestrator = &host.orchestrator;
        let request = CreateMachine {
            name: self.state_machine.name().to_owned(),
            machine_type: MachineType::Standard,
            definition: self.definition.text.clone(),
            role_arn: "arn:aws:iam::123456789012:role/ratchet".into(),
            logging: json!({ "level": "OFF", "includeExecutionData": false }),
            tracing: json!({ "enabled": false }),
            encryption: json!({ "type": "AWS_OWNED_KEY" }),
            tags: json!([]),
            publish: None,
        };
        match orchestrator.create_state_machine(request).await {
            Ok(_) => Ok(()),
            Err(orchestrator::Error::StateMachineAlreadyExists(arn)) => {
                let change =
                    UpdateMachine { definition: Some(self.definition.text.clone()), ..UpdateMachine::default() };
                orchestrator.update_state_machine(&arn, change).await?;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The activities that its tasks wait at. There is no other moment at which somebody could create them.
    async fn create_activities(&self, host: &Host) -> Result<(), Error> {
        for state in self.machine.states.values() {
            let State::Task(task) = state else { continue };
            let Resource::Activity(arn) = &task.resource else { continue };
            let Ok(arn) = arn.parse::<ActivityArn>() else { continue };
            let encryption = json!({ "type": "AWS_OWNED_KEY" });
            host.orchestrator.create_activity(arn.name(), encryption, json!([])).await?;
        }
        Ok(())
    }

    fn tell_interruption(&self) {
        eprintln!("stopped; every step so far is kept in {}", self.data.display());
        eprintln!("go on with: ratchet run {} --name {}{}", self.what.display(), self.name, self.options);
    }
}

/// What to do about a task token that nobody stands in for.
fn token_hint(tasks: &LocalTasks, endpoint: &str, state: &str, request: &Payload) -> Option<String> {
    let (function, event) = function_and_event(request.value());
    let token = tasks.unanswered_token(&function, &event)?;
    Some(format!(
        "{state} waits for an answer to its task token; for one:\n\
         aws stepfunctions send-task-success --endpoint-url {endpoint} --task-output '{{}}' --task-token '{token}'"
    ))
}
