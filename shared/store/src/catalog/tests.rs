//! The catalog against a table in this process; what every adapter must do is tested by the port's contract.

use super::*;
use crate::bucket::fake::Fake;
use crate::emulator::Emulator;
use crate::item::{Item, n, s};
use crate::keys::PK;
use model::Timestamp;
use model::arn::Place;
use orchestrator::ports::{Catalog as _, MachineStatus};
use serde_json::json;
use sha2::{Digest as _, Sha256};

struct World {
    emulator: Emulator,
    fake: Fake,
    catalog: Catalog,
}

async fn world() -> anyhow::Result<World> {
    let (emulator, fake) = (Emulator::start().await?, Fake::start().await?);
    let catalog = emulator.store.catalog(fake.bucket.clone());
    Ok(World { emulator, fake, catalog })
}

fn place() -> Place {
    Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() }
}

fn machine(name: &str, revision: &str, definition: &str) -> StateMachine {
    let created = Timestamp::from_micros(1_000);
    StateMachine {
        arn: StateMachineArn::new(&place(), name),
        created,
        revision: MachineRevision {
            id: revision.into(),
            machine_type: model::MachineType::Express,
            definition: definition.into(),
            role_arn: "arn:aws:iam::123456789012:role/states".into(),
            created,
            logging: json!({"level": "OFF", "includeExecutionData": false}),
            tracing: json!({"enabled": false}),
            encryption: json!({"type": "AWS_OWNED_KEY"}),
        },
        status: MachineStatus::Active,
        updated: false,
        tags: json!([]),
        published: None,
    }
}

/// A text that hardly packs, of this many characters.
fn noise(chars: usize) -> String {
    let hashes = (0_u64..).flat_map(|at| Sha256::digest(at.to_be_bytes()));
    hashes.take(chars).map(|byte| char::from(b'!' + byte % 94)).collect()
}

/// Sort keys of all that the table has of this machine.
async fn items_of(world: &World, arn: &StateMachineArn) -> anyhow::Result<Vec<String>> {
    let read = world.emulator.table().query(names::key(arn).pk).send().await?;
    Ok(read.items.unwrap_or_default().iter().filter_map(|item| item.get("sk")?.as_s().ok().cloned()).collect())
}

#[tokio::test]
async fn a_definition_of_a_megabyte_comes_back_whether_or_not_it_packs() -> anyhow::Result<()> {
    let world = world().await?;
    let packs = r#"{"StartAt": "A", "States": {}}"#.repeat(35_000);
    for (name, definition, objects) in [("packs", packs, 0), ("noise", noise(1_048_576), 1), ("short", "{}".into(), 0)]
    {
        let machine = machine(name, "r1", &definition);
        assert_eq!(world.catalog.create_machine(&machine).await?, None);
        assert_eq!(world.catalog.machine(&machine.arn).await?.as_ref(), Some(&machine));
        assert_eq!(world.catalog.revision(&machine.arn, "r1").await?.as_ref(), Some(&machine.revision));
        let (keys, expected) =
            (world.fake.keys(), format!("definitions/{}", crate::bucket::sha256(definition.as_bytes())));
        assert_eq!(keys.iter().filter(|key| **key == expected).count(), objects, "{name}");
    }
    let listed = world.catalog.machines(None, 10).await?;
    let lengths: Vec<_> = listed.items.iter().map(|machine| machine.revision.definition.len()).collect();
    assert_eq!(lengths, [1_048_576, 35_000 * 30, 2]);
    Ok(())
}

#[tokio::test]
async fn a_definition_that_changed_in_the_bucket_is_unreadable() -> anyhow::Result<()> {
    let world = world().await?;
    let machine = machine("noise", "r1", &noise(600_000));
    world.catalog.create_machine(&machine).await?;
    let key = world.fake.keys().remove(0);
    let other = crate::bucket::fake::Object { content: "{}".into(), encoding: None };
    world.fake.inside().objects.insert(key.clone(), other);
    let refused = |error: Option<Error>| error.filter(|error| !error.is_transient()).map(|error| error.to_string());
    let changed = refused(world.catalog.revision(&machine.arn, "r1").await.err());
    assert!(changed.is_some_and(|text| text.contains(&key) && text.contains("other content")));
    world.fake.inside().objects.clear();
    let missing = refused(world.catalog.machine(&machine.arn).await.err());
    assert!(missing.is_some_and(|text| text.contains(&format!("there is no object {key}"))));
    Ok(())
}

