//! The contract of the port `Catalog`.

use super::{activity_arn, fresh, machine_arn, place};
use anyhow::{Result, bail, ensure};
use model::{ActivityArn, StateMachineArn, Timestamp};
use orchestrator::ports::{Activity, Catalog, Error, MachineRevision, MachineStatus, StateMachine};
use serde_json::json;
use std::sync::Arc;

type Adapter = Arc<dyn Catalog>;

/// Ends of names, in the order in which things with them are made: numbers as text, letters of either case.
const NAMES: [&str; 10] = ["2", "b", "10", "ü", "1", "B", "0", "", "é", "a"];

/// Lists every contract of this port for [`crate::each_contract`].
#[macro_export]
macro_rules! catalog_contracts {
    ($make:expr) => {
        $crate::each_contract! { $make;
            catalog::a_machine_comes_back_as_it_was_given,
            catalog::a_machine_name_is_taken_once,
            catalog::an_update_keeps_the_revision_before,
            catalog::one_of_many_concurrent_updates_wins,
            catalog::a_deleted_machine_leaves_its_revisions,
            catalog::machines_page_in_the_order_of_their_names,
            catalog::tags_are_replaced_if_they_are_as_expected,
            catalog::an_update_leaves_the_tags,
            catalog::an_activity_lives_once_and_goes,
            catalog::activities_page_in_the_order_of_their_names,
            catalog::a_catalog_token_that_was_not_given_out_is_unreadable,
            versions::a_version_comes_back_as_it_was_published,
            versions::one_of_many_concurrent_publishers_gets_the_number,
            versions::a_deleted_version_leaves_its_number_taken,
            versions::versions_page_from_the_newest,
            versions::a_version_that_aliases_lead_to_is_not_deleted,
            versions::an_alias_comes_back_as_it_was_put,
            versions::an_alias_is_put_if_it_is_as_expected,
            versions::an_alias_leads_to_versions_that_are_there,
            versions::one_of_a_deletion_and_an_alias_wins,
            versions::aliases_page_in_the_order_of_their_names,
            versions::a_deleted_machine_takes_its_versions_and_aliases,
        }
    };
}

