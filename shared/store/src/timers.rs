//! The port `Timers`: parked wakes by minute and shard.

use crate::Store;
use crate::error::unreadable;
use crate::item::{Damage, Item, body, n, pack, text};
use crate::keys::{self, Key, SETTINGS, SK, WATERMARK};
use crate::table::{MINUTE, Table};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValue;
use model::Timestamp;
use orchestrator::Wake;
use orchestrator::ports::{Error, Minute, Page, ParkedTimer, Timers};

/// What [`Error::Unavailable`] calls it.
const WHAT: &str = "timers";

/// The attribute that has the wake.
const WAKE: &str = "w";

/// Why a parked timer cannot be read.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("{0}")]
    Damage(#[from] Damage),
    #[error("its key has no time")]
    Key,
    #[error("its wake is no text")]
    Text(#[from] std::str::Utf8Error),
    #[error("{0}")]
    Wake(#[from] orchestrator::wire::Error),
}

#[async_trait]
impl Timers for Store {
    async fn park(&self, timer: &ParkedTimer) -> Result<(), Error> {
        let wake = timer.wake.to_text();
        let (sk, id) = place(timer, &wake);
        let shard = keys::shard(&id, self.table.timer_shards());
        let mut item = Key::new(keys::minute(Minute::of(timer.due), shard), sk).into_item();
        item.insert(WAKE.into(), pack(wake.as_bytes()));
        self.table.put(item).send().await.map_err(self.table.refused(WHAT, "PutItem"))?;
        Ok(())
    }

    async fn due_in(&self, minute: Minute, after: Option<&str>, limit: u32) -> Result<Page<ParkedTimer>, Error> {
        let (mut shard, mut after) = match after {
            None => (0, None),
            Some(token) => position(token).map(|(shard, sk)| (shard, Some(sk)))?,
        };
        let mut timers = Vec::new();
        let limit = limit.max(1);
        let mut left = limit;
        while shard < self.table.timer_shards() {
            let pk = keys::minute(minute, shard);
            let from = after.take().filter(|sk: &String| !sk.is_empty()).map(|sk| Key::new(&pk, sk).into_item());
            let rows = i32::try_from(left).unwrap_or(i32::MAX);
            let query = self.table.query(&pk).limit(rows).set_exclusive_start_key(from);
            let page = query.send().await.map_err(self.table.refused(WHAT, "Query"))?;
            left = left.saturating_sub(u32::try_from(page.items().len()).unwrap_or(u32::MAX));
            for item in page.items() {
                match read(item) {
                    Ok(timer) => timers.push(timer),
                    // It is left where it is for a newer program; the others go.
                    Err(error) => tracing::error!(item = ?text(item, SK), pk, %error, "failed to read a parked timer"),
                }
            }
            let last = page.last_evaluated_key.as_ref().and_then(|key| text(key, SK).ok());
            match last {
                Some(sk) => return Ok(Page { items: timers, next: Some(format!("{shard}#{sk}")) }),
                None => shard += 1,
            }
            if left == 0 && shard < self.table.timer_shards() {
                return Ok(Page { items: timers, next: Some(format!("{shard}#")) });
            }
        }
        Ok(Page { items: timers, next: None })
    }

    async fn remove(&self, timer: &ParkedTimer) -> Result<(), Error> {
        let (sk, id) = place(timer, &timer.wake.to_text());
        let shards = self.table.timer_shards();
        let known = keys::shard(&id, shards);
        // It may have been parked when there were fewer shards.
        let others = (0..shards).filter(|shard| *shard != known);
        for shard in std::iter::once(known).chain(others) {
            let key = Key::new(keys::minute(Minute::of(timer.due), shard), sk.clone());
            let delete = self.table.delete(key).return_values(ReturnValue::AllOld);
            let deleted = delete.send().await.map_err(self.table.refused(WHAT, "DeleteItem"))?;
            if deleted.attributes.is_some_and(|item| !item.is_empty()) {
                break;
            }
        }
        Ok(())
    }

    async fn watermark(&self) -> Result<Option<Minute>, Error> {
        self.table.read_settings().await
    }

    async fn set_watermark(&self, minute: Minute) -> Result<(), Error> {
        set_watermark(&self.table, minute).await
    }
}

async fn set_watermark(table: &Table, minute: Minute) -> Result<(), Error> {
    let update = table
        .update(Key::new(SETTINGS, WATERMARK))
        .update_expression("SET #minute = :minute")
        .condition_expression("attribute_not_exists(#minute) OR #minute < :minute")
        .expression_attribute_names("#minute", MINUTE)
        .expression_attribute_values(":minute", n(minute.0));
    table.update_if(WHAT, update).await.map(drop)
}

/// Where a timer lies in its minute, and its id: the same wake for the same time lies in one place.
fn place(timer: &ParkedTimer, wake: &str) -> (String, String) {
    let id = keys::id(&[wake]);
    (format!("{:020}#{id}", timer.due.as_micros()), id)
}

fn read(item: &Item) -> Result<ParkedTimer, Unreadable> {
    let due = text(item, SK)?.split_once('#').and_then(|(due, _)| due.parse().ok()).ok_or(Unreadable::Key)?;
    let wake = body(item, WAKE)?;
    let wake = Wake::from_text(std::str::from_utf8(&wake)?)?;
    Ok(ParkedTimer { due: Timestamp::from_micros(due), wake })
}

/// The shard that a page goes on in, and after which key.
fn position(token: &str) -> Result<(u32, String), Error> {
    let parsed = token.split_once('#').and_then(|(shard, sk)| Some((shard.parse().ok()?, sk.to_owned())));
    parsed.ok_or_else(|| unreadable("page token of timers", "it was not given out"))
}