/// It is taken away again, or was never put.
#[tokio::test]
async fn a_revision_that_lost_leaves_nothing() -> anyhow::Result<()> {
    let world = world().await?;
    let first = machine("m", "r1", "{}");
    world.catalog.create_machine(&first).await?;
    assert_eq!(world.catalog.create_machine(&machine("m", "r2", "{}")).await?, Some(first.clone()));
    let late = machine("m", "r3", "{}");
    assert_eq!(world.catalog.update_machine(&late, &machine("m", "r0", "{}")).await?, Err(Some(first.clone())));
    assert_eq!(items_of(&world, &first.arn).await?, ["META", "REV#r1"]);
    let absent = machine("absent", "r1", "{}");
    assert_eq!(world.catalog.update_machine(&absent, &absent).await?, Err(None));
    assert_eq!(items_of(&world, &absent.arn).await?, [""; 0]);
    Ok(())
}

/// A revision that is in use is not taken away because an update that names it anew fails.
#[tokio::test]
async fn a_revision_that_was_there_before_stays() -> anyhow::Result<()> {
    let world = world().await?;
    let first = machine("m", "r1", "{}");
    world.catalog.create_machine(&first).await?;
    let second = machine("m", "r2", "{}");
    assert_eq!(world.catalog.update_machine(&second, &first).await?, Ok(()));
    assert_eq!(world.catalog.update_machine(&first, &machine("m", "r0", "{}")).await?, Err(Some(second)));
    assert_eq!(world.catalog.revision(&first.arn, "r1").await?, Some(first.revision));
    Ok(())
}

/// As a client does whose first answer was lost.
#[tokio::test]
async fn a_write_that_is_sent_again_has_won() -> anyhow::Result<()> {
    let world = world().await?;
    let (first, second) = (machine("m", "r1", "{}"), machine("m", "r2", "{}"));
    world.catalog.create_machine(&first).await?;
    for _ in 0..2 {
        assert_eq!(world.catalog.update_machine(&second, &first).await?, Ok(()));
        let tags = json!([{"key": "a", "value": "1"}]);
        assert_eq!(world.catalog.set_machine_tags(&first.arn, &tags, &json!([])).await?, Ok(()));
    }
    assert_eq!(items_of(&world, &first.arn).await?, ["META", "REV#r1", "REV#r2"]);
    Ok(())
}

