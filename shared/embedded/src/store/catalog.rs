//! The port `Catalog`.

use super::Store;
use super::error::Failure;
use super::page::{List, page, rows_for, text_after};
use super::versions::insert_version;
use super::writer::whole;
use async_trait::async_trait;
use model::{ActivityArn, MachineType, StateMachineArn, Timestamp};
use orchestrator::ports::{Activity, Catalog, Error, MachineRevision, MachineStatus, Page, StateMachine};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;

/// `CROSS`: the tables are walked in this order, so that a list is a walk along the ARNs.
pub(super) const MACHINE: &str = "SELECT k.arn, m.created, m.status, m.updated, m.tags, r.id, r.definition, r.role_arn, r.created, \
                       r.logging, r.tracing, r.encryption, r.type, m.published FROM machine_arns k \
                       CROSS JOIN machines m ON m.machine = k.id \
                       CROSS JOIN revisions r ON r.machine = m.machine AND r.id = m.revision";

pub(super) const ACTIVITY: &str = "SELECT arn, created, encryption, tags FROM activities";

#[async_trait]
impl Catalog for Store {
    async fn create_machine(&self, machine: &StateMachine) -> Result<Option<StateMachine>, Error> {
        let machine = machine.clone();
        let there = self.writer.write(move |connection| {
            if let Some(there) = find_machine(connection, &machine.arn)? {
                return Ok(Some(there));
            }
            whole(connection, |connection| {
                let number = machine_number(connection, &machine.arn)?;
                insert_revision(connection, number, &machine.revision)?;
                if let Some(version) = &machine.published {
                    insert_version(connection, number, version)?;
                }
                let sql = "INSERT INTO machines (machine, created, status, updated, tags, revision, published) \
                           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
                let (created, status) = (machine.created.as_micros(), number_of(machine.status));
                let (tags, published) = (machine.tags.to_string(), published_text(&machine)?);
                let values = params![number, created, status, machine.updated, tags, machine.revision.id, published];
                connection.prepare_cached(sql)?.execute(values)?;
                Ok(None)
            })
        });
        Ok(there.await?)
    }

    async fn machine(&self, arn: &StateMachineArn) -> Result<Option<StateMachine>, Error> {
        Ok(self.readers.read(|connection| find_machine(connection, arn))?)
    }

    async fn update_machine(
        &self,
        machine: &StateMachine,
        expected: &StateMachine,
    ) -> Result<Result<(), Option<StateMachine>>, Error> {
        let (machine, expected) = (machine.clone(), expected.clone());
        let updated = self.writer.write(move |connection| {
            let there = find_machine(connection, &machine.arn)?;
            let is_expected = |there: &StateMachine| {
                there.revision.id == expected.revision.id && there.published == expected.published
            };
            if !there.as_ref().is_some_and(is_expected) {
                return Ok(Err(there));
            }
            whole(connection, |connection| {
                let number = machine_number(connection, &machine.arn)?;
                if machine.revision.id != expected.revision.id {
                    insert_revision(connection, number, &machine.revision)?;
                }
                if let Some(version) = machine.published.as_ref().filter(|_| machine.published != expected.published) {
                    insert_version(connection, number, version)?;
                }
                let sql =
                    "UPDATE machines SET status = ?2, updated = ?3, revision = ?4, published = ?5 WHERE machine = ?1";
                let (status, published) = (number_of(machine.status), published_text(&machine)?);
                let values = params![number, status, machine.updated, machine.revision.id, published];
                connection.prepare_cached(sql)?.execute(values)?;
                Ok(Ok(()))
            })
        });
        Ok(updated.await?)
    }

    async fn set_machine_tags(
        &self,
        arn: &StateMachineArn,
        tags: &Value,
        expected: &Value,
    ) -> Result<Result<(), Option<Value>>, Error> {
        let (arn, tags, expected) = (arn.clone(), tags.to_string(), expected.clone());
        let set = self.writer.write(move |connection| {
            let there = find_machine(connection, &arn)?.map(|machine| machine.tags);
            if there.as_ref() != Some(&expected) {
                return Ok(Err(there));
            }
            let sql = "UPDATE machines SET tags = ?2 WHERE machine = (SELECT id FROM machine_arns WHERE arn = ?1)";
            connection.prepare_cached(sql)?.execute((arn.as_str(), tags))?;
            Ok(Ok(()))
        });
        Ok(set.await?)
    }

