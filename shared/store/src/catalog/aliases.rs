//! Aliases as items, each under its name. [`versions`] says how they and their versions keep in step.

use super::names::Named as _;
use super::versions::{self, newer};
use super::{Catalog, WHAT};
use crate::error::unreadable;
use crate::item::{Item, damaged, s, text};
use crate::keys::{self, Key, PK, SK};
use crate::page::{self, List};
use crate::table::Written;
use model::{AliasArn, StateMachineArn, Timestamp, VersionArn};
use orchestrator::ports::{Alias, Error, Page, PutAlias, Route};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// The format that this code writes. It reads every one up to it.
const FORMAT: u32 = 1;

/// What the sort keys of aliases begin with.
pub(super) const PREFIX: &str = "A#";

/// The attribute that has the alias, as JSON.
const ALIAS: &str = "alias";

/// An alias as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Cow<'a, str>>,
    routes: Cow<'a, [Route]>,
    created: Timestamp,
    updated: Timestamp,
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

fn key(arn: &AliasArn) -> Key {
    Key::new(format!("{}{}", StateMachineArn::PREFIX, arn.machine), format!("{PREFIX}{}", arn.name))
}

/// Puts the alias, if what is there is still `expected` and every version that it leads to is there.
pub(super) async fn put(catalog: &Catalog, alias: &Alias, expected: Option<&Alias>) -> Result<PutAlias, Error> {
    let there = item(catalog, &alias.arn).await?;
    let found = there.as_ref().map(|item| read(&alias.arn, item)).transpose()?;
    // It may be this very alias, put by a call whose answer was lost; then its versions are marked once more.
    if found.as_ref() != expected && found.as_ref() != Some(alias) {
        return Ok(PutAlias::Changed(found));
    }
    let before = there.as_ref().map(|item| text(item, ALIAS)).transpose();
    let before = before.map_err(damaged(&key(&alias.arn).pk, &key(&alias.arn).sk))?;
    let written = write(alias)?;
    if !put_text(catalog, &alias.arn, &written, before).await? {
        return Ok(PutAlias::Changed(find(catalog, &alias.arn).await?));
    }
    // Which alias, and when: no two marks of a version are alike.
    let mark = keys::id(&[&alias.arn.name, &written]);
    for route in &alias.routes {
        if versions::mark(catalog, &alias.arn.machine.version(route.version), &mark).await? {
            continue;
        }
        take_back(catalog, &alias.arn, &written, before).await?;
        return Ok(PutAlias::NoVersion(route.version));
    }
    Ok(PutAlias::Done)
}

/// The alias.
pub(super) async fn find(catalog: &Catalog, arn: &AliasArn) -> Result<Option<Alias>, Error> {
    item(catalog, arn).await?.map(|item| read(arn, &item)).transpose()
}

