//! `Resource`: what Ratchet calls, what only AWS calls, and what nobody knows.

use super::fields::Fields;
use crate::diagnostic::Code;
use crate::machine::Resource;

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
        match self.known_resource(arn) {
            Known::Ratchet(resource) => Some(resource),
            Known::Aws(integration) => {
                let message = format!(
                    "The integration '{integration}' is not supported yet; Ratchet calls Lambda functions (by ARN, lambda:invoke, lambda:invoke.waitForTaskToken) and activities"
                );
                self.report.error(Code::NotSupported, &self.at("Resource"), message);
                None
            }
            Known::Nobody => {
                let message = format!(
                    "The resource provided {arn} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region."
                );
                self.schema("Resource", message);
                None
            }
        }
    }

    fn known_resource(&self, arn: &str) -> Known {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        if parts.len() < 4 || parts[0] != "arn" || !parts[1].starts_with("aws") {
            return Known::Nobody;
        }
        match (parts[2], parts.as_slice()) {
            ("lambda", _) => self.lambda_function(arn),
            ("states", [_, _, _, "", "", integration]) => integration_of(integration),
            ("states", [_, _, _, region, account, resource]) if !region.is_empty() && !account.is_empty() => {
                match resource.strip_prefix("activity:") {
                    Some(name) if is_activity_name(name) => Known::Ratchet(Resource::Activity(arn.to_owned())),
                    _ => Known::Nobody,
                }
            }
            _ => Known::Nobody,
        }
    }

    /// Tutorials write `arn:aws:lambda:...:process-item`; the last part is taken for the function's name.
    fn lambda_function(&self, arn: &str) -> Known {
        let name = arn.rsplit(':').next().unwrap_or_default();
        if name.is_empty() {
            return Known::Nobody;
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
        Known::Ratchet(Resource::LambdaFunction(arn.to_owned()))
    }
}

/// Who knows a resource.
#[derive(Debug, PartialEq)]
enum Known {
    /// Ratchet calls it.
    Ratchet(Resource),
    /// AWS does: `sqs:sendMessage`.
    Aws(String),
    /// Nobody.
    Nobody,
}

/// What follows `arn:aws:states:::`.
fn integration_of(integration: &str) -> Known {
    match integration {
        "lambda:invoke" => return Known::Ratchet(Resource::LambdaInvoke),
        "lambda:invoke.waitForTaskToken" => {
            return Known::Ratchet(Resource::LambdaInvokeWaitForTaskToken);
        }
        _ => {}
    }
    let Some((service, call)) = integration.split_once(':') else {
        return Known::Nobody;
    };
    let (action, pattern) = call.find('.').map_or((call, ""), |dot| call.split_at(dot));
    let known = match service {
        "aws-sdk" => {
            let named = action.split_once(':').is_some_and(|(service, action)| is_name(service) && is_name(action));
            named && matches!(pattern, "" | ".waitForTaskToken")
        }
        _ => INTEGRATIONS.iter().any(|(known, actions, patterns)| {
            *known == service
                && actions.split_whitespace().any(|known| known == action)
                && (pattern.is_empty()
                    || patterns
                        .split_whitespace()
                        .any(|known| known.trim_end_matches(":2") == pattern.trim_end_matches(":2")))
        }),
    };
    if known { Known::Aws(integration.to_owned()) } else { Known::Nobody }
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

    fn check(integration: &str, expected: &Known) {
        assert_eq!(&integration_of(integration), expected, "{integration}");
    }

    #[test]
    fn integrations_are_ours_awss_or_nobodys() {
        check("lambda:invoke", &Known::Ratchet(Resource::LambdaInvoke));
        check("lambda:invoke.waitForTaskToken", &Known::Ratchet(Resource::LambdaInvokeWaitForTaskToken));
        for known in [
            "sqs:sendMessage",
            "sqs:sendMessage.waitForTaskToken",
            "ecs:runTask.sync:2",
            "states:startExecution.sync",
            "states:startExecution.sync:2",
            "aws-sdk:s3:getObject",
            "dynamodb:putItem",
        ] {
            check(known, &Known::Aws(known.to_owned()));
        }
        for unknown in
            ["dynamodb:query", "lambda:invoke.sync", "sqs:sendMessage.sync", "aws-sdk:s3", "nonsense", "lambda:", ""]
        {
            check(unknown, &Known::Nobody);
        }
    }
}
