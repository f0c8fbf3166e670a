//! No `Lineage` leaves a function, neither in a header nor with a message.
//!
//! The variables that Lambda sets cannot be set safely in a running process, so the test starts itself with them.

use crate::fake_sqs::{FakeSqs, wake};
use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use orchestrator::ports::Queue;
use orchestrator::{Acknowledge, Wake, WakeKind};
use ratchet_queue::{Attributes, Consumer, Event, Message, Redelivery, Settings, SqsQueue};
use std::process::Command;
use std::time::Duration;

const NAME: &str = "lineage::no_lineage_leaves_a_function";
const ROOT: &str = "Root=1-5759e988-bd862e3fe1be46a994272793";
const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/steps";

#[tokio::test(start_paused = true)]
async fn no_lineage_leaves_a_function() -> Result<()> {
    if std::env::var_os("_X_AMZN_TRACE_ID").is_none() {
        let test = Command::new(std::env::current_exe()?)
            .args(["--exact", NAME, "--nocapture"])
            .env("AWS_LAMBDA_FUNCTION_NAME", "advance")
            .env("_X_AMZN_TRACE_ID", format!("{ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a87bd80c:15"))
            .output()?;
        let log = String::from_utf8_lossy(&test.stdout);
        ensure!(test.status.success() && log.contains("1 passed"), "{log}{}", String::from_utf8_lossy(&test.stderr));
        return Ok(());
    }

    let sqs = FakeSqs::willing();
    let queue = SqsQueue::new(&sqs.config(), &Settings::new(URL, URL, URL));
    queue.warm().await;
    let wakes = (0..12).map(|seq| wake("one", WakeKind::Step { seq }));
    for sent in join_all(wakes.map(|wake| queue.send(wake, Duration::ZERO))).await {
        sent?;
    }
    let message = Message {
        message_id: "m".to_owned(),
        receipt_handle: "r".to_owned(),
        body: wake("one", WakeKind::Settle).to_text(),
        attributes: Attributes::default(),
        event_source_arn: String::new(),
    };
    let consumer = Consumer::new(&sqs.config(), URL, Redelivery::Soon).holding_messages();
    let again = async |_: Wake| Ok::<_, &str>(Acknowledge::Return(Duration::from_secs(1)));
    consumer.handle(&Event { records: vec![message] }, again).await;

    let requests = sqs.requests();
    for operation in ["SendMessageBatch", "ChangeMessageVisibilityBatch"] {
        let request = requests.iter().find(|request| request.operation == operation);
        // The SDK adds the variable's value: else this test would prove nothing.
        let text = &request.with_context(|| format!("no {operation}: {requests:#?}"))?.text;
        ensure!(text.contains(ROOT), "{text}");
    }
    for request in requests {
        ensure!(!request.text.to_lowercase().contains("lineage"), "{}", request.text);
    }
    Ok(())
}
