//! DynamoDB: an emulator's engine, called in process, and what AWS would bill for each request.

mod capacity;
mod meter;
#[cfg(test)]
mod tests;

pub use capacity::{Item, Units};

use super::connector::Answer;
use super::lock;
use capacity::{Keys, Projection};
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;

/// The tables of one account.
pub struct DynamoDb {
    database: Database,
    /// Held through a request, so that what was there before it is known.
    tables: Mutex<HashMap<String, Table>>,
    disagreements: Mutex<Vec<String>>,
}

/// What is known of a table.
#[derive(Clone, Debug, Default)]
struct Table {
    key: Vec<String>,
    indexes: HashMap<String, Keys>,
}

impl DynamoDb {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self { database: Database::memory()?, tables: Mutex::default(), disagreements: Mutex::default() })
    }

    /// Creates a table, as CreateTable is asked to.
    pub fn create_table(&self, request: &Value) -> anyhow::Result<()> {
        let answer = self.serve("CreateTable", &request.to_string(), None);
        anyhow::ensure!(answer.status == 200, "{}", String::from_utf8_lossy(&answer.body));
        Ok(())
    }

    /// Does one request outside the log and without a bill: for a test that looks behind an adapter, or damages what
    /// it wrote.
    pub fn behind(&self, operation: &str, request: &Value) -> anyhow::Result<Value> {
        let _tables = lock(&self.tables);
        self.run(operation, request).map_err(|(status, text)| anyhow::anyhow!("{operation}: {status} {text}"))
    }

    /// Requests whose bill was another by the engine's own reckoning, where it was asked for.
    pub fn disagreements(&self) -> Vec<String> {
        lock(&self.disagreements).clone()
    }

    /// Every item of a table.
    pub fn items(&self, table: &str) -> anyhow::Result<Vec<Item>> {
        let (mut items, mut after) = (Vec::new(), Value::Null);
        loop {
            let mut request = json!({ "TableName": table, "ConsistentRead": true });
            if !after.is_null() {
                request["ExclusiveStartKey"] = after;
            }
            let page = self.behind("Scan", &request)?;
            items.extend(page["Items"].as_array().into_iter().flatten().filter_map(|item| item.as_object().cloned()));
            after = page["LastEvaluatedKey"].clone();
            if after.is_null() {
                return Ok(items);
            }
        }
    }

    pub(crate) fn serve(&self, operation: &str, body: &str, keep: Option<usize>) -> Answer {
        let mut tables = lock(&self.tables);
        let Ok(request) = serde_json::from_str::<Value>(body) else {
            return Answer::error(400, "com.amazon.coral.service#SerializationException", "");
        };
        let (answered, units) = match operation {
            "CreateTable" => {
                let created = self.run(operation, &request);
                if created.is_ok() {
                    tables.insert(text(&request["TableName"]), table(&request));
                }
                (created, Units::default())
            }
            "DescribeTable" | "UpdateTimeToLive" | "DescribeTimeToLive" | "ListTables" => {
                (self.run(operation, &request), Units::default())
            }
            "PutItem" | "UpdateItem" | "DeleteItem" => self.write(&tables, operation, &request),
            "GetItem" => self.get(operation, &request),
            "Query" => self.query(operation, &request),
            "BatchGetItem" => self.batch_get(operation, request, keep),
            "BatchWriteItem" => self.batch_write(&tables, operation, request, keep),
            // Scans and transactions are not part of the design: whoever sends one has a reason to think again.
            _ => {
                let why = format!("{operation} is not among the operations of this test");
                return Answer::error(400, "com.amazon.coral.validate#ValidationException", &why);
            }
        };
        if let Some(engine) = answered.as_ref().ok().and_then(consumed)
            && engine != units.writes * 2 + units.half_reads
        {
            let why = format!("{operation}: {units:?}, the engine says {engine} halves of a unit: {body}");
            lock(&self.disagreements).push(why);
        }
        let mut answer = match answered {
            Ok(body) => Answer::json(200, &body),
            Err((status, text)) => Answer::new(status, "application/x-amz-json-1.0", text),
        };
        answer.units = units;
        answer
    }

    /// One request to the engine: its answer, or the status and body of its error.
    fn run(&self, operation: &str, request: &Value) -> Result<Value, (u16, String)> {
        let database = &self.database;
        match operation {
            "CreateTable" => call(request, |request| database.create_table(request)),
            "DescribeTable" => call(request, |request| database.describe_table(request)),
            "ListTables" => call(request, |request| database.list_tables(request)),
            "UpdateTimeToLive" => call(request, |request| database.update_time_to_live(request)),
            "DescribeTimeToLive" => call(request, |request| database.describe_time_to_live(request)),
            "PutItem" => call(request, |request| database.put_item(request)),
            "UpdateItem" => call(request, |request| database.update_item(request)),
            "DeleteItem" => call(request, |request| database.delete_item(request)),
            "GetItem" => call(request, |request| database.get_item(request)),
            "Query" => call(request, |request| database.query(request)),
            "BatchGetItem" => call(request, |request| database.batch_get_item(request)),
            "BatchWriteItem" => call(request, |request| database.batch_write_item(request)),
            "Scan" => call(request, |request| database.scan(request)),
            _ => Err((400, json!({ "__type": "ValidationException", "message": operation }).to_string())),
        }
    }
}