/// Objects are equal whatever the order of their members.
#[tokio::test]
async fn tags_are_compared_as_values() -> anyhow::Result<()> {
    let world = world().await?;
    let written: Value = serde_json::from_str(r#"[{"key": "a", "value": "1"}]"#)?;
    let spelled: Value = serde_json::from_str(r#"[{"value": "1", "key": "a"}]"#)?;
    let machine = StateMachine { tags: written.clone(), ..machine("m", "r1", "{}") };
    world.catalog.create_machine(&machine).await?;
    let other = json!([{"key": "a", "value": "2"}]);
    assert_eq!(world.catalog.set_machine_tags(&machine.arn, &json!([]), &other).await?, Err(Some(written)));
    assert_eq!(world.catalog.set_machine_tags(&machine.arn, &other, &spelled).await?, Ok(()));
    Ok(())
}

#[tokio::test]
async fn a_deleted_machine_is_listed_among_those_that_are_gone() -> anyhow::Result<()> {
    let world = world().await?;
    let table = world.emulator.table();
    let lists = || async {
        let mut lists = Vec::new();
        for list in [MACHINES, names::MACHINES_GONE] {
            let names = names::read::<StateMachineArn>(table, WHAT, list, None, 10).await?;
            lists.push(names.arns.iter().map(|arn| arn.name().to_owned()).collect::<Vec<_>>());
        }
        anyhow::Ok(lists)
    };
    let (one, other) = (machine("one", "r1", "{}"), machine("other", "r1", "{}"));
    for machine in [&one, &other] {
        world.catalog.create_machine(machine).await?;
    }
    for _ in 0..2 {
        world.catalog.delete_machine(&one.arn).await?;
        assert_eq!(lists().await?, [vec!["other"], vec!["one"]]);
    }
    assert_eq!(world.catalog.set_machine_tags(&one.arn, &json!([1]), &json!([])).await?, Err(None));
    assert_eq!(
        world.catalog.update_machine(&machine("one", "r2", "{}"), &machine("one", "r1", "{}")).await?,
        Err(None)
    );
    assert_eq!(world.catalog.create_machine(&machine("one", "r3", "{}")).await?, None);
    assert_eq!(lists().await?, [vec!["one", "other"], vec![]]);
    assert_eq!(items_of(&world, &one.arn).await?, ["META", "REV#r1", "REV#r3"]);
    world.catalog.delete_machine(&StateMachineArn::new(&place(), "never")).await?;
    assert_eq!(lists().await?, [vec!["one", "other"], vec![]]);
    Ok(())
}

/// More than a page may have, and more than one request reads.
#[tokio::test]
async fn long_lists_page_without_gaps() -> anyhow::Result<()> {
    let world = world().await?;
    let mut names: Vec<String> = (0..130).map(|number| format!("a{number}")).collect();
    for name in &names {
        let created = Timestamp::from_micros(1);
        let arn = ActivityArn::new(&place(), name);
        let activity = Activity { arn, created, encryption: Value::Null, tags: json!([]) };
        assert_eq!(world.catalog.create_activity(&activity).await?, None);
    }
    names.sort();
    for limit in [0, 64, 65, 100, 1_000] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = world.catalog.activities(after.as_deref(), limit).await?;
            assert!(page.items.len() <= limit.clamp(1, MAX_PAGE) as usize);
            found.extend(page.items.into_iter().map(|activity| activity.arn.name().to_owned()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, names, "limit {limit}");
    }
    Ok(())
}

#[tokio::test]
async fn a_revision_is_read_once() -> anyhow::Result<()> {
    let world = world().await?;
    let machine = machine("m", "r1", "{}");
    world.catalog.create_machine(&machine).await?;
    assert_eq!(world.catalog.machine(&machine.arn).await?.as_ref(), Some(&machine));
    world.emulator.table().delete(Key::new(names::key(&machine.arn).pk, "REV#r1")).send().await?;
    assert_eq!(world.catalog.machine(&machine.arn).await?.as_ref(), Some(&machine));
    assert_eq!(world.catalog.revision(&machine.arn, "r1").await?.as_ref(), Some(&machine.revision));
    let other = world.emulator.store.catalog(world.fake.bucket.clone());
    assert!(other.machine(&machine.arn).await.is_err_and(|error| !error.is_transient()));
    Ok(())
}

/// Running a newer program may help; ending executions would not.
#[tokio::test]
async fn what_a_newer_version_wrote_is_unavailable_not_unreadable() -> anyhow::Result<()> {
    let world = world().await?;
    let (table, machine) = (world.emulator.table(), machine("m", "r1", "{}"));
    world.catalog.create_machine(&machine).await?;
    let set = |key: Key, name: &str, value| {
        let update = table.update(key).update_expression("SET #name = :value");
        update.expression_attribute_names("#name", name).expression_attribute_values(":value", value).send()
    };
    let revision = Key::new(names::key(&machine.arn).pk, "REV#r1");
    set(revision, "settings", s(r#"{"version": 2, "role": 1}"#)).await?;
    let error = world.catalog.revision(&machine.arn, "r1").await.err();
    assert!(error.is_some_and(|error| error.is_transient() && error.to_string().contains("run a newer one")));
    set(names::key(&machine.arn), "version", n(2)).await?;
    let error = world.catalog.machine(&machine.arn).await.err();
    assert!(error.is_some_and(|error| error.is_transient() && error.to_string().contains("run a newer one")));
    Ok(())
}

/// Items as version 1 wrote them are read for as long as any table lives.
#[tokio::test]
async fn items_of_version_1_are_read() -> anyhow::Result<()> {
    let world = world().await?;
    let pk = "M#arn:aws:states:us-east-1:123456789012:stateMachine:old";
    let bool = aws_sdk_dynamodb::types::AttributeValue::Bool;
    let settings = r#"{"version":1,"role_arn":"role","created":5,"logging":{},"tracing":null,"encryption":[]}"#;
    let definition = aws_sdk_dynamodb::types::AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(*b"\0{}"));
    let items = [
        vec![("sk", s("REV#r")), ("settings", s(settings)), ("definition", definition)],
        vec![
            ("sk", s("META")),
            ("version", n(1)),
            ("created", n(4)),
            ("revision", s("r")),
            ("status", s("DELETING")),
            ("updated", bool(true)),
            ("tags", s("[]")),
            ("list_pk", s("MACHINES")),
            ("list_sk", s("old")),
        ],
    ];
    for item in items {
        let mut item: Item = item.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        item.insert(PK.into(), s(pk));
        world.emulator.table().put(item).send().await?;
    }
    let listed = world.catalog.machines(None, 10).await?.items;
    let expected = StateMachine {
        arn: StateMachineArn::new(&place(), "old"),
        created: Timestamp::from_micros(4),
        revision: MachineRevision {
            id: "r".into(),
            machine_type: model::MachineType::Standard,
            definition: "{}".into(),
            role_arn: "role".into(),
            created: Timestamp::from_micros(5),
            logging: json!({}),
            tracing: Value::Null,
            encryption: json!([]),
        },
        status: MachineStatus::Deleting,
        updated: true,
        tags: json!([]),
        published: None,
    };
    assert_eq!(listed, [expected]);
    Ok(())
}
