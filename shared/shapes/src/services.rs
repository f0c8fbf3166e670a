//! Which services and operations there are shapes for.

use crate::model::Model;
use std::sync::LazyLock;

/// The shape of an operation's answer.
#[derive(Clone, Copy, Debug)]
pub struct Response {
    pub(crate) model: &'static Model,
    pub(crate) structure: usize,
}

impl Response {
    /// The answer of `operation`, spelled with a capital first letter, of `service`, spelled as in an `aws-sdk` resource;
    /// none if its shape is not known here.
    pub fn of(service: &str, operation: &str) -> Option<Self> {
        let (_, model) = SERVICES.iter().find(|(name, _)| *name == service)?;
        let model = model.as_ref()?;
        let structure = *model.operations.get(operation)?;
        Some(Self { model, structure })
    }
}

type Service = (&'static str, LazyLock<Option<Model>>);

macro_rules! services {
    ($($name:literal),* $(,)?) => {
        /// By name. The last is not generated: integrations whose results differ from their API's answers.
        static SERVICES: [Service; [$($name),*].len()] = [
            $(($name, LazyLock::new(|| Model::parse(include_str!(concat!("services/", $name, ".txt")))))),*
        ];
    };
}

services! {
    "athena",
    "batch",
    "bedrock",
    "bedrockagentruntime",
    "bedrockruntime",
    "cloudformation",
    "cloudwatch",
    "cloudwatchlogs",
    "codebuild",
    "comprehend",
    "databrew",
    "dynamodb",
    "ec2",
    "ecs",
    "eks",
    "emr",
    "emrcontainers",
    "emrserverless",
    "eventbridge",
    "firehose",
    "glue",
    "iam",
    "kinesis",
    "kms",
    "lambda",
    "mediaconvert",
    "polly",
    "rdsdata",
    "rekognition",
    "s3",
    "sagemaker",
    "scheduler",
    "secretsmanager",
    "ses",
    "sesv2",
    "sfn",
    "sns",
    "sqs",
    "ssm",
    "sts",
    "textract",
    "transcribe",
    "translate",
    "optimized",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_read_and_is_listed() -> Result<(), Box<dyn std::error::Error>> {
        for (name, model) in &SERVICES {
            let model = model.as_ref().ok_or_else(|| format!("{name} is damaged"))?;
            assert!(!model.operations.is_empty(), "{name}");
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/services");
        for file in std::fs::read_dir(folder)? {
            let file = file?.file_name().into_string().map_err(|name| format!("{}", name.display()))?;
            assert!(SERVICES.iter().any(|(name, _)| file == format!("{name}.txt")), "{file} is not listed");
        }
        Ok(())
    }

    #[test]
    fn operations_are_found_by_service_and_name() {
        assert!(Response::of("sqs", "SendMessage").is_some());
        assert!(Response::of("sqs", "sendMessage").is_none());
        assert!(Response::of("nonesuch", "SendMessage").is_none());
    }
}
