//! Lists against a table in this process.

use super::*;
use crate::bucket::fake::Fake;
use crate::emulator::Emulator;
use engine::Ending;
use model::arn::Place;
use model::{RunId, Timestamp};
use orchestrator::ports::{Catalog as _, MachineRevision, MachineStatus, StateMachine, StopMark};
use serde_json::{Value, json};

const STATUSES: [ExecutionStatus; 5] = [
    ExecutionStatus::Running,
    ExecutionStatus::Succeeded,
    ExecutionStatus::Failed,
    ExecutionStatus::TimedOut,
    ExecutionStatus::Aborted,
];

fn machine(name: &str) -> StateMachineArn {
    let place = Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() };
    StateMachineArn::new(&place, name)
}

fn meta(machine: &StateMachineArn, name: &str, at: i64, status: ExecutionStatus) -> Meta {
    Meta {
        execution: machine.execution(name),
        run: RunId(format!("run-of-{name}").into()),
        machine: machine.clone(),
        revision: "revision-1".into(),
        status,
        seq: 0,
        started: Timestamp::from_micros(at),
        stopped: None,
        input_hash: "0123456789abcdef".into(),
        stop: None,
        trace_header: None,
        expires: None,
        redriven: None,
        qualifier: None,
    }
}

async fn put(table: &Table, meta: &Meta) -> anyhow::Result<()> {
    table.put(meta::item(table, meta)?).send().await?;
    Ok(())
}

/// All pages, and how many there were.
async fn pages(
    table: &Table,
    machine: Option<&StateMachineArn>,
    status: Option<ExecutionStatus>,
    limit: u32,
) -> anyhow::Result<(Vec<Meta>, usize)> {
    let (mut found, mut count, mut after) = (Vec::new(), 0, None);
    loop {
        let page = executions(table, machine, status, after.as_deref(), limit).await?;
        assert!(page.items.len() <= limit as usize);
        found.extend(page.items);
        count += 1;
        after = page.next;
        if after.is_none() {
            return Ok((found, count));
        }
    }
}

fn names(metas: &[Meta]) -> Vec<&str> {
    metas.iter().map(|meta| meta.execution.name()).collect()
}

#[tokio::test]
async fn pages_have_no_gaps_whatever_their_size() -> anyhow::Result<()> {
    let emulator = Emulator::start().await?;
    let (table, machine) = (emulator.table(), machine("pages"));
    let mut all = Vec::new();
    for number in 0..60_u16 {
        // Many at one instant, and some of other instants between them.
        let at = if number < 30 { 5_000 } else { 4_990 + i64::from(number) % 20 };
        let meta = meta(&machine, &format!("e{number}"), at, STATUSES[usize::from(number) % 3]);
        put(table, &meta).await?;
        all.push(meta);
    }
    all.sort_by_key(|meta| std::cmp::Reverse(keys::by_time(meta.started.as_micros(), meta.execution.name())));
    let shards =
        (0..table.list_shards()).filter(|shard| all.iter().any(|m| table.list_shard(m.execution.name()) == *shard));
    assert!(shards.count() > 1);
    for limit in [1, 2, 7, 29, 59, 60, 61, 1_000] {
        let (found, _) = pages(table, Some(&machine), None, limit).await?;
        assert_eq!(names(&found), names(&all), "limit {limit}");
        assert_eq!(found, all);
        for status in STATUSES {
            let expected: Vec<Meta> = all.iter().filter(|meta| meta.status == status).cloned().collect();
            let (found, _) = pages(table, Some(&machine), Some(status), limit).await?;
            assert_eq!(names(&found), names(&expected), "limit {limit}, {status:?}");
        }
    }
    let (all_pages, count) = pages(table, Some(&machine), None, 20).await?;
    assert_eq!((all_pages.len(), count), (60, 3), "the last page has no token");
    Ok(())
}

