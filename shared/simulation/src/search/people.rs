//! Whoever the tasks of a random machine call: functions, those who answer with a token, an activity's workers.
//!
//! They live outside the world's volatile part: a crash does not make a person forget.

use super::node::{Engine, insist, insist_unless};
use crate::{ReceivedCall, World};
use model::{ActivityArn, Failure, Payload};
use orchestrator::ports::Clock;
use orchestrator::{Error, FunctionReply};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// Time between two heartbeats.
const BEAT: Duration = Duration::from_secs(100);

/// How long the function that sent somebody on an errand waits for the end of it at most.
const LONGEST_ERRAND: Duration = Duration::from_secs(20);

/// How long a worker's poll waits.
const POLL: Duration = Duration::from_mins(15);

/// What people noted.
#[derive(Default)]
pub(crate) struct Ledger {
    state: Mutex<Noted>,
}

/// What people noted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted {
    /// Whether StopExecution has answered.
    pub(crate) stopped: bool,
    /// Every task token that anybody was given.
    pub(crate) tokens: Vec<String>,
    /// The nonces of tasks whose success was accepted.
    pub(crate) accepted: BTreeSet<String>,
    /// What must not be.
    pub(crate) wrong: Vec<String>,
}

impl Ledger {
    pub(crate) fn noted(&self) -> MutexGuard<'_, Noted> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// People of one world.
#[derive(Clone)]
pub(crate) struct People {
    world: Weak<World<Engine>>,
    gives_up: bool,
    pub(crate) ledger: Arc<Ledger>,
}

impl People {
    /// Functions are defined from now on, and an activity's workers wait for tasks.
    pub(crate) fn settle_in(
        world: &Arc<World<Engine>>,
        activity: &ActivityArn,
        workers: usize,
        gives_up: bool,
    ) -> Self {
        let people = Self { world: Arc::downgrade(world), gives_up, ledger: Arc::default() };
        let clock = Arc::clone(world.clock());
        world.functions().define_custom("work", move |call: ReceivedCall| {
            let clock = Arc::clone(&clock);
            async move {
                let event = event(&call.payload);
                clock.sleep(millis(&event["do"]["ms"])).await;
                let kind = event["do"]["kind"].as_str().unwrap_or_default();
                let attempt = event["attempt"].as_u64().unwrap_or_default();
                let fails = kind == "boom" || (kind == "flaky" && event["do"]["fails"].as_u64() > Some(attempt));
                Ok(if fails { boom() } else { returned(&event) })
            }
        });
        let those = people.clone();
        world.functions().define_custom("errand", move |call: ReceivedCall| {
            let those = those.clone();
            async move {
                let event = event(&call.payload);
                let token = event["token"].as_str().unwrap_or_default().to_owned();
                those.ledger.noted().tokens.push(token.clone());
                let early = event["do"]["early"] == true;
                // A task of its own: a crash of the caller does not reach it.
                let errand = tokio::spawn(those.run_errand(token, event.clone()));
                if early {
                    let _ = tokio::time::timeout(LONGEST_ERRAND, errand).await;
                }
                Ok(returned(&event))
            }
        });
        for worker in 0..workers {
            tokio::spawn(people.clone().work_at(activity.clone(), format!("worker {worker}")));
        }
        people
    }

    /// Takes the activity's tasks, one after the other.
    async fn work_at(self, activity: ActivityArn, name: String) {
        loop {
            let Some(world) = self.world.upgrade() else { return };
            let _ = insist(&world, async |node| node.await_activity_task(&activity, POLL).await).await;
            let late = self.ledger.noted().stopped;
            let taken = insist(&world, async |node| node.take_activity_task(&activity, Some(&name)).await).await;
            match taken {
                Ok(Some(task)) => {
                    if late {
                        self.wrong("a worker got a task after the stop was answered".to_owned());
                    }
                    self.ledger.noted().tokens.push(task.token.clone());
                    drop(world);
                    let event = event(task.input.text());
                    self.clone().run_errand(task.token, event).await;
                }
                Ok(None) | Err(_) => world.clock().sleep(Duration::from_secs(1)).await,
            }
        }
    }

