"""Creates the stack in the emulator and runs the examples through the deployed API. One line for each check."""

import argparse
import base64
import io
import json
import os
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request
import uuid
import zipfile
import zlib
from pathlib import Path

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

import build
import stack as stacks
import template
from emulator import ACCOUNT, REGION, Emulator

TASKS = {
    "validate-order": "validate_order",
    "reserve-stock": "reserve_stock",
    "charge-card": "charge_card",
    "ship-order": "ship_order",
    "notify-customer": "notify_customer",
    "keep-token": "keep_token",
    "flaky": "flaky",
    "decline": "decline",
    "measure": "measure",
    "make-large": "make_large",
    "slow": "slow",
}
# Exists, but the stack's parameter does not name it.
UNLISTED = "unlisted"
FINAL = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
MEGABYTE = 1024 * 1024
CHECKS = []


def check(title):
    """Makes a function of a deployment one check, which passes when it returns."""

    def register(function):
        CHECKS.append((title, function))
        return function

    return register


def lambda_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def invoke(function: str, payload: dict, **state) -> dict:
    """A Task state that calls a function and keeps what it answers."""
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", **state}
    state["Parameters"] = {"FunctionName": function, "Payload": payload}
    return {"OutputPath": "$.Payload", **state} if "ResultSelector" not in state else state


