"""What must be true once everything has ended: each of CHECKS raises AssertionError, or returns what to print."""

import asyncio
import base64
import json
import time
import zlib
from collections import Counter, defaultdict

from fault_driver import FINAL, Refused, lost

TERMINAL = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
# Seconds that the queues have to run empty: late duplicates, and wakes that were sent to be safe.
DRAINING = 90
# How long a call that was claimed before a stop may take to be made: an ambiguous claim is cleared up within nine seconds.
CLAIMED_BEFORE = 10
# How many failures are printed of one kind.
SHOWN = 8
CHECKS = []


def check(title):
    """Makes a coroutine function of what was gathered one check."""

    def register(function):
        CHECKS.append((title, function))
        return function

    return register


def fail_if(problems: list):
    if problems:
        more = f"\n        and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise AssertionError("\n        ".join(problems[:SHOWN]) + more)


def unpack(packed: bytes) -> bytes:
    """A body as the store keeps it: plain, or in DEFLATE."""
    return zlib.decompress(packed[1:], wbits=-15) if packed[0] else packed[1:]


class Checks:
    """What is looked at: answers of the API, histories, and the table."""

    def __init__(self, system, driver, staying: dict, redrives: Counter):
        self.system = system
        self.driver = driver
        # By queue: messages that nobody can read, so that they must stay.
        self.staying = staying
        self.left = {}
        self.described = {}
        self.histories = {}
        # By execution and run: the records of each strand.
        self.runs = defaultdict(lambda: defaultdict(dict))
        self.metas = {}
        self.redrives = redrives + Counter({it.arn: it.redrives for it in driver.executions})
        self.records = self.strands = self.executions = 0

    async def gather(self):
        await self._drain()
        await self._read_table()
        limit = asyncio.Semaphore(4)

        async def look(execution):
            async with limit:
                await self._look(execution)

        await asyncio.gather(*(look(it) for it in self.driver.executions))

    async def _drain(self):
        ends = time.monotonic() + DRAINING
        while True:
            counts = await self.system.counts()
            self.left = {name: count - self.staying.get(name, 0) for name, count in counts.items()}
            if not any(self.left.values()) or time.monotonic() > ends:
                return
            await asyncio.sleep(0.5)

    async def _read_table(self):
        for item in await self.system.items():
            pk, sk = item["pk"]["S"], item["sk"]["S"]
            if sk == "META" and pk.startswith("X#"):
                self.metas[pk.removeprefix("X#")] = item
            elif sk.startswith("R#"):
                arn, run = pk.removeprefix("X#").rsplit("#", 1)
                strand, seq = sk.removeprefix("R#").rsplit("#", 1)
                body = json.loads(unpack(base64.b64decode(item["b"]["B"])))
                self.runs[arn, run][strand][int(seq)] = body
        self.executions = len(self.metas)
        self.records = sum(len(it) for run in self.runs.values() for it in run.values())
        self.strands = sum(len(run) for run in self.runs.values())

    async def _look(self, execution):
        api = self.driver.api
        try:
            self.described[execution.arn], _ = await api.ask("DescribeExecution", executionArn=execution.arn)
        except Refused as error:
            self.described[execution.arn] = {"status": error.name}
            return
        events, token = [], {}
        while True:
            page, _ = await api.ask("GetExecutionHistory", executionArn=execution.arn, maxResults=1000, **token)
            events += page["events"]
            if not page.get("nextToken"):
                break
            token = {"nextToken": page["nextToken"]}
        self.histories[execution.arn] = events


@check("every execution that was started has ended, and those that may not have been either ended or never were")
async def _(it: Checks):
    for machine, names in lost(it.driver.executions).items():
        print(f"        lost: {machine}: {', '.join(names)}")
    problems = [f"{name}: still running" for names in lost(it.driver.executions).values() for name in names]
    unsure = Counter()
    for execution in it.driver.executions:
        status = it.described[execution.arn]["status"]
        if not execution.is_started:
            unsure[status] += 1
        if status not in FINAL and (execution.is_started or status != "ExecutionDoesNotExist"):
            problems.append(f"{execution.name}: {status}")
    fail_if(problems + it.driver.problems)
    return f"{it.executions} executions; of users who did not try again: {dict(unsure)}"


