"""Starts the whole system on this machine: every function of the template under `cargo lambda watch`, the table, queues and
bucket in an emulator (or at the endpoint that AWS_ENDPOINT_URL names), and `ratchet bridge` between queues and functions.

Names, attributes, settings and batch sizes come from template.yaml. Ctrl-C stops all of it.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import template
from emulator import ACCOUNT, REGION, Emulator

NAME = "ratchet"
# No secret: what it protects is on this machine, and goes with it.
TOKEN_KEY = "the-token-key-of-the-local-cloud-is-no-secret"
# Longer than a chain of calls may be on Lambda.
CHAIN = [f"S{index:02}" for index in range(1, 25)]
MACHINE = {
    "StartAt": CHAIN[0],
    "States": {
        **{name: {"Type": "Pass", "Next": after} for name, after in zip(CHAIN, [*CHAIN[1:], "Pause"])},
        "Pause": {"Type": "Wait", "Seconds": 2, "Next": "Items"},
        "Items": {"Type": "Pass", "Result": list(range(50)), "Next": "Each"},
        "Each": {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}},
            "Next": "Both",
        },
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Left", "States": {"Left": {"Type": "Pass", "End": True}}},
                {"StartAt": "Right", "States": {"Right": {"Type": "Succeed"}}},
            ],
            "OutputPath": "$[0]",
            "Next": "Together",
        },
        "Together": {"Type": "Pass", "Parameters": {"items.$": "$"}, "Next": "Call"},
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "measure", "Payload": {"text": "twelve chars"}},
            "ResultSelector": {"length.$": "$.Payload.length"},
            "ResultPath": "$.measured",
            "End": True,
        },
    },
}
OUTPUT = {"items": list(range(50)), "measured": {"length": 12}}


class Stores:
    """The table, queues and bucket of the template, at an endpoint."""

    def __init__(self, endpoint: str):
        self._endpoint = endpoint
        self._resources = template.source()["Resources"]

    def client(self, service: str):
        config = Config(s3={"addressing_style": "path"})
        return boto3.client(service, endpoint_url=self._endpoint, region_name=REGION, config=config)

    def create(self) -> dict:
        """Creates what is not there yet. What `!Ref` of each gives."""
        self._create_table()
        s3 = self.client("s3")
        if NAME not in {it["Name"] for it in s3.list_buckets()["Buckets"]}:
            s3.create_bucket(Bucket=NAME)
        dead = self._create_queue("DeadLetterQueue", f"{NAME}-dead")
        express_dead = self._create_queue("ExpressDeadLetterQueue", f"{NAME}-express-dead")
        return {
            "Table": NAME,
            "Bucket": NAME,
            "DeadLetterQueue": dead,
            "ExpressDeadLetterQueue": express_dead,
            "StepQueue": self._create_queue("StepQueue", f"{NAME}-steps", dead),
            "TaskQueue": self._create_queue("TaskQueue", f"{NAME}-tasks", dead),
            "ExpressQueue": self._create_queue("ExpressQueue", f"{NAME}-express", express_dead),
        }

    def _create_table(self):
        dynamodb = self.client("dynamodb")
        wanted = self._resources["Table"]["Properties"]
        indexes = [
            {key: it[key] for key in ("IndexName", "KeySchema", "Projection")} for it in wanted["GlobalSecondaryIndexes"]
        ]
        kept = {key: wanted[key] for key in ("BillingMode", "AttributeDefinitions", "KeySchema")}
        try:
            dynamodb.create_table(TableName=NAME, GlobalSecondaryIndexes=indexes, **kept)
        except dynamodb.exceptions.ResourceInUseException:
            return
        dynamodb.get_waiter("table_exists").wait(TableName=NAME)
        try:
            dynamodb.update_time_to_live(
                TableName=NAME, TimeToLiveSpecification=wanted["TimeToLiveSpecification"]
            )
        except ClientError as error:
            print(f"items that have expired stay in the table: {error}")

    def _create_queue(self, logical: str, name: str, dead: str | None = None) -> str:
        sqs = self.client("sqs")
        wanted = self._resources[logical]["Properties"]
        numbers = ("VisibilityTimeout", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds")
        attributes = {key: str(wanted[key]) for key in numbers if key in wanted}
        if dead:
            of_dead = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
            redrive = {"deadLetterTargetArn": of_dead["QueueArn"], "maxReceiveCount": wanted["RedrivePolicy"]["maxReceiveCount"]}
            attributes["RedrivePolicy"] = json.dumps(redrive)
        try:
            return sqs.get_queue_url(QueueName=name)["QueueUrl"]
        except ClientError:
            return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


class Function:
    """One function of the template, and where it is served."""

    def __init__(self, properties: dict, settings: dict, port: int):
        self.name = Path(properties["CodeUri"]).name
        self.settings = settings
        self.port = port
        self.timeout = properties["Timeout"]
        events = properties.get("Events", {}).values()
        mappings = [event["Properties"] for event in events if event["Type"] == "SQS"]
        # The queue's name in the template, and how many messages are in one event.
        self.queues = [(it["Queue"]["Fn::GetAtt"][0], it["BatchSize"]) for it in mappings]
        self.is_scheduled = any(event["Type"] == "ScheduleV2" for event in events)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/2015-03-31/functions/{self.name}/invocations"


def functions(resources: dict, first_port: int) -> list[Function]:
    """One for each folder, with the settings that the template gives it when every parameter has its default."""
    source = template.source()
    known = {name: str(it["Default"]) for name, it in source["Parameters"].items() if "Default" in it}
    known |= {"AWS::AccountId": ACCOUNT, "AWS::Partition": "aws", "AWS::Region": REGION} | resources

    def value(given) -> str:
        if isinstance(given, str):
            return given
        if "Ref" in given:
            return known[given["Ref"]]
        # Every condition of a setting is off by default.
        if "Fn::If" in given:
            return value(given["Fn::If"][2])
        if "TokenKey" in str(given):
            return TOKEN_KEY
        raise ValueError(f"no value for {given}")

    common = source["Globals"]["Function"]["Environment"]["Variables"]
    found = {}
    for properties in template.functions(source).values():
        own = properties.get("Environment", {}).get("Variables", {})
        settings = {name: value(given) for name, given in (common | own).items()}
        folder = properties["CodeUri"]
        found.setdefault(folder, Function(properties, settings, first_port + len(found)))
    return list(found.values())


class Processes:
    """What was started, each in a process group of its own; stopped in the opposite order."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._started = []

    def __enter__(self):
        return self

    def start(self, name: str, command: list, environment: dict, shows: bool = False):
        log = None if shows else (self._folder / f"{name}.log").open("wb")
        process = subprocess.Popen(
            command, cwd=template.ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        self._started.append((name, process))
        return process

    def ended(self) -> str | None:
        """The name of one that has ended by itself."""
        return next((name for name, process in self._started if process.poll() is not None), None)

    def __exit__(self, *_):
        for name, process in reversed(self._started):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                print(f"{name} does not stop: killed")
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def build(profile: list, *options: str):
    subprocess.run(["cargo", "build", *profile, *options], cwd=template.ROOT, check=True)


def await_port(url: str, process: subprocess.Popen):
    ends = time.monotonic() + 60
    while time.monotonic() < ends and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"nothing answers at {url}")


