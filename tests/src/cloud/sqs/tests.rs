//! What SQS promises, and what it refuses.

use super::*;
use serde_json::json;

fn queues() -> Sqs {
    let sqs = Sqs::default();
    sqs.create_queue("dead", QueueSettings::default());
    let redrive = Some(("dead".to_owned(), 2));
    sqs.create_queue("q", QueueSettings { redrive, ..QueueSettings::default() });
    sqs
}

async fn ask(sqs: &Sqs, operation: &str, mut request: Value) -> (u16, Value, u64) {
    request["QueueUrl"] = json!(url("q"));
    let answer = sqs.serve(operation, &request.to_string(), &[]).await;
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default(), answer.sqs_requests)
}

async fn send(sqs: &Sqs, body: &str, delay: u64) -> (u16, Value, u64) {
    ask(sqs, "SendMessage", json!({ "MessageBody": body, "DelaySeconds": delay })).await
}

#[tokio::test(start_paused = true)]
async fn a_message_is_hidden_until_its_delay_and_while_it_is_in_flight() {
    let sqs = queues();
    send(&sqs, "late", 900).await;
    assert!(sqs.receive("q", 10).is_empty());
    let began = Instant::now();
    sqs.visible("q").await;
    assert_eq!(began.elapsed().as_secs(), 900);
    let first = sqs.receive("q", 10);
    assert_eq!(first[0].body, "late");
    assert!(sqs.receive("q", 10).is_empty());
    tokio::time::sleep(Duration::from_secs(30)).await;
    let second = sqs.receive("q", 10);
    assert_eq!(second[0].attributes["ApproximateReceiveCount"], "2");
    sqs.delete("q", &first[0].handle);
    assert_eq!(sqs.count("q"), 1, "an old handle deletes nothing");
    sqs.delete("q", &second[0].handle);
    assert_eq!(sqs.count("q"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_received_too_often_goes_to_the_dead_letter_queue() {
    let sqs = queues();
    send(&sqs, "poison", 0).await;
    for _ in 0..2 {
        sqs.visible("q").await;
        let handle = json!({ "ReceiptHandle": sqs.receive("q", 1)[0].handle, "VisibilityTimeout": 0 });
        assert_eq!(ask(&sqs, "ChangeMessageVisibility", handle).await.0, 200);
    }
    assert!(sqs.receive("q", 1).is_empty());
    assert_eq!((sqs.count("q"), sqs.bodies("dead")), (0, vec!["poison".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_batch_has_ten_entries_of_a_megabyte_at_most() {
    let sqs = queues();
    let entries = |count: usize, bytes: usize| {
        let entry = |id: usize| json!({ "Id": id.to_string(), "MessageBody": "x".repeat(bytes) });
        json!({ "Entries": (0..count).map(entry).collect::<Vec<_>>() })
    };
    let code = |answer: &(u16, Value, u64)| answer.1["__type"].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        code(&ask(&sqs, "SendMessageBatch", entries(11, 1)).await),
        "com.amazonaws.sqs#TooManyEntriesInBatchRequest"
    );
    assert_eq!(
        code(&ask(&sqs, "SendMessageBatch", entries(10, 120_000)).await),
        "com.amazonaws.sqs#BatchRequestTooLong"
    );
    assert_eq!(
        code(&ask(&sqs, "SendMessageBatch", json!({ "Entries": [] })).await),
        "com.amazonaws.sqs#EmptyBatchRequest"
    );
    let answer = ask(&sqs, "SendMessageBatch", entries(10, 10_000)).await;
    assert_eq!((answer.0, answer.2), (200, 2), "100,000 bytes are two pieces of 64 KB");
    assert_eq!(code(&send(&sqs, "late", 901).await), "com.amazonaws.sqs#InvalidParameterValue");
    assert_eq!(code(&send(&sqs, "\u{1}", 0).await), "com.amazonaws.sqs#InvalidMessageContents");
    assert_eq!(sqs.count("q"), 10);
}

#[tokio::test(start_paused = true)]
async fn entries_fail_one_by_one() {
    let sqs = queues();
    let request = json!({ "QueueUrl": url("q"), "Entries": [
        { "Id": "a", "MessageBody": "1" }, { "Id": "b", "MessageBody": "2" }
    ] });
    let answer = sqs.serve("SendMessageBatch", &request.to_string(), &[1]).await;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    assert_eq!((&body["Successful"][0]["Id"], &body["Failed"][0]["Id"]), (&json!("a"), &json!("b")), "{body}");
    assert_eq!(sqs.bodies("q"), ["1"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_is_gone_and_what_is_doubled_comes_twice() {
    let sqs = queues();
    send(&sqs, "one", 0).await;
    sqs.double("q");
    assert_eq!(sqs.receive("q", 10).len(), 2);
    assert_eq!(sqs.lose("q"), 2);
    assert_eq!(sqs.count("q"), 0);
}
