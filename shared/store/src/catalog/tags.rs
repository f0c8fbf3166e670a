//! Tags, replaced if they are as expected: of machines and of activities alike.

use super::WHAT;
use crate::error::unreadable;
use crate::item::{Item, damaged, s, text};
use crate::keys::Key;
use crate::table::Table;
use orchestrator::ports::Error;
use serde_json::Value;

/// The attribute that has the tags, as JSON.
pub(super) const TAGS: &str = "tags";

/// How often tags are set that were written in other words than the caller has.
const MAX_SPELLINGS: u32 = 3;

/// Replaces the tags if they are still `expected`; otherwise the tags as they are now (none: there is no such thing).
pub(super) async fn set(
    table: &Table,
    key: &Key,
    tags: &Value,
    expected: &Value,
) -> Result<Result<(), Option<Value>>, Error> {
    let wanted = tags.to_string();
    // The condition compares texts, and equal values may have several: then the one that is there is expected.
    let mut spelling = expected.to_string();
    let mut found = expected.clone();
    for _ in 0..MAX_SPELLINGS {
        let update = table
            .update(key.clone())
            .update_expression("SET #tags = :wanted")
            .condition_expression("#tags = :expected")
            .expression_attribute_names("#tags", TAGS)
            .expression_attribute_values(":wanted", s(&wanted))
            .expression_attribute_values(":expected", s(&spelling));
        if table.update_if(WHAT, update).await?.is_some() {
            return Ok(Ok(()));
        }
        let read = table.get(key.clone()).consistent_read(true).send().await;
        let item = read.map_err(table.refused(WHAT, "GetItem"))?.item.unwrap_or_default();
        // One that was deleted has none.
        if !item.contains_key(TAGS) {
            return Ok(Err(None));
        }
        text(&item, TAGS).map_err(damaged(&key.pk, &key.sk))?.clone_into(&mut spelling);
        if spelling == wanted {
            // Also where it was this very update whose first answer was lost.
            return Ok(Ok(()));
        }
        found = of(&item, key)?;
        if found != *expected {
            break;
        }
    }
    Ok(Err(Some(found)))
}

/// The tags in this item.
pub(super) fn of(item: &Item, key: &Key) -> Result<Value, Error> {
    let tags = text(item, TAGS).map_err(damaged(&key.pk, &key.sk))?;
    serde_json::from_str(tags).map_err(|error| unreadable(format!("item {} {}", key.pk, key.sk), error))
}