    /// Does what the task asks for, and answers, once or twice, or not at all.
    async fn run_errand(self, token: String, event: Value) {
        let Some(world) = self.world.upgrade() else { return };
        let errand = &event["do"];
        world.clock().sleep(millis(&errand["ms"])).await;
        for _ in 0..errand["beats"].as_u64().unwrap_or_default() {
            world.clock().sleep(BEAT).await;
            if insist(&world, async |node| node.send_task_heartbeat(&token).await).await.is_err() {
                return;
            }
        }
        let late = self.ledger.noted().stopped;
        match errand["kind"].as_str().unwrap_or_default() {
            "never" | "silent" => {}
            "boom" => {
                let failure = Failure::new("Boom", "said so");
                let answer = insist(&world, async |node| node.send_task_failure(&token, failure.clone()).await).await;
                if late && answer.is_ok() {
                    self.wrong(format!("a failure was accepted after the stop was answered: {event}"));
                }
            }
            _ => self.succeed(&world, &token, &event, late).await,
        }
    }

    async fn succeed(&self, world: &World<Engine>, token: &str, event: &Value, late: bool) {
        let nonce = event["nonce"].as_str().unwrap_or_default();
        // The mark shows whether the answer has been recorded: no payload of the machine's own has it.
        let mark = format!("answer-{nonce}");
        let output = Payload::from_value(json!({"done": event["do"]["done"], "nonce": nonce, "mark": mark}));
        let send = async |node: Arc<orchestrator::Orchestrator>| node.send_task_success(token, output.clone()).await;
        let answer = if self.gives_up {
            match insist_unless(world, || is_recorded(world, &mark), &send).await {
                Some(answer) => answer,
                None => return,
            }
        } else {
            insist(world, &send).await
        };
        match answer {
            Ok(()) => {
                if late {
                    self.wrong(format!("an answer was accepted after the stop was answered: {event}"));
                }
                self.ledger.noted().accepted.insert(nonce.to_owned());
            }
            Err(Error::TaskTimedOut) => return,
            Err(error) => return self.wrong(format!("an answer was refused: {error}")),
        }
        if event["do"]["twice"] == true {
            world.clock().sleep(world.clock().random_below(Duration::from_mins(1))).await;
            if let Err(error) = insist(world, &send).await {
                self.wrong(format!("an answer that was accepted was refused the second time: {error}: {event}"));
            }
            let failure = Failure::new("Other", "a second answer to the same question");
            let second = insist(world, async |node| node.send_task_failure(token, failure.clone()).await).await;
            if second.is_ok() {
                self.wrong(format!("a token was used twice: {event}"));
            }
        }
    }

    /// Answers whatever may still wait for an answer, at once after a stop: nothing takes one any more.
    pub(crate) async fn answer_after_stop(self) {
        let Some(world) = self.world.upgrade() else { return };
        let tokens = self.ledger.noted().tokens.clone();
        for token in tokens {
            let failure = Failure::new("Late", "after the stop");
            if insist(&world, async |node| node.send_task_failure(&token, failure.clone()).await).await.is_ok() {
                self.wrong("an answer was accepted after the stop was answered".to_owned());
            }
        }
    }

    /// Tries the tokens of an execution that is over on the one that has its name now.
    pub(crate) async fn try_old_tokens(self, tokens: Vec<String>, within: Duration) {
        let Some(world) = self.world.upgrade() else { return };
        for token in tokens {
            world.clock().sleep(world.clock().random_below(within)).await;
            let output = Payload::from_value(json!({"done": "by an old token"}));
            let send =
                async |node: Arc<orchestrator::Orchestrator>| node.send_task_success(&token, output.clone()).await;
            if insist(&world, &send).await.is_ok() {
                self.wrong("a token of an execution that is over was taken".to_owned());
            }
        }
    }

    fn wrong(&self, what: String) {
        self.ledger.noted().wrong.push(what);
    }
}

/// Whether any record, or payload that one names, has this text.
fn is_recorded(world: &World<Engine>, text: &str) -> bool {
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    let records = world.journal().all_records();
    let names = |name: &str| records.iter().any(|record| has(&record.body, name));
    names(text) || world.blobs().any(|name, content| has(content, text) && names(name))
}

fn event(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn millis(value: &Value) -> Duration {
    Duration::from_millis(value.as_u64().unwrap_or_default())
}

fn returned(event: &Value) -> FunctionReply {
    let payload = json!({"done": event["do"]["done"]}).to_string();
    FunctionReply::Returned { payload, version: "$LATEST".into(), headers: Vec::new() }
}

fn boom() -> FunctionReply {
    FunctionReply::Failed { payload: json!({"errorMessage": "said so", "errorType": "Boom"}).to_string() }
}
