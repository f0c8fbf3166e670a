//! Express executions in the deployed system: from the queue, at least once, and nobody waits behind one that cannot run.

use acceptance::cloud::system::{Options, System};
use anyhow::{Context as _, Result, ensure};
use model::{MachineType, Payload, StateMachineArn};
use orchestrator::ports::Clock as _;
use orchestrator::{CreateMachine, StartRequest};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn in_time_of_its_own<F: Future<Output = Result<()>>>(test: F) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?.block_on(test)
}

/// A machine that calls the function `work` with its input.
async fn machine(system: &System) -> Result<StateMachineArn> {
    let definition = json!({"StartAt": "Task", "States": {"Task": {
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work", "End": true
    }}});
    create(system, &definition).await
}

async fn create(system: &System, definition: &Value) -> Result<StateMachineArn> {
    let request = CreateMachine {
        name: "quick".to_owned(),
        machine_type: MachineType::Express,
        definition: definition.to_string(),
        role_arn: "arn:aws:iam::123456789012:role/states".to_owned(),
        logging: Value::Null,
        tracing: Value::Null,
        encryption: Value::Null,
        tags: json!([]),
        publish: None,
    };
    Ok(system.api.create_state_machine(request).await?.machine.arn)
}

fn start(machine: &StateMachineArn, input: &Value) -> StartRequest {
    let (name, input) = (Some("one".to_owned()), Payload::from_value(input.clone()));
    StartRequest { machine: machine.clone().into(), name, input, trace_header: None }
}

/// The events that `work` was called with, once the queue of starts is empty.
async fn calls(system: &System) -> Result<Vec<Value>> {
    for _ in 0..10_000 {
        if system.cloud.sqs().count(system.express_queue()) == 0 {
            return Ok(system.cloud.lambda().calls().into_iter().map(|call| call.event).collect());
        }
        system.clock().sleep(Duration::from_secs(1)).await;
    }
    anyhow::bail!("starts are left: {:?}", system.cloud.sqs().bodies(system.express_queue()))
}

#[test]
fn each_start_runs_once_and_leaves_no_record_and_one_of_a_long_input_too() -> Result<()> {
    in_time_of_its_own(async {
        let system = System::deploy(&Options { batch_size: 10, ..Options::default() }).await?;
        system.cloud.lambda().create("work", |call| async move { Ok(json!({"n": call.event["n"]})) });
        let machine = machine(&system).await?;
        system.take_requests();
        for number in 0..20 {
            system.api.start_execution(start(&machine, &json!({"n": number}))).await?;
        }
        let long = json!({"n": 20, "text": "x".repeat(300_000)});
        system.api.start_execution(start(&machine, &long)).await?;
        let mut called: Vec<_> = calls(&system).await?.into_iter().filter_map(|event| event["n"].as_u64()).collect();
        called.sort_unstable();
        ensure!(called == (0..21).collect::<Vec<_>>(), "{called:?}");
        let requests = system.take_requests();
        let writes = requests.iter().filter(|request| matches!(request.operation.as_str(), "PutItem" | "UpdateItem"));
        ensure!(writes.count() == 0, "an Express execution keeps nothing");
        ensure!(requests.iter().filter(|request| request.operation == "PutObject").count() == 1);
        Ok(())
    })
}

#[test]
fn a_start_that_is_brought_again_runs_again() -> Result<()> {
    in_time_of_its_own(async {
        let system = System::deploy(&Options::default()).await?;
        system.cloud.lambda().create("work", |call| async move { Ok(call.event) });
        let machine = machine(&system).await?;
        system.api.start_execution(start(&machine, &json!({"n": 1}))).await?;
        system.cloud.sqs().double(system.express_queue());
        ensure!(calls(&system).await? == [json!({"n": 1}), json!({"n": 1})]);
        Ok(())
    })
}

#[test]
fn whoever_fails_is_done_with_and_whoever_cannot_run_becomes_a_dead_letter() -> Result<()> {
    in_time_of_its_own(async {
        let system = System::deploy(&Options { batch_size: 10, ..Options::default() }).await?;
        let tries = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&tries);
        system.cloud.lambda().create("work", move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Err(json!({"errorType": "Boom", "errorMessage": "no"})) }
        });
        let machine = machine(&system).await?;
        system.api.start_execution(start(&machine, &json!({}))).await?;
        let damaged = json!({"version": 1, "stateMachine": "nobody"}).to_string();
        system.cloud.sqs().send(system.express_queue(), &damaged);
        system.api.start_execution(start(&machine, &json!({}))).await?;
        calls(&system).await?;
        ensure!(tries.load(Ordering::Relaxed) == 2, "what failed ran again: {tries:?}");
        ensure!(system.express_dead_letters() == [damaged], "{:?}", system.express_dead_letters());
        Ok(())
    })
}

#[test]
fn a_synchronous_execution_runs_where_it_is_called_and_sends_nothing() -> Result<()> {
    in_time_of_its_own(async {
        let system = System::deploy(&Options::default()).await?;
        system.cloud.lambda().create("work", |call| async move { Ok(call.event) });
        let machine = machine(&system).await?;
        system.take_requests();
        let input = json!({"n": 1});
        let answer = system.api.start_sync_execution(start(&machine, &input)).await.context("no answer")?;
        ensure!(answer.result().map(Payload::value) == Ok(&input), "{answer:?}");
        let requests = system.take_requests();
        let operations: Vec<_> = requests.iter().map(|request| request.operation.as_str()).collect();
        ensure!(operations.iter().all(|operation| matches!(*operation, "GetItem" | "Invoke")), "{operations:?}");
        Ok(())
    })
}

/// In JSONata: one evaluation fails and is tried again, and what is drawn is one value wherever it is read.
#[test]
fn expressions_are_evaluated_in_memory_as_they_are_in_executions_that_are_kept() -> Result<()> {
    in_time_of_its_own(async {
        let system = System::deploy(&Options::default()).await?;
        system.cloud.lambda().create("work", |call| async move { Ok(call.event) });
        let machine = create(&system, &json!({"QueryLanguage": "JSONata", "StartAt": "Draw", "States": {
            "Draw": {"Type": "Pass", "Assign": {"id": "{% $uuid() %}", "at": "{% $millis() %}"}, "Next": "Task"},
            "Task": {
                "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work",
                "Arguments": {
                    "id": "{% $id %}", "n": "{% $states.input.n + 1 %}",
                    "attempt": "{% $states.context.State.RetryCount = 1 ? 1 : $error('not yet') %}"
                },
                "Retry": [{"ErrorEquals": ["States.QueryEvaluationError"], "IntervalSeconds": 1}],
                "Output": "{% $merge([$states.result, {'same': $states.result.id = $id, 'later': $millis() - $at >= 1000}]) %}",
                "End": true
            }
        }})).await?;
        let answer = system.api.start_sync_execution(start(&machine, &json!({"n": 1}))).await.context("no answer")?;
        let mut output =
            answer.result().map(|output| output.value().clone()).map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        ensure!(output["id"].as_str().is_some_and(|id| id.len() == 36), "{output}");
        output["id"] = Value::Null;
        ensure!(output == json!({"id": null, "n": 2, "attempt": 1, "same": true, "later": true}), "{output}");
        Ok(())
    })
}
