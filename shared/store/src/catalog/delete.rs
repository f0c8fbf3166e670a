//! Taking a machine away, with its versions and aliases.

use super::machines::{self, NUMBER, REVISION, listed};
use super::names::{self, MACHINES_GONE};
use super::{Catalog, WHAT, aliases, versions};
use crate::error::unavailable;
use crate::item::{damaged, n, s, text};
use crate::keys::{Key, PK, SK};
use crate::table::Written;
use futures::stream::{self, TryStreamExt as _};
use model::StateMachineArn;
use orchestrator::ports::Error;

/// Items that are taken away at a time.
const DELETIONS: usize = 16;

/// How often a deletion begins anew because others publish meanwhile.
const TRIES: u32 = 10;

/// Leaves of the machine its revisions, and that it was there.
///
/// Versions go first, so that no alias can be made any more; META goes last, unless somebody has published meanwhile.
/// Whatever was left when it was cut off is taken away by the next one.
pub(super) async fn machine(catalog: &Catalog, arn: &StateMachineArn) -> Result<(), Error> {
    let mut cleared = None;
    for _ in 0..TRIES {
        let put = catalog.table.put(listed(arn, MACHINES_GONE)).expression_attribute_names("#number", NUMBER);
        let put = match cleared {
            Some(number) => put
                .condition_expression(format!("attribute_exists({REVISION}) AND #number = :cleared"))
                .expression_attribute_values(":cleared", n(number)),
            None => put.condition_expression(format!("attribute_exists({REVISION}) AND attribute_not_exists(#number)")),
        };
        if matches!(catalog.table.put_if(WHAT, put).await?, Written::Here) {
            return Ok(());
        }
        let Some(published) = machines::published(catalog, arn).await? else { return Ok(()) };
        cleared = published.last.map(|last| last.number);
        for prefix in [versions::PREFIX, aliases::PREFIX] {
            clear(catalog, arn, prefix).await?;
        }
    }
    Err(unavailable(WHAT, format!("versions of {arn} are published again and again")))
}

/// Takes away the machine's items whose sort keys begin with this.
async fn clear(catalog: &Catalog, arn: &StateMachineArn, prefix: &str) -> Result<(), Error> {
    let table = &catalog.table;
    let mut start = None;
    loop {
        let query = table
            .query(names::key(arn).pk)
            .key_condition_expression(format!("{PK} = :pk AND begins_with({SK}, :prefix)"))
            .expression_attribute_values(":prefix", s(prefix))
            .projection_expression(SK)
            .consistent_read(true)
            .set_exclusive_start_key(start);
        let answer = query.send().await.map_err(table.refused(WHAT, "Query"))?;
        let items = answer.items.unwrap_or_default();
        let keys = items.iter().map(|item| text(item, SK).map(|sk| Key::new(names::key(arn).pk, sk)));
        let keys = keys.collect::<Result<Vec<_>, _>>().map_err(damaged("of a machine", prefix))?;
        stream::iter(keys.into_iter().map(Ok))
            .try_for_each_concurrent(DELETIONS, async |key| {
                table.delete(key).send().await.map(drop).map_err(table.refused(WHAT, "DeleteItem"))
            })
            .await?;
        start = answer.last_evaluated_key;
        if start.is_none() {
            return Ok(());
        }
    }
}
