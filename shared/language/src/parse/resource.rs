//! `Resource`: what AWS knows, of which this version calls a part, and what nobody knows.

use super::fields::Fields;
use crate::diagnostic::Code;
use crate::machine::{Integration, IntegrationKind, Pattern, Resource};

/// The optimized integrations of AWS: service, actions, and what may follow an action.
///
/// Source: Step Functions developer guide, "Integrating optimized services".
const INTEGRATIONS: [(&str, &str, &str); 22] = [
    ("apigateway", "invoke", ".waitForTaskToken"),
    ("athena", "startQueryExecution stopQueryExecution getQueryExecution getQueryResults", ".sync"),
    ("batch", "submitJob", ".sync"),
    ("bedrock", "invokeModel createModelCustomizationJob", ".sync .waitForTaskToken"),
    ("bedrockagentcore", "invokeHarness", ""),
    (
        "codebuild",
        "startBuild startBuildBatch retryBuildBatch stopBuild stopBuildBatch deleteBuildBatch batchDeleteBuilds batchGetReports",
        ".sync",
    ),
    ("databrew", "startJobRun", ".sync"),
    ("dynamodb", "getItem putItem updateItem deleteItem", ""),
    ("ecs", "runTask", ".sync .waitForTaskToken"),
    (
        "eks",
        "call runJob createCluster deleteCluster createNodegroup deleteNodegroup createFargateProfile deleteFargateProfile",
        ".sync .waitForTaskToken",
    ),
    (
        "elasticmapreduce",
        "createCluster terminateCluster addStep cancelStep setClusterTerminationProtection modifyInstanceFleetByName modifyInstanceGroupByName",
        ".sync",
    ),
    ("emr-containers", "createVirtualCluster deleteVirtualCluster startJobRun", ".sync"),
    (
        "emr-serverless",
        "createApplication startApplication stopApplication deleteApplication startJobRun cancelJobRun",
        ".sync",
    ),
    ("events", "putEvents", ".waitForTaskToken"),
    ("glue", "startJobRun", ".sync"),
    ("http", "invoke", ""),
    ("lambda", "invoke", ".waitForTaskToken"),
    ("mediaconvert", "createJob", ".sync"),
    (
        "sagemaker",
        "createTrainingJob createTransformJob createProcessingJob createLabelingJob createHyperParameterTuningJob createModel createEndpoint createEndpointConfig updateEndpoint",
        ".sync",
    ),
    ("sns", "publish", ".waitForTaskToken"),
    ("sqs", "sendMessage", ".waitForTaskToken"),
    ("states", "startExecution", ".sync .sync:2 .waitForTaskToken"),
];

impl Fields<'_> {
    /// The `Resource` of a Task.
    pub(super) fn resource(&self) -> Option<Resource> {
        let arn = self.string("Resource")?;
        let resource = self.known_resource(arn);
        match &resource {
            None if !arn.starts_with("arn:") => {
                self.schema("Resource", "Value is not a valid resource ARN");
            }
            None => {
                let message = format!(
                    "The resource provided {arn} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region."
                );
                self.schema("Resource", message);
            }
            Some(Resource::Service(integration)) if !is_called(integration) => {
                let message = format!(
                    "The integration '{integration}' is not supported yet; Ratchet calls Lambda functions (by ARN, lambda:invoke, lambda:invoke.waitForTaskToken) and activities"
                );
                self.report.not_run(&self.at("Resource"), message);
            }
            Some(Resource::LambdaFunction(_) | Resource::Activity(_) | Resource::Service(_)) => {}
        }
        resource
    }

    fn known_resource(&self, arn: &str) -> Option<Resource> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        if parts.len() < 4 || parts[0] != "arn" || !parts[1].starts_with("aws") {
            return None;
        }
        match (parts[2], parts.as_slice()) {
            ("lambda", _) => self.lambda_function(arn),
            ("states", [_, _, _, "", "", integration]) => integration_of(arn, integration).map(Resource::Service),
            ("states", [_, _, _, region, account, resource]) if !region.is_empty() && !account.is_empty() => {
                let name = resource.strip_prefix("activity:").filter(|name| is_activity_name(name));
                name.map(|_| Resource::Activity(arn.to_owned()))
            }
            _ => None,
        }
    }

    /// Tutorials write `arn:aws:lambda:...:process-item`; the last part is taken for the function's name.
    fn lambda_function(&self, arn: &str) -> Option<Resource> {
        let name = arn.rsplit(':').next().unwrap_or_default();
        if name.is_empty() {
            return None;
        }
        let parts: Vec<&str> = arn.split(':').collect();
        let is_whole = matches!(parts.as_slice(), [_, _, _, region, account, "function", name] | [_, _, _, region, account, "function", name, _]
            if !region.is_empty() && account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty());
        if !is_whole {
            let message = format!(
                "'{arn}' is not the whole ARN of a Lambda function (arn:aws:lambda:REGION:ACCOUNT:function:NAME); AWS would refuse it, Ratchet calls the function '{name}'"
            );
            self.report.warning(Code::InvalidResource, &self.at("Resource"), message);
        }
        Some(Resource::LambdaFunction(arn.to_owned()))
    }
}