/// Numbers keep their text, objects their order.
pub async fn a_machine_comes_back_as_it_was_given(catalog: Adapter) -> Result<()> {
    let mut machine = machine(&machine_arn("machine"), 1_000);
    machine.tags = serde_json::from_str(r#"[{"value": 1.0, "key": "ünï"}]"#)?;
    machine.status = MachineStatus::Deleting;
    ensure!(catalog.create_machine(&machine).await?.is_none());
    let found = catalog.machine(&machine.arn).await?;
    ensure!(found.as_ref() == Some(&machine));
    ensure!(found.map(|found| found.tags.to_string()) == Some(machine.tags.to_string()));
    ensure!(catalog.machine(&machine_arn("absent")).await?.is_none());
    Ok(())
}

/// The second one gets the first, unchanged.
pub async fn a_machine_name_is_taken_once(catalog: Adapter) -> Result<()> {
    let first = machine(&machine_arn("machine"), 1_000);
    ensure!(catalog.create_machine(&first).await?.is_none());
    let second = machine(&first.arn, 2_000);
    ensure!(catalog.create_machine(&second).await? == Some(first.clone()));
    ensure!(catalog.machine(&first.arn).await? == Some(first.clone()));
    ensure!(catalog.revision(&first.arn, &second.revision.id).await?.is_none());
    Ok(())
}

/// And is refused when the machine is not where the caller thought, or gone.
pub async fn an_update_keeps_the_revision_before(catalog: Adapter) -> Result<()> {
    let first = machine(&machine_arn("machine"), 1_000);
    catalog.create_machine(&first).await?;
    let second = StateMachine { updated: true, created: first.created, ..machine(&first.arn, 2_000) };
    ensure!(catalog.update_machine(&second, &first).await? == Ok(()));
    ensure!(catalog.machine(&first.arn).await? == Some(second.clone()));
    for revision in [&first.revision, &second.revision] {
        ensure!(catalog.revision(&first.arn, &revision.id).await?.as_ref() == Some(revision));
    }
    let late = machine(&first.arn, 3_000);
    ensure!(catalog.update_machine(&late, &first).await? == Err(Some(second)));
    ensure!(catalog.revision(&first.arn, &late.revision.id).await?.is_none());
    let absent = machine(&machine_arn("absent"), 1_000);
    ensure!(catalog.update_machine(&absent, &absent).await? == Err(None));
    Ok(())
}

/// Of those who read the same revision.
pub async fn one_of_many_concurrent_updates_wins(catalog: Adapter) -> Result<()> {
    let first = machine(&machine_arn("machine"), 1_000);
    catalog.create_machine(&first).await?;
    let updates = (0..20).map(|_| {
        let (catalog, next, expected) = (Arc::clone(&catalog), machine(&first.arn, 2_000), first.clone());
        tokio::spawn(async move { catalog.update_machine(&next, &expected).await })
    });
    let mut won = 0;
    for update in updates.collect::<Vec<_>>() {
        won += usize::from(update.await??.is_ok());
    }
    ensure!(won == 1, "{won}");
    Ok(())
}

/// Executions that run need them; and the name is free again.
pub async fn a_deleted_machine_leaves_its_revisions(catalog: Adapter) -> Result<()> {
    let first = machine(&machine_arn("machine"), 1_000);
    catalog.create_machine(&first).await?;
    catalog.delete_machine(&first.arn).await?;
    catalog.delete_machine(&first.arn).await?;
    ensure!(catalog.machine(&first.arn).await?.is_none());
    ensure!(catalog.revision(&first.arn, &first.revision.id).await?.as_ref() == Some(&first.revision));
    let again = machine(&first.arn, 2_000);
    ensure!(catalog.create_machine(&again).await?.is_none());
    ensure!(catalog.machine(&first.arn).await? == Some(again));
    ensure!(catalog.revision(&first.arn, &first.revision.id).await?.as_ref() == Some(&first.revision));
    Ok(())
}

/// By bytes, whenever they were made; without gaps, and without those that were deleted.
pub async fn machines_page_in_the_order_of_their_names(catalog: Adapter) -> Result<()> {
    let prefix = fresh("machine") + ".";
    let mut arns = NAMES.map(|name| StateMachineArn::new(&place(), &format!("{prefix}{name}"))).to_vec();
    for (at, arn) in (1_000..).zip(&arns) {
        catalog.create_machine(&machine(arn, at)).await?;
    }
    if let Some(deleted) = arns.pop() {
        catalog.delete_machine(&deleted).await?;
    }
    arns.sort();
    for limit in [1, 3, 1_000] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = catalog.machines(after.as_deref(), limit).await?;
            ensure!(page.items.len() <= limit as usize);
            found.extend(page.items.into_iter().map(|machine| machine.arn));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        ensure!(found.is_sorted(), "limit {limit}: {found:?}");
        ensure!(found.iter().filter(|arn| arn.name().starts_with(&prefix)).eq(&arns), "limit {limit}: {found:?}");
    }
    Ok(())
}

/// Of machines and of activities; whoever read older tags is shown those that are there.
pub async fn tags_are_replaced_if_they_are_as_expected(catalog: Adapter) -> Result<()> {
    let (machine, activity) = (machine(&machine_arn("machine"), 1_000), activity(1_000));
    let (none, one, two) = (json!([]), json!([{"key": "a", "value": "1"}]), json!([{"key": "ü", "value": "2"}]));
    ensure!(catalog.set_machine_tags(&machine.arn, &one, &none).await? == Err(None));
    catalog.create_machine(&machine).await?;
    ensure!(catalog.set_machine_tags(&machine.arn, &one, &machine.tags).await? == Ok(()));
    ensure!(catalog.set_machine_tags(&machine.arn, &two, &machine.tags).await? == Err(Some(one.clone())));
    let expected = StateMachine { tags: one.clone(), ..machine.clone() };
    ensure!(catalog.machine(&machine.arn).await? == Some(expected));
    ensure!(catalog.set_activity_tags(&activity.arn, &one, &none).await? == Err(None));
    catalog.create_activity(&activity).await?;
    ensure!(catalog.set_activity_tags(&activity.arn, &two, &activity.tags).await? == Ok(()));
    ensure!(catalog.set_activity_tags(&activity.arn, &one, &activity.tags).await? == Err(Some(two.clone())));
    ensure!(catalog.activity(&activity.arn).await? == Some(Activity { tags: two, ..activity }));
    Ok(())
}

