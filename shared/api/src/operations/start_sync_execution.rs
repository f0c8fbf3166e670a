//! StartSyncExecution: an Express execution from its start to its end, in one call.

use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::room::Room;
use crate::wire::{Data, DataDetails, Dialect, Instant};
use crate::{arns, names, payload};
use model::{Failure, Timestamp};
use orchestrator::{Orchestrator, StartRequest, SyncEnded};
use serde::Serialize;
use std::time::Duration;

const MEMBERS: &[Member] = &[
    Member::arn("stateMachineArn").required(),
    Member::name("name"),
    Member::payload("input"),
    Member::trace_header(),
    Member::included_data(),
];

/// What AWS bills time in, in milliseconds: each begun one counts.
const BILLED_MILLIS: u64 = 100;

/// What AWS bills memory in, in MB: one of these for each small workflow that was recorded. Here nobody bills it, and what
/// one execution takes of a process that it shares is not known.
const BILLED_MB: u64 = 64;

/// The answer. Absent members are left out, as AWS leaves them out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    start_date: Instant,
    stop_date: Instant,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Data>,
    input_details: DataDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Data>,
    output_details: DataDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_header: Option<String>,
    billing_details: Billing,
}

#[derive(Debug, PartialEq, Serialize)]
struct Billing {
    #[serde(rename = "billedMemoryUsedInMB")]
    memory_mb: u64,
    #[serde(rename = "billedDurationInMilliseconds")]
    duration_ms: u64,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request, patience: Duration) -> Result<Answer, Refusal> {
    let mut input = request.check(MEMBERS)?;
    let machine = arns::qualified(input.required("stateMachineArn"))?;
    input.text("name").map_or(Ok(()), names::check)?;
    let start = StartRequest {
        machine,
        input: payload::input(input.take_text("input"))?,
        name: input.take_text("name"),
        trace_header: input.take_text("traceHeader"),
    };
    let ended = tokio::time::timeout(patience, orchestrator.start_sync_execution(start)).await;
    let ended = ended.map_err(|_| Refusal::given_up(patience))??;
    let mut answer = answer(ended, !input.is_metadata_only(), input.dialect());
    if let Some(room) = input.room() {
        answer.fit_into(room);
    }
    Ok(answer)
}

impl Answer {
    /// Leaves out data that has no room: first what the caller has anyway.
    fn fit_into(&mut self, room: Room) {
        if !room.has_room_for(self) {
            self.input = None;
            self.input_details = DataDetails { included: false };
        }
        if !room.has_room_for(self) {
            self.output = None;
            self.output_details = DataDetails { included: false };
        }
    }
}

fn answer(ended: SyncEnded, included: bool, dialect: Dialect) -> Answer {
    let status = ended.status().as_str();
    let billing_details = Billing { memory_mb: BILLED_MB, duration_ms: billed_millis(ended.started, ended.stopped) };
    let (output, failure) = match ended.result() {
        Ok(output) => (Some(output.clone()), Failure::default()),
        Err(failure) => (None, failure.clone()),
    };
    let failure = if included { failure } else { Failure::default() };
    Answer {
        name: ended.execution.name().to_owned(),
        execution_arn: ended.execution.to_string(),
        state_machine_arn: ended.machine.to_string(),
        start_date: Instant(ended.started, dialect),
        stop_date: Instant(ended.stopped, dialect),
        status,
        error: failure.error,
        cause: failure.cause,
        input: included.then_some(Data(ended.input, dialect)),
        input_details: DataDetails { included },
        output: output.filter(|_| included).map(|output| Data(output, dialect)),
        output_details: DataDetails { included },
        trace_header: ended.trace_header,
        billing_details,
    }
}

fn billed_millis(started: Timestamp, stopped: Timestamp) -> u64 {
    let millis = stopped.since(started).as_micros().div_ceil(1_000);
    let begun = u64::try_from(millis).unwrap_or(u64::MAX).div_ceil(BILLED_MILLIS).max(1);
    begun.saturating_mul(BILLED_MILLIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_begun_tenth_of_a_second_counts_and_at_least_one() {
        let billed = |micros: i64| billed_millis(Timestamp::from_micros(5), Timestamp::from_micros(5 + micros));
        let counts = [0, 1, 100_000, 100_001, 7_512_000].map(billed);
        assert_eq!(counts, [100, 100, 100, 200, 7_600]);
    }
}
