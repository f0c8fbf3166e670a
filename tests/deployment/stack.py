"""Ratchet's stack in the emulator: the template translated, packages uploaded, CloudFormation asked to create it."""

import io
import json
import re
import time
import zipfile
from pathlib import Path

from botocore.exceptions import ClientError

import template
from emulator import Emulator

NAME = "ratchet"
BUCKET = "artifacts"
BATCHED = {"sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}
UNKNOWN_TYPES = re.compile(r"Unrecognized resource types: \[([^\]]*)\]")


class Stack:
    """The stack once it stands."""

    def __init__(self, emulator: Emulator, stack_id: str):
        self.emulator = emulator
        self._cloudformation = emulator.client("cloudformation")
        described = self._cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]
        self.outputs = {it["OutputKey"]: it["OutputValue"] for it in described.get("Outputs", [])}
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_id)
        self.resources = {
            it["LogicalResourceId"]: it["PhysicalResourceId"] for page in pages for it in page["StackResourceSummaries"]
        }

    @property
    def api(self) -> str:
        """Where the HTTP API answers: on AWS the output ApiEndpoint, here a path, since names are not resolved."""
        return f"{self.emulator.endpoint}/_aws/execute-api/{self.resources['HttpApi']}/$default"

    @property
    def function_url(self) -> str:
        """Where the function URL answers: on AWS the output FunctionUrl."""
        host = self.outputs["FunctionUrl"].removeprefix("https://")
        return f"{self.emulator.endpoint}/_aws/lambda-url/{host.split('.')[0]}"

    def logs(self) -> str:
        """The last lines of each function's log."""
        logs = self.emulator.client("logs")
        lines = []
        for name in template.functions(template.source()):
            physical = self.resources.get(name)
            for group in (f"/aws/lambda/{physical}", f"/ratchet/{NAME}/{name.lower()}"):
                try:
                    events = logs.filter_log_events(logGroupName=group)["events"]
                except ClientError:
                    continue
                lines.append(f"---- {name} ({group}), the last of {len(events)} lines")
                lines.extend(event["message"].rstrip() for event in events[-40:])
        return "\n".join(lines)


def package(program: Path) -> bytes:
    """A function's package: its program under the name that Lambda starts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, program.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=1)
    return packed.getvalue()


def create(emulator: Emulator, programs: Path, parameters: dict) -> Stack:
    """The stack, made from the programs in `programs/<function folder>/bootstrap`."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for folder in {Path(it["CodeUri"]).name for it in template.functions(template.source()).values()}:
        s3.put_object(Bucket=BUCKET, Key=f"{folder}.zip", Body=package(programs / folder / "bootstrap"))

    translated = with_batch_actions(with_routes(without_tls(template.translated(BUCKET))))
    cloudformation = emulator.client("cloudformation")
    request = {
        "StackName": NAME,
        "Capabilities": ["CAPABILITY_IAM"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    }
    try:
        stack_id = send(emulator, cloudformation, request, translated)
    except ClientError as error:
        unknown = UNKNOWN_TYPES.search(str(error))
        if not unknown:
            raise
        for name in [it.strip() for it in unknown.group(1).split(",")]:
            print(f"left out: the emulator has no {name}")
            kept = {key: it for key, it in translated["Resources"].items() if it["Type"] != name}
            translated["Resources"] = kept
        stack_id = send(emulator, cloudformation, request, translated)

    status, ends = "", time.monotonic() + 180
    while time.monotonic() < ends:
        status = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
        if not status.endswith("IN_PROGRESS"):
            break
        time.sleep(0.5)
    if status != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"]
        failures = [
            f"{it['LogicalResourceId']}: {it.get('ResourceStatusReason', '')}"
            for it in events
            if "FAILED" in it["ResourceStatus"]
        ]
        raise RuntimeError("the stack is {}:\n{}".format(status, "\n".join(failures)))
    return Stack(emulator, stack_id)


def send(emulator: Emulator, cloudformation, request: dict, translated: dict) -> str:
    """Asks for the stack. By URL, since the template is larger than a request may be."""
    emulator.client("s3").put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(translated).encode())
    url = f"{emulator.endpoint}/{BUCKET}/template.json"
    return cloudformation.create_stack(TemplateURL=url, **request)["StackId"]


def without_tls(translated: dict) -> dict:
    """The template without the demand for encrypted connections: the emulator is on this machine and speaks HTTP."""
    for resource in translated["Resources"].values():
        document = resource.get("Properties", {}).get("PolicyDocument")
        if document:
            statements = [it for it in document["Statement"] if it.get("Sid") != "EncryptedConnectionsOnly"]
            document["Statement"] = statements
    empty = [
        name
        for name, it in translated["Resources"].items()
        if it.get("Properties", {}).get("PolicyDocument", {}).get("Statement") == []
    ]
    for name in empty:
        del translated["Resources"][name]
    print(f"left out: {', '.join(sorted(empty))} (encrypted connections only; the emulator speaks HTTP)")
    return translated


def with_batch_actions(translated: dict) -> dict:
    """The template with an action for each batched request: on AWS the action for one message allows the batch."""
    for resource in translated["Resources"].values():
        properties = resource.get("Properties", {})
        documents = [it["PolicyDocument"] for it in properties.get("Policies", [])]
        documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
        for statement in [it for document in documents for it in document["Statement"]]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            batches = [f"{it}Batch" for it in actions if it in BATCHED]
            if batches:
                statement["Action"] = actions + batches
    print("spelled out: the actions of batched SQS requests (to the emulator they are actions of their own)")
    return translated


def with_routes(translated: dict) -> dict:
    """The template with the HTTP API's OpenAPI document spelled out, which the emulator does not read."""
    routes = {}
    for name, resource in translated["Resources"].items():
        if resource["Type"] != "AWS::ApiGatewayV2::Api":
            continue
        body = resource["Properties"].pop("Body")
        resource["Properties"] = {"Name": name, "ProtocolType": "HTTP"}
        for path, methods in body["paths"].items():
            for method, operation in methods.items():
                wanted = operation["x-amazon-apigateway-integration"]
                logical = f"{name}Route{len(routes)}"
                routes[f"{logical}Target"] = {
                    "Type": "AWS::ApiGatewayV2::Integration",
                    "Properties": {
                        "ApiId": {"Ref": name},
                        "IntegrationType": wanted["type"].upper(),
                        "IntegrationUri": wanted["uri"],
                        "PayloadFormatVersion": wanted["payloadFormatVersion"],
                    },
                }
                verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                routes[logical] = {
                    "Type": "AWS::ApiGatewayV2::Route",
                    "Properties": {
                        "ApiId": {"Ref": name},
                        "RouteKey": f"{verb} {path}",
                        "AuthorizationType": "AWS_IAM" if {"AWS_IAM": []} in operation["security"] else "NONE",
                        "Target": {"Fn::Sub": f"integrations/${{{logical}Target}}"},
                    },
                }
    translated["Resources"].update(routes)
    print("spelled out: the routes of the HTTP API (the emulator reads no OpenAPI document in a template)")
    return translated
