//! DescribeExecution.

use crate::arns;
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::wire::{DataDetails, Instant};
use model::Payload;
use orchestrator::ports::ExecutionStatus;
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
    input: Option<Text>,
    input_details: DataDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_details: Option<DataDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    redrive_count: u32,
    redrive_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_status_reason: Option<&'static str>,
}

/// A payload as a string member, written without a copy.
#[derive(Debug)]
struct Text(Payload);

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.text())
    }
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let execution = arns::execution(input.required("executionArn"))?;
    let described = orchestrator.describe_execution(&execution).await?;
    Ok(answer(described, !input.is_metadata_only()))
}

fn answer(described: Described, included: bool) -> Answer {
    let Described { summary, input, output, failure, trace_header } = described;
    let (redrive_status, redrive_status_reason) = redrive(summary.status);
    let failure = if included { failure } else { model::Failure::default() };
    Answer {
        name: summary.execution.name().to_owned(),
        execution_arn: summary.execution.to_string(),
        state_machine_arn: summary.machine.to_string(),
        status: summary.status.as_str(),
        start_date: Instant(summary.started),
        stop_date: summary.stopped.map(Instant),
        input: included.then_some(Text(input)),
        input_details: DataDetails { included },
        output_details: output.is_some().then_some(DataDetails { included }),
        output: output.filter(|_| included).map(Text),
        trace_header,
        error: failure.error,
        cause: failure.cause,
        redrive_count: 0,
        redrive_status,
        redrive_status_reason,
    }
}

/// Whether AWS would redrive an execution with this status, and why not.
fn redrive(status: ExecutionStatus) -> (&'static str, Option<&'static str>) {
    match status {
        ExecutionStatus::Running => ("NOT_REDRIVABLE", Some("Execution is RUNNING and cannot be redriven")),
        ExecutionStatus::Succeeded => ("NOT_REDRIVABLE", Some("Execution is SUCCEEDED and cannot be redriven")),
        ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Aborted => ("REDRIVABLE", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Failure, Timestamp};
    use orchestrator::ExecutionSummary;
    use serde_json::{Value, json};

    fn described(status: ExecutionStatus) -> Result<Described, Box<dyn std::error::Error>> {
        Ok(Described {
            summary: ExecutionSummary {
                execution: "arn:aws:states:us-east-1:123456789012:execution:pay:one".parse()?,
                machine: "arn:aws:states:us-east-1:123456789012:stateMachine:pay".parse()?,
                status,
                started: Timestamp::from_micros(1_500_000),
                stopped: (status != ExecutionStatus::Running).then(|| Timestamp::from_micros(2_500_000)),
            },
            input: Payload::from_text("{\"a\": 1}")?,
            output: (status == ExecutionStatus::Succeeded).then(Payload::empty),
            failure: if status == ExecutionStatus::Failed { Failure::named("Boom") } else { Failure::default() },
            trace_header: None,
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
        let found = serde_json::to_string(&answer(described(status)?, included))?;
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
    fn metadata_alone_has_no_data() -> Result<(), Box<dyn std::error::Error>> {
        check(ExecutionStatus::Failed, false, json!({"stopDate": 2.5, "redriveStatus": "REDRIVABLE"}))
    }
}
