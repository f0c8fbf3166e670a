//! The contract of the port `Catalog` as far as versions and aliases go.

use super::catalog::machine;
use super::{fresh, machine_arn};
use anyhow::{Context, Result, bail, ensure};
use model::{StateMachineArn, Timestamp};
use orchestrator::ports::{Alias, Catalog, PutAlias, Route, StateMachine, Version};
use std::sync::Arc;

type Adapter = Arc<dyn Catalog>;

/// With the machine, with an update of it, and by itself.
pub async fn a_version_comes_back_as_it_was_published(catalog: Adapter) -> Result<()> {
    let mut created = machine(&machine_arn("machine"), 1_000);
    created.published = Some(version(1, &created, Some("ünï")));
    ensure!(catalog.create_machine(&created).await?.is_none());
    let mut updated = StateMachine { created: created.created, ..machine(&created.arn, 2_000) };
    updated.published = Some(version(2, &updated, None));
    ensure!(catalog.update_machine(&updated, &created).await? == Ok(()));
    let published = StateMachine { published: Some(version(3, &updated, None)), ..updated.clone() };
    ensure!(catalog.update_machine(&published, &updated).await? == Ok(()));
    ensure!(catalog.machine(&created.arn).await?.as_ref() == Some(&published));
    for expected in [&created.published, &updated.published, &published.published] {
        let number = expected.as_ref().context("it was published")?.number;
        ensure!(catalog.version(&created.arn.version(number)).await? == *expected, "{number}");
    }
    ensure!(catalog.version(&created.arn.version(4)).await?.is_none());
    ensure!(catalog.version(&machine_arn("absent").version(1)).await?.is_none());
    // An update alone publishes nothing, and forgets nothing.
    let next = StateMachine { published: published.published.clone(), ..machine(&created.arn, 3_000) };
    ensure!(catalog.update_machine(&next, &published).await? == Ok(()));
    ensure!(catalog.machine(&created.arn).await?.map(|machine| machine.published) == Some(published.published.clone()));
    Ok(())
}

/// And whoever does not learns what there is.
pub async fn one_of_many_concurrent_publishers_gets_the_number(catalog: Adapter) -> Result<()> {
    let first = created(&catalog, 0).await?;
    let publishers = (0..20).map(|at| {
        let (catalog, expected) = (Arc::clone(&catalog), first.clone());
        let published = Version { created: Timestamp::from_micros(at), ..version(1, &first, None) };
        let machine = StateMachine { published: Some(published.clone()), ..first.clone() };
        tokio::spawn(async move { anyhow::Ok((published, catalog.update_machine(&machine, &expected).await?)) })
    });
    let (mut won, mut lost) = (Vec::new(), Vec::new());
    for publisher in publishers.collect::<Vec<_>>() {
        match publisher.await?? {
            (published, Ok(())) => won.push(published),
            (_, Err(there)) => lost.push(there.context("it was not deleted")?.published),
        }
    }
    ensure!(won.len() == 1 && lost.len() == 19, "{} won", won.len());
    ensure!(lost.iter().all(|there| there.as_ref() == won.first()));
    ensure!(catalog.version(&first.arn.version(1)).await?.as_ref() == won.first());
    Ok(())
}

/// Deleting what is not there is no failure.
pub async fn a_deleted_version_leaves_its_number_taken(catalog: Adapter) -> Result<()> {
    let machine = created(&catalog, 2).await?;
    for number in [2, 2, 7] {
        ensure!(catalog.delete_version(&machine.arn.version(number)).await?.is_empty());
    }
    ensure!(catalog.version(&machine.arn.version(2)).await?.is_none());
    ensure!(catalog.machine(&machine.arn).await?.as_ref() == Some(&machine));
    let next = StateMachine { published: Some(version(3, &machine, None)), ..machine.clone() };
    ensure!(catalog.update_machine(&next, &machine).await? == Ok(()));
    ensure!(numbers(&catalog, &machine.arn, 10).await? == [3, 1]);
    ensure!(catalog.delete_version(&machine_arn("absent").version(1)).await?.is_empty());
    Ok(())
}

/// Without gaps, and without those that were deleted.
pub async fn versions_page_from_the_newest(catalog: Adapter) -> Result<()> {
    let machine = created(&catalog, 12).await?;
    created(&catalog, 1).await?;
    for number in [5, 12] {
        catalog.delete_version(&machine.arn.version(number)).await?;
    }
    for limit in [1, 3, 10, 1_000] {
        let found = numbers(&catalog, &machine.arn, limit).await?;
        ensure!(found == [11, 10, 9, 8, 7, 6, 4, 3, 2, 1], "limit {limit}: {found:?}");
    }
    ensure!(numbers(&catalog, &machine_arn("absent"), 10).await?.is_empty());
    Ok(())
}