def check(door: str, all_functions: list[Function], environment: dict) -> bool:
    """Sends each function its file of events/, and runs one workflow through the door."""
    good = True
    for function in all_functions:
        command = ["cargo", "lambda", "invoke", "--invoke-address", "127.0.0.1", "--invoke-port", str(function.port)]
        event = f"events/{function.name}.json"
        done = subprocess.run(
            [*command, "--data-file", event, function.name],
            cwd=template.ROOT, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        answered = done.returncode == 0
        good = good and answered
        said = (done.stdout if done.returncode == 0 else done.stderr).strip().replace("\n", " ")[:300]
        print(f"{'passed' if answered else 'FAILED'}  {function.name} takes {event}: {said}", flush=True)

    sfn = boto3.client("stepfunctions", endpoint_url=door, region_name=REGION)
    role = f"arn:aws:iam::{ACCOUNT}:role/any"
    machine = sfn.create_state_machine(name="local-cloud", definition=json.dumps(MACHINE), roleArn=role)
    begun = time.monotonic()
    execution = sfn.start_execution(stateMachineArn=machine["stateMachineArn"], input="{}")["executionArn"]
    described = sfn.describe_execution(executionArn=execution)
    while described["status"] == "RUNNING" and time.monotonic() < begun + 120:
        time.sleep(0.2)
        described = sfn.describe_execution(executionArn=execution)
    succeeded = described["status"] == "SUCCEEDED" and json.loads(described["output"]) == OUTPUT
    word = "passed" if succeeded else "FAILED"
    seconds = time.monotonic() - begun
    shape = f"{len(CHAIN)} Pass states, Wait of 2 s, Map of 50, Parallel of 2, Task"
    print(f"{word}  {shape}: {described['status']} after {seconds:.1f} s", flush=True)
    return good and succeeded


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, default=9000, help="first of eight ports; the second is the API's")
    arguments.add_argument("--concurrency", type=int, default=5, help="instances of each function")
    arguments.add_argument("--release", action="store_true", help="optimized functions")
    arguments.add_argument("--reload", action="store_true", help="build again and restart when a source file changes")
    arguments.add_argument(
        "--lineage",
        action="store_true",
        help="count rounds as Lambda's loop detection does; advance, task, timer and dead are then hosted by host.py, "
        "which passes the count on to them (cargo lambda watch does not)",
    )
    arguments.add_argument("--check", action="store_true", help="run one workflow and each of events/, then stop")
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    profile = ["--release"] if options.release else []

    folder = Path(tempfile.mkdtemp(prefix="ratchet-cloud-"))
    with contextlib.ExitStack() as stack, contextlib.suppress(KeyboardInterrupt):
        at_last = stack.enter_context(contextlib.ExitStack())
        endpoint = os.environ.get("AWS_ENDPOINT_URL") or stack.enter_context(Emulator(options.port, folder)).endpoint
        resources = Stores(endpoint).create()
        all_functions = functions(resources, options.port + 1)
        environment = os.environ | {"AWS_ENDPOINT_URL": endpoint}
        # One package a time: together they would be built with other features, and so twice.
        for function in all_functions:
            build(profile, "-p", function.name)
        build(profile, "-p", "ratchet-cli", "--features", "aws")
        programs = template.ROOT / "target" / ("release" if options.release else "debug")
        processes = stack.enter_context(Processes(folder))
        if options.check:
            # What the workflow calls.
            environment["AWS_ENDPOINT_URL_LAMBDA"] = f"http://127.0.0.1:{options.port + 7}"
            tasks = template.ROOT / "tests" / "deployment" / "tasks"
            command = [sys.executable, "tests/deployment/host.py", "measure", tasks / "bootstrap", "--timeout", "30"]
            runtime = {"PYTHON": sys.executable, "LAMBDA_TASK_ROOT": str(tasks), "_HANDLER": "measure"}
            processes.start("measure", [*command, "--port", str(options.port + 7)], environment | runtime)
        for function in all_functions:
            if options.lineage and (function.queues or function.is_scheduled):
                command = [sys.executable, "tests/deployment/host.py", function.name, programs / function.name]
                command += ["--port", str(function.port), "--timeout", str(function.timeout)]
            else:
                command = ["cargo", "lambda", "watch", "-p", function.name, "-A", "127.0.0.1", "-P", str(function.port)]
                command += profile + ([] if options.reload else ["--ignore-changes"])
            command += ["--concurrency", str(options.concurrency)]
            process = processes.start(function.name, command, environment | function.settings)
            await_port(f"http://127.0.0.1:{function.port}/", process)
        bridge = [programs / "ratchet", "bridge"] + (["--lineage"] if options.lineage else [])
        for function in all_functions:
            for queue, batch in function.queues:
                mapping = f"{resources[queue]}={function.url},batch={batch},timeout={function.timeout}"
                bridge += ["--map", f"{mapping},concurrency={options.concurrency}"]
            if function.is_scheduled:
                bridge += ["--schedule", function.url]
        processes.start("bridge", bridge, environment, shows=True)

        api = next(it for it in all_functions if it.name == "api")
        door = f"http://127.0.0.1:{api.port}/lambda-url/api"
        print(f"The API: {door}   (logs: {folder}; Ctrl-C stops everything)")
        print(f"  aws stepfunctions list-state-machines --endpoint-url {door}", flush=True)
        if options.check:
            good = check(door, all_functions, environment)
            if not good:
                for log in sorted(folder.glob("*.log")):
                    print(f"---- {log}")
                    print("\n".join(log.read_text(errors="replace").splitlines()[-15:]))
            if good:
                at_last.callback(shutil.rmtree, folder, ignore_errors=True)
            return 0 if good else 1
        while not (ended := processes.ended()):
            time.sleep(1)
        print(f"{ended} has ended; its log is in {folder}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
