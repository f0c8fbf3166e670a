//! DescribeExecution.

use crate::arns;
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::room::Room;
use crate::wire::{Data, DataDetails, Dialect, Instant};
use orchestrator::{Described, Orchestrator};
use serde::Serialize;

const MEMBERS: &[Member] = &[Member::arn("executionArn").required(), Member::included_data()];

/// The answer. Absent members are left out, as AWS leaves them out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    status: &'static str,
    start_date: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Data>,
    input_details: DataDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Data>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_details: Option<DataDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    redrive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_date: Option<Instant>,
    redrive_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_status_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_alias_arn: Option<String>,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let execution = arns::execution(input.required("executionArn"))?;
    let described = orchestrator.describe_execution(&execution).await?;
    let mut answer = answer(described, !input.is_metadata_only(), input.dialect());
    if let Some(room) = input.room() {
        answer.fit_into(room);
    }
    Ok(answer)
}

impl Answer {
    /// Leaves out data that has no room: first what is larger, then the rest.
    fn fit_into(&mut self, room: Room) {
        while !room.has_room_for(self) {
            let (input, output) = (size(room, self.input.as_ref()), size(room, self.output.as_ref()));
            if output > input {
                self.output = None;
                self.output_details = Some(DataDetails { included: false });
            } else if input > 0 {
                self.input = None;
                self.input_details = DataDetails { included: false };
            } else {
                return;
            }
        }
    }
}

fn size(room: Room, data: Option<&Data>) -> usize {
    data.map_or(0, |data| room.size_of(data))
}

