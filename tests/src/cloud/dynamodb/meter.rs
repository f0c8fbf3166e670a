//! Requests for items, each with its bill.
//!
//! The bill is worked out from the items before and after: the engine's own figures are for comparison.

use super::capacity::{half_read_units, item_size, write_units};
use super::{DynamoDb, Item, Table, Units, text};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

type Answered = (Result<Value, (u16, String)>, Units);
type Tables = HashMap<String, Table>;

const CONDITION_FAILED: &str = "ConditionalCheckFailedException";

impl DynamoDb {
    pub(super) fn write(&self, tables: &Tables, operation: &str, request: &Value) -> Answered {
        let name = text(&request["TableName"]);
        let table = tables.get(&name).cloned().unwrap_or_default();
        let put = request["Item"].as_object();
        let key = match put {
            Some(item) => key_of(&table, item),
            None => request["Key"].clone(),
        };
        let before = self.item(&name, &key);
        let answered = self.run(operation, request);
        match &answered {
            Ok(_) => {
                let units = bill(&table, before.as_ref(), self.item(&name, &key).as_ref());
                (answered, units)
            }
            // A condition that fails is billed for the larger of the item that is there and the one to be put.
            Err((_, body)) if body.contains(CONDITION_FAILED) => {
                let larger = before.as_ref().map_or(0, item_size).max(put.map_or(0, item_size));
                (answered, Units { writes: write_units(larger), ..Units::default() })
            }
            Err(_) => (answered, Units::default()),
        }
    }

    pub(super) fn get(&self, operation: &str, request: &Value) -> Answered {
        let answered = self.run(operation, request);
        if answered.is_err() {
            return (answered, Units::default());
        }
        // A projection saves nothing.
        let item = self.item(&text(&request["TableName"]), &request["Key"]);
        let half_reads = half_read_units(item.as_ref().map_or(0, item_size), is_consistent(request));
        (answered, Units { half_reads, ..Units::default() })
    }

    pub(super) fn query(&self, operation: &str, request: &Value) -> Answered {
        let answered = self.run(operation, request);
        if answered.is_err() {
            return (answered, Units::default());
        }
        // Neither a filter nor a projection saves anything: all that the page went over counts.
        let mut whole = request.clone();
        if let Some(whole) = whole.as_object_mut() {
            let (filter, projection) =
                (whole.shift_remove("FilterExpression"), whole.shift_remove("ProjectionExpression"));
            whole.shift_remove("Select");
            if filter.is_some() || projection.is_some() {
                keep_used_names(whole);
            }
        }
        let bytes = match self.run(operation, &whole) {
            Ok(page) => items(&page["Items"]).map(item_size).sum(),
            Err((_, why)) => return (Err((500, format!("the meter failed: {why}"))), Units::default()),
        };
        let half_reads = half_read_units(bytes, is_consistent(request));
        (answered, Units { half_reads, ..Units::default() })
    }

    pub(super) fn batch_get(&self, operation: &str, mut request: Value, keep: Option<usize>) -> Answered {
        let mut unprocessed = Map::new();
        if let Some(keep) = keep {
            for (table, wanted) in request["RequestItems"].as_object_mut().into_iter().flatten() {
                let mut back = wanted.clone();
                let keys = wanted["Keys"].as_array_mut().map(|keys| keys.split_off(keep.min(keys.len())));
                if let Some(keys) = keys.filter(|keys| !keys.is_empty()) {
                    back["Keys"] = Value::Array(keys);
                    unprocessed.insert(table.clone(), back);
                }
            }
            if keep == 0 {
                return (Ok(json!({ "Responses": {}, "UnprocessedKeys": unprocessed })), Units::default());
            }
        }
        let mut answered = self.run(operation, &request);
        let Ok(answer) = &mut answered else { return (answered, Units::default()) };
        answer["UnprocessedKeys"].as_object_mut().into_iter().for_each(|own| own.extend(unprocessed.clone()));
        if answer["UnprocessedKeys"].is_null() {
            answer["UnprocessedKeys"] = Value::Object(unprocessed);
        }
        let mut half_reads = 0;
        for (table, wanted) in request["RequestItems"].as_object().into_iter().flatten() {
            for key in wanted["Keys"].as_array().into_iter().flatten() {
                // Each item is rounded up by itself.
                let bytes = self.item(table, key).as_ref().map_or(0, item_size);
                half_reads += half_read_units(bytes, is_consistent(wanted));
            }
        }
        (answered, Units { half_reads, ..Units::default() })
    }