/// They are named in order.
pub async fn a_version_that_aliases_lead_to_is_not_deleted(catalog: Adapter) -> Result<()> {
    let machine = created(&catalog, 3).await?;
    for (name, versions) in [("b", [1, 2]), ("a", [2, 3])] {
        ensure!(catalog.put_alias(&alias(&machine, name, &versions), None).await? == PutAlias::Done);
    }
    let refused = async |number: u32| catalog.delete_version(&machine.arn.version(number)).await;
    ensure!(refused(1).await? == ["b".into()]);
    ensure!(refused(2).await? == ["a".into(), "b".into()]);
    ensure!(catalog.version(&machine.arn.version(2)).await?.is_some());
    catalog.delete_alias(&machine.arn.alias("b")).await?;
    ensure!(refused(1).await?.is_empty() && refused(2).await? == ["a".into()]);
    ensure!(numbers(&catalog, &machine.arn, 10).await? == [3, 2]);
    Ok(())
}

/// And goes once.
pub async fn an_alias_comes_back_as_it_was_put(catalog: Adapter) -> Result<()> {
    let machine = created(&catalog, 2).await?;
    let described = Alias { description: Some("ünï".into()), ..alias(&machine, "PROD", &[2, 1]) };
    let plain = alias(&machine, "v1.2-rc_3", &[1]);
    for alias in [&described, &plain] {
        ensure!(catalog.put_alias(alias, None).await? == PutAlias::Done);
        ensure!(catalog.alias(&alias.arn).await?.as_ref() == Some(alias));
    }
    ensure!(catalog.alias(&machine.arn.alias("PRO")).await?.is_none());
    ensure!(catalog.alias(&machine_arn("absent").alias("PROD")).await?.is_none());
    for _ in 0..2 {
        catalog.delete_alias(&described.arn).await?;
    }
    ensure!(catalog.alias(&described.arn).await?.is_none());
    ensure!(catalog.alias(&plain.arn).await? == Some(plain));
    Ok(())
}

/// Otherwise what is there stays, and is told.
pub async fn an_alias_is_put_if_it_is_as_expected(catalog: Adapter) -> Result<()> {
    let machine = created(&catalog, 2).await?;
    let first = alias(&machine, "PROD", &[1]);
    ensure!(catalog.put_alias(&first, Some(&first)).await? == PutAlias::Changed(None));
    ensure!(catalog.put_alias(&first, None).await? == PutAlias::Done);
    let second = Alias { updated: Timestamp::from_micros(9), ..alias(&machine, "PROD", &[2]) };
    ensure!(catalog.put_alias(&second, None).await? == PutAlias::Changed(Some(first.clone())));
    ensure!(catalog.put_alias(&second, Some(&first)).await? == PutAlias::Done);
    let third = Alias { description: Some("late".into()), ..first.clone() };
    ensure!(catalog.put_alias(&third, Some(&first)).await? == PutAlias::Changed(Some(second.clone())));
    ensure!(catalog.alias(&first.arn).await? == Some(second));
    // The version that it has left is free.
    ensure!(catalog.delete_version(&machine.arn.version(1)).await?.is_empty());
    Ok(())
}

/// Otherwise there is none, or the one before.
pub async fn an_alias_leads_to_versions_that_are_there(catalog: Adapter) -> Result<()> {
    let machine = created(&catalog, 2).await?;
    catalog.delete_version(&machine.arn.version(2)).await?;
    for missing in [2, 3] {
        let lost = alias(&machine, "PROD", &[1, missing]);
        ensure!(catalog.put_alias(&lost, None).await? == PutAlias::NoVersion(missing));
        ensure!(catalog.alias(&lost.arn).await?.is_none());
    }
    let first = alias(&machine, "PROD", &[1]);
    ensure!(catalog.put_alias(&first, None).await? == PutAlias::Done);
    let lost = alias(&machine, "PROD", &[2]);
    ensure!(catalog.put_alias(&lost, Some(&first)).await? == PutAlias::NoVersion(2));
    ensure!(catalog.alias(&first.arn).await? == Some(first));
    Ok(())
}