    async fn delete_machine(&self, arn: &StateMachineArn) -> Result<(), Error> {
        let arn = arn.clone();
        let deleted = self.writer.write(move |connection| {
            whole(connection, |connection| {
                for table in ["aliases", "versions", "machines"] {
                    let sql =
                        format!("DELETE FROM {table} WHERE machine = (SELECT id FROM machine_arns WHERE arn = ?1)");
                    connection.prepare_cached(&sql)?.execute((arn.as_str(),))?;
                }
                Ok(())
            })
        });
        Ok(deleted.await?)
    }

    async fn revision(&self, arn: &StateMachineArn, id: &str) -> Result<Option<MachineRevision>, Error> {
        let revision = self.readers.read(|connection| {
            let sql = "SELECT id, definition, role_arn, created, logging, tracing, encryption, type FROM revisions \
                       WHERE machine = (SELECT id FROM machine_arns WHERE arn = ?1) AND id = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query((arn.as_str(), id))?;
            rows.next()?.map(|row| revision_in(row, 0, arn.as_str())).transpose()
        });
        Ok(revision?)
    }

    async fn machines(&self, after: Option<&str>, limit: u32) -> Result<Page<StateMachine>, Error> {
        let after = text_after(List::Machines, after)?;
        let page = self.readers.read_many(move |connection| {
            let sql = format!("{MACHINE} WHERE k.arn > ?1 ORDER BY k.arn LIMIT ?2");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query((after, rows_for(limit)))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push((row.get::<_, String>(0)?, machine_in(row)?));
            }
            Ok(page(List::Machines, limit, found))
        });
        Ok(page.await?)
    }

    async fn create_activity(&self, activity: &Activity) -> Result<Option<Activity>, Error> {
        let activity = activity.clone();
        let there = self.writer.write(move |connection| {
            let sql = "INSERT INTO activities (arn, created, encryption, tags) VALUES (?1, ?2, ?3, ?4) \
                       ON CONFLICT DO NOTHING";
            let created = activity.created.as_micros();
            let values = (activity.arn.as_str(), created, activity.encryption.to_string(), activity.tags.to_string());
            match connection.prepare_cached(sql)?.execute(values)? {
                0 => find_activity(connection, &activity.arn),
                _ => Ok(None),
            }
        });
        Ok(there.await?)
    }

    async fn activity(&self, arn: &ActivityArn) -> Result<Option<Activity>, Error> {
        Ok(self.readers.read(|connection| find_activity(connection, arn))?)
    }

    async fn set_activity_tags(
        &self,
        arn: &ActivityArn,
        tags: &Value,
        expected: &Value,
    ) -> Result<Result<(), Option<Value>>, Error> {
        let (arn, tags, expected) = (arn.clone(), tags.to_string(), expected.clone());
        let set = self.writer.write(move |connection| {
            let there = find_activity(connection, &arn)?.map(|activity| activity.tags);
            if there.as_ref() != Some(&expected) {
                return Ok(Err(there));
            }
            connection
                .prepare_cached("UPDATE activities SET tags = ?2 WHERE arn = ?1")?
                .execute((arn.as_str(), tags))?;
            Ok(Ok(()))
        });
        Ok(set.await?)
    }

    async fn delete_activity(&self, arn: &ActivityArn) -> Result<(), Error> {
        let arn = arn.clone();
        let deleted = self.writer.write(move |connection| {
            connection.prepare_cached("DELETE FROM activities WHERE arn = ?1")?.execute((arn.as_str(),))?;
            Ok(())
        });
        Ok(deleted.await?)
    }

    async fn activities(&self, after: Option<&str>, limit: u32) -> Result<Page<Activity>, Error> {
        let after = text_after(List::Activities, after)?;
        let page = self.readers.read_many(move |connection| {
            let sql = format!("{ACTIVITY} WHERE arn > ?1 ORDER BY arn LIMIT ?2");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query((after, rows_for(limit)))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push((row.get::<_, String>(0)?, activity_in(row)?));
            }
            Ok(page(List::Activities, limit, found))
        });
        Ok(page.await?)
    }
}

/// The integer that stands for a machine's ARN, given out when it is first named. For the writer.
pub(super) fn machine_number(connection: &Connection, arn: &StateMachineArn) -> Result<i64, Failure> {
    let mut find = connection.prepare_cached("SELECT id FROM machine_arns WHERE arn = ?1")?;
    if let Some(number) = find.query_row((arn.as_str(),), |row| row.get(0)).optional()? {
        return Ok(number);
    }
    connection.prepare_cached("INSERT INTO machine_arns (arn) VALUES (?1)")?.execute((arn.as_str(),))?;
    Ok(connection.last_insert_rowid())
}

