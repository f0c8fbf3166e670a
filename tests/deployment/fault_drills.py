"""What a bad day alone does not bring about: damage in the table, messages that are no wakes, a wake that kills its worker.

Each of DRILLS runs beside the other executions, raises AssertionError, or returns what to print.
"""

import asyncio
import base64
import json
import time
from collections import Counter

from end_to_end import replace, unpack
from fault_driver import ROLE, Refused
from fault_host import Died

# Seconds within which each of them must be over.
PATIENCE = 240
DRILLS = []
JUNK = [
    "no wake at all",
    "[]",
    '{"version":1}',
]


def drill(title):
    """Makes a coroutine function of the drills one of them."""

    def register(function):
        DRILLS.append((title, function))
        return function

    return register


class Drills:
    """The hands that do the damage, and look at what comes of it."""

    def __init__(self, system, driver):
        self.system = system
        self.api = driver.api
        self.run_id = driver.run_id
        self.junk = []
        # By execution, how often it was redriven.
        self.redrives = Counter()
        self._tasks = []

    def begin(self):
        for mapping in self.system.mappings:
            mapping.once_only.update(JUNK)
        self._tasks = [(title, asyncio.create_task(self._timed(function))) for title, function in DRILLS]

    async def _timed(self, function) -> str:
        begun = time.monotonic()
        said = await function(self)
        return f"{f'{said}, ' if said else ''}after {time.monotonic() - begun:.0f} s"

    def checks(self) -> list:
        """Each drill as a check of its own."""

        def check(task):
            async def wait(_):
                return await task

            return wait

        return [(title, check(task)) for title, task in self._tasks]

    async def over(self):
        await asyncio.gather(*(task for _, task in self._tasks), return_exceptions=True)

    async def start(self, name: str, states: dict, input_: dict, count: int = 1) -> list:
        """Executions of a machine of that name. Their ARNs."""
        definition = json.dumps({"StartAt": next(iter(states)), "States": states})
        made, _ = await self.api.ask("CreateStateMachine", name=name, definition=definition, roleArn=ROLE)
        arns = []
        for number in range(count):
            arn = made["stateMachineArn"]
            execution = f"{name}-{self.run_id}-{number}"
            await self.api.ask("StartExecution", stateMachineArn=arn, name=execution, input=json.dumps(input_))
            arns.append(f"{arn.replace(':stateMachine:', ':execution:')}:{execution}")
        return arns

    async def until(self, what: str, look):
        """What the coroutine function gives, once it gives something."""
        ends = time.monotonic() + PATIENCE
        while not (found := await look()):
            assert time.monotonic() < ends, f"not within {PATIENCE} s: {what}"
            await asyncio.sleep(0.2)
        return found

    async def status(self, arn: str) -> str:
        key = {"pk": {"S": f"X#{arn}"}, "sk": {"S": "META"}}
        found = await self.system.dynamodb("GetItem", TableName=self.system.table, Key=key, ConsistentRead=True)
        return found["Item"]["status"]["S"]

    async def ended(self, arn: str) -> dict:
        """The execution as the API describes it, once it has ended."""

        async def look():
            return await self.status(arn) != "RUNNING"

        await self.until(f"{arn} ends", look)
        described, _ = await self.api.ask("DescribeExecution", executionArn=arn)
        return described

    async def goes_on(self, arn: str, output):
        """Redrives what has ended. It ends as it would have, had nothing been damaged."""
        try:
            await self.api.ask("RedriveExecution", executionArn=arn)
        except Refused as error:
            # The answer of an earlier try may have been lost.
            assert error.tries > 1 and error.name == "ExecutionNotRedrivable", error
        self.redrives[arn] += 1
        described = await self.ended(arn)
        assert described["status"] == "SUCCEEDED", f"{described['status']}: {described.get('cause')}"
        assert json.loads(described["output"]) == output, described["output"]

    async def partition(self, pk: str, prefix: str) -> list:
        """The items of a partition whose sort key begins so."""
        found = await self.system.dynamodb(
            "Query", TableName=self.system.table, ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": pk}, ":prefix": {"S": prefix}},
        )  # fmt: skip
        return found["Items"]

    async def put(self, item: dict):
        await self.system.dynamodb("PutItem", TableName=self.system.table, Item=item)

    async def remove(self, item: dict):
        key = {name: item[name] for name in ("pk", "sk")}
        await self.system.dynamodb("DeleteItem", TableName=self.system.table, Key=key)

    async def waiting(self, arn: str) -> dict:
        """The root's last record, once it waits."""
        meta = {"pk": {"S": f"X#{arn}"}, "sk": {"S": "META"}}
        found = await self.system.dynamodb("GetItem", TableName=self.system.table, Key=meta, ConsistentRead=True)
        run = found["Item"]["run"]["S"]

        async def look():
            records = await self.partition(f"X#{arn}#{run}", "R#0#")
            head = max(records, key=lambda it: it["sk"]["S"])
            return head if "Waiting" in body(head)["cursor"]["phase"] else None

        return await self.until(f"{arn} waits", look)


def body(record: dict) -> dict:
    return json.loads(unpack(base64.b64decode(record["b"]["B"])))


def with_body(record: dict, text: bytes) -> dict:
    return record | {"b": {"B": base64.b64encode(b"\0" + text).decode()}}


