"""Starts executions, stops some, hands in tokens: what users of the deployed API do, who try again when it fails."""

import asyncio
import base64
import contextlib
import json
import random
import time
import uuid
from collections import Counter, defaultdict

import template
from emulator import ACCOUNT
from fault_host import Died, Function
from fault_machines import ACTIVITY, MACHINES, Case
from streams import in_background

FINAL = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
WORKERS = 2
# Seconds for which what was begun last may take to end.
PATIENCE = 200


class Refused(Exception):
    """The API answered, with this error."""

    def __init__(self, name: str, message: str):
        super().__init__(f"{name}: {message}")
        self.name = name


class Unanswered(Exception):
    """The API did not answer, or not for certain."""


class Api:
    """The function api, as the HTTP API invokes it."""

    def __init__(self, function: Function):
        self._function = function
        self._event = json.loads((template.ROOT / "events" / "api.json").read_text())
        self.counts = Counter()

    async def once(self, operation: str, **members) -> dict:
        body = base64.b64encode(json.dumps(members).encode()).decode()
        headers = self._event["headers"] | {"x-amz-target": f"AWSStepFunctions.{operation}"}
        del headers["content-length"]
        try:
            answer = await self._function.invoke(self._event | {"body": body, "headers": headers})
        except Died as error:
            raise Unanswered(str(error)) from None
        body = answer.get("body") or "{}"
        body = json.loads(base64.b64decode(body) if answer.get("isBase64Encoded") else body)
        if answer["statusCode"] == 200:
            return body
        name, message = body.get("__type", "").rsplit("#", 1)[-1], body.get("message", "")
        if answer["statusCode"] >= 500 or "Throttl" in name or "Unavailable" in name:
            raise Unanswered(f"{answer['statusCode']} {name}: {message}")
        raise Refused(name, message)

    async def ask(self, operation: str, tries: int = 40, **members) -> tuple[dict, int]:
        """The answer, and at which try it came."""
        for number in range(1, tries + 1):
            try:
                return await self.once(operation, **members), number
            except Unanswered as error:
                self.counts[operation] += 1
                last = error
                await asyncio.sleep(min(0.1 * number, 1))
            except Refused as error:
                error.tries = number
                raise
        raise last


class Execution:
    """One execution, what is expected of it, and what its user saw."""

    def __init__(self, machine: str, name: str, arn: str, case: Case):
        self.machine = machine
        self.name = name
        self.arn = arn
        self.case = case
        self.status = "RUNNING"
        # None where the user gave up, and cannot know.
        self.is_started = None
        self.stopped_at = None
        self.redrives = 0
        # By token: what was sent with it, and whether that was accepted for certain.
        self.tokens = {}
        self.accepted = []