class Deployment:
    """The stack, the functions that workflows call, and a caller who may use the API and nothing else."""

    def __init__(self, emulator: Emulator, folder: Path):
        self.emulator = emulator
        self.seen_folder = folder / "tmp" / "seen"
        parameters = {"TaskFunctionArns": ",".join(lambda_arn(name) for name in TASKS), "Architecture": build.HOST}
        self.stack = stacks.create(emulator, build.BUILT, parameters)
        self._make_tasks()
        self.key = self._make_caller("caller", f"{self.stack.resources['HttpApi']}/$default/*")
        self.sfn = self.client()
        self._machines = {}

    def _make_tasks(self):
        role = self.emulator.client("iam").create_role(
            RoleName="tasks",
            AssumeRolePolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                    ],
                }
            ),
        )["Role"]["Arn"]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for file in sorted((Path(__file__).parent / "tasks").glob("*")):
                if file.is_file():
                    archive.write(file, file.name)
        for name, handler in {**TASKS, UNLISTED: "unlisted"}.items():
            self.emulator.client("lambda").create_function(
                FunctionName=name,
                Runtime="provided.al2023",
                Role=role,
                Handler=handler,
                Code={"ZipFile": packed.getvalue()},
                Environment={"Variables": {"PYTHON": sys.executable}},
                Timeout=30,
            )

    def _make_caller(self, name: str, resource: str):
        iam = self.emulator.client("iam")
        iam.create_user(UserName=name)
        statements = [
            {
                "Effect": "Allow",
                "Action": "execute-api:Invoke",
                "Resource": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{resource}",
            },
            {
                "Effect": "Allow",
                "Action": ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"],
                "Resource": lambda_arn(self.stack.resources["ApiSync"]),
            },
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName=name, PolicyName="api", PolicyDocument=document)
        return iam.create_access_key(UserName=name)["AccessKey"]

    def client(self, endpoint=None, key=None, signed_for="execute-api"):
        """boto3 as the README shows it: the service's own client with another name to sign for."""
        key = key or self.key
        client = boto3.client(
            "stepfunctions",
            endpoint_url=endpoint or self.stack.api,
            region_name=REGION,
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60, inject_host_prefix=False),
        )

        def sign(request, **_):
            request.context.setdefault("signing", {})["signing_name"] = signed_for

        client.meta.events.register("before-sign.sfn", sign)
        return client

    def rest(self, method: str, path: str, body=None):
        """What the REST door answers to a signed request."""
        data = None if body is None else json.dumps(body).encode()
        request = AWSRequest(method, self.stack.api + path, {"content-type": "application/json"}, data)
        credentials = Credentials(self.key["AccessKeyId"], self.key["SecretAccessKey"])
        SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
        signed = urllib.request.Request(request.url, data, dict(request.headers), method=method)
        try:
            with urllib.request.urlopen(signed, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code}: {error.read()[:600]}") from error

    def machine(self, name: str, definition: dict) -> str:
        if name not in self._machines:
            made = self.sfn.create_state_machine(
                name=name, definition=json.dumps(definition), roleArn=f"arn:aws:iam::{ACCOUNT}:role/tasks"
            )
            self._machines[name] = made["stateMachineArn"]
        return self._machines[name]

    def start(self, name: str, definition: dict, input_=None) -> str:
        arn = self.machine(name, definition)
        started = self.sfn.start_execution(
            stateMachineArn=arn, name=f"{name}-{uuid.uuid4().hex[:8]}", input=json.dumps({} if input_ is None else input_)
        )
        return started["executionArn"]

    def end(self, execution: str, seconds: int = 180) -> dict:
        """The execution once it has ended."""
        ends = time.monotonic() + seconds
        while True:
            described = self.sfn.describe_execution(executionArn=execution)
            if described["status"] in FINAL:
                return described
            if time.monotonic() > ends:
                last = self.history(execution)[-3:]
                raise AssertionError(f"still {described['status']} after {seconds} s; its last events: {last}")
            time.sleep(0.3)

    def run(self, name: str, definition: dict, input_=None, seconds: int = 180) -> dict:
        return self.end(self.start(name, definition, input_), seconds)

    def history(self, execution: str) -> list:
        pages = self.sfn.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]

    def types(self, execution: str) -> list:
        return [event["type"] for event in self.history(execution)]

    def await_event(self, execution: str, kind: str, count: int = 1, seconds: int = 60) -> list:
        """The events of this type, once there are that many."""
        ends = time.monotonic() + seconds
        while True:
            found = [event for event in self.history(execution) if event["type"] == kind]
            if len(found) >= count:
                return found
            assert time.monotonic() < ends, f"{len(found)} {kind} after {seconds} s, {count} expected"
            time.sleep(0.3)

    def calls(self, what: str) -> int:
        """How often a task function was called with that."""
        path = self.seen_folder / what
        return len(path.read_text().splitlines()) if path.exists() else 0

    @property
    def table(self):
        return self.emulator.resource("dynamodb").Table(self.stack.outputs["TableName"])

    def parked(self, execution: str) -> list:
        """The timers of this execution: items `T#<minute>#<shard>`, `<due>#<id>`."""
        items = self.items("T#")
        return [it for it in items if json.loads(unpack(it["w"].value))["execution"] == execution]

    def items(self, prefix: str) -> list:
        items, page = [], {}
        while True:
            page = self.table.scan(**({"ExclusiveStartKey": page["LastEvaluatedKey"]} if page else {}))
            items += [it for it in page["Items"] if it["pk"].startswith(prefix)]
            if "LastEvaluatedKey" not in page:
                return items

    def move_due(self, execution: str, timer: dict):
        """What is due later is due now, in both places that say when: the parked timer, and the record that waits."""
        now = int(time.time() * 1_000_000)
        _, _, shard = timer["pk"].split("#")
        moved = {**timer, "pk": f"T#{now // 60_000_000}#{shard}", "sk": f"{now:020}#{timer['sk'].split('#')[1]}"}
        self.table.delete_item(Key={"pk": timer["pk"], "sk": timer["sk"]})
        self.table.put_item(Item=moved)
        records = [it for it in self.items(f"X#{execution}#") if it["sk"].startswith("R#")]
        record = max(records, key=lambda it: it["sk"])
        body = json.loads(unpack(record["b"].value))
        assert replace(body, "until", now) == 1, f"the record has another shape: {body}"
        record["b"] = b"\0" + json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        self.table.put_item(Item=record)

    def call_function(self, name: str, event: dict):
        """What one of the stack's functions answers to an event."""
        answer = self.emulator.client("lambda").invoke(
            FunctionName=self.stack.resources[name], Payload=json.dumps(event).encode()
        )
        payload = json.loads(answer["Payload"].read() or b"null")
        assert "FunctionError" not in answer, f"{name} failed: {payload}"
        return payload