fn answer(described: Described, included: bool, dialect: Dialect) -> Answer {
    let Described { summary, input, output, failure, trace_header, not_redrivable } = described;
    let failure = if included { failure } else { model::Failure::default() };
    Answer {
        name: summary.execution.name().to_owned(),
        execution_arn: summary.execution.to_string(),
        state_machine_arn: summary.machine.to_string(),
        status: summary.status.as_str(),
        start_date: Instant(summary.started, dialect),
        stop_date: summary.stopped.map(|at| Instant(at, dialect)),
        input: included.then_some(Data(input, dialect)),
        input_details: DataDetails { included },
        output_details: output.is_some().then_some(DataDetails { included }),
        output: output.filter(|_| included).map(|output| Data(output, dialect)),
        trace_header,
        error: failure.error,
        cause: failure.cause,
        redrive_count: summary.redriven.map_or(0, |redriven| redriven.count),
        redrive_date: summary.redriven.map(|redriven| Instant(redriven.at, dialect)),
        redrive_status: if not_redrivable.is_some() { "NOT_REDRIVABLE" } else { "REDRIVABLE" },
        redrive_status_reason: not_redrivable,
        state_machine_version_arn: summary.version().map(|arn| arn.to_string()),
        state_machine_alias_arn: summary.alias().map(|arn| arn.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Front;
    use model::{Failure, Payload, Timestamp};
    use orchestrator::ExecutionSummary;
    use orchestrator::ports::{ExecutionStatus, Redriven};
    use serde_json::{Value, json};

    fn described(status: ExecutionStatus) -> Result<Described, Box<dyn std::error::Error>> {
        Ok(Described {
            summary: ExecutionSummary {
                execution: "arn:aws:states:us-east-1:123456789012:execution:pay:one".parse()?,
                machine: "arn:aws:states:us-east-1:123456789012:stateMachine:pay".parse()?,
                status,
                started: Timestamp::from_micros(1_500_000),
                stopped: (status != ExecutionStatus::Running).then(|| Timestamp::from_micros(2_500_000)),
                redriven: None,
                qualifier: None,
            },
            input: Payload::from_text("{\"a\": 1}")?,
            output: (status == ExecutionStatus::Succeeded).then(Payload::empty),
            failure: if status == ExecutionStatus::Failed { Failure::named("Boom") } else { Failure::default() },
            trace_header: None,
            not_redrivable: match status {
                ExecutionStatus::Running => Some("Execution is RUNNING and cannot be redriven"),
                ExecutionStatus::Succeeded => Some("Execution is SUCCEEDED and cannot be redriven"),
                ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Aborted => None,
            },
        })
    }

    fn check(status: ExecutionStatus, included: bool, rest: Value) -> Result<(), Box<dyn std::error::Error>> {
        let mut expected = json!({
            "executionArn": "arn:aws:states:us-east-1:123456789012:execution:pay:one",
            "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:pay",
            "name": "one", "status": status.as_str(), "startDate": 1.5, "inputDetails": {"included": included},
            "redriveCount": 0,
        });
        if let (Some(expected), Value::Object(rest)) = (expected.as_object_mut(), rest) {
            expected.extend(rest);
        }
        let found = serde_json::to_string(&answer(described(status)?, included, Dialect::AwsJson))?;
        // Through text, so that numbers of both sides are alike.
        let expected: Value = serde_json::from_str(&expected.to_string())?;
        assert_eq!(serde_json::from_str::<Value>(&found)?, expected);
        Ok(())
    }

    #[test]
    fn an_execution_that_runs_has_neither_end_nor_output() -> Result<(), Box<dyn std::error::Error>> {
        let reason = "Execution is RUNNING and cannot be redriven";
        let rest = json!({"input": "{\"a\": 1}", "redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason});
        check(ExecutionStatus::Running, true, rest)
    }

    #[test]
    fn one_that_succeeded_has_its_output() -> Result<(), Box<dyn std::error::Error>> {
        let reason = "Execution is SUCCEEDED and cannot be redriven";
        check(
            ExecutionStatus::Succeeded,
            true,
            json!({"stopDate": 2.5, "input": "{\"a\": 1}", "output": "{}", "outputDetails": {"included": true},
                   "redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}),
        )
    }

    #[test]
    fn one_that_failed_is_redrivable_without_a_reason() -> Result<(), Box<dyn std::error::Error>> {
        let rest = json!({"stopDate": 2.5, "input": "{\"a\": 1}", "error": "Boom", "redriveStatus": "REDRIVABLE"});
        check(ExecutionStatus::Failed, true, rest)?;
        let rest = json!({"stopDate": 2.5, "input": "{\"a\": 1}", "redriveStatus": "REDRIVABLE"});
        check(ExecutionStatus::TimedOut, true, rest)
    }

    #[test]
    fn one_that_was_redriven_says_how_often_and_when_last() -> Result<(), Box<dyn std::error::Error>> {
        let mut described = described(ExecutionStatus::Failed)?;
        described.summary.redriven = Some(Redriven { count: 2, at: Timestamp::from_micros(2_250_000), seq: 7 });
        let found = serde_json::to_value(answer(described, true, Dialect::AwsJson))?;
        assert_eq!((&found["redriveCount"], &found["redriveDate"]), (&json!(2), &json!(2.25)));
        Ok(())
    }

    #[test]
    fn what_has_no_room_is_left_out_the_larger_first() -> Result<(), Box<dyn std::error::Error>> {
        let check = |bytes: usize, expected: (bool, bool)| -> Result<(), Box<dyn std::error::Error>> {
            let mut described = described(ExecutionStatus::Succeeded)?;
            described.input = Payload::from_value("i".repeat(6_000).into());
            described.output = Some(Payload::from_value("o".repeat(7_000).into()));
            let room = Room::new(bytes, Front::Direct);
            let mut answer = answer(described, true, Dialect::AwsJson);
            answer.fit_into(room);
            assert!(bytes < 5_000 || room.has_room_for(&answer), "{bytes}");
            let found = serde_json::to_value(&answer)?;
            assert_eq!((found["input"].is_string(), found["output"].is_string()), expected, "{bytes}");
            let details = json!([{"included": expected.0}, {"included": expected.1}]);
            assert_eq!(json!([found["inputDetails"], found["outputDetails"]]), details, "{bytes}");
            Ok(())
        };
        check(20_000, (true, true))?;
        check(12_000, (true, false))?;
        check(6_000, (false, false))?;
        check(10, (false, false))
    }

    #[test]
    fn metadata_alone_has_no_data() -> Result<(), Box<dyn std::error::Error>> {
        check(ExecutionStatus::Failed, false, json!({"stopDate": 2.5, "redriveStatus": "REDRIVABLE"}))
    }
}