fn find_machine(connection: &Connection, arn: &StateMachineArn) -> Result<Option<StateMachine>, Failure> {
    let mut statement = connection.prepare_cached(&format!("{MACHINE} WHERE k.arn = ?1"))?;
    let mut rows = statement.query((arn.as_str(),))?;
    rows.next()?.map(machine_in).transpose()
}

fn insert_revision(connection: &Connection, machine: i64, revision: &MachineRevision) -> Result<(), Failure> {
    let sql = "INSERT INTO revisions (machine, id, definition, role_arn, created, logging, tracing, encryption, type) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    connection.prepare_cached(sql)?.execute(params![
        machine,
        revision.id,
        revision.definition,
        revision.role_arn,
        revision.created.as_micros(),
        revision.logging.to_string(),
        revision.tracing.to_string(),
        revision.encryption.to_string(),
        number_of_type(revision.machine_type),
    ])?;
    Ok(())
}

fn find_activity(connection: &Connection, arn: &ActivityArn) -> Result<Option<Activity>, Failure> {
    let mut statement = connection.prepare_cached(&format!("{ACTIVITY} WHERE arn = ?1"))?;
    let mut rows = statement.query((arn.as_str(),))?;
    rows.next()?.map(activity_in).transpose()
}

fn machine_in(row: &Row<'_>) -> Result<StateMachine, Failure> {
    let arn: String = row.get(0)?;
    let status: i64 = row.get(2)?;
    Ok(StateMachine {
        created: Timestamp::from_micros(row.get(1)?),
        status: match status {
            0 => MachineStatus::Active,
            1 => MachineStatus::Deleting,
            _ => return Err(unreadable(&arn, format!("status {status}"))),
        },
        updated: row.get(3)?,
        tags: json_in(row, 4, &arn)?,
        revision: revision_in(row, 5, &arn)?,
        published: match row.get_ref(13)?.as_str_or_null().map_err(rusqlite::Error::from)? {
            Some(text) => Some(serde_json::from_str(text).map_err(|error| unreadable(&arn, error))?),
            None => None,
        },
        arn: arn.parse().map_err(|error: model::arn::Error| unreadable(&arn, error))?,
    })
}

/// The version that the machine published last, as it is stored beside it.
fn published_text(machine: &StateMachine) -> Result<Option<String>, Failure> {
    let text = machine.published.as_ref().map(serde_json::to_string).transpose();
    text.map_err(|error| unreadable(machine.arn.as_str(), error))
}

/// A revision, from its column `id` on.
fn revision_in(row: &Row<'_>, id: usize, arn: &str) -> Result<MachineRevision, Failure> {
    Ok(MachineRevision {
        id: row.get(id)?,
        definition: row.get(id + 1)?,
        role_arn: row.get(id + 2)?,
        created: Timestamp::from_micros(row.get(id + 3)?),
        logging: json_in(row, id + 4, arn)?,
        tracing: json_in(row, id + 5, arn)?,
        encryption: json_in(row, id + 6, arn)?,
        machine_type: match row.get(id + 7)? {
            0 => MachineType::Standard,
            1 => MachineType::Express,
            other => return Err(unreadable(arn, format!("type {other}"))),
        },
    })
}

fn activity_in(row: &Row<'_>) -> Result<Activity, Failure> {
    let arn: String = row.get(0)?;
    Ok(Activity {
        created: Timestamp::from_micros(row.get(1)?),
        encryption: json_in(row, 2, &arn)?,
        tags: json_in(row, 3, &arn)?,
        arn: arn.parse().map_err(|error: model::arn::Error| unreadable(&arn, error))?,
    })
}

fn json_in(row: &Row<'_>, column: usize, arn: &str) -> Result<Value, Failure> {
    let text = row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?;
    serde_json::from_str(text).map_err(|error| unreadable(arn, error))
}

fn unreadable(arn: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::unreadable(format!("what is stored of {arn}"), source)
}

fn number_of_type(machine_type: MachineType) -> i64 {
    match machine_type {
        MachineType::Standard => 0,
        MachineType::Express => 1,
    }
}

fn number_of(status: MachineStatus) -> i64 {
    match status {
        MachineStatus::Active => 0,
        MachineStatus::Deleting => 1,
    }
}
