//! The one table: its client, its settings, and how every request to it begins.
//!
//! Every request asks for the capacity that it consumed, so that whoever counts can.

use crate::error::{self, refused};
use crate::item::{Damage, Item, damaged, n, optional_number, s};
use crate::keys::{self, Key, PK, SETTINGS, SK, WATERMARK};
use crate::lifetimes::Lifetimes;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure};
use aws_smithy_async::time::SharedTimeSource;
use aws_types::SdkConfig;
use model::Timestamp;
use orchestrator::ports::{Error, Minute};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

/// Shards of a list and of a minute's timers where the table's settings say nothing.
const DEFAULT_SHARDS: u32 = 4;

/// What [`Error::Unavailable`] calls the settings.
const WHAT: &str = "table settings";

/// Attributes of the settings item.
const LIST_SHARDS: &str = "list_shards";
const TIMER_SHARDS: &str = "timer_shards";

/// The attribute of the watermark item.
pub(crate) const MINUTE: &str = "minute";

/// The table. A clone is the same table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    client: Client,
    name: String,
    time: SharedTimeSource,
    list_shards: AtomicU32,
    timer_shards: AtomicU32,
    lifetimes: Lifetimes,
}

/// Among how many shards the table spreads what many write at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shards {
    /// Partitions of the list of one machine's executions. Each takes 1,000 starts a second.
    pub list: u32,
    /// Partitions of one minute's parked timers. Each takes 1,000 a second.
    pub timers: u32,
}

/// What became of a put with a condition.
pub(crate) enum Written {
    /// It is in the table.
    Here,
    /// Another item has its key: this one. Empty if the answer did not say.
    Taken(Item),
}

impl Default for Shards {
    fn default() -> Self {
        Self { list: DEFAULT_SHARDS, timers: DEFAULT_SHARDS }
    }
}

impl Table {
    /// The table with this name, with its settings, which are read: that opens the connection as well.
    pub(crate) async fn open(config: &SdkConfig, name: &str) -> Result<Self, Error> {
        let shards = Shards::default();
        let table = Self {
            inner: Arc::new(Inner {
                client: Client::new(config),
                name: name.to_owned(),
                time: config.time_source().unwrap_or_default(),
                list_shards: AtomicU32::new(shards.list),
                timer_shards: AtomicU32::new(shards.timers),
                lifetimes: Lifetimes::default(),
            }),
        };
        table.read_settings().await?;
        Ok(table)
    }

    /// The table's name.
    pub(crate) fn name(&self) -> &str {
        &self.inner.name
    }

    /// The client, for requests that have no beginning here.
    pub(crate) fn client(&self) -> &Client {
        &self.inner.client
    }

    /// Shards of each machine's list, as last read.
    pub(crate) fn list_shards(&self) -> u32 {
        self.inner.list_shards.load(Ordering::Relaxed)
    }

    /// Shards of each minute's timers, as last read.
    pub(crate) fn timer_shards(&self) -> u32 {
        self.inner.timer_shards.load(Ordering::Relaxed)
    }

    /// How long the runs are kept that this process works on.
    pub(crate) fn lifetimes(&self) -> &Lifetimes {
        &self.inner.lifetimes
    }

