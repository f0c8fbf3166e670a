//! Versions and aliases of machines when requests fail, are lost, or take their time.

use super::faults::machine as arn;
use super::stores;
use acceptance::cloud::{Cloud, Effect, Fault, Service};
use anyhow::{Result, ensure};
use model::{MachineType, Timestamp};
use orchestrator::ports::{
    Alias, Catalog as _, MachineRevision, MachineStatus, PutAlias, Route, StateMachine, Version, Versions as _,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::Catalog;

/// What every update that publishes has in its body, and no other.
const NUMBER: &str = ":number";

/// What every put of a version's item has in its body, and no other.
const ITEM: &str = "V#0000";

/// How long a slow request takes: not so long that the client gives it up.
const SLOW: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_version_whose_publisher_died_before_it_put_the_item_is_there_for_whoever_asks() -> Result<()> {
    let (catalog, cloud) = catalog().await?;
    let first = created(&catalog).await?;
    let next = published(&first, 1);
    cloud.inject(Fault::every(Service::DynamoDb, "PutItem", Effect::ServerError).containing(ITEM));
    ensure!(catalog.update_machine(&next, &first).await.is_err());
    cloud.heal();
    ensure!(catalog.machine(&arn()).await?.as_ref() == Some(&next));
    ensure!(catalog.version(&arn().version(1)).await? == next.published);
    ensure!(numbers(&catalog).await? == [1]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn and_for_whoever_publishes_the_next_one() -> Result<()> {
    let (catalog, cloud) = catalog().await?;
    let first = created(&catalog).await?;
    let (second, third) = (published(&first, 1), published(&first, 2));
    cloud.inject(Fault::every(Service::DynamoDb, "PutItem", Effect::ServerError).containing(ITEM));
    ensure!(catalog.update_machine(&second, &first).await.is_err());
    cloud.heal();
    ensure!(catalog.update_machine(&third, &second).await? == Ok(()));
    ensure!(numbers(&catalog).await? == [2, 1]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_publication_or_an_alias_whose_answer_was_lost_has_won() -> Result<()> {
    let (catalog, cloud) = catalog().await?;
    let first = created(&catalog).await?;
    let next = published(&first, 1);
    let alias = alias(&[1]);
    for effect in [Effect::AnswerLost, Effect::ConnectionCut] {
        cloud.inject(Fault::next(Service::DynamoDb, "UpdateItem", effect.clone()).containing(NUMBER));
        ensure!(catalog.update_machine(&next, &first).await? == Ok(()));
        cloud.inject(Fault::next(Service::DynamoDb, "PutItem", effect).containing("A#PROD"));
        ensure!(catalog.put_alias(&alias, None).await? == PutAlias::Done);
    }
    ensure!(numbers(&catalog).await? == [1]);
    ensure!(catalog.alias(&alias.arn).await? == Some(alias));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_version_of_an_alias_whose_maker_died_stays() -> Result<()> {
    let (catalog, cloud) = catalog().await?;
    let first = created(&catalog).await?;
    ensure!(catalog.update_machine(&published(&first, 1), &first).await? == Ok(()));
    let alias = alias(&[1]);
    cloud.inject(Fault::every(Service::DynamoDb, "UpdateItem", Effect::ServerError).containing(":mark"));
    ensure!(catalog.put_alias(&alias, None).await.is_err());
    cloud.heal();
    ensure!(catalog.delete_version(&arn().version(1)).await? == ["PROD".into()]);
    ensure!(catalog.put_alias(&alias, None).await? == PutAlias::Done);
    Ok(())
}

/// Each of the requests of both takes its time once, while everything else goes on.
#[tokio::test(start_paused = true)]
async fn an_alias_and_the_deletion_of_its_version_see_each_other_whoever_is_slow() -> Result<()> {
    let slow = [
        ("GetItem", "A#PROD"),
        ("PutItem", "A#PROD"),
        ("UpdateItem", "SET #marked"),
        ("GetItem", ITEM),
        ("Query", "A#"),
        ("UpdateItem", "REMOVE #published"),
    ];
    let pauses = [(Duration::ZERO, Duration::ZERO), (Duration::ZERO, SLOW / 2), (SLOW / 2, Duration::ZERO)];
    for (operation, part) in slow {
        for (before_alias, before_deletion) in pauses {
            let (catalog, cloud) = catalog().await?;
            let first = created(&catalog).await?;
            ensure!(catalog.update_machine(&published(&first, 1), &first).await? == Ok(()));
            cloud.inject(Fault::next(Service::DynamoDb, operation, Effect::Slow(SLOW)).containing(part));
            let alias = alias(&[1]);
            let put = async {
                tokio::time::sleep(before_alias).await;
                catalog.put_alias(&alias, None).await
            };
            let delete = async {
                tokio::time::sleep(before_deletion).await;
                catalog.delete_version(&arn().version(1)).await
            };
            let (put, deleted) = tokio::join!(put, delete);
            let is_there = catalog.alias(&alias.arn).await?.is_some();
            ensure!(is_there == (numbers(&catalog).await? == [1]), "{operation} {part}: an alias leads nowhere");
            ensure!(is_there == (put? == PutAlias::Done), "{operation} {part}");
            ensure!(is_there != deleted?.is_empty(), "{operation} {part}");
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_publishes_while_it_is_deleted_leaves_nothing() -> Result<()> {
    let (catalog, cloud) = catalog().await?;
    let first = created(&catalog).await?;
    let (second, third) = (published(&first, 1), published(&first, 2));
    ensure!(catalog.update_machine(&second, &first).await? == Ok(()));
    ensure!(catalog.put_alias(&alias(&[1]), None).await? == PutAlias::Done);
    // The look at the aliases, which comes after the versions are gone.
    let slowness = Effect::Slow(SLOW);
    cloud.inject(Fault::next(Service::DynamoDb, "Query", slowness).containing("A#"));
    let machine = arn();
    let (deleted, updated) = tokio::join!(catalog.delete_machine(&machine), async {
        tokio::time::sleep(SLOW / 2).await;
        catalog.update_machine(&third, &second).await
    });
    deleted?;
    ensure!(updated? == Ok(()), "it was there when it published");
    ensure!(catalog.machine(&arn()).await?.is_none());
    ensure!(numbers(&catalog).await?.is_empty() && catalog.aliases(&arn(), None, 10).await?.items.is_empty());
    Ok(())
}

/// Whoever was cut off asks again, as callers do.
#[tokio::test(start_paused = true)]
async fn a_deletion_that_was_cut_off_goes_on_where_it_was() -> Result<()> {
    let (catalog, cloud) = catalog().await?;
    let first = created(&catalog).await?;
    let second = published(&first, 1);
    ensure!(catalog.update_machine(&second, &first).await? == Ok(()));
    ensure!(catalog.put_alias(&alias(&[1]), None).await? == PutAlias::Done);
    cloud.inject(Fault::every(Service::DynamoDb, "DeleteItem", Effect::ServerError).containing("A#PROD"));
    ensure!(catalog.delete_machine(&arn()).await.is_err());
    cloud.heal();
    ensure!(catalog.machine(&arn()).await?.is_some());
    catalog.delete_machine(&arn()).await?;
    ensure!(catalog.machine(&arn()).await?.is_none() && catalog.alias(&arn().alias("PROD")).await?.is_none());
    Ok(())
}

async fn catalog() -> Result<(Arc<Catalog>, Cloud)> {
    let (stores, cloud) = stores().await?;
    Ok((stores.catalog, cloud))
}

async fn created(catalog: &Catalog) -> Result<StateMachine> {
    let created = Timestamp::from_micros(1_000);
    let revision = MachineRevision {
        id: "r1".to_owned(),
        definition: "{}".to_owned(),
        role_arn: String::new(),
        machine_type: MachineType::Standard,
        created,
        logging: Value::Null,
        tracing: Value::Null,
        encryption: Value::Null,
    };
    let machine = StateMachine {
        arn: arn(),
        created,
        revision,
        status: MachineStatus::Active,
        updated: false,
        tags: json!([]),
        published: None,
    };
    ensure!(catalog.create_machine(&machine).await?.is_none());
    Ok(machine)
}

fn published(machine: &StateMachine, number: u32) -> StateMachine {
    let revision = machine.revision.id.clone();
    let version = Version { number, revision, description: None, created: Timestamp::from_micros(2_000) };
    StateMachine { published: Some(version), ..machine.clone() }
}

fn alias(versions: &[u32]) -> Alias {
    let route = |version: &u32| Route { version: *version, revision: "r1".to_owned(), weight: 100 };
    let at = Timestamp::from_micros(3_000);
    let routes = versions.iter().map(route).collect();
    Alias { arn: arn().alias("PROD"), description: None, routes, created: at, updated: at }
}

async fn numbers(catalog: &Catalog) -> Result<Vec<u32>> {
    Ok(catalog.versions(&arn(), None, 10).await?.items.into_iter().map(|version| version.number).collect())
}
