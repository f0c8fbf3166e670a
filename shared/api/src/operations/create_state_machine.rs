//! CreateStateMachine: idempotent on everything but the role and the tags.

use crate::configuration::{self, ENCRYPTION, LOGGING, TRACING};
use crate::members::{Input, Member, Request};
use crate::refusal::Refusal;
use crate::tags::{self, TAGS};
use crate::{arns, names, wire::Instant};
use model::MachineType;
use orchestrator::{CreateMachine, Orchestrator, Publish};
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
    Member::description("versionDescription"),
    ENCRYPTION,
];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    state_machine_arn: String,
    creation_date: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<String>,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let mut input = request.check(MEMBERS)?;
    let name = input.take_text("name").unwrap_or_default();
    names::check(&name)?;
    arns::check_role(input.required("roleArn"))?;
    let publish = publish(&input)?;
    let machine = CreateMachine {
        machine_type: input.text("type").and_then(MachineType::from_name).unwrap_or_default(),
        logging: configuration::logging(input.structure("loggingConfiguration"))?,
        tracing: configuration::tracing(input.structure("tracingConfiguration")),
        encryption: configuration::encryption(input.structure("encryptionConfiguration"))?,
        tags: tags::put_on(&Value::Null, input.list("tags"), &name)?,
        definition: input.take_text("definition").unwrap_or_default(),
        role_arn: input.take_text("roleArn").unwrap_or_default(),
        name,
        publish,
    };
    let created = orchestrator.create_state_machine(machine).await?;
    Ok(Answer {
        state_machine_arn: created.machine.arn.to_string(),
        creation_date: input.instant(created.machine.created),
        state_machine_version_arn: created
            .version
            .map(|version| created.machine.arn.version(version.number).to_string()),
    })
}

/// Whether a version is to be published, and what is written about it.
pub(super) fn publish(input: &Input) -> Result<Option<Publish>, Refusal> {
    let description = input.text("versionDescription");
    match (input.flag("publish"), description) {
        (true, _) => Ok(Some(Publish { description: description.map(str::to_owned) })),
        (false, None) => Ok(None),
        (false, Some(_)) => Err(Refusal::validation("Version description can only be set when publish is true")),
    }
}
