//! Batches of messages from SQS: wakes, and starts of Express executions.

use crate::{Deployment, Part};
use aws::TraceHeader;
use bootstrap::SystemClock;
use lambda_runtime::LambdaEvent;
use model::Timestamp;
use orchestrator::ports::Clock as _;
use orchestrator::{Acknowledge, ExpressStart, Wake};
use queue::{Answer, Consumer, Event, Redelivery};
use std::time::Duration;

/// How much of its time a function leaves itself to answer for messages that are not done with.
const TIME_TO_ANSWER: Duration = Duration::from_secs(3);

/// Handles batches of messages: what `advance`, `task`, `express` and `dead` do.
pub struct Messages {
    deployment: Deployment,
    consumer: Consumer,
}

impl Messages {
    /// For this function's queue.
    pub fn new(deployment: Deployment) -> Self {
        let settings = &deployment.settings;
        let sdk = deployment.connection.sdk_config();
        let consumer = match deployment.part {
            Part::Task => Consumer::new(sdk, &settings.task_queue, Redelivery::Soon).holding_messages(),
            Part::Dead => Consumer::new(sdk, &settings.dead_queue, Redelivery::Growing),
            Part::Express => Consumer::new(sdk, &settings.express_queue, Redelivery::Soon),
            Part::Api | Part::Advance | Part::Timer => Consumer::new(sdk, &settings.step_queue, Redelivery::Soon),
        };
        Self { deployment, consumer }
    }

    /// Until Lambda stops this invocation.
    fn time_left(&self, event: &LambdaEvent<Event>) -> Duration {
        let at_most = self.deployment.settings.function_timeout;
        let millis = i64::try_from(event.context.deadline).unwrap_or_default();
        let left = Timestamp::from_micros(millis.saturating_mul(1_000)).since(SystemClock.now());
        // Lambda begins no invocation whose time is over. Who says so does not keep time: some emulators give no deadline,
        // and `cargo lambda watch` gives one of 1970.
        if left.is_zero() { at_most } else { left.min(at_most) }
    }

    /// Handles one batch. Messages that are to come again are in the answer.
    pub async fn handle(&self, event: LambdaEvent<Event>) -> Answer {
        let limit = self.time_left(&event).saturating_sub(TIME_TO_ANSWER);
        let orchestrator = &self.deployment.orchestrator;
        let handle = async |wake: Wake| {
            let header = queue::trace_header(&wake);
            in_trace(&header, Box::pin(orchestrator.handle(wake))).await
        };
        let run = async |start: ExpressStart| {
            let header = queue::start_trace_header(&start);
            in_trace(&header, Box::pin(orchestrator.run_express(start))).await.map(|_| Acknowledge::Delete)
        };
        match self.deployment.part {
            Part::Express => self.consumer.handle_within(&event.payload, limit, run).await,
            Part::Api | Part::Advance | Part::Task | Part::Timer | Part::Dead => {
                self.consumer.handle_within(&event.payload, limit, handle).await
            }
        }
    }
}

/// Requests that are sent for this have this trace, or else that of the batch.
async fn in_trace<T>(header: &str, work: impl Future<Output = T>) -> T {
    match TraceHeader::parse(header) {
        Some(trace) => trace.scope(work).await,
        None => work.await,
    }
}