def unpack(packed: bytes) -> bytes:
    """A body as the store keeps it: plain, or in DEFLATE."""
    kind, body = packed[0], packed[1:]
    assert kind in (0, 1), f"it is packed in way {kind}"
    return zlib.decompress(body, wbits=-15) if kind else bytes(body)


def replace(value, key: str, by) -> int:
    """Puts this for every member of that name, and says how many there were."""
    if isinstance(value, list):
        return sum(replace(it, key, by) for it in value)
    if not isinstance(value, dict):
        return 0
    count = sum(replace(it, key, by) for it in value.values())
    if key in value:
        value[key], count = by, count + 1
    return count


def succeeded(ended: dict):
    """The output of an execution that succeeded."""
    assert ended["status"] == "SUCCEEDED", f"{ended['status']}: {ended.get('error')}: {ended.get('cause')}"
    return json.loads(ended["output"])


def equal(found, expected):
    assert found == expected, f"found {str(found)[:600]}, expected {str(expected)[:600]}"


def refused(call, *codes) -> str:
    """The error that a call ends with, which must be one of these."""
    try:
        call()
    except ClientError as error:
        assert error.response["Error"]["Code"] in codes, f"{error}"
        return error.response["Error"]["Code"]
    raise AssertionError(f"it was answered, not refused with one of {codes}")


# ---- The doors -------------------------------------------------------------------------------------------------------


@check("a caller whom IAM does not allow is refused at the HTTP API and at the function URL")
def _(deployment: Deployment):
    iam = deployment.emulator.client("iam")
    iam.create_user(UserName="stranger")
    key = iam.create_access_key(UserName="stranger")["AccessKey"]
    codes = ("AccessDeniedException", "AccessDenied", "403", "Forbidden")
    refused(deployment.client(key=key).list_state_machines, *codes)
    url = deployment.client(deployment.stack.function_url, key, "lambda")
    refused(url.list_state_machines, *codes)
    forged = {"AccessKeyId": deployment.key["AccessKeyId"], "SecretAccessKey": "x" * 40}
    refused(deployment.client(key=forged).list_state_machines, "SignatureDoesNotMatch", "InvalidSignatureException", *codes)


@check("the HTTP API and the function URL answer a caller whom IAM allows")
def _(deployment: Deployment):
    arn = deployment.machine("pass", {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    for client in (deployment.sfn, deployment.client(deployment.stack.function_url, signed_for="lambda")):
        assert arn in [it["stateMachineArn"] for it in client.list_state_machines()["stateMachines"]]


@check("the REST door starts an execution and shows it")
def _(deployment: Deployment):
    arn = deployment.machine("pass", {})
    started = deployment.rest("POST", f"/state-machines/{arn.rsplit(':', 1)[1]}/executions", {"by": "REST"})
    deployment.end(started["executionArn"])
    shown = deployment.rest("GET", f"/executions/{started['executionArn']}")
    equal((shown["executionArn"], shown["status"]), (started["executionArn"], "SUCCEEDED"))
    equal(shown["input"], {"by": "REST"})


@check("every function answers the event of its own in events/")
def _(deployment: Deployment):
    events = {path.stem: json.loads(path.read_text()) for path in (template.ROOT / "events").glob("*.json")}
    for name in ("Advance", "Task", "Dead"):
        # They are about executions that never were: nothing is left to do for any of them.
        equal(deployment.call_function(name, events[name.lower()]), {"batchItemFailures": []})
    # Its machine never was, which may be mended: the message comes again until it is a dead letter.
    (start,) = events["express"]["Records"]
    again = {"batchItemFailures": [{"itemIdentifier": start["messageId"]}]}
    equal(deployment.call_function("Express", events["express"]), again)
    deployment.call_function("Timer", events["timer"])
    answer = deployment.call_function("Api", events["api"])
    equal(answer["statusCode"], 400)
    body = answer["body"]
    body = base64.b64decode(body).decode() if answer.get("isBase64Encoded") else body
    assert "StateMachineDoesNotExist" in body, body


# ---- Workflows -------------------------------------------------------------------------------------------------------


@check("the order pipeline ships its order and pays at the second attempt")
def _(deployment: Deployment):
    folder = template.ROOT / "examples" / "order-pipeline"
    definition = json.loads((folder / "workflow.asl.json").read_text())
    execution = deployment.start("order-pipeline", definition, json.loads((folder / "input.json").read_text()))
    output = succeeded(deployment.end(execution))
    expected = {"orderId": "A-1001", "status": "SHIPPED", "total": 84, "receipt": "rc_5Kd2", "tracking": "RX-shelf-2"}
    equal(output, expected)
    equal(deployment.types(execution).count("TaskFailed"), 1)
    equal(deployment.calls(f"charge-{execution.rsplit(':', 1)[1]}"), 2)


@check("a Wait of 2 s lasts 2 s")
def _(deployment: Deployment):
    definition = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 2, "End": True}}}
    execution = deployment.start("wait", definition, {"kept": 1})
    equal(succeeded(deployment.end(execution)), {"kept": 1})
    times = {event["type"]: event["timestamp"] for event in deployment.history(execution)}
    lasted = (times["WaitStateExited"] - times["WaitStateEntered"]).total_seconds()
    assert 2 <= lasted < 20, f"it lasted {lasted} s"


