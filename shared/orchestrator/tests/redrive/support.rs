//! A world, an execution in it, and a function that fails as long as it is told to.

use async_trait::async_trait;
use model::{ExecutionArn, Failure, MachineType, Payload, Timestamp};
use ratchet_orchestrator::ports::{Clock as _, ExecutionStatus};
use ratchet_orchestrator::{
    Acknowledge, CreateMachine, Described, Error, FunctionReply, HistoryRequest, Orchestrator, Ports, RedriveRequest,
    Settings, StartRequest, StopRequest, Wake,
};
use serde_json::{Value, json};
use simulation::{Node, Options, Problem, ReceivedCall, World};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The function that all tasks here call. It fails for those whose `n` is among [`Stage::failing`], and returns its `n`.
pub(crate) const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:work";

pub(crate) struct Engine(pub(crate) Arc<Orchestrator>);

#[async_trait]
impl Node for Engine {
    async fn handle(&self, wake: Wake) -> Result<Acknowledge, Problem> {
        Ok(self.0.handle(wake).await?)
    }

    async fn recover(&self) -> Result<(), Problem> {
        self.0.recover().await?;
        Ok(())
    }
}

/// A world with one machine and one execution.
pub(crate) struct Stage {
    pub(crate) world: World<Engine>,
    pub(crate) failing: Arc<Mutex<BTreeSet<i64>>>,
    pub(crate) execution: ExecutionArn,
}

impl Stage {
    /// An execution of this definition has started, with those calls failing.
    pub(crate) async fn begin(options: Options, definition: &Value, input: Value, failing: &[i64]) -> Self {
        let build = |ports: Ports, settings: Settings| Arc::new(Engine(Orchestrator::new(ports, settings)));
        let world = World::new(options, build);
        let failing = Arc::new(Mutex::new(failing.iter().copied().collect::<BTreeSet<_>>()));
        let those = Arc::clone(&failing);
        let clock = Arc::clone(world.clock());
        world.functions().define_custom("work", move |call: ReceivedCall| {
            let (those, clock) = (Arc::clone(&those), Arc::clone(&clock));
            async move {
                let event: Value = serde_json::from_str(&call.payload).unwrap_or(Value::Null);
                let time = event["ms"].as_u64().unwrap_or(5);
                clock.sleep(Duration::from_millis(time)).await;
                let number = event["n"].as_i64().unwrap_or_default();
                let fails = those.lock().unwrap_or_else(PoisonError::into_inner).contains(&number);
                Ok::<_, Failure>(if fails {
                    FunctionReply::Failed { payload: json!({"errorType": "Boom", "errorMessage": "no"}).to_string() }
                } else {
                    FunctionReply::Returned {
                        payload: number.to_string(),
                        version: "$LATEST".to_owned(),
                        headers: Vec::new(),
                    }
                })
            }
        });
        let request = CreateMachine {
            name: "machine".to_owned(),
            machine_type: MachineType::Standard,
            definition: definition.to_string(),
            role_arn: "arn:aws:iam::123456789012:role/states".to_owned(),
            logging: Value::Null,
            tracing: Value::Null,
            encryption: Value::Null,
            tags: json!([]),
            publish: None,
        };
        let machine = insist(&world, async |node| node.create_state_machine(request.clone()).await).await;
        let machine = machine.expect("the definition is right").machine.arn;
        let name = Some("one".to_owned());
        let request =
            StartRequest { machine: machine.into(), name, input: Payload::from_value(input), trace_header: None };
        let execution = match insist(&world, async |node| node.start_execution(request.clone()).await).await {
            Ok(started) => started.execution,
            Err(Error::ExecutionAlreadyExists(execution)) => execution,
            Err(error) => panic!("{error}"),
        };
        Self { world, failing, execution }
    }

    /// The same in a calm world.
    pub(crate) async fn calm(definition: &Value, input: Value, failing: &[i64]) -> Self {
        Self::begin(Options::default(), definition, input, failing).await
    }

    /// From now on only these calls fail.
    pub(crate) fn fail_only(&self, failing: &[i64]) {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = failing.iter().copied().collect();
    }

