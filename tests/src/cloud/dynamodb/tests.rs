//! Bills as the documentation has them, and as the engine has them.

use super::*;
use anyhow::{Context, Result, ensure};

const CONDITION: &str = "attribute_not_exists(pk)";

fn database() -> Result<DynamoDb> {
    let database = DynamoDb::new()?;
    database.create_table(&json!({
        "TableName": "items",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [
            { "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" }
        ],
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" }, { "AttributeName": "sk", "AttributeType": "S" },
            { "AttributeName": "g", "AttributeType": "S" }
        ],
        "GlobalSecondaryIndexes": [{
            "IndexName": "index",
            "KeySchema": [{ "AttributeName": "g", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["p"] }
        }]
    }))?;
    Ok(database)
}

/// Asks for the engine's own figure too, and says what both came to.
fn ask(database: &DynamoDb, operation: &str, mut request: Value) -> Result<(Value, Units)> {
    request["ReturnConsumedCapacity"] = json!("TOTAL");
    if !operation.starts_with("Batch") {
        request["TableName"] = json!("items");
    }
    let answer = database.serve(operation, &request.to_string(), None);
    let body = String::from_utf8(answer.body.to_vec())?;
    ensure!(answer.status == 200, "{body}");
    let body: Value = serde_json::from_str(&body)?;
    let capacity = &body["ConsumedCapacity"];
    let engine = capacity.get(0).unwrap_or(capacity)["CapacityUnits"].as_f64().context("no capacity")?;
    let Units { writes, half_reads, .. } = answer.units;
    let ours = f64::from(u32::try_from(writes * 2 + half_reads)?) / 2.0;
    ensure!((engine - ours).abs() < 0.01, "{operation} {request}: {ours} units, the engine says {engine}");
    Ok((body, answer.units))
}

fn item(sk: &str, body_bytes: usize) -> Value {
    json!({ "pk": { "S": "a" }, "sk": { "S": sk }, "body": { "S": "x".repeat(body_bytes) } })
}

#[test]
fn a_write_is_billed_by_the_larger_item_and_its_index_entries() -> Result<()> {
    let database = database()?;
    let put = |item: Value| anyhow::Ok(ask(&database, "PutItem", json!({ "Item": item }))?.1.writes);
    assert_eq!(put(item("1", 100))?, 1);
    assert_eq!(put(item("1", 3_000))?, 3);
    assert_eq!(put(item("1", 100))?, 3, "the item before counts as well");
    let mut listed = item("2", 100);
    listed["g"] = json!({ "S": "x" });
    assert_eq!(put(listed.clone())?, 2);
    listed["p"] = json!({ "S": "changed" });
    assert_eq!(put(listed.clone())?, 2);
    assert_eq!(put(listed.clone())?, 1, "the index has nothing to change");
    listed["g"] = json!({ "S": "y" });
    assert_eq!(put(listed)?, 3, "the entry moves");
    let key = json!({ "pk": { "S": "a" }, "sk": { "S": "2" } });
    let update =
        json!({ "Key": key, "UpdateExpression": "SET c = :c", "ExpressionAttributeValues": { ":c": { "N": "1" } } });
    assert_eq!(ask(&database, "UpdateItem", update)?.1.writes, 1);
    assert_eq!(ask(&database, "DeleteItem", json!({ "Key": key }))?.1.writes, 2);
    Ok(())
}

#[test]
fn a_read_is_billed_by_what_it_went_over() -> Result<()> {
    let database = database()?;
    for (sk, bytes) in [("1", 3_000), ("2", 3_000), ("3", 3_000)] {
        ask(&database, "PutItem", json!({ "Item": item(sk, bytes) }))?;
    }
    let key = |sk: &str| json!({ "pk": { "S": "a" }, "sk": { "S": sk } });
    let get = |sk: &str, consistent: bool| {
        anyhow::Ok(ask(&database, "GetItem", json!({ "Key": key(sk), "ConsistentRead": consistent }))?.1.half_reads)
    };
    assert_eq!([get("1", true)?, get("1", false)?, get("none", true)?, get("none", false)?], [2, 1, 2, 1]);
    let query = |limit: u32| {
        json!({
            "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": { ":pk": { "S": "a" } }, "Limit": limit
        })
    };
    assert_eq!(ask(&database, "Query", query(10))?.1.half_reads, 3);
    assert_eq!(ask(&database, "Query", query(1))?.1.half_reads, 1);
    let mut filtered = query(10);
    filtered["FilterExpression"] = json!("sk2 = :x");
    filtered["ExpressionAttributeValues"][":x"] = json!({ "S": "?" });
    filtered["ProjectionExpression"] = json!("sk");
    let (page, units) = ask(&database, "Query", filtered)?;
    assert_eq!((page["Count"].as_u64(), units.half_reads), (Some(0), 3));
    let batch =
        json!({ "RequestItems": { "items": { "Keys": [key("1"), key("2"), key("none")], "ConsistentRead": true } } });
    assert_eq!(ask(&database, "BatchGetItem", batch)?.1.half_reads, 6);
    Ok(())
}

#[test]
fn a_failed_condition_is_billed_and_shows_what_is_there() -> Result<()> {
    let database = database()?;
    ask(&database, "PutItem", json!({ "Item": item("1", 100) }))?;
    let request = json!({
        "TableName": "items", "Item": item("1", 2_500), "ConditionExpression": CONDITION,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD"
    });
    let answer = database.serve("PutItem", &request.to_string(), None);
    let body: Value = serde_json::from_slice(&answer.body)?;
    assert_eq!((answer.status, answer.units.writes), (400, 3), "{body}");
    assert_eq!(body["Item"]["body"], item("1", 100)["body"], "{body}");
    Ok(())
}

#[test]
fn a_batch_is_done_in_part_when_told_to() -> Result<()> {
    let database = database()?;
    let puts: Vec<_> = ["1", "2", "3"].map(|sk| json!({ "PutRequest": { "Item": item(sk, 10) } })).into();
    let write = json!({ "RequestItems": { "items": puts } }).to_string();
    let answer = database.serve("BatchWriteItem", &write, Some(2));
    let body: Value = serde_json::from_slice(&answer.body)?;
    assert_eq!((answer.units.writes, database.items("items")?.len()), (2, 2), "{body}");
    assert_eq!(body["UnprocessedItems"]["items"].as_array().map(Vec::len), Some(1), "{body}");
    let keys: Vec<_> = ["1", "2"].map(|sk| json!({ "pk": { "S": "a" }, "sk": { "S": sk } })).into();
    let read = json!({ "RequestItems": { "items": { "Keys": keys } } }).to_string();
    for (keep, found) in [(0, 0), (1, 1), (2, 2)] {
        let answer = database.serve("BatchGetItem", &read, Some(keep));
        let body: Value = serde_json::from_slice(&answer.body)?;
        let count = |list: &Value| list.as_array().map_or(0, Vec::len);
        assert_eq!((count(&body["Responses"]["items"]), answer.units.half_reads), (found, found as u64), "{body}");
        assert_eq!(count(&body["UnprocessedKeys"]["items"]["Keys"]), 2 - found, "{body}");
    }
    Ok(())
}

#[test]
fn a_scan_and_a_transaction_are_refused() -> Result<()> {
    let database = database()?;
    for operation in ["Scan", "TransactWriteItems"] {
        assert_eq!(database.serve(operation, "{\"TableName\":\"items\"}", None).status, 400);
    }
    Ok(())
}
