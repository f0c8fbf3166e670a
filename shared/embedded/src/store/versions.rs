//! The port `Versions`.

use super::Store;
use super::error::Failure;
use super::page::{List, number_below, page, rows_for, text_after};
use async_trait::async_trait;
use model::{AliasArn, StateMachineArn, Timestamp, VersionArn};
use orchestrator::ports::{Alias, Error, Page, PutAlias, Route, Version, Versions};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::sync::Arc;

pub(super) const VERSION: &str = "SELECT number, revision, description, created FROM versions \
                                  WHERE machine = (SELECT id FROM machine_arns WHERE arn = ?1)";

pub(super) const ALIAS: &str = "SELECT name, description, routes, created, updated FROM aliases \
                                WHERE machine = (SELECT id FROM machine_arns WHERE arn = ?1)";

#[async_trait]
impl Versions for Store {
    async fn version(&self, arn: &VersionArn) -> Result<Option<Version>, Error> {
        Ok(self.readers.read(|connection| find_version(connection, &arn.machine, arn.number))?)
    }

    async fn versions(
        &self,
        machine: &StateMachineArn,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Version>, Error> {
        let below = number_below(List::Versions, after)?;
        let machine = machine.clone();
        let page = self.readers.read_many(move |connection| {
            let sql = format!("{VERSION} AND number < ?2 ORDER BY number DESC LIMIT ?3");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query((machine.as_str(), below, rows_for(limit)))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let version = version_in(row)?;
                found.push((version.number.to_string(), version));
            }
            Ok(page(List::Versions, limit, found))
        });
        Ok(page.await?)
    }

    async fn delete_version(&self, arn: &VersionArn) -> Result<Vec<Arc<str>>, Error> {
        let arn = arn.clone();
        let aliases = self.writer.write(move |connection| {
            let aliases = aliases_of(connection, &arn.machine)?;
            let leads_there = |alias: &Alias| alias.routes.iter().any(|route| route.version == arn.number);
            let names: Vec<_> = aliases.into_iter().filter(leads_there).map(|alias| alias.arn.name).collect();
            if names.is_empty() {
                let sql = "DELETE FROM versions WHERE machine = (SELECT id FROM machine_arns WHERE arn = ?1) \
                           AND number = ?2";
                connection.prepare_cached(sql)?.execute((arn.machine.as_str(), arn.number))?;
            }
            Ok(names)
        });
        Ok(aliases.await?)
    }

    async fn put_alias(&self, alias: &Alias, expected: Option<&Alias>) -> Result<PutAlias, Error> {
        let (alias, expected) = (alias.clone(), expected.cloned());
        let put = self.writer.write(move |connection| {
            let there = find_alias(connection, &alias.arn)?;
            if there != expected {
                return Ok(PutAlias::Changed(there));
            }
            for route in &alias.routes {
                if find_version(connection, &alias.arn.machine, route.version)?.is_none() {
                    return Ok(PutAlias::NoVersion(route.version));
                }
            }
            let routes = serde_json::to_string(&alias.routes).map_err(|error| unreadable(&alias.arn, error))?;
            let sql = "INSERT INTO aliases (machine, name, description, routes, created, updated) \
                       VALUES ((SELECT id FROM machine_arns WHERE arn = ?1), ?2, ?3, ?4, ?5, ?6) \
                       ON CONFLICT DO UPDATE SET description = ?3, routes = ?4, created = ?5, updated = ?6";
            connection.prepare_cached(sql)?.execute(params![
                alias.arn.machine.as_str(),
                &*alias.arn.name,
                alias.description,
                routes,
                alias.created.as_micros(),
                alias.updated.as_micros(),
            ])?;
            Ok(PutAlias::Done)
        });
        Ok(put.await?)
    }

    async fn alias(&self, arn: &AliasArn) -> Result<Option<Alias>, Error> {
        Ok(self.readers.read(|connection| find_alias(connection, arn))?)
    }

    async fn aliases(&self, machine: &StateMachineArn, after: Option<&str>, limit: u32) -> Result<Page<Alias>, Error> {
        let after = text_after(List::Aliases, after)?;
        let machine = machine.clone();
        let page = self.readers.read_many(move |connection| {
            let sql = format!("{ALIAS} AND name > ?2 ORDER BY name LIMIT ?3");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query((machine.as_str(), after, rows_for(limit)))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push((row.get::<_, String>(0)?, alias_in(row, &machine)?));
            }
            Ok(page(List::Aliases, limit, found))
        });
        Ok(page.await?)
    }

    async fn delete_alias(&self, arn: &AliasArn) -> Result<(), Error> {
        let arn = arn.clone();
        let deleted = self.writer.write(move |connection| {
            let sql = "DELETE FROM aliases WHERE machine = (SELECT id FROM machine_arns WHERE arn = ?1) AND name = ?2";
            connection.prepare_cached(sql)?.execute((arn.machine.as_str(), &*arn.name))?;
            Ok(())
        });
        Ok(deleted.await?)
    }
}

/// Adds a version of the machine with this number.
pub(super) fn insert_version(connection: &Connection, machine: i64, version: &Version) -> Result<(), Failure> {
    let sql = "INSERT INTO versions (machine, number, revision, description, created) VALUES (?1, ?2, ?3, ?4, ?5)";
    let created = version.created.as_micros();
    let values = params![machine, version.number, version.revision, version.description, created];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn find_version(connection: &Connection, machine: &StateMachineArn, number: u32) -> Result<Option<Version>, Failure> {
    let mut statement = connection.prepare_cached(&format!("{VERSION} AND number = ?2"))?;
    Ok(statement.query_row((machine.as_str(), number), version_in).optional()?)
}

fn find_alias(connection: &Connection, arn: &AliasArn) -> Result<Option<Alias>, Failure> {
    let mut statement = connection.prepare_cached(&format!("{ALIAS} AND name = ?2"))?;
    let mut rows = statement.query((arn.machine.as_str(), &*arn.name))?;
    rows.next()?.map(|row| alias_in(row, &arn.machine)).transpose()
}

/// All of them: a machine has a hundred at most.
fn aliases_of(connection: &Connection, machine: &StateMachineArn) -> Result<Vec<Alias>, Failure> {
    let mut statement = connection.prepare_cached(&format!("{ALIAS} ORDER BY name"))?;
    let mut rows = statement.query((machine.as_str(),))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(alias_in(row, machine)?);
    }
    Ok(found)
}

fn version_in(row: &Row<'_>) -> rusqlite::Result<Version> {
    Ok(Version {
        number: row.get(0)?,
        revision: row.get(1)?,
        description: row.get(2)?,
        created: Timestamp::from_micros(row.get(3)?),
    })
}

fn alias_in(row: &Row<'_>, machine: &StateMachineArn) -> Result<Alias, Failure> {
    let arn = machine.alias(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?);
    let routes = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
    let routes: Vec<Route> = serde_json::from_str(routes).map_err(|error| unreadable(&arn, error))?;
    Ok(Alias {
        description: row.get(1)?,
        routes,
        created: Timestamp::from_micros(row.get(3)?),
        updated: Timestamp::from_micros(row.get(4)?),
        arn,
    })
}

fn unreadable(arn: &AliasArn, source: serde_json::Error) -> Failure {
    Failure::unreadable(format!("what is stored of {arn}"), source)
}
