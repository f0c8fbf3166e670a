//! Lists that do not fit into one answer: DynamoDB ends a page at 1 MB.

use super::faults::{machine, meta, record, run};
use super::{catalog, store};
use acceptance::cloud::Cloud;
use anyhow::{Result, ensure};
use model::{Failure, RunId, StrandId, Timestamp};
use orchestrator::ports::{
    Catalog as _, EndedChild, ExecutionStatus, JoinKey, Journal, MachineRevision, MachineStatus, Meta, Minute,
    ParkedTimer, StateMachine, Timers,
};
use orchestrator::{Lane, RunKey, Wake, WakeKind};
use serde_json::{Value, json};

/// Pages that DynamoDB gave since the log was emptied.
fn queries(cloud: &Cloud) -> usize {
    cloud.take_requests().iter().filter(|request| request.operation == "Query").count()
}

/// A text that does not get much smaller when it is packed.
fn noise(bytes: usize, seed: u64) -> String {
    let mut state = seed;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap_or(0)).to_ascii_lowercase()
    })
    .filter(char::is_ascii_alphanumeric)
    .take(bytes)
    .collect()
}

#[tokio::test]
async fn all_records_of_a_run_come_over_several_pages() -> Result<()> {
    let (store, cloud) = store().await?;
    store.start(&meta("one"), &record("one", 0, noise(100_000, 0))).await?;
    for seq in 1..25 {
        store.put(&record("one", seq, noise(100_000, seq))).await?;
    }
    cloud.take_requests();
    let records = store.records(&run("one")).await?;
    ensure!(records.iter().map(|record| record.key.seq).eq(0..25));
    ensure!(queries(&cloud) >= 2);
    let head = store.head(&run("one"), &StrandId::root()).await?;
    ensure!(head.is_some_and(|head| head.key.seq == 24));
    ensure!(queries(&cloud) == 1, "a head is one request, however long the strand");
    Ok(())
}

#[tokio::test]
async fn all_executions_come_over_several_pages() -> Result<()> {
    let (store, cloud) = store().await?;
    let mut names = Vec::new();
    for number in 0..60_i64 {
        let name = format!("execution-{number:03}");
        let started = Timestamp::from_micros(1_000_000 + number);
        // META is small in earnest; this makes a page of few of them.
        let meta = Meta { trace_header: Some(noise(100_000, 7)), started, ..meta(&name) };
        store.start(&meta, &record(&name, 0, "first")).await?;
        if number % 2 == 0 {
            store.close(&run(&name), ExecutionStatus::Failed, started, 1).await?;
        }
        names.push(name);
    }
    names.reverse();
    for (status, step) in [(None, 1), (Some(ExecutionStatus::Running), 2)] {
        for limit in [1_000, 25] {
            cloud.take_requests();
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = store.executions(Some(&machine()), status, after.as_deref(), limit).await?;
                found.extend(page.items.iter().map(|meta| meta.execution.name().to_owned()));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            ensure!(found.iter().eq(names.iter().step_by(step)), "{status:?} {limit}: {found:?}");
            ensure!(queries(&cloud) > 4, "each shard is one page or more");
        }
    }
    Ok(())
}

#[tokio::test]
async fn all_timers_of_a_minute_come_over_several_pages() -> Result<()> {
    let (store, cloud) = store().await?;
    let due = Timestamp::from_micros(90_000_000);
    for number in 0..200_u64 {
        let key = RunKey { run: RunId(format!("r{number}").into()), ..run("one") };
        let ending = engine::Ending::Stopped(Failure::new("Error", noise(30_000, number)));
        let kind = WakeKind::Abort(ending);
        let wake = Wake {
            run: key,
            strand: StrandId::root(),
            kind,
            record: None,
            lane: Lane::Steps,
            start: None,
            redelivered: false,
        };
        store.park(&ParkedTimer { due, wake }).await?;
    }
    cloud.take_requests();
    let (mut runs, mut after) = (Vec::new(), None);
    loop {
        let page = store.due_in(Minute::of(due), after.as_deref(), 1_000).await?;
        runs.extend(page.items.into_iter().map(|timer| timer.wake.run.run));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    runs.sort();
    runs.dedup();
    ensure!(runs.len() == 200, "{}", runs.len());
    ensure!(queries(&cloud) > 4, "each shard is one page or more");
    Ok(())
}

#[tokio::test]
async fn all_children_of_a_fork_come_over_several_items() -> Result<()> {
    let (store, _cloud) = store().await?;
    store.start(&meta("one"), &record("one", 0, "first")).await?;
    let key = JoinKey { run: run("one"), strand: StrandId::root(), fork: 1 };
    for index in 0..1_050 {
        store.join(&key, &EndedChild { index, seq: 3, succeeded: index % 2 == 0 }).await?;
    }
    let mut joined: Vec<_> = store.joined(&key, 0..1_050).await?.iter().map(|child| child.index).collect();
    joined.sort_unstable();
    ensure!(joined.into_iter().eq(0..1_050));
    Ok(())
}

#[tokio::test]
async fn all_machines_come_over_several_pages() -> Result<()> {
    let (catalog, _cloud) = catalog().await?;
    for number in 0..40_u64 {
        // Under the 400 KB of an item; together more than the 16 MB of a batch.
        let revision = MachineRevision {
            id: "1".to_owned(),
            machine_type: model::MachineType::Standard,
            definition: json!({ "Comment": noise(300_000, number) }).to_string(),
            role_arn: "arn:aws:iam::123456789012:role/states".to_owned(),
            created: Timestamp::from_micros(1),
            logging: Value::Null,
            tracing: Value::Null,
            encryption: Value::Null,
        };
        let place =
            model::arn::Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() };
        let machine = StateMachine {
            arn: model::StateMachineArn::new(&place, &format!("m{number:02}")),
            created: Timestamp::from_micros(1),
            revision,
            status: MachineStatus::Active,
            updated: false,
            tags: json!([]),
            published: None,
        };
        ensure!(catalog.create_machine(&machine).await?.is_none());
    }
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = catalog.machines(after.as_deref(), 1_000).await?;
        names.extend(page.items.iter().map(|machine| machine.arn.name().to_owned()));
        ensure!(page.items.iter().all(|machine| machine.revision.definition.len() > 300_000));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    ensure!(names.iter().eq((0..40).map(|number| format!("m{number:02}")).collect::<Vec<_>>().iter()), "{names:?}");
    Ok(())
}
