//! A function that is invoked each minute, as by a schedule of EventBridge.

use super::function::{Functions, Invoked};
use super::mapping::function_name;
use orchestrator::ports::Clock;
use serde_json::json;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

const MINUTE: Duration = Duration::from_mins(1);

/// Where a schedule is said to be: partition, service, region and account of some ARN.
pub(crate) struct Place {
    pub(crate) region: String,
    pub(crate) account: String,
}

impl Place {
    /// That of this resource.
    pub(crate) fn of(arn: &str) -> Self {
        let part = |index| arn.split(':').nth(index).unwrap_or_default().to_owned();
        Self { region: part(3), account: part(4) }
    }
}

/// Invokes the function now and each minute until it is told to stop. A failure waits for the next minute.
pub(crate) async fn each_minute(functions: &Functions, url: &str, place: &Place, mut stopped: watch::Receiver<bool>) {
    let mut minutes = tokio::time::interval(MINUTE);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => return,
            _ = minutes.tick() => {}
        }
        let function = function_name(url);
        match functions.invoke(url, event(place), None, MINUTE).await {
            Invoked::Answered(answer) => {
                tracing::debug!(function, answer = %String::from_utf8_lossy(&answer), "the schedule ran");
            }
            Invoked::NotNow(why) | Invoked::Failed(why) => {
                tracing::error!(function, "the schedule's invocation failed: {why}");
            }
        }
    }
}

fn event(Place { region, account }: &Place) -> String {
    let event = json!({
        "version": "0",
        "id": uuid::Uuid::new_v4().to_string(),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": account,
        "time": bootstrap::SystemClock.now().to_string(),
        "region": region,
        "resources": [format!("arn:aws:scheduler:{region}:{account}:schedule/default/ratchet-bridge")],
        "detail": "{}",
    });
    event.to_string()
}

/// A trace header of a chain that begins here.
pub(crate) fn fresh_trace() -> String {
    let seconds = bootstrap::SystemClock.now().as_micros() / 1_000_000;
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("Root=1-{:08x}-{};Sampled=0", seconds & 0xffff_ffff, &random[..24])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn an_event_has_the_fields_of_a_schedules_event() -> serde_json::Result<()> {
        let expected: Value = serde_json::from_str(include_str!("../../../events/timer.json"))?;
        let place = Place::of("arn:aws:sqs:us-east-1:123456789012:steps");
        let found: Value = serde_json::from_str(&event(&place))?;
        let names = |event: &Value| event.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
        assert_eq!(names(&found), names(&expected));
        for same in ["version", "detail-type", "source", "account", "region", "detail"] {
            assert_eq!(found[same], expected[same], "{same}");
        }
        Ok(())
    }

    #[test]
    fn a_fresh_trace_looks_as_x_ray_wants_it() {
        let trace = fresh_trace();
        let root = trace.strip_prefix("Root=1-").and_then(|rest| rest.strip_suffix(";Sampled=0"));
        let lengths = root.and_then(|root| root.split_once('-')).map(|(time, random)| (time.len(), random.len()));
        assert_eq!(lengths, Some((8, 24)), "{trace}");
    }
}