@check("a Wait of 20 minutes is parked, and ends when its due time is moved to now")
def _(deployment: Deployment):
    definition = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1200, "End": True}}}
    execution = deployment.start("long-wait", definition, {"kept": 2})
    deployment.await_event(execution, "WaitStateEntered")
    ends = time.monotonic() + 60
    while not (parked := deployment.parked(execution)):
        assert time.monotonic() < ends, "it was not parked"
        time.sleep(0.3)
    (timer,) = parked
    due = int(timer["sk"].split("#")[0]) / 1_000_000
    assert 1100 < due - time.time() <= 1201, f"it is due in {due - time.time()} s"
    deployment.move_due(execution, timer)
    # The schedule does this each minute.
    deployment.call_function("Timer", json.loads((template.ROOT / "events" / "timer.json").read_text()))
    equal(succeeded(deployment.end(execution)), {"kept": 2})
    equal(deployment.parked(execution), [])


@check("a callback ends a task, and a forged token does not")
def _(deployment: Deployment):
    state = invoke("keep-token", {"token.$": "$$.Task.Token"}, End=True)
    state["Resource"] += ".waitForTaskToken"
    del state["OutputPath"]
    execution = deployment.start("callback", {"StartAt": "Ask", "States": {"Ask": state}})
    (scheduled,) = deployment.await_event(execution, "TaskScheduled")
    token = json.loads(scheduled["taskScheduledEventDetails"]["parameters"])["Payload"]["token"]
    deployment.await_event(execution, "TaskSubmitted")
    forged = token[:-8] + ("A" * 8 if token[-8:] != "A" * 8 else "B" * 8)
    refused(
        lambda: deployment.sfn.send_task_success(taskToken=forged, output="{}"), "InvalidToken", "TaskDoesNotExist"
    )
    equal(deployment.sfn.describe_execution(executionArn=execution)["status"], "RUNNING")
    deployment.sfn.send_task_success(taskToken=token, output='{"approved": true}')
    equal(succeeded(deployment.end(execution)), {"approved": True})


@check("a Parallel of three joins its branches in order")
def _(deployment: Deployment):
    branches = [
        {"StartAt": "One", "States": {"One": invoke("notify-customer", {"branch": "one"}, End=True)}},
        {"StartAt": "Two", "States": {"Two": {"Type": "Wait", "Seconds": 1, "Next": "Three"}, "Three": {"Type": "Pass", "Result": "two", "End": True}}},
        {"StartAt": "Four", "States": {"Four": {"Type": "Pass", "Result": "three", "End": True}}},
    ]
    definition = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}}
    equal(succeeded(deployment.run("parallel", definition)), [{"branch": "one"}, "two", "three"])


