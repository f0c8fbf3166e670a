//! Revisions of machines as items: immutable, put before the META that names them.
//!
//! A definition is packed. One that stays too large for an item lies in the bucket, named by its content, which is
//! checked on reading; machines with the same definition share it, and it is never taken away.

use super::names::Named as _;
use super::{Catalog, WHAT};
use crate::batch;
use crate::bucket::sha256;
use crate::error::{unavailable, unreadable};
use crate::item::{Item, body, damaged, pack, s, text};
use crate::keys::{Key, PK, SK};
use bytes::Bytes;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use model::{MachineType, StateMachineArn, Timestamp};
use orchestrator::ports::{Error, MachineRevision};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;

/// The version that this code writes. It reads every version up to it.
const VERSION: u32 = 1;

/// The attribute that has the settings, as JSON.
const SETTINGS: &str = "settings";

/// The attribute that has the definition, packed.
const DEFINITION: &str = "definition";

/// The attribute that names the definition in the bucket instead.
const IN_BUCKET: &str = "definition_sha256";

/// The most that a packed definition has in an item. An item has 400 KB, and the settings a few of them.
const MAX_PACKED_BYTES: usize = 300_000;

/// Definitions that are fetched from the bucket at a time.
const FETCHES: usize = 8;

/// All of a revision but its definition.
#[derive(Serialize, Deserialize)]
struct Settings<'r> {
    version: u32,
    role_arn: Cow<'r, str>,
    created: Timestamp,
    /// Absent of a Standard machine, and of all of before there were others.
    #[serde(rename = "type", default, skip_serializing_if = "is_standard")]
    machine_type: MachineType,
    logging: Cow<'r, Value>,
    tracing: Cow<'r, Value>,
    encryption: Cow<'r, Value>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_standard(machine_type: &MachineType) -> bool {
    *machine_type == MachineType::Standard
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Why a stored revision cannot be used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("it has version {0}, and this program reads up to {VERSION}: run a newer one")]
    Newer(u32),
    #[error("there is no object {0} in the bucket: restore it, or update the machine")]
    Missing(String),
    #[error("the object {0} in the bucket has other content than its name says: restore it, or update the machine")]
    Changed(String),
}

fn key(machine: &StateMachineArn, id: &str) -> Key {
    Key::new(format!("{}{machine}", StateMachineArn::PREFIX), format!("REV#{id}"))
}

/// Puts the revision, and tells whether it was not there before.
pub(super) async fn put(
    catalog: &Catalog,
    machine: &StateMachineArn,
    revision: &MachineRevision,
) -> Result<bool, Error> {
    let Key { pk, sk } = key(machine, &revision.id);
    let settings = Settings {
        version: VERSION,
        role_arn: Cow::Borrowed(&revision.role_arn),
        created: revision.created,
        machine_type: revision.machine_type,
        logging: Cow::Borrowed(&revision.logging),
        tracing: Cow::Borrowed(&revision.tracing),
        encryption: Cow::Borrowed(&revision.encryption),
    };
    let settings = serde_json::to_string(&settings).map_err(|error| unreadable(format!("item {pk} {sk}"), error))?;
    let packed = pack(revision.definition.as_bytes());
    let definition = match packed.as_b() {
        Ok(bytes) if bytes.as_ref().len() > MAX_PACKED_BYTES => {
            let content = Bytes::copy_from_slice(revision.definition.as_bytes());
            let name = sha256(&content);
            catalog.bucket.put_object(WHAT, &object(&name), content).await?;
            (IN_BUCKET.to_owned(), s(name))
        }
        Ok(_) | Err(_) => (DEFINITION.to_owned(), packed),
    };
    let item = Item::from([(PK.into(), s(pk)), (SK.into(), s(sk)), (SETTINGS.into(), s(settings)), definition]);
    let put = catalog.table.put(item).condition_expression(format!("attribute_not_exists({PK})"));
    Ok(matches!(catalog.table.put_if(WHAT, put).await?, crate::table::Written::Here))
}

