//! Large payloads through the ports: an execution is the same whether its payloads lie in records or beside them.

use async_trait::async_trait;
use bytes::Bytes;
use model::{ExecutionArn, MachineType, Payload};
use ratchet_orchestrator::ports::{BlobKey, Blobs as _, Clock as _, ExecutionStatus, Journal as _, StoredRecord};
use ratchet_orchestrator::{
    Acknowledge, CreateMachine, Described, Error, Orchestrator, Ports, RecordKey, Settings, StartRequest, Wake,
};
use serde_json::{Value, json};
use simulation::{Node, Options, Problem, World};
use std::sync::Arc;
use std::time::Duration;

struct Engine(Arc<Orchestrator>);

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

fn world(inline: fn(&mut Settings)) -> World<Engine> {
    let build = |ports: Ports, settings: Settings| Arc::new(Engine(Orchestrator::new(ports, settings)));
    World::new(Options { settings: inline, ..Options::default() }, build)
}

fn beside(settings: &mut Settings) {
    settings.inline_payload_bytes = 100;
}

/// 20,000 bytes with spaces and digits that must stay.
fn input() -> Payload {
    Payload::from_text(format!("{{\"n\":  1.00, \"long\": {:?}}}", "x".repeat(20_000))).expect("JSON")
}

/// Starts an execution that passes its input on, waits, and makes something larger of it.
async fn start(world: &World<Engine>) -> Result<ExecutionArn, Error> {
    let definition = json!({"StartAt": "Same", "States": {
        "Same": {"Type": "Pass", "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Larger"},
        "Larger": {"Type": "Pass", "Parameters": {"one.$": "$", "two.$": "$.long", "items": [1, 2, 3]}, "Next": "Map"},
        "Map": {"Type": "Map", "ItemsPath": "$.items", "Next": "End",
            "Parameters": {"whole.$": "$"},
            "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "Parameters": {"n.$": "$.whole.one.n"}, "End": true}}}},
        "End": {"Type": "Pass", "End": true},
    }});
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
    let created = world.call(async |node| node.0.create_state_machine(request.clone()).await).await?;
    let request = StartRequest {
        machine: created.machine.arn.into(),
        name: Some("one".to_owned()),
        input: input(),
        trace_header: None,
    };
    let started = world.call(async |node| node.0.start_execution(request.clone()).await).await?;
    Ok(started.execution)
}

async fn described(world: &World<Engine>, execution: &ExecutionArn) -> Result<Described, Error> {
    world.call(async |node| node.0.describe_execution(execution).await).await
}

#[tokio::test(start_paused = true)]
async fn an_execution_is_the_same_whether_its_payloads_lie_in_records_or_beside_them() {
    let mut outcomes = Vec::new();
    for (settings, has_blobs) in [(beside as fn(&mut Settings), true), (|_| {}, false)] {
        let world = world(settings);
        let execution = start(&world).await.expect("it starts");
        world.clock().sleep(Duration::from_mins(5)).await;
        let end = described(&world, &execution).await.expect("it is there");
        assert_eq!(end.summary.status, ExecutionStatus::Succeeded, "{:?}", end.failure);
        assert_eq!(end.input, input());
        assert_eq!(world.blobs().count() > 0, has_blobs);
        if has_blobs {
            let longest = world.journal().all_records().iter().map(|record| record.body.len()).max();
            assert!(longest < Some(4_000), "{longest:?}");
        }
        let records = world.call(async |node| node.0.records(&execution).await).await.expect("they are read");
        let events: Vec<String> =
            records.iter().flat_map(|record| &record.events).map(|event| format!("{:?}", event.kind)).collect();
        assert!(world.problems().is_empty(), "{:?}", world.problems());
        outcomes.push((end.output.map(|output| output.text().to_owned()), events.len()));
    }
    assert_eq!(outcomes[0], outcomes[1]);
}

/// The first payload of the execution that lies among the blobs.
fn first_blob(world: &World<Engine>) -> BlobKey {
    let named = |record: &StoredRecord| {
        let body: Value = serde_json::from_slice(&record.body).ok()?;
        let sha256 = body["blobs"][0]["sha256"].as_str()?.to_owned();
        Some(BlobKey { run: record.key.run.clone(), sha256 })
    };
    world.journal().all_records().iter().find_map(named).expect("a record has a blob")
}

#[tokio::test(start_paused = true)]
async fn a_blob_that_is_not_what_its_name_says_is_an_error_that_lasts() {
    let world = world(beside);
    let execution = start(&world).await.expect("it starts");
    world.clock().sleep(Duration::from_secs(1)).await;
    let blob = first_blob(&world);
    world.blobs().put(&blob, Bytes::from_static(b"{\"else\":1}")).await.expect("it is in memory");
    let records = async || world.call(async |node| node.0.records(&execution).await).await;
    let error = records().await.expect_err("its input is not what it was");
    assert!(!error.is_transient() && error.to_string().contains("is damaged"), "{error}");
    world.blobs().remove(&blob.run).await.expect("it is in memory");
    let error = records().await.expect_err("its input is gone");
    assert!(!error.is_transient() && error.to_string().contains("is not there"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_record_of_a_newer_version_waits_for_a_newer_program() {
    let world = world(beside);
    let execution = start(&world).await.expect("it starts");
    world.clock().sleep(Duration::from_secs(1)).await;
    let last = world.journal().all_records().pop().expect("it has records");
    let key = RecordKey { seq: last.key.seq + 1, ..last.key };
    let newer = StoredRecord { key, body: Bytes::from_static(b"{\"version\":99}"), expires: None };
    world.journal().put(&newer).await.expect("it is in memory");
    let error = world.call(async |node| node.0.records(&execution).await).await.expect_err("it is newer");
    assert!(error.is_transient(), "{error}");
    world.clock().sleep(Duration::from_mins(2)).await;
    let end = described(&world, &execution).await.expect("its first record can be read");
    assert_eq!(end.summary.status, ExecutionStatus::Running, "it is not broken off for that");
}
