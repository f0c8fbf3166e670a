"""Runs executions through the deployed functions while everything around them fails, and looks at what became of each.

The functions are processes of this machine that are killed in the middle (fault_host.py), their requests to DynamoDB, SQS
and S3 meet faults (fault_proxy.py), messages come twice, late and again (fault_queues.py). Then each execution must have
ended as it should, each attempt have been called at most once, and nothing be left over (fault_checks.py).
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import build
import cloud
from emulator import Emulator
from fault_callee import Callee
from fault_checks import CHECKS, Checks
from fault_driver import WORKERS, Api, Driver
from fault_drills import Drills
from fault_host import Function
from fault_proxy import Faults, Proxy
from fault_queues import Mapping, Queue, signature
from streams import Client, Request

# How many instances of each function, and how long each may take here.
INSTANCES = {"advance": (8, 10), "task": (10, 15), "api": (4, 10), "timer": (1, 50), "dead": (2, 15)}
# Those of api that workers ask for tasks: each waits for up to 25 s. What they do else is soon done.
POLLS = (WORKERS, 29)
# Of a thousand invocations, how many are killed.
KILLS = {"advance": 80, "task": 100, "api": 30, "polls": 60, "timer": 200, "dead": 60}
# Seconds after which a message comes again whose worker is gone, and how often it may. On AWS: a minute, ten times.
VISIBILITY = 12
RECEIVES = 3
LONGEST_INVISIBLE = 6
TWICE, FORGOTTEN = 30, 10
# Large payloads need not be large.
SETTINGS = {"INLINE_PAYLOAD_BYTES": "4096", "RATCHET_LOG": "INFO"}
# Nobody may rely on what the others are set to.
STATES_PER_INVOCATION = {"advance": 1, "task": 8, "api": 3, "polls": 1, "timer": 1, "dead": 8}


class System:
    """The whole: emulator, functions, mappings, faults."""

    def __init__(self, options, emulator: Emulator, folder: Path):
        self.options = options
        self.seed = options.seed
        self.folder = folder
        self.emulator = emulator
        self.client = Client(emulator.port)
        self.faults = Faults(self.seed)
        self.callee = Callee(self.seed)
        self.proxy = Proxy(self.client.send, self.faults, LONGEST_INVISIBLE)
        self.table = cloud.NAME
        self.functions = {}
        self.mappings = []
        self.tasks = []

    async def open(self, resources: dict):
        queues = {name: Queue(self.client, resources[name]) for name in ("StepQueue", "TaskQueue", "DeadLetterQueue")}
        self.queues = queues
        for name, queue in queues.items():
            attributes = {"VisibilityTimeout": str(VISIBILITY)}
            if name != "DeadLetterQueue":
                policy = {"deadLetterTargetArn": queues["DeadLetterQueue"].arn, "maxReceiveCount": RECEIVES}
                attributes["RedrivePolicy"] = json.dumps(policy)
            await queue.ask("SetQueueAttributes", Attributes=attributes)
        self._port = self.options.port + 1
        for served in cloud.functions(resources, 0):
            if served.name not in INSTANCES:
                continue
            count, timeout = INSTANCES[served.name]
            function = await self._open(served.name, served, count, timeout, timeout)
            for queue, batch in served.queues:
                self.mappings.append(Mapping(queues[queue], function, batch, self.seed))
            if served.name == "api":
                await self._open("polls", served, *POLLS, timeout)
        self.tasks = [asyncio.create_task(it.run()) for it in self.mappings]
        self.tasks.append(asyncio.create_task(self.faults.outages(every=12, longest=4)))

    async def _open(self, name: str, served, count: int, timeout: int, told: int) -> Function:
        """Instances of a function, killed after `timeout`. What they are told of it decides how soon they are given up."""
        environment = os.environ | served.settings | SETTINGS | lambda_environment(served.name)
        environment["FUNCTION_TIMEOUT_SECONDS"] = str(told)
        environment["STATES_PER_INVOCATION"] = str(STATES_PER_INVOCATION[name])
        log = (self.folder / f"{name}.log").open("wb")
        program = self._program(served.name)
        function = Function(name, program, timeout, environment, log, self.proxy.handle, self.callee.invoke, self.seed)
        self.functions[name] = function
        await function.open(list(range(self._port, self._port + count)))
        self._port += count
        return function

    def _program(self, name: str) -> Path:
        bootstrap = self.options.programs / name / "bootstrap"
        return bootstrap if bootstrap.exists() else self.options.programs / name

    def bad_day(self, is_on: bool):
        """Everything fails now and then; or nothing does."""
        self.faults.is_on = self.callee.is_on = is_on
        for name, function in self.functions.items():
            function.kills_in_a_thousand = KILLS[name] if is_on else 0
        for mapping in self.mappings:
            mapping.twice_in_a_thousand = TWICE if is_on else 0
            mapping.forgotten_in_a_thousand = FORGOTTEN if is_on else 0

    async def counts(self) -> dict:
        """Messages in each queue, seen, unseen and delayed."""
        return {name: sum((await queue.count()).values()) for name, queue in self.queues.items()}

    async def dynamodb(self, operation: str, **members) -> dict:
        """What the table itself answers, without faults."""
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"DynamoDB_20120810.{operation}",
            "authorization": signature("dynamodb"),
        }
        answer = await self.client.send(Request("POST", "/", headers, json.dumps(members).encode()))
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status}: {answer.body[:500]}")
        return json.loads(answer.body)

    async def items(self) -> list:
        """Everything in the table."""
        items, page = [], {}
        while True:
            after = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if page else {}
            page = await self.dynamodb("Scan", TableName=self.table, ConsistentRead=True, **after)
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                return items

    def log_of(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    async def close(self):
        for it in self.tasks:
            it.cancel()
        await asyncio.gather(*(it.close() for it in self.functions.values()), return_exceptions=True)
        self.client.close()


def lambda_environment(name: str) -> dict:
    return {
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    }


async def run(options, emulator: Emulator, resources: dict, folder: Path) -> int:
    system = System(options, emulator, folder)
    begun = time.monotonic()
    try:
        await system.open(resources)
        system.bad_day(False)
        driver = Driver(system, Api(system.functions["api"]), Api(system.functions["polls"]), options)
        await driver.prepare()
        system.bad_day(True)
        drills = Drills(system, driver)
        if not options.only:
            drills.begin()
        await driver.run()
        await drills.over()
        system.bad_day(False)
        took = time.monotonic() - begun
        checks = Checks(system, driver, {"DeadLetterQueue": len(drills.junk)}, drills.redrives)
        await checks.gather()
        passed = failed = 0
        for title, check in CHECKS + drills.checks():
            at = time.monotonic()
            try:
                said = await check(checks)
                passed += 1
                print(f"passed  {title}{f': {said}' if said else ''} ({time.monotonic() - at:.1f} s)", flush=True)
            except AssertionError as error:
                failed += 1
                print(f"FAILED  {title} ({time.monotonic() - at:.1f} s)\n        {error}", flush=True)
        print(summary(system, checks, took))
        if failed:
            for name in system.functions:
                print(f"---- {name}, the last lines of its log")
                print("\n".join(line[:600] for line in system.log_of(name).splitlines()[-12:]))
            again = f"tests/deployment/faults --executions {options.executions} --seed {options.seed}"
            print(f"logs: {folder}\nto run it again: {again}")
        print(f"{passed} passed, {failed} failed")
        return 1 if failed else 0
    finally:
        await system.close()


def summary(system: System, checks, took: float) -> str:
    def listed(counts: Counter) -> str:
        return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))

    invocations, received = Counter(), Counter()
    for function in system.functions.values():
        invocations.update({f"{function.name} {name}": count for name, count in function.counts.items()})
    for mapping in system.mappings:
        received.update(mapping.counts)
    kills = sum(count for name, count in invocations.items() if " killed " in name)
    return "\n".join(
        [
            f"{checks.executions} executions, {checks.records} records, {checks.strands} strands, {took:.0f} s",
            f"requests: {listed(system.faults.counts)}",
            f"functions: {kills} killed; {listed(invocations)}",
            f"messages: {listed(received)}",
            f"calls: {listed(system.callee.counts)}",
        ]
    )


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--executions", type=int, default=300)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--at-once", type=int, default=60, help="executions that run at the same time")
    arguments.add_argument("--only", default="", help="machines, separated by commas")
    arguments.add_argument("--programs", type=Path, default=build.BUILT, help="where the functions' programs are")
    arguments.add_argument("--port", type=int, default=int(os.environ.get("PORT", "15566")))
    options = arguments.parse_args()
    options.programs = options.programs.resolve()
    folder = Path(tempfile.mkdtemp(prefix="ratchet-faults-"))
    with Emulator(options.port, folder, checks_rights=False) as emulator:
        resources = cloud.Stores(emulator.endpoint).create()
        status = asyncio.run(run(options, emulator, resources, folder))
    if status == 0:
        shutil.rmtree(folder, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