@check("Retry tries again until it works, Catch takes what does not")
def _(deployment: Deployment):
    busy = {"ErrorEquals": ["PaymentGatewayBusy"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 3}
    declined = {"ErrorEquals": ["CardDeclined"], "ResultPath": "$.problem", "Next": "Told"}
    definition = {
        "StartAt": "Flaky",
        "States": {
            "Flaky": invoke(
                "flaky",
                {"key.$": "$$.Execution.Name", "failures": 2},
                ResultSelector={"answer.$": "$.Payload"},
                ResultPath="$.flaky",
                Retry=[busy],
                Next="Decline",
            ),
            "Decline": invoke("decline", {}, Retry=[busy], Catch=[declined], Next="Never"),
            "Never": {"Type": "Fail", "Error": "Reached"},
            "Told": {"Type": "Pass", "End": True},
        },
    }
    execution = deployment.start("retry-catch", definition, {"order": 1})
    output = succeeded(deployment.end(execution))
    equal((output["order"], output["flaky"], output["problem"]["Error"]), (1, {"answer": "at last"}, "CardDeclined"))
    equal(json.loads(output["problem"]["Cause"])["errorMessage"], "insufficient funds")
    equal(deployment.types(execution).count("TaskFailed"), 3)
    equal(deployment.calls(f"flaky-{execution.rsplit(':', 1)[1]}"), 3)


@check("an Express execution is answered with its end through the function URL, and runs from its queue")
def _(deployment: Deployment):
    machine = deployment.sfn.create_state_machine(
        name="quick",
        type="EXPRESS",
        definition=json.dumps(
            {"StartAt": "T", "States": {"T": invoke("flaky", {"key.$": "$.key", "failures": 0}, End=True)}}
        ),
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/tasks",
    )["stateMachineArn"]
    url = deployment.client(deployment.stack.function_url, signed_for="lambda")
    answer = url.start_sync_execution(stateMachineArn=machine, input=json.dumps({"key": "sync"}))
    equal((answer["status"], json.loads(answer["output"])), ("SUCCEEDED", "at last"))
    # The second is too long for a message.
    for key, text in (("short", ""), ("long", "l" * 300_000)):
        input_ = json.dumps({"key": key, "text": text})
        started = deployment.sfn.start_execution(stateMachineArn=machine, name="same", input=input_)
        assert ":express:quick:same:" in started["executionArn"], started["executionArn"]
        ends = time.monotonic() + 60
        while not deployment.calls(f"flaky-{key}"):
            assert time.monotonic() < ends, f"the {key} start does not run"
            time.sleep(0.5)
    refused(lambda: deployment.sfn.list_executions(stateMachineArn=machine), "StateMachineTypeNotSupported")


@check("a function that the stack's parameter does not name is not called")
def _(deployment: Deployment):
    definition = {"StartAt": "T", "States": {"T": invoke(UNLISTED, {}, End=True)}}
    equal(deployment.run("unlisted", definition)["status"], "FAILED")
    equal(deployment.calls("unlisted"), 0)


@check("an input of 3 MB reaches a task and comes back whole")
def _(deployment: Deployment):
    text = "é" + "i" * (3 * MEGABYTE - 2)
    definition = {"StartAt": "T", "States": {"T": invoke("measure", {"text.$": "$.text"}, End=True)}}
    execution = deployment.start("large-input", definition, {"text": text})
    ended = deployment.end(execution)
    equal(succeeded(ended), {"length": len(text)})
    assert json.loads(ended["input"]) == {"text": text}, f"another input of {len(ended['input'])} characters"


@check("a task result of 5 MB reaches the next task")
def _(deployment: Deployment):
    definition = {
        "StartAt": "Make",
        "States": {
            "Make": invoke("make-large", {"length": 5 * MEGABYTE}, Next="Measure"),
            "Measure": invoke("measure", {"text.$": "$.text"}, End=True),
        },
    }
    equal(succeeded(deployment.run("large-result", definition)), {"length": 5 * MEGABYTE})
    pages = deployment.emulator.client("s3").get_paginator("list_objects_v2")
    listed = pages.paginate(Bucket=deployment.stack.outputs["BucketName"], Prefix="executions/")
    assert any(it["Size"] > 0 for page in listed for it in page.get("Contents", [])), "no payload is in the bucket"


@check("StopExecution in the middle of a Map ends it, and no more tasks are called")
def _(deployment: Deployment):
    task = invoke("slow", {"key.$": "$$.Execution.Name", "index.$": "$.n"}, End=True)
    definition = {
        "StartAt": "M",
        "States": {
            "M": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "I", "States": {"I": task}},
                "End": True,
            }
        },
    }
    execution = deployment.start("stopped", definition, {"items": [{"n": n} for n in range(60)]})
    deployment.await_event(execution, "MapIterationSucceeded", count=3, seconds=120)
    deployment.sfn.stop_execution(executionArn=execution, error="Enough", cause="the test says so")
    ended = deployment.end(execution)
    equal((ended["status"], ended.get("error"), ended.get("cause")), ("ABORTED", "Enough", "the test says so"))
    name = f"slow-{execution.rsplit(':', 1)[1]}"
    # Calls claimed before the stop may still begin.
    time.sleep(4)
    calls = deployment.calls(name)
    assert 3 <= calls < 60, f"{calls} calls"
    time.sleep(4)
    equal(deployment.calls(name), calls)
    types = deployment.types(execution)
    equal((types[-1], types.count("ExecutionAborted")), ("ExecutionAborted", 1))