WAIT_AND_SEE = {
    "Wait": {"Type": "Wait", "Seconds": 6, "Next": "See"},
    "See": {"Type": "Pass", "Parameters": {"seen.$": "$.n"}, "End": True},
}


def told(described: dict, reason: str):
    """The execution has failed, and its cause says why and what to do."""
    status, cause = described["status"], described.get("cause", "")
    assert status == "FAILED", f"{status}: {described.get('error')}: {cause}"
    assert described["error"] == "States.Runtime", described["error"]
    assert reason in cause and "Nothing was lost" in cause and "mended, RedriveExecution goes on" in cause, cause


@drill("a record that cannot be read ends its execution as FAILED; once it is mended, a redrive goes on from there")
async def _(it: Drills):
    (arn,) = await it.start("drill-record", WAIT_AND_SEE, {"n": 1})
    head = await it.waiting(arn)
    await it.put(with_body(head, b'{"version":1,"torn'))
    told(await it.ended(arn), f"record {int(head['sk']['S'].rsplit('#', 1)[1])} of strand 0 of {arn}")
    await it.put(head)
    await it.goes_on(arn, {"seen": 1})


@drill("a definition that is gone ends its executions as FAILED; once it is back, a redrive goes on from there")
async def _(it: Drills):
    (arn,) = await it.start("drill-definition", WAIT_AND_SEE, {"n": 2})
    await it.waiting(arn)
    machine = arn.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
    (revision,) = await it.partition(f"M#{machine}", "REV#")
    await it.remove(revision)
    # Those who have read it know it still.
    await asyncio.gather(*(function.restart() for function in it.system.functions.values()))

    async def ended():
        return await it.status(arn) != "RUNNING"

    await it.until(f"{arn} ends", ended)
    await it.put(revision)
    told(await it.ended(arn), machine)
    await it.goes_on(arn, {"seen": 2})


@drill("a wake whose worker dies each time is taken over by the function dead, and its execution goes on")
async def _(it: Drills):
    # The wake's text has the ARN, and so the machine's name.
    it.system.functions["advance"].deadly.add("drill-deadly")
    states = {"Only": {"Type": "Pass", "Result": "through", "End": True}}
    (arn,) = await it.start("drill-deadly", states, {})
    described = await it.ended(arn)
    it.system.functions["advance"].deadly.clear()
    assert described["status"] == "SUCCEEDED", described
    assert described["output"] == '"through"', described["output"]
    return f"dead was invoked {it.system.functions['dead'].counts['invocations']} times"


@drill("parked timers reach their executions")
async def _(it: Drills):
    states = {"Long": {"Type": "Wait", "Seconds": 1200, "End": True}}
    arns = await it.start("drill-parked", states, {"kept": 3}, count=5)
    now = int(time.time() * 1_000_000)
    # As after any earlier run of timer: the first one looks through a whole hour.
    watermark = {"pk": {"S": "SETTINGS"}, "sk": {"S": "WATERMARK"}, "minute": {"N": str(now // 60_000_000 - 60)}}
    await it.put(watermark)
    for arn in arns:
        await move_due(it, arn, await it.waiting(arn), now)
    timer = it.system.functions["timer"]
    event = {"time": "of the schedule"}

    async def swept():
        try:
            await timer.invoke(event)
        except Died:
            await asyncio.sleep(0.5)
            return False
        return not await parked(it, arns)

    await it.until("the timers are sent", swept)
    for arn in arns:
        described = await it.ended(arn)
        assert described["status"] == "SUCCEEDED" and json.loads(described["output"]) == {"kept": 3}, described
    return f"{len(arns)} timers, timer was invoked {timer.counts['invocations']} times"


async def parked(it: Drills, arns: list) -> list:
    items = [item for item in await it.system.items() if item["pk"]["S"].startswith("T#")]
    return [item for item in items if json.loads(unpack(base64.b64decode(item["w"]["B"])))["execution"] in arns]


async def move_due(it: Drills, arn: str, record: dict, now: int):
    """What is due later is due now, in both places that say when: the parked timer, and the record that waits."""

    async def look():
        return await parked(it, [arn])

    for timer in await it.until(f"{arn} has a parked timer", look):
        _, _, shard = timer["pk"]["S"].split("#")
        moved = {"pk": {"S": f"T#{now // 60_000_000}#{shard}"}, "sk": {"S": f"{now:020}#{timer['sk']['S'].split('#')[1]}"}}
        await it.put(timer | moved)
        await it.remove(timer)
    text = body(record)
    assert replace(text, "until", now) == 1, f"the record has another shape: {text}"
    await it.put(with_body(record, json.dumps(text, separators=(",", ":"), ensure_ascii=False).encode()))


@drill("messages that are no wakes end in the dead-letter queue and in the log, and hurt no other")
async def _(it: Drills):
    for name, texts in (("StepQueue", JUNK), ("TaskQueue", JUNK[:1])):
        for text in texts:
            it.junk.append((await it.system.queues[name].send(text))["MessageId"])
    said = "a dead letter cannot be read: look at it"

    async def look():
        lines = [line for line in it.system.log_of("dead").splitlines() if said in line]
        return all(any(id_ in line for line in lines) for id_ in it.junk)

    await it.until("the log names them", look)
    return f"{len(it.junk)} messages"
