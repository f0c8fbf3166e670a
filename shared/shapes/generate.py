"""Writes `src/services/*.txt`: what AWS's public API models say about the responses of operations.

    pip install botocore && python3 shared/shapes/generate.py

The models are those that botocore brings (Apache-2.0). Step Functions spells members with a capital first letter.
"""

import pathlib

from botocore.loaders import Loader
from botocore.model import ServiceModel

# The name in a `Resource`, the model's name, and the operations wanted: none are all.
SERVICES = [
    ("athena", "athena", None),
    ("batch", "batch", None),
    ("bedrock", "bedrock", ["CreateModelCustomizationJob", "GetModelCustomizationJob"]),
    ("bedrockagentruntime", "bedrock-agent-runtime", ["InvokeFlow", "Retrieve", "RetrieveAndGenerate"]),
    ("bedrockruntime", "bedrock-runtime", ["ApplyGuardrail", "Converse", "InvokeModel"]),
    ("cloudformation", "cloudformation", ["CreateStack", "DeleteStack", "DescribeStacks", "UpdateStack"]),
    ("cloudwatch", "cloudwatch", ["GetMetricData", "GetMetricStatistics", "PutMetricData"]),
    ("cloudwatchlogs", "logs", ["FilterLogEvents", "GetLogEvents", "GetQueryResults", "PutLogEvents", "StartQuery"]),
    ("codebuild", "codebuild", ["BatchDeleteBuilds", "BatchGetBuildBatches", "BatchGetBuilds", "BatchGetReports",
                                "DeleteBuildBatch", "RetryBuildBatch", "StartBuild", "StartBuildBatch", "StopBuild",
                                "StopBuildBatch"]),
    ("comprehend", "comprehend", ["DetectDominantLanguage", "DetectEntities", "DetectKeyPhrases", "DetectSentiment"]),
    ("databrew", "databrew", ["DescribeJobRun", "StartJobRun"]),
    ("dynamodb", "dynamodb", None),
    ("ec2", "ec2", ["DescribeInstances", "DescribeInstanceStatus", "StartInstances", "StopInstances",
                    "TerminateInstances"]),
    ("ecs", "ecs", ["DescribeServices", "DescribeTasks", "ListTasks", "RunTask", "StopTask", "UpdateService"]),
    ("eks", "eks", ["CreateCluster", "CreateFargateProfile", "CreateNodegroup", "DeleteCluster",
                    "DeleteFargateProfile", "DeleteNodegroup", "DescribeCluster"]),
    ("emr", "emr", ["AddJobFlowSteps", "CancelSteps", "DescribeCluster", "DescribeStep", "ModifyInstanceFleet",
                    "ModifyInstanceGroups", "RunJobFlow", "SetTerminationProtection", "TerminateJobFlows"]),
    ("emrcontainers", "emr-containers", ["CreateVirtualCluster", "DeleteVirtualCluster", "DescribeJobRun",
                                         "StartJobRun"]),
    ("emrserverless", "emr-serverless", ["CancelJobRun", "CreateApplication", "DeleteApplication", "GetJobRun",
                                         "StartApplication", "StartJobRun", "StopApplication"]),
    ("eventbridge", "events", None),
    ("firehose", "firehose", ["PutRecord", "PutRecordBatch"]),
    ("glue", "glue", ["GetCrawler", "GetJobRun", "GetTable", "StartCrawler", "StartJobRun"]),
    ("iam", "iam", ["CreateRole", "GetRole", "GetUser", "ListRoles", "ListUsers"]),
    ("kinesis", "kinesis", ["DescribeStreamSummary", "GetRecords", "PutRecord", "PutRecords"]),
    ("kms", "kms", None),
    ("lambda", "lambda", None),
    ("mediaconvert", "mediaconvert", ["CreateJob", "GetJob"]),
    ("polly", "polly", ["GetSpeechSynthesisTask", "StartSpeechSynthesisTask"]),
    ("rdsdata", "rds-data", None),
    ("rekognition", "rekognition", ["DetectLabels", "DetectModerationLabels", "DetectText", "RecognizeCelebrities"]),
    ("s3", "s3", None),
    ("sagemaker", "sagemaker", ["CreateEndpoint", "CreateEndpointConfig", "CreateHyperParameterTuningJob",
                                "CreateLabelingJob", "CreateModel", "CreateProcessingJob", "CreateTrainingJob",
                                "CreateTransformJob", "DescribeTrainingJob", "UpdateEndpoint"]),
    ("scheduler", "scheduler", None),
    ("secretsmanager", "secretsmanager", None),
    ("ses", "ses", ["SendEmail", "SendRawEmail", "SendTemplatedEmail"]),
    ("sesv2", "sesv2", ["SendBulkEmail", "SendEmail"]),
    ("sfn", "stepfunctions", None),
    ("sns", "sns", None),
    ("sqs", "sqs", None),
    ("ssm", "ssm", ["GetCommandInvocation", "GetParameter", "GetParameters", "GetParametersByPath", "PutParameter",
                    "SendCommand"]),
    ("sts", "sts", None),
    ("textract", "textract", ["AnalyzeDocument", "DetectDocumentText", "GetDocumentAnalysis",
                              "GetDocumentTextDetection", "StartDocumentAnalysis", "StartDocumentTextDetection"]),
    ("transcribe", "transcribe", ["GetTranscriptionJob", "StartTranscriptionJob"]),
    ("translate", "translate", ["TranslateText"]),
]