@check("executions are listed, newest first, and by status")
def _(deployment: Deployment):
    arn = deployment.machine("pass", {})
    made = [deployment.run("pass", {})["executionArn"] for _ in range(3)]
    pages = deployment.sfn.get_paginator("list_executions").paginate(
        stateMachineArn=arn, PaginationConfig={"PageSize": 2}
    )
    listed = [it["executionArn"] for page in pages for it in page["executions"]]
    equal(listed[:3], made[::-1])
    aborted = deployment.sfn.list_executions(stateMachineArn=deployment.machine("stopped", {}), statusFilter="ABORTED")
    equal(len(aborted["executions"]), 1)


@check("a Map of 200 gives 200 results in order")
def _(deployment: Deployment):
    item = {"Type": "Pass", "Parameters": {"square.$": "States.MathAdd($.n, 1000)"}, "End": True}
    definition = {
        "StartAt": "M",
        "States": {
            "M": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "I", "States": {"I": item}},
                "End": True,
            }
        },
    }
    input_ = {"items": [{"n": n} for n in range(200)]}
    output = succeeded(deployment.run("map", definition, input_, seconds=300))
    equal(output, [{"square": n + 1000} for n in range(200)])


# ---- What is left behind -----------------------------------------------------------------------------------------------


@check("no message is left, none died, and IAM refused no function anything but the unlisted call")
def _(deployment: Deployment):
    sqs = deployment.emulator.client("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    for output in ("DeadLetterQueueUrl", "ExpressDeadLetterQueueUrl"):
        queue = deployment.stack.outputs[output]
        counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        equal({int(it) for it in counts.values()}, {0})
    denied = [
        line
        for line in deployment.stack.logs().splitlines()
        if "not authorized to perform" in line and f":{UNLISTED}" not in line
    ]
    equal(denied, [])


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=int(os.environ.get("PORT", "14566")))
    arguments.add_argument("--only", default="", help="run the checks whose title has this")
    options = arguments.parse_args()

    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="ratchet-deployment-") as temporary:
        folder = Path(temporary)
        with Emulator(options.port, folder) as emulator:
            begun = time.monotonic()
            deployment = Deployment(emulator, folder)
            print(f"the stack stands: {len(deployment.stack.resources)} resources, {time.monotonic() - begun:.0f} s")
            for title, function in CHECKS:
                if options.only not in title:
                    continue
                begun = time.monotonic()
                try:
                    function(deployment)
                    passed += 1
                    print(f"passed  {title} ({time.monotonic() - begun:.1f} s)", flush=True)
                except Exception as error:  # noqa: BLE001 one check says nothing of the next
                    failed += 1
                    print(f"FAILED  {title} ({time.monotonic() - begun:.1f} s)", flush=True)
                    if isinstance(error, (AssertionError, ClientError)):
                        print(f"        {error}")
                    else:
                        traceback.print_exc(file=sys.stdout)
            if failed:
                print(deployment.stack.logs())
                print("---- the emulator, its last lines")
                print("\n".join(emulator.log.read_text(errors="replace").splitlines()[-60:]))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