/// The machine's aliases, in the order of their names.
pub(super) async fn list(
    catalog: &Catalog,
    machine: &StateMachineArn,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<Alias>, Error> {
    let after: Option<String> = page::place(List::Aliases, after, |place| Some(place.to_owned()))?;
    let limit = limit.max(1) as usize;
    let mut items = after_name(catalog, machine, after.as_deref(), limit + 1).await?;
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(|last| page::token(List::Aliases, &last.arn.name));
    Ok(Page { items, next })
}

/// The names of aliases that lead to the version.
pub(super) async fn leading_to(catalog: &Catalog, version: &VersionArn) -> Result<Vec<Arc<str>>, Error> {
    let all = after_name(catalog, &version.machine, None, usize::MAX).await?;
    let leads_there = |alias: &Alias| alias.routes.iter().any(|route| route.version == version.number);
    Ok(all.into_iter().filter(leads_there).map(|alias| alias.arn.name).collect())
}

/// Takes the alias away.
pub(super) async fn delete(catalog: &Catalog, arn: &AliasArn) -> Result<(), Error> {
    let deleted = catalog.table.delete(key(arn)).send().await;
    deleted.map(drop).map_err(catalog.table.refused(WHAT, "DeleteItem"))
}

async fn item(catalog: &Catalog, arn: &AliasArn) -> Result<Option<Item>, Error> {
    let asked = catalog.table.get(key(arn)).consistent_read(true).send().await;
    Ok(asked.map_err(catalog.table.refused(WHAT, "GetItem"))?.item)
}

/// Some aliases in the order of their names. Strongly read: a deletion relies on seeing all.
async fn after_name(
    catalog: &Catalog,
    machine: &StateMachineArn,
    after: Option<&str>,
    wanted: usize,
) -> Result<Vec<Alias>, Error> {
    let mut found = Vec::new();
    let mut start = after.map(|name| key(&machine.alias(name)).into_item());
    loop {
        let query = catalog
            .table
            .query(format!("{}{machine}", StateMachineArn::PREFIX))
            .key_condition_expression(format!("{PK} = :pk AND begins_with({SK}, :prefix)"))
            .expression_attribute_values(":prefix", s(PREFIX))
            .consistent_read(true)
            .set_limit(i32::try_from(wanted - found.len()).ok())
            .set_exclusive_start_key(start);
        let answer = query.send().await.map_err(catalog.table.refused(WHAT, "Query"))?;
        for item in answer.items.unwrap_or_default() {
            let sk = text(&item, SK).map_err(damaged("of an alias", PREFIX))?;
            found.push(read(&machine.alias(sk.strip_prefix(PREFIX).unwrap_or(sk)), &item)?);
        }
        start = answer.last_evaluated_key;
        if start.is_none() || found.len() >= wanted {
            return Ok(found);
        }
    }
}

/// Puts a text if what is there is still this one; none: nothing.
async fn put_text(catalog: &Catalog, arn: &AliasArn, text: &str, expected: Option<&str>) -> Result<bool, Error> {
    let Key { pk, sk } = key(arn);
    let put = catalog.table.put(Item::from([(PK.into(), s(pk)), (SK.into(), s(sk)), (ALIAS.into(), s(text))]));
    let put = match expected {
        Some(expected) => put
            .condition_expression("#alias = :expected")
            .expression_attribute_names("#alias", ALIAS)
            .expression_attribute_values(":expected", s(expected)),
        None => put.condition_expression(format!("attribute_not_exists({PK})")),
    };
    Ok(match catalog.table.put_if(WHAT, put).await? {
        Written::Here => true,
        // Its first answer may have been lost.
        Written::Taken(item) => item.get(ALIAS) == Some(&s(text)),
    })
}

/// Restores what was there before an alias to a version that is gone.
async fn take_back(catalog: &Catalog, arn: &AliasArn, written: &str, before: Option<&str>) -> Result<(), Error> {
    if let Some(before) = before {
        return put_text(catalog, arn, before, Some(written)).await.map(drop);
    }
    let delete = catalog
        .table
        .delete(key(arn))
        .condition_expression("#alias = :written")
        .expression_attribute_names("#alias", ALIAS)
        .expression_attribute_values(":written", s(written));
    catalog.table.delete_if(WHAT, delete).await.map(drop)
}

fn write(alias: &Alias) -> Result<String, Error> {
    let stored = Stored {
        version: FORMAT,
        description: alias.description.as_deref().map(Into::into),
        routes: Cow::Borrowed(&alias.routes),
        created: alias.created,
        updated: alias.updated,
    };
    serde_json::to_string(&stored).map_err(|error| unreadable(alias.arn.to_string(), error))
}

fn read(arn: &AliasArn, item: &Item) -> Result<Alias, Error> {
    let key = key(arn);
    let text = text(item, ALIAS).map_err(damaged(&key.pk, &key.sk))?;
    if let Ok(Versioned { version }) = serde_json::from_str(text)
        && version > FORMAT
    {
        return Err(newer(&key, version, FORMAT));
    }
    let stored: Stored<'_> =
        serde_json::from_str(text).map_err(|error| unreadable(format!("item {} {}", key.pk, key.sk), error))?;
    Ok(Alias {
        arn: arn.clone(),
        description: stored.description.map(Cow::into_owned),
        routes: stored.routes.into_owned(),
        created: stored.created,
        updated: stored.updated,
    })
}