# Where Step Functions was recorded with another limit than the model of today has.
RECORDED = {"MemorySize": "integer(128..10240)"}

NUMBERS = {"integer": "integer", "long": "integer", "float": "number", "double": "number", "short": "integer"}


def capital(name):
    return name[:1].upper() + name[1:]


def limits(shape):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low in (None, 0) and high is None:
        return ""
    whole = lambda limit: "" if limit is None else str(limit)
    return f"({whole(low)}..{whole(high)})"


def is_certain(name):
    """Whether Step Functions is known to spell a member so: of runs of capitals it keeps only the first."""
    return not any(one.isupper() and two.isupper() for one, two in zip(name, name[1:]))


class Writer:
    def __init__(self):
        self.structures = {}

    def kind(self, shape):
        name = shape.type_name
        if name == "structure":
            if shape.metadata.get("document") or getattr(shape, "is_document_type", False):
                return "any"
            self.structure(shape)
            return capital(shape.name)
        if name == "list":
            return f"[{self.kind(shape.member)}]{limits(shape)}"
        if name == "map":
            return f"<{self.kind(shape.value)}>{limits(shape)}"
        if name == "string":
            words = shape.metadata.get("enum")
            return f"enum({'|'.join(words)})" if words else f"string{limits(shape)}"
        if name == "blob":
            # The body of a streamed answer is whatever it says.
            return "any" if shape.serialization.get("streaming") else f"blob{limits(shape)}"
        if name in NUMBERS:
            return f"{NUMBERS[name]}{limits(shape)}"
        return name if name in ("boolean", "timestamp") else "any"

    def structure(self, shape):
        name = capital(shape.name)
        if name in self.structures:
            return
        self.structures[name] = None
        lines = []
        for member, inner in shape.members.items():
            mark = "*" if member in shape.required_members and is_certain(member) else ""
            kind = RECORDED.get(inner.name) or self.kind(inner)
            lines.append(f"    {capital(member)}{mark}: {kind}")
        self.structures[name] = lines


def main():
    folder = pathlib.Path(__file__).parent / "src" / "services"
    loader = Loader()
    for name, model_name, wanted in SERVICES:
        model = ServiceModel(loader.load_service_model(model_name, "service-2"), model_name)
        writer, operations = Writer(), []
        for operation in sorted(wanted or model.operation_names):
            output = model.operation_model(operation).output_shape
            if output is not None and output.members:
                writer.structure(output)
                operations.append(f"{operation} -> {capital(output.name)}")
            else:
                operations.append(f"{operation} -> Nothing")
        text = [f"# {model_name} {model.api_version}", *operations]
        if any(line.endswith(" Nothing") for line in operations):
            writer.structures.setdefault("Nothing", [])
        for structure, lines in sorted(writer.structures.items()):
            text += ["", f"{structure}:", *lines]
        (folder / f"{name}.txt").write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
