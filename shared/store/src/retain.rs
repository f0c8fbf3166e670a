//! Keeping a run longer than was thought when it started.
//!
//! Every item of the run is written anew, META last: so META tells whether it was done, and repeating it writes only
//! what was not.

use crate::item::{expires, s, text};
use crate::keys::{self, Key, SK};
use crate::meta::{EXPIRES, RUN};
use crate::records::WHAT;
use crate::table::Table;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use model::Timestamp;
use orchestrator::RunKey;
use orchestrator::ports::Error;

/// Items that are written at once.
const AT_ONCE: usize = 8;

/// Keeps all items of the run until then at least. Those that never expire stay so.
pub(crate) async fn retain(table: &Table, key: &RunKey, until: Timestamp) -> Result<(), Error> {
    let pk = keys::run(key);
    let mut pages = table
        .query(&pk)
        .filter_expression("#expires < :until")
        .projection_expression(SK)
        .expression_attribute_names("#expires", EXPIRES)
        .expression_attribute_values(":until", expires(until))
        .consistent_read(true)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(table.refused(WHAT, "Query"))?;
        let keys = page.items().iter().map(|item| text(item, SK).map(|sk| Key::new(&pk, sk)));
        let keys = keys.collect::<Result<Vec<_>, _>>().map_err(crate::item::damaged(&pk, "?"))?;
        let writes = keys.into_iter().map(|key| prolong(table, key, until, None)).collect::<Vec<_>>();
        stream::iter(writes).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    }
    prolong(table, Key::meta(&key.execution), until, Some(key)).await
}

/// Moves the item's expiry on, never back; nothing if it is gone, or META of another run.
async fn prolong(table: &Table, item: Key, until: Timestamp, of: Option<&RunKey>) -> Result<(), Error> {
    let condition = "#expires < :until";
    let mut update = table
        .update(item)
        .update_expression("SET #expires = :until")
        .expression_attribute_names("#expires", EXPIRES)
        .expression_attribute_values(":until", expires(until));
    update = match of {
        Some(key) => update
            .condition_expression(format!("{condition} AND #run = :run"))
            .expression_attribute_names("#run", RUN)
            .expression_attribute_values(":run", s(&*key.run.0)),
        None => update.condition_expression(condition),
    };
    table.update_if(WHAT, update).await.map(drop)
}