    /// The `n` of every call so far, in order.
    pub(crate) fn calls(&self) -> Vec<i64> {
        let number = |call: &ReceivedCall| serde_json::from_str::<Value>(&call.payload).ok()?["n"].as_i64();
        self.world.functions().received().iter().filter_map(number).collect()
    }

    pub(crate) async fn sleep(&self, time: Duration) {
        self.world.clock().sleep(time).await;
    }

    pub(crate) async fn described(&self) -> Described {
        let described = insist(&self.world, async |node| node.describe_execution(&self.execution).await).await;
        described.expect("the execution is there")
    }

    /// The execution once it has ended.
    pub(crate) async fn ended(&self) -> Described {
        for _ in 0..20_000 {
            let described = self.described().await;
            if described.summary.status != ExecutionStatus::Running {
                return described;
            }
            self.sleep(Duration::from_millis(100)).await;
        }
        panic!("it goes on and on; handlers said {:#?}", self.world.problems());
    }

    /// The execution once it has ended, which must be so.
    pub(crate) async fn ended_as(&self, status: ExecutionStatus) -> Described {
        let described = self.ended().await;
        assert_eq!(described.summary.status, status, "{:?}; {:#?}", described.failure, self.world.problems());
        described
    }

    /// The output of the execution, which must succeed.
    pub(crate) async fn output(&self) -> Value {
        let output = self.ended_as(ExecutionStatus::Succeeded).await.output;
        output.expect("it has succeeded").value().clone()
    }

    pub(crate) async fn redrive(&self) -> Result<Timestamp, Error> {
        self.redrive_as(None).await
    }

    pub(crate) async fn redrive_as(&self, token: Option<&str>) -> Result<Timestamp, Error> {
        let request = RedriveRequest { execution: self.execution.clone(), token: token.map(Into::into) };
        insist(&self.world, async |node| node.redrive_execution(request.clone()).await).await
    }

    /// Why a redrive is refused, which it must be.
    pub(crate) async fn refusal(&self) -> String {
        match self.redrive().await {
            Err(Error::ExecutionNotRedrivable { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn stop(&self) {
        let request = StopRequest { execution: self.execution.clone(), failure: Failure::named("Enough") };
        let stopped = insist(&self.world, async |node| node.stop_execution(request.clone()).await).await;
        stopped.expect("it is there");
    }

    /// The history, an event a line: `4 TaskStateEntered < 3`.
    pub(crate) async fn history(&self) -> Vec<String> {
        let request = HistoryRequest { after: None, limit: 10_000, reverse: false };
        let page = insist(&self.world, async |node| node.execution_history(&self.execution, &request).await).await;
        let events = page.expect("it can be read").events;
        events
            .iter()
            .map(|event| format!("{} {} < {}", event.id, event.kind.type_name(), event.previous_event_id))
            .collect()
    }

    /// The lines of the history from the last redrive on.
    pub(crate) async fn history_since_redrive(&self) -> Vec<String> {
        let mut history = self.history().await;
        let redriven = history.iter().rposition(|line| line.contains("ExecutionRedriven"));
        history.split_off(redriven.expect("it was redriven"))
    }
}

/// Calls until it is answered with something else than "try again", as a client does.
pub(crate) async fn insist<A, F>(world: &World<Engine>, request: impl Fn(Arc<Orchestrator>) -> F) -> Result<A, Error>
where
    F: Future<Output = Result<A, Error>>,
{
    loop {
        match world.call(|node| request(Arc::clone(&node.0))).await {
            Err(error) if error.is_transient() => world.clock().sleep(Duration::from_millis(100)).await,
            answer => return answer,
        }
    }
}

/// A machine of these states, of which `A` is the first.
pub(crate) fn machine(states: Value) -> Value {
    let mut machine = json!({"StartAt": "A"});
    machine["States"] = states;
    machine
}

/// A Task that gives the function its input, and ends.
pub(crate) fn task() -> Value {
    json!({"Type": "Task", "Resource": FUNCTION, "End": true})
}
