//! CreateStateMachine: idempotent on everything but the role and the tags.

use crate::configuration::{self, ENCRYPTION, LOGGING, TRACING};
use crate::members::{Input, Member, Request};
use crate::refusal::Refusal;
use crate::tags::{self, TAGS};
use crate::{arns, names, wire::Instant};
use orchestrator::{CreateMachine, Orchestrator};
use serde::Serialize;
use serde_json::Value;

/// The types of machines, in the order of AWS's texts.
pub(super) const TYPES: &[&str] = &["STANDARD", "EXPRESS"];

const MEMBERS: &[Member] = &[
    Member::name("name").required(),
    Member::definition().required(),
    Member::arn("roleArn").required(),
    Member::one_of("type", TYPES),
    LOGGING,
    TAGS,
    TRACING,
    Member::flag("publish"),
    Member::text("versionDescription", 0, 256).sensitive(),
    ENCRYPTION,
];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    state_machine_arn: String,
    creation_date: Instant,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let mut input = request.check(MEMBERS)?;
    let name = input.take_text("name").unwrap_or_default();
    names::check(&name)?;
    arns::check_role(input.required("roleArn"))?;
    check_publish(&input)?;
    if input.text("type") == Some("EXPRESS") {
        let message = "State machines of type EXPRESS are not supported yet by this version of Ratchet";
        return Err(Refusal::new("StateMachineTypeNotSupported", message));
    }
    let machine = CreateMachine {
        logging: configuration::logging(input.structure("loggingConfiguration"))?,
        tracing: configuration::tracing(input.structure("tracingConfiguration")),
        encryption: configuration::encryption(input.structure("encryptionConfiguration"))?,
        tags: tags::put_on(&Value::Null, input.list("tags"), &name)?,
        definition: input.take_text("definition").unwrap_or_default(),
        role_arn: input.take_text("roleArn").unwrap_or_default(),
        name,
    };
    let created = orchestrator.create_state_machine(machine).await?;
    Ok(Answer {
        state_machine_arn: created.machine.arn.to_string(),
        creation_date: input.instant(created.machine.created),
    })
}

/// Refuses versions, which there are none of yet.
pub(super) fn check_publish(input: &Input) -> Result<(), Refusal> {
    if input.flag("publish") {
        return Err(Refusal::validation(
            "publish: versions of state machines are not supported yet by this version of Ratchet",
        ));
    }
    if input.text("versionDescription").is_some() {
        return Err(Refusal::validation("Version description can only be set when publish is true"));
    }
    Ok(())
}