    pub(super) fn batch_write(
        &self,
        tables: &Tables,
        operation: &str,
        mut request: Value,
        keep: Option<usize>,
    ) -> Answered {
        let mut unprocessed = Map::new();
        let mut changed = Vec::new();
        for (name, wanted) in request["RequestItems"].as_object_mut().into_iter().flatten() {
            let Some(wanted) = wanted.as_array_mut() else { continue };
            let back = keep.map(|keep| wanted.split_off(keep.min(wanted.len()))).unwrap_or_default();
            if !back.is_empty() {
                unprocessed.insert(name.clone(), Value::Array(back));
            }
            let table = tables.get(name).cloned().unwrap_or_default();
            for one in wanted {
                let key = match one["PutRequest"]["Item"].as_object() {
                    Some(item) => key_of(&table, item),
                    None => one["DeleteRequest"]["Key"].clone(),
                };
                let before = self.item(name, &key);
                changed.push((name.clone(), key, before, table.clone()));
            }
        }
        if changed.is_empty() {
            return (Ok(json!({ "UnprocessedItems": unprocessed })), Units::default());
        }
        let mut answered = self.run(operation, &request);
        let Ok(answer) = &mut answered else { return (answered, Units::default()) };
        if !unprocessed.is_empty() {
            answer["UnprocessedItems"] = Value::Object(unprocessed);
        }
        let units = changed.iter().fold(Units::default(), |sum, (name, key, before, table)| {
            sum.plus(bill(table, before.as_ref(), self.item(name, key).as_ref()))
        });
        (answered, units)
    }

    /// The item that is there now.
    fn item(&self, table: &str, key: &Value) -> Option<Item> {
        let request = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
        self.run("GetItem", &request).ok()?["Item"].as_object().cloned()
    }
}

/// The units of a write that was done.
fn bill(table: &Table, before: Option<&Item>, after: Option<&Item>) -> Units {
    let size = |item: Option<&Item>| item.map_or(0, item_size);
    let indexes: u64 = table.indexes.values().map(|index| index.write_units(&table.key, before, after)).sum();
    Units {
        writes: write_units(size(before).max(size(after))) + indexes,
        half_reads: 0,
        written_bytes: size(after) as u64,
    }
}

fn key_of(table: &Table, item: &Item) -> Value {
    table.key.iter().filter_map(|name| Some((name.clone(), item.get(name)?.clone()))).collect::<Map<_, _>>().into()
}

fn items(list: &Value) -> impl Iterator<Item = &Item> {
    list.as_array().into_iter().flatten().filter_map(Value::as_object)
}

fn is_consistent(request: &Value) -> bool {
    request["ConsistentRead"].as_bool().unwrap_or(false)
}

/// Names and values that no expression uses any more are an error.
fn keep_used_names(request: &mut Map<String, Value>) {
    let condition = request.get("KeyConditionExpression").and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_used = |name: &str| {
        condition.match_indices(name).any(|(at, _)| {
            let next = condition[at + name.len()..].chars().next();
            !next.is_some_and(|next| next.is_ascii_alphanumeric() || next == '_')
        })
    };
    for member in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
        if let Some(names) = request.get_mut(member).and_then(Value::as_object_mut) {
            names.retain(|name, _| is_used(name));
            if names.is_empty() {
                request.shift_remove(member);
            }
        }
    }
}