    /// Now, by the clock that requests are signed by. Only order depends on it, and when garbage goes.
    pub(crate) fn now(&self) -> Timestamp {
        let micros = self.inner.time.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    pub(crate) fn get(&self, key: Key) -> GetItemFluentBuilder {
        self.client()
            .get_item()
            .table_name(self.name())
            .set_key(Some(key.into_item()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    /// A put that finds out, where its condition fails, what is there.
    pub(crate) fn put(&self, item: Item) -> PutItemFluentBuilder {
        self.client()
            .put_item()
            .table_name(self.name())
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    pub(crate) fn update(&self, key: Key) -> UpdateItemFluentBuilder {
        self.client()
            .update_item()
            .table_name(self.name())
            .set_key(Some(key.into_item()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    pub(crate) fn delete(&self, key: Key) -> DeleteItemFluentBuilder {
        self.client()
            .delete_item()
            .table_name(self.name())
            .set_key(Some(key.into_item()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    /// A query of one partition, whose name the placeholder `:pk` has. Its condition may be replaced.
    pub(crate) fn query(&self, pk: impl Into<String>) -> QueryFluentBuilder {
        self.client()
            .query()
            .table_name(self.name())
            .key_condition_expression(format!("{PK} = :pk"))
            .expression_attribute_values(":pk", s(pk))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    /// A request's failure as the ports report it.
    pub(crate) fn refused<E, R>(
        &self,
        what: &'static str,
        operation: &'static str,
    ) -> impl FnOnce(SdkError<E, R>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        move |error| refused(what, operation, self.name(), error)
    }

    /// Sends a put with a condition.
    pub(crate) async fn put_if(&self, what: &'static str, put: PutItemFluentBuilder) -> Result<Written, Error> {
        match put.send().await {
            Ok(_) => Ok(Written::Here),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                match error.into_err() {
                    PutItemError::ConditionalCheckFailedException(failed) => {
                        Ok(Written::Taken(failed.item.unwrap_or_default()))
                    }
                    _ => Ok(Written::Taken(Item::new())),
                }
            }
            Err(error) => Err(self.refused(what, "PutItem")(error)),
        }
    }

    /// Sends an update with a condition; none if the condition failed.
    pub(crate) async fn update_if(
        &self,
        what: &'static str,
        update: UpdateItemFluentBuilder,
    ) -> Result<Option<UpdateItemOutput>, Error> {
        match update.send().await {
            Ok(updated) => Ok(Some(updated)),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(None),
            Err(error) => Err(self.refused(what, "UpdateItem")(error)),
        }
    }

    /// Sends a deletion with a condition: whether that held.
    pub(crate) async fn delete_if(&self, what: &'static str, delete: DeleteItemFluentBuilder) -> Result<bool, Error> {
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(self.refused(what, "DeleteItem")(error)),
        }
    }

    /// Reads the settings, and the timers' watermark, which lies beside them. Strongly: a sweep that does not know of
    /// a shard that others write to would leave its timers behind.
    pub(crate) async fn read_settings(&self) -> Result<Option<Minute>, Error> {
        let read = self.query(SETTINGS).consistent_read(true).send().await;
        let items = read.map_err(self.refused(WHAT, "Query"))?.items.unwrap_or_default();
        let mut watermark = None;
        for item in &items {
            let sk = crate::item::text(item, SK).map_err(damaged(SETTINGS, "?"))?;
            match sk {
                SETTINGS => {
                    for (name, known) in
                        [(LIST_SHARDS, &self.inner.list_shards), (TIMER_SHARDS, &self.inner.timer_shards)]
                    {
                        let shards = shards_in(item, name).map_err(damaged(SETTINGS, SETTINGS))?;
                        known.store(shards, Ordering::Relaxed);
                    }
                }
                WATERMARK => {
                    let minute = crate::item::number(item, MINUTE).map_err(damaged(SETTINGS, WATERMARK))?;
                    watermark = Some(Minute(minute));
                }
                _ => {}
            }
        }
        Ok(watermark)
    }

    /// Changes the settings, only upwards.
    pub(crate) async fn set_shards(&self, asked: Shards) -> Result<(), error::Error> {
        let failed = |source| error::Error::Settings { table: self.name().to_owned(), source };
        // Not a number there counts as the default, which a condition on the item would not see.
        self.read_settings().await.map_err(failed)?;
        self.refuse_fewer(asked)?;
        let update = self
            .update(Key::new(SETTINGS, SETTINGS))
            .update_expression("SET #list = :list, #timers = :timers")
            .condition_expression(
                "(attribute_not_exists(#list) OR #list <= :list) AND (attribute_not_exists(#timers) OR #timers <= :timers)",
            )
            .expression_attribute_names("#list", LIST_SHARDS)
            .expression_attribute_names("#timers", TIMER_SHARDS)
            .expression_attribute_values(":list", n(asked.list))
            .expression_attribute_values(":timers", n(asked.timers));
        let updated = self.update_if(WHAT, update).await.map_err(failed)?;
        self.read_settings().await.map_err(failed)?;
        match updated {
            Some(_) => Ok(()),
            // Somebody else added more in between.
            None => self.refuse_fewer(asked),
        }
    }

    fn refuse_fewer(&self, asked: Shards) -> Result<(), error::Error> {
        for (kind, found, asked) in
            [("list", self.list_shards(), asked.list), ("timer", self.timer_shards(), asked.timers)]
        {
            if asked < found {
                return Err(error::Error::FewerShards { table: self.name().to_owned(), kind, found, asked });
            }
        }
        Ok(())
    }

    /// The shard of a machine's list that this execution is in.
    pub(crate) fn list_shard(&self, execution: &str) -> u32 {
        keys::shard(execution, self.list_shards())
    }
}

/// How many shards the settings item says: people write it too.
fn shards_in(item: &Item, name: &'static str) -> Result<u32, Damage> {
    match optional_number(item, name)? {
        None => Ok(DEFAULT_SHARDS),
        Some(0) => Err(Damage::Attribute(name)),
        Some(shards) => Ok(shards),
    }
}