/// Whether this version can call it.
fn is_called(integration: &Integration) -> bool {
    integration.is_lambda_invoke()
}

/// What follows `arn:aws:states:::`, if AWS knows it.
fn integration_of(arn: &str, text: &str) -> Option<Integration> {
    let (first, rest) = text.split_once(':')?;
    let (kind, service, call) = match first {
        "aws-sdk" => {
            let (service, call) = rest.split_once(':')?;
            (IntegrationKind::AwsSdk, service, call)
        }
        _ => (IntegrationKind::Optimized, first, rest),
    };
    let (action, suffix) = call.find('.').map_or((call, ""), |dot| call.split_at(dot));
    let pattern = Pattern::of_suffix(suffix)?;
    let is_known = match kind {
        IntegrationKind::AwsSdk => {
            is_name(service)
                && is_name(action)
                && matches!(pattern, Pattern::RequestResponse | Pattern::WaitForTaskToken)
        }
        IntegrationKind::Optimized => is_optimized(service, action, pattern),
    };
    is_known.then(|| Integration {
        arn: arn.to_owned(),
        kind,
        service: service.to_owned(),
        action: action.to_owned(),
        pattern,
    })
}

/// AWS takes `.sync:2` wherever it takes `.sync`.
fn is_optimized(service: &str, action: &str, pattern: Pattern) -> bool {
    INTEGRATIONS.iter().any(|(known, actions, patterns)| {
        *known == service
            && actions.split_whitespace().any(|known| known == action)
            && match pattern {
                Pattern::RequestResponse => true,
                Pattern::RunJob | Pattern::RunJobWithJsonOutput => patterns.contains(".sync"),
                Pattern::WaitForTaskToken => patterns.contains(".waitForTaskToken"),
            }
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Activity names: 1 to 80 characters without white space and the characters AWS forbids in names.
fn is_activity_name(name: &str) -> bool {
    let forbidden = "<>{}[]?*\"#%\\^|~`$&,;:/";
    (1..=80).contains(&name.chars().count())
        && !name
            .chars()
            .any(|character| character.is_whitespace() || character.is_control() || forbidden.contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(integration: &str, expected: Option<(IntegrationKind, &str, &str, Pattern)>) {
        let arn = format!("arn:aws:states:::{integration}");
        let found = integration_of(&arn, integration);
        let parts =
            found.as_ref().map(|found| (found.kind, found.service.as_str(), found.action.as_str(), found.pattern));
        assert_eq!(parts, expected, "{integration}");
        if let Some(found) = found {
            assert_eq!((found.to_string().as_str(), found.arn), (integration, arn));
        }
    }

    #[test]
    fn integrations_are_service_action_and_pattern() {
        use IntegrationKind::{AwsSdk, Optimized};
        use Pattern::{RequestResponse, RunJob, RunJobWithJsonOutput, WaitForTaskToken};
        check("lambda:invoke", Some((Optimized, "lambda", "invoke", RequestResponse)));
        check("lambda:invoke.waitForTaskToken", Some((Optimized, "lambda", "invoke", WaitForTaskToken)));
        check("dynamodb:putItem", Some((Optimized, "dynamodb", "putItem", RequestResponse)));
        check("states:startExecution.sync", Some((Optimized, "states", "startExecution", RunJob)));
        check("states:startExecution.sync:2", Some((Optimized, "states", "startExecution", RunJobWithJsonOutput)));
        check("ecs:runTask.sync:2", Some((Optimized, "ecs", "runTask", RunJobWithJsonOutput)));
        check("aws-sdk:s3:getObject", Some((AwsSdk, "s3", "getObject", RequestResponse)));
        check("aws-sdk:sqs:sendMessage.waitForTaskToken", Some((AwsSdk, "sqs", "sendMessage", WaitForTaskToken)));
        for unknown in [
            "dynamodb:query",
            "lambda:invoke.sync",
            "lambda:invoke.",
            "sqs:sendMessage.sync",
            "aws-sdk:s3",
            "aws-sdk:s3:getObject.sync",
            "nonsense",
            "lambda:",
            "",
        ] {
            check(unknown, None);
        }
    }
}