@check("every execution ended as it should, with the right output, error and cause")
async def _(it: Checks):
    problems, ends = [], Counter()
    for execution in it.driver.executions:
        found, case = it.described[execution.arn], execution.case
        if found["status"] not in FINAL:
            continue
        ends[found["status"]] += 1
        output = json.loads(found["output"]) if "output" in found else None
        expected = case.status
        if execution.redrives or case.is_stopped and (execution.stopped_at is None or found["status"] == "SUCCEEDED"):
            expected = "SUCCEEDED"
        wrong = None
        if found["status"] != expected:
            wrong = f"{found['status']}: {found.get('error')}: {found.get('cause')}"
        elif expected == "SUCCEEDED" and case.has_token:
            sent = set(execution.tokens.values())
            if output not in sent or (execution.accepted and output not in execution.accepted):
                wrong = f"output {output}, sent {sent}, accepted {execution.accepted}"
        elif expected == "SUCCEEDED" and output != case.output:
            wrong = f"output {str(output)[:200]}, expected {str(case.output)[:200]}"
        elif expected in ("FAILED", "ABORTED") and (found.get("error"), found.get("cause")) != (case.error, case.cause):
            wrong = f"{found.get('error')}: {found.get('cause')}"
        if wrong:
            problems.append(f"{execution.name}: {wrong}")
    fail_if(problems)
    return ", ".join(f"{count} {status}" for status, count in sorted(ends.items()))


@check("each attempt of a task was called at most once, and only after it was scheduled")
async def _(it: Checks):
    problems, calls = [], 0
    for execution in it.driver.executions:
        made = it.system.callee.calls[execution.name]
        calls += sum(made.values())
        problems += [f"{execution.name}: {key} called {times} times" for key, times in made.items() if times > 1]
        types = Counter(event["type"] for event in it.histories.get(execution.arn, []))
        scheduled = types["TaskScheduled"] + types["LambdaFunctionScheduled"]
        if len(made) > scheduled:
            problems.append(f"{execution.name}: {len(made)} attempts called, {scheduled} scheduled")
    fail_if(problems)
    return f"{calls} calls"


@check("every history is numbered from 1, refers back, and has one terminal event, the last, but for those redriven")
async def _(it: Checks):
    problems, count = [], 0
    for execution in it.driver.executions:
        events = it.histories.get(execution.arn)
        if events is None:
            continue
        count += len(events)
        ids = [event["id"] for event in events]
        types = [event["type"] for event in events]
        if ids != list(range(1, len(ids) + 1)):
            problems.append(f"{execution.name}: numbered {ids[:20]}")
        if any(event.get("previousEventId", 0) >= event["id"] for event in events):
            problems.append(f"{execution.name}: an event refers forward")
        ends = [at for at, type_ in enumerate(types) if type_ in TERMINAL]
        redriven = [at for at, type_ in enumerate(types) if type_ == "ExecutionRedriven"]
        if redriven != [at + 1 for at in ends[:-1]] or len(redriven) != execution.redrives:
            problems.append(f"{execution.name}: redriven {execution.redrives} times: ends at {ends}, goes on at {redriven}")
        if types[0] != "ExecutionStarted" or types[-1] not in TERMINAL:
            problems.append(f"{execution.name}: begins with {types[0]}, ends with {types[-3:]}")
        if types.count("ExecutionStarted") != 1:
            problems.append(f"{execution.name}: started {types.count('ExecutionStarted')} times")
    fail_if(problems)
    return f"{count} events"


@check("the records of every strand are dense, and its last one ends it")
async def _(it: Checks):
    problems = []
    for arn, meta in it.metas.items():
        run = it.runs[arn, meta["run"]["S"]]
        if "0" not in run:
            problems.append(f"{arn}: no record")
        for strand, records in run.items():
            if sorted(records) != list(range(len(records))):
                problems.append(f"{arn} {strand}: records {sorted(records)}")
            phase = records[max(records)]["cursor"]["phase"]
            if "Ended" not in phase:
                problems.append(f"{arn} {strand}: is open at {max(records)}: {str(phase)[:200]}")
            ended = [seq for seq, record in records.items() if "Ended" in record["cursor"]["phase"]]
            if len(ended) > 1 + it.redrives[arn]:
                problems.append(f"{arn} {strand}: ended {len(ended)} times")
    fail_if(problems)
    return f"{it.records} records in {it.strands} strands"


@check("a stopped execution starts nothing once the stop was answered")
async def _(it: Checks):
    problems, stopped = [], 0
    for execution in it.driver.executions:
        if execution.stopped_at is None or execution.redrives:
            continue
        stopped += 1
        late = [at - execution.stopped_at for at in it.system.callee.times[execution.name]]
        problems += [f"{execution.name}: called {seconds:.1f} s after" for seconds in late if seconds > CLAIMED_BEFORE]
    fail_if(problems)
    return f"{stopped} stopped"


@check("no message is left in any queue, but for those that nobody can read")
async def _(it: Checks):
    fail_if([f"{name}: {count}" for name, count in it.left.items() if count])