class Driver:
    """The users."""

    def __init__(self, system, api: Api, polls: Api, options):
        self.system = system
        self.api = api
        # For requests that wait for long.
        self.polls = polls
        self.executions = []
        self.problems = []
        self._by_name = {}
        self._random = random.Random(f"driver {options.seed}")
        self._count = options.executions
        self._at_once = asyncio.Semaphore(options.at_once)
        self._machines = {}
        self._names = [it for it in options.only.split(",") if it] or list(MACHINES)
        self.run_id = uuid.uuid4().hex[:6]
        self._workers = []
        system.callee.on_token = self._hand_in

    async def prepare(self):
        """Creates the machines and the activity, and begins to work on its tasks."""
        await self.api.ask("CreateActivity", name=ACTIVITY.rsplit(":", 1)[1])
        for name in self._names:
            definition, case = MACHINES[name]()
            made, _ = await self.api.ask(
                "CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE
            )
            self._machines[name] = made["stateMachineArn"], case
        self._workers = [asyncio.create_task(self._work()) for _ in range(WORKERS)]

    async def run(self):
        """Starts all, and waits until all have ended and no message is on its way."""
        watching = asyncio.create_task(self._watch())
        users = []
        for number in range(self._count):
            await self._at_once.acquire()
            users.append(asyncio.create_task(self._user(number)))
        ends = time.monotonic() + PATIENCE
        await asyncio.gather(*users)
        while time.monotonic() < ends and any(it.status not in FINAL for it in self.executions if it.is_started):
            await asyncio.sleep(0.5)
        for it in (watching, *self._workers):
            it.cancel()
        await self.look()

    async def _user(self, number: int):
        name = self._names[number % len(self._names)]
        arn, make_case = self._machines[name]
        dice = random.Random(self._random.random())
        case = make_case(dice)
        execution_name = f"{name}-{self.run_id}-{number}"
        execution = Execution(name, execution_name, f"{arn.replace(':stateMachine:', ':execution:')}:{execution_name}", case)
        self._by_name[execution_name] = execution
        self.executions.append(execution)
        # Some users do not try again.
        tries = 1 if dice.random() < 0.05 else 40
        try:
            await self.api.ask(
                "StartExecution", tries, stateMachineArn=arn, name=execution_name, input=json.dumps(case.input)
            )
            execution.is_started = True
        except Refused as error:
            if error.name == "ExecutionAlreadyExists" and error.tries > 1:
                execution.is_started = True
            else:
                self.problems.append(f"{execution_name}: StartExecution: {error}")
        except Unanswered as error:
            if tries > 1:
                self.problems.append(f"{execution_name}: StartExecution: {error}")
        if case.is_stopped and execution.is_started:
            await asyncio.sleep(dice.uniform(0, 4))
            await self._stop(execution)
        await self._ended(execution)
        if case.is_redriven and execution.status in FINAL:
            if execution.status == "FAILED":
                await self._redrive(execution)
            else:
                self.problems.append(f"{execution.name}: {execution.status} before it was mended")
            await self._ended(execution)
        elif execution.status == "ABORTED" and dice.random() < 0.5:
            await self._redrive(execution)
            await self._ended(execution)
        self._at_once.release()

    async def _ended(self, execution: Execution):
        ends = time.monotonic() + PATIENCE
        while execution.is_started and execution.status not in FINAL and time.monotonic() < ends:
            await asyncio.sleep(0.2)

    async def _redrive(self, execution: Execution):
        self.system.callee.mended.add(execution.name)
        try:
            await self.api.ask("RedriveExecution", executionArn=execution.arn)
        except Refused as error:
            # The answer of an earlier try may have been lost.
            if error.tries == 1 or error.name != "ExecutionNotRedrivable":
                self.problems.append(f"{execution.name}: RedriveExecution: {error}")
                return
        except Unanswered as error:
            self.problems.append(f"{execution.name}: RedriveExecution: {error}")
            return
        execution.redrives = 1
        execution.status = "RUNNING"

    async def _stop(self, execution: Execution):
        try:
            await self.api.ask(
                "StopExecution", executionArn=execution.arn, error=execution.case.error, cause=execution.case.cause
            )
            execution.stopped_at = time.time()
        except (Refused, Unanswered) as error:
            self.problems.append(f"{execution.name}: StopExecution: {error}")

    async def _work(self):
        """A worker of the activity: asks for a task, says that it is alive, and hands in what comes of it."""
        while True:
            try:
                task = await self.polls.once("GetActivityTask", activityArn=ACTIVITY, workerName="of the test")
            except (Refused, Unanswered):
                await asyncio.sleep(0.2)
                continue
            if task.get("taskToken"):
                of = json.loads(task["input"])["from"]
                in_background(self._do(of["execution"], task["taskToken"], {"from": of}))

    async def _do(self, name: str, token: str, event: dict):
        with contextlib.suppress(Refused, Unanswered):
            await self.api.ask("SendTaskHeartbeat", taskToken=token)
        await self._hand_in(name, token, event)

    async def _hand_in(self, name: str, token: str, event: dict):
        """Sends a task's outcome after a while, twice, and then another one, which must not be taken."""
        execution = self._by_name.get(name)
        if execution is None or token in execution.tokens:
            return
        nonce = f"{event['from']['attempt']}-{uuid.uuid4().hex[:8]}"
        execution.tokens[token] = nonce
        await asyncio.sleep(self._random.choice([0, 0, 0.2, 1, 3]))
        try:
            await self.api.ask("SendTaskSuccess", taskToken=token, output=json.dumps(nonce))
            execution.accepted.append(nonce)
        except (Refused, Unanswered):
            return
        try:
            await self.api.ask("SendTaskSuccess", taskToken=token, output=json.dumps(nonce))
        except (Refused, Unanswered) as error:
            self.problems.append(f"{name}: what was accepted is not accepted again: {error}")
        with contextlib.suppress(Refused, Unanswered):
            await self.api.ask("SendTaskSuccess", taskToken=token, output='"another"')
            self.problems.append(f"{name}: a token was taken for another outcome")

    async def _watch(self):
        """Looks at META itself, which costs the functions nothing."""
        told = 0
        while True:
            await asyncio.sleep(1)
            try:
                await self.look()
            except (ConnectionError, RuntimeError) as error:
                print(f"        the emulator: {error}", flush=True)
            ended = sum(it.status in FINAL for it in self.executions)
            if ended >= told + 100:
                told = ended
                print(f"        {ended} of {self._count} executions have ended", flush=True)

    async def look(self):
        """Where each execution stands now."""
        running = [it for it in self.executions if it.status not in FINAL and it.is_started]
        for at in range(0, len(running), 100):
            found = await self._statuses(running[at : at + 100])
            for execution in running[at : at + 100]:
                execution.status = found.get(execution.arn, execution.status)

    async def _statuses(self, executions: list) -> dict:
        keys = [{"pk": {"S": f"X#{it.arn}"}, "sk": {"S": "META"}} for it in executions]
        asked = {"RequestItems": {self.system.table: {"Keys": keys, "ConsistentRead": True}}}
        found = (await self.system.dynamodb("BatchGetItem", **asked))["Responses"][self.system.table]
        return {it["pk"]["S"].removeprefix("X#"): it["status"]["S"] for it in found}


def lost(executions: list) -> dict:
    """By machine, the executions that should have ended and have not."""
    found = defaultdict(list)
    for it in executions:
        if it.is_started and it.status not in FINAL:
            found[it.machine].append(it.name)
    return found