/// Takes a revision away that no META names.
pub(super) async fn discard(catalog: &Catalog, machine: &StateMachineArn, id: &str) {
    let Key { pk, sk } = key(machine, id);
    if let Err(error) = catalog.table.delete(Key::new(&*pk, &*sk)).send().await {
        let error = catalog.table.refused(WHAT, "DeleteItem")(error);
        tracing::warn!("item {pk} {sk}, which nothing leads to, stays: {error}");
    }
}

/// The revision. Strongly read: that there is none ends executions.
pub(super) async fn find(
    catalog: &Catalog,
    machine: &StateMachineArn,
    id: &str,
) -> Result<Option<MachineRevision>, Error> {
    let key = key(machine, id);
    if let Some(known) = catalog.known.get(&key) {
        return Ok(Some(known));
    }
    let read = catalog.table.get(key.clone()).consistent_read(true).send().await;
    match read.map_err(catalog.table.refused(WHAT, "GetItem"))?.item {
        Some(item) => {
            let revision = read_item(catalog, &key, id.to_owned(), &item).await?;
            catalog.known.add(key, revision.clone());
            Ok(Some(revision))
        }
        None => Ok(None),
    }
}

/// These revisions, in this order; none for those that are not there. A list does not displace what is known.
pub(super) async fn find_all(
    catalog: &Catalog,
    wanted: &[(&StateMachineArn, &str)],
) -> Result<Vec<Option<MachineRevision>>, Error> {
    let keys: Vec<Key> = wanted.iter().map(|(machine, id)| key(machine, id)).collect();
    let mut items = batch::get(&catalog.table, WHAT, &keys).await?;
    let items = keys.into_iter().zip(wanted).map(|(key, (_, id))| (items.remove(&key), key, (*id).to_owned()));
    let reads = items.collect::<Vec<_>>().into_iter().map(|(item, key, id)| async move {
        match item {
            Some(item) => Ok(Some(read_item(catalog, &key, id, &item).await?)),
            None => Ok(None),
        }
    });
    stream::iter(reads).buffered(FETCHES).try_collect().await
}

async fn read_item(catalog: &Catalog, key: &Key, id: String, item: &Item) -> Result<MachineRevision, Error> {
    let what = || format!("item {} {}", key.pk, key.sk);
    let settings = read_settings(text(item, SETTINGS).map_err(damaged(&key.pk, &key.sk))?, what)?;
    let definition = if item.contains_key(IN_BUCKET) {
        let name = text(item, IN_BUCKET).map_err(damaged(&key.pk, &key.sk))?;
        let object = object(name);
        match catalog.bucket.get_object(WHAT, &object).await? {
            None => return Err(unreadable(what(), Unusable::Missing(object))),
            Some(content) if sha256(&content) != name => return Err(unreadable(what(), Unusable::Changed(object))),
            Some(content) => content,
        }
    } else {
        body(item, DEFINITION).map_err(damaged(&key.pk, &key.sk))?
    };
    let definition = String::from_utf8(definition.into()).map_err(|error| unreadable(what(), error))?;
    Ok(MachineRevision {
        id,
        definition,
        role_arn: settings.role_arn.into_owned(),
        created: settings.created,
        machine_type: settings.machine_type,
        logging: settings.logging.into_owned(),
        tracing: settings.tracing.into_owned(),
        encryption: settings.encryption.into_owned(),
    })
}

fn read_settings(text: &str, what: impl Fn() -> String) -> Result<Settings<'_>, Error> {
    // A newer version may have changed anything else.
    match serde_json::from_str::<Versioned>(text) {
        Ok(Versioned { version }) if version > VERSION => Err(unavailable(WHAT, Unusable::Newer(version))),
        Ok(_) | Err(_) => serde_json::from_str(text).map_err(|error| unreadable(what(), error)),
    }
}

/// The name of a definition in the bucket.
fn object(sha256: &str) -> String {
    format!("definitions/{sha256}")
}