/// Through text on both sides, as over HTTP.
fn call<Q: DeserializeOwned, A: Serialize>(
    request: &Value,
    run: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<Value, (u16, String)> {
    let failed = |error: DynoxideError| (error.status_code(), error.to_json());
    let refused = |error: serde_json::Error| {
        let message = error.to_string();
        let message = message.strip_prefix("VALIDATION:").unwrap_or(&message);
        let code = "com.amazon.coral.validate#ValidationException";
        (400, json!({ "__type": code, "message": message }).to_string())
    };
    let request = serde_json::from_str(&request.to_string()).map_err(refused)?;
    let answer = run(request).map_err(failed)?;
    let text = serde_json::to_string(&answer).map_err(refused)?;
    serde_json::from_str(&text).map_err(refused)
}

/// The table that a request is about: the first, if it is a batch.
pub(crate) fn table_of(body: &str) -> String {
    let request: Value = serde_json::from_str(body).unwrap_or_default();
    match request["TableName"].as_str() {
        Some(table) => table.to_owned(),
        None => {
            request["RequestItems"].as_object().and_then(|tables| tables.keys().next()).cloned().unwrap_or_default()
        }
    }
}

/// Halves of the units that the engine says a request consumed, if it was asked.
fn consumed(answer: &Value) -> Option<u64> {
    let capacity = &answer["ConsumedCapacity"];
    let units = capacity.get(0).unwrap_or(capacity)["CapacityUnits"].as_number()?;
    // Units are halves at most.
    let text = units.to_string();
    let (whole, half) = text.split_once('.').unwrap_or((&text, "0"));
    Some(whole.parse::<u64>().ok()? * 2 + u64::from(half.starts_with('5')))
}

fn table(request: &Value) -> Table {
    let key = |schema: &Value| {
        let elements = schema.as_array().into_iter().flatten();
        elements.map(|element| text(&element["AttributeName"])).collect::<Vec<_>>()
    };
    let indexes = request["GlobalSecondaryIndexes"].as_array().into_iter().flatten().map(|index| {
        let projection = match index["Projection"]["ProjectionType"].as_str() {
            Some("KEYS_ONLY") => Projection::KeysOnly,
            Some("INCLUDE") => {
                let names = index["Projection"]["NonKeyAttributes"].as_array().into_iter().flatten();
                Projection::Include(names.map(text).collect())
            }
            _ => Projection::All,
        };
        (text(&index["IndexName"]), Keys { key: key(&index["KeySchema"]), projection })
    });
    Table { key: key(&request["KeySchema"]), indexes: indexes.collect() }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
