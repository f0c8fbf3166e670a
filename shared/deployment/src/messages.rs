//! Batches of wakes from SQS.

use crate::{Deployment, Part};
use aws::TraceHeader;
use bootstrap::SystemClock;
use lambda_runtime::LambdaEvent;
use model::Timestamp;
use orchestrator::ports::Clock as _;
use queue::{Answer, Consumer, Event, Redelivery};
use std::sync::Arc;
use std::time::Duration;

/// How much of its time a function leaves itself to answer for messages that are not done with.
const TIME_TO_ANSWER: Duration = Duration::from_secs(3);

/// Handles batches of wakes: what `advance`, `task` and `dead` do.
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
        let handle = |wake| {
            let orchestrator = Arc::clone(orchestrator);
            async move {
                match TraceHeader::parse(&queue::trace_header(&wake)) {
                    Some(trace) => Box::pin(trace.scope(orchestrator.handle(wake))).await,
                    None => orchestrator.handle(wake).await,
                }
            }
        };
        self.consumer.handle_within(&event.payload, limit, handle).await
    }
}