/// A page looks at a bounded number of them, and then says where it stopped.
#[tokio::test]
async fn a_rare_status_is_found_over_several_pages() -> anyhow::Result<()> {
    let emulator = Emulator::start().await?;
    let (table, machine) = (emulator.table(), machine("rare"));
    let status_of = |number: i64| match number {
        _ if number % 50 == 7 => ExecutionStatus::Failed,
        _ if number % 11 < 3 => ExecutionStatus::Aborted,
        _ if number % 7 == 5 => ExecutionStatus::TimedOut,
        _ => ExecutionStatus::Succeeded,
    };
    for number in 0..120 {
        put(table, &meta(&machine, &format!("e{number:03}"), 1_000 + number, status_of(number))).await?;
    }
    for status in STATUSES {
        let expected: Vec<_> = (0..120).rev().filter(|number| status_of(*number) == status).collect();
        let expected: Vec<_> = expected.into_iter().map(|number| format!("e{number:03}")).collect();
        for (batch, limit) in [(1, 2), (1, 50), (2, 1), (2, 10), (3, 1_000)] {
            // With requests so small that the rounds of one page do not reach the end.
            let (mut found, mut pages, mut below) = (Vec::new(), 0, None);
            loop {
                let part = merged(&Request { table, status: Some(status), below, batch }, &machine, limit).await?;
                assert!(part.found.len() <= limit);
                found.extend(part.found);
                pages += 1;
                below = part.rest;
                if below.is_none() {
                    break;
                }
            }
            assert_eq!(names(&found), expected, "{status:?} by {batch}, limit {limit}");
            assert!(pages > 1 || batch > 2, "{pages}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_has_expired_is_not_there() -> anyhow::Result<()> {
    let emulator = Emulator::start().await?;
    let (table, machine) = (emulator.table(), machine("expired"));
    let hour = 3_600;
    for (name, expires) in [
        ("gone", Timestamp::from_micros(table.now().as_micros() - 3_600_000_000)),
        ("there", table.now().plus_seconds(hour)),
    ] {
        let meta = Meta { expires: Some(expires), ..meta(&machine, name, 1_000, ExecutionStatus::Succeeded) };
        put(table, &meta).await?;
    }
    put(table, &meta(&machine, "ever", 1_000, ExecutionStatus::Succeeded)).await?;
    let (found, _) = pages(table, Some(&machine), None, 10).await?;
    assert_eq!(names(&found), ["there", "ever"]);
    Ok(())
}

#[tokio::test]
async fn a_damaged_execution_does_not_hide_the_others() -> anyhow::Result<()> {
    let emulator = Emulator::start().await?;
    let (table, machine) = (emulator.table(), machine("damaged"));
    for (at, name) in (1_000..).zip(["a", "b", "c"]) {
        put(table, &meta(&machine, name, at, ExecutionStatus::Running)).await?;
    }
    let damage = table.update(Key::meta(&machine.execution("b"))).update_expression("SET #meta = :damage");
    let damage = damage.expression_attribute_names("#meta", meta::FIXED).expression_attribute_values(":damage", s("{"));
    damage.send().await?;
    for limit in [1, 2, 3] {
        let (found, _) = pages(table, Some(&machine), None, limit).await?;
        assert_eq!(names(&found), ["c", "a"], "limit {limit}");
    }
    Ok(())
}

#[tokio::test]
async fn a_token_that_was_not_given_out_is_unreadable() -> anyhow::Result<()> {
    let emulator = Emulator::start().await?;
    let (table, machine) = (emulator.table(), machine("token"));
    let made_up = [
        (List::Executions, "5000#a"),
        (List::Executions, &keys::by_time(1, "")),
        (List::Executions, "0000000000000000000x#a"),
        (List::AllExecutions, "2\n\n"),
        (List::AllExecutions, "0\nno arn\n"),
        (List::AllExecutions, "0\n\n00000000000000000001#a"),
    ];
    let mut tokens: Vec<String> = ["", "nonsense", "AAAA", &"x".repeat(2_000)].map(str::to_owned).to_vec();
    tokens.extend(made_up.map(|(list, place)| page::token(list, place)));
    for machine in [Some(&machine), None] {
        for token in &tokens {
            match executions(table, machine, None, Some(token), 10).await {
                Err(Error::Unreadable { what, .. }) => assert!(what.starts_with("page token"), "{what}"),
                other => anyhow::bail!("{token}: {other:?}"),
            }
        }
        let other = if machine.is_some() { List::AllExecutions } else { List::Executions };
        let place = if machine.is_some() { super::Place::default().write() } else { keys::by_time(1, "a") };
        let token = page::token(other, &place);
        assert!(executions(table, machine, None, Some(&token), 10).await.is_err());
    }
    Ok(())
}

async fn create_machine(catalog: &crate::Catalog, arn: &StateMachineArn) -> anyhow::Result<()> {
    let revision = MachineRevision {
        id: "revision-1".into(),
        machine_type: model::MachineType::Standard,
        definition: "{}".into(),
        role_arn: "role".into(),
        created: Timestamp::from_micros(1),
        logging: Value::Null,
        tracing: Value::Null,
        encryption: Value::Null,
    };
    let created = Timestamp::from_micros(1);
    let status = MachineStatus::Active;
    let machine =
        StateMachine { arn: arn.clone(), created, revision, status, updated: false, tags: json!([]), published: None };
    catalog.create_machine(&machine).await?;
    Ok(())
}

/// What a reconciler reads.
#[tokio::test]
async fn all_machines_are_walked_also_those_that_were_deleted() -> anyhow::Result<()> {
    let (emulator, fake) = (Emulator::start().await?, Fake::start().await?);
    let (table, catalog) = (emulator.table(), emulator.store.catalog(fake.bucket.clone()));
    let mut expected = Vec::new();
    for number in 0..8 {
        let machine = machine(&format!("m{number}"));
        create_machine(&catalog, &machine).await?;
        for execution in 0..number {
            put(table, &meta(&machine, &format!("e{execution}"), 1_000 + execution, ExecutionStatus::Running)).await?;
            put(table, &meta(&machine, &format!("ended{execution}"), 1_000, ExecutionStatus::Failed)).await?;
        }
        if number % 3 == 0 {
            catalog.delete_machine(&machine).await?;
        }
    }
    for number in [1, 2, 4, 5, 7, 0, 3, 6] {
        expected.extend(
            (0..number).rev().map(|execution| machine(&format!("m{number}")).execution(&format!("e{execution}"))),
        );
    }
    for limit in [1, 2, 3, 7, 28, 29, 1_000] {
        let (found, _) = pages(table, None, Some(ExecutionStatus::Running), limit).await?;
        let found: Vec<_> = found.into_iter().map(|meta| meta.execution).collect();
        assert_eq!(found, expected, "limit {limit}");
        let (found, _) = pages(table, None, None, limit).await?;
        assert_eq!(found.len(), 2 * expected.len(), "limit {limit}");
    }
    Ok(())
}

/// The index has neither the stop mark nor the number of the last record.
#[tokio::test]
async fn a_walk_over_all_machines_gives_whole_metas() -> anyhow::Result<()> {
    let (emulator, fake) = (Emulator::start().await?, Fake::start().await?);
    let (table, catalog) = (emulator.table(), emulator.store.catalog(fake.bucket.clone()));
    let machine = machine("whole");
    create_machine(&catalog, &machine).await?;
    let ending = Ending::Aborted { at: None, after: Timestamp::from_micros(6) };
    let stop = Some(StopMark { at: Timestamp::from_micros(7), opened: 0, ending });
    let marked = Meta { seq: 9, stop, ..meta(&machine, "marked", 1_000, ExecutionStatus::Running) };
    put(table, &marked).await?;
    let (found, _) = pages(table, None, Some(ExecutionStatus::Running), 10).await?;
    assert_eq!(found, [marked]);
    Ok(())
}

/// A walk must not end early because many machines have nothing to show.
#[tokio::test]
async fn idle_machines_do_not_end_a_walk() -> anyhow::Result<()> {
    let (emulator, fake) = (Emulator::start().await?, Fake::start().await?);
    let (table, catalog) = (emulator.table(), emulator.store.catalog(fake.bucket.clone()));
    for number in 0..=MAX_VISITS {
        create_machine(&catalog, &machine(&format!("idle{number:03}"))).await?;
    }
    let last = machine("last");
    create_machine(&catalog, &last).await?;
    put(table, &meta(&last, "one", 1_000, ExecutionStatus::Running)).await?;
    let (found, count) = pages(table, None, Some(ExecutionStatus::Running), 10).await?;
    assert_eq!(names(&found), ["one"]);
    assert!(count > 1, "{count}");
    Ok(())
}