/// Who updates has read the machine before, and its tags may have changed since.
pub async fn an_update_leaves_the_tags(catalog: Adapter) -> Result<()> {
    let first = machine(&machine_arn("machine"), 1_000);
    catalog.create_machine(&first).await?;
    let tags = json!([{"key": "a", "value": "1"}]);
    ensure!(catalog.set_machine_tags(&first.arn, &tags, &first.tags).await? == Ok(()));
    let second = StateMachine { updated: true, created: first.created, ..machine(&first.arn, 2_000) };
    ensure!(catalog.update_machine(&second, &first).await? == Ok(()));
    ensure!(catalog.machine(&first.arn).await? == Some(StateMachine { tags, ..second }));
    Ok(())
}

/// Create, look up, create again, delete.
pub async fn an_activity_lives_once_and_goes(catalog: Adapter) -> Result<()> {
    let first = activity(1_000);
    ensure!(catalog.activity(&first.arn).await?.is_none());
    ensure!(catalog.create_activity(&first).await?.is_none());
    let second = Activity { created: Timestamp::from_micros(2_000), ..first.clone() };
    ensure!(catalog.create_activity(&second).await? == Some(first.clone()));
    ensure!(catalog.activity(&first.arn).await? == Some(first.clone()));
    catalog.delete_activity(&first.arn).await?;
    catalog.delete_activity(&first.arn).await?;
    ensure!(catalog.activity(&first.arn).await?.is_none());
    Ok(())
}

/// By bytes, whenever they were made; without gaps, and without those that were deleted.
pub async fn activities_page_in_the_order_of_their_names(catalog: Adapter) -> Result<()> {
    let prefix = fresh("activity") + ".";
    let mut arns = NAMES.map(|name| ActivityArn::new(&place(), &format!("{prefix}{name}"))).to_vec();
    for (at, arn) in (1_000..).zip(&arns) {
        catalog.create_activity(&Activity { arn: arn.clone(), ..activity(at) }).await?;
    }
    if let Some(deleted) = arns.pop() {
        catalog.delete_activity(&deleted).await?;
    }
    arns.sort();
    for limit in [1, 3, 1_000] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = catalog.activities(after.as_deref(), limit).await?;
            ensure!(page.items.len() <= limit as usize);
            found.extend(page.items.into_iter().map(|activity| activity.arn));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        ensure!(found.is_sorted(), "limit {limit}: {found:?}");
        ensure!(found.iter().filter(|arn| arn.name().starts_with(&prefix)).eq(&arns), "limit {limit}: {found:?}");
    }
    Ok(())
}

/// A caller's mistake, not a failure of the store.
pub async fn a_catalog_token_that_was_not_given_out_is_unreadable(catalog: Adapter) -> Result<()> {
    let errors = [
        catalog.machines(Some("nonsense"), 1).await.map(|page| page.items.len()),
        catalog.activities(Some("nonsense"), 1).await.map(|page| page.items.len()),
        catalog.versions(&machine_arn("machine"), Some("nonsense"), 1).await.map(|page| page.items.len()),
        catalog.aliases(&machine_arn("machine"), Some("nonsense"), 1).await.map(|page| page.items.len()),
    ];
    for error in errors {
        match error {
            Err(Error::Unreadable { what, .. }) => ensure!(what.starts_with("page token"), "{what}"),
            other => bail!("{other:?}"),
        }
    }
    Ok(())
}

pub(super) fn machine(arn: &StateMachineArn, at: i64) -> StateMachine {
    StateMachine {
        arn: arn.clone(),
        created: Timestamp::from_micros(at),
        revision: MachineRevision {
            id: fresh("revision"),
            machine_type: model::MachineType::Express,
            definition: format!(r#"{{"Comment": "made at {at}", "StartAt": "A"}}"#),
            role_arn: "arn:aws:iam::123456789012:role/states".into(),
            created: Timestamp::from_micros(at),
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

fn activity(at: i64) -> Activity {
    Activity {
        arn: activity_arn("activity"),
        created: Timestamp::from_micros(at),
        encryption: json!({"type": "AWS_OWNED_KEY"}),
        tags: json!([{"key": "team", "value": "x"}]),
    }
}