/// Whatever comes in between.
pub async fn one_of_a_deletion_and_an_alias_wins(catalog: Adapter) -> Result<()> {
    for _ in 0..20 {
        let machine = created(&catalog, 1).await?;
        let (one, other) = (Arc::clone(&catalog), Arc::clone(&catalog));
        let (alias, version) = (alias(&machine, "PROD", &[1]), machine.arn.version(1));
        let (wanted, gone) = (alias.clone(), version.clone());
        let put = tokio::spawn(async move { one.put_alias(&wanted, None).await });
        let deleted = tokio::spawn(async move { other.delete_version(&gone).await });
        let (put, deleted) = (put.await??, deleted.await??);
        let there = (catalog.alias(&alias.arn).await?.is_some(), catalog.version(&version).await?.is_some());
        match (put, deleted.is_empty()) {
            (PutAlias::Done, false) => ensure!(there == (true, true), "{there:?}"),
            (PutAlias::NoVersion(1), true) => ensure!(there == (false, false), "{there:?}"),
            other => bail!("{other:?}"),
        }
    }
    Ok(())
}

/// By bytes, whenever they were made; of this machine alone.
pub async fn aliases_page_in_the_order_of_their_names(catalog: Adapter) -> Result<()> {
    let machine = created(&catalog, 1).await?;
    let other = created(&catalog, 1).await?;
    catalog.put_alias(&alias(&other, "b", &[1]), None).await?;
    for name in ["b", "a", "B", "a.1", "_", "a-1"] {
        ensure!(catalog.put_alias(&alias(&machine, name, &[1]), None).await? == PutAlias::Done);
    }
    for limit in [1, 4, 1_000] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = catalog.aliases(&machine.arn, after.as_deref(), limit).await?;
            ensure!(page.items.len() <= limit as usize);
            found.extend(page.items.into_iter().map(|alias| alias.arn.name.to_string()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        ensure!(found == ["B", "_", "a", "a-1", "a.1", "b"], "limit {limit}: {found:?}");
    }
    Ok(())
}

/// And one of the same name begins anew.
pub async fn a_deleted_machine_takes_its_versions_and_aliases(catalog: Adapter) -> Result<()> {
    let old = created(&catalog, 30).await?;
    catalog.put_alias(&alias(&old, "PROD", &[1, 2]), None).await?;
    catalog.delete_machine(&old.arn).await?;
    let check_bare = async || -> Result<()> {
        ensure!(numbers(&catalog, &old.arn, 10).await?.is_empty());
        ensure!(catalog.version(&old.arn.version(30)).await?.is_none());
        ensure!(catalog.aliases(&old.arn, None, 10).await?.items.is_empty());
        ensure!(catalog.alias(&old.arn.alias("PROD")).await?.is_none());
        Ok(())
    };
    check_bare().await?;
    let new = machine(&old.arn, 9_000);
    ensure!(catalog.create_machine(&new).await?.is_none());
    check_bare().await?;
    let published = StateMachine { published: Some(version(1, &new, None)), ..new.clone() };
    ensure!(catalog.update_machine(&published, &new).await? == Ok(()));
    ensure!(catalog.version(&new.arn.version(1)).await? == published.published);
    Ok(())
}

/// A machine that has published this many versions.
async fn created(catalog: &Adapter, versions: u32) -> Result<StateMachine> {
    let mut there = machine(&machine_arn("machine"), 1_000);
    ensure!(catalog.create_machine(&there).await?.is_none());
    for number in 1..=versions {
        let next = StateMachine { published: Some(version(number, &there, None)), ..there.clone() };
        ensure!(catalog.update_machine(&next, &there).await? == Ok(()));
        there = next;
    }
    Ok(there)
}

fn version(number: u32, of: &StateMachine, description: Option<&str>) -> Version {
    Version {
        number,
        revision: of.revision.id.clone(),
        description: description.map(str::to_owned),
        created: Timestamp::from_micros(i64::from(number) * 1_000_001),
    }
}

fn alias(machine: &StateMachine, name: &str, versions: &[u32]) -> Alias {
    let route = |version: &u32| Route { version: *version, revision: fresh("revision"), weight: 50 };
    Alias {
        arn: machine.arn.alias(name),
        description: None,
        routes: versions.iter().map(route).collect(),
        created: Timestamp::from_micros(5),
        updated: Timestamp::from_micros(7),
    }
}

/// The numbers of a machine's versions, gathered in pages of this size.
async fn numbers(catalog: &Adapter, machine: &StateMachineArn, limit: u32) -> Result<Vec<u32>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = catalog.versions(machine, after.as_deref(), limit).await?;
        ensure!(page.items.len() <= limit as usize);
        found.extend(page.items.into_iter().map(|version| version.number));
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}
