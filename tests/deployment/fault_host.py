"""Functions as processes that are killed in the middle: the Runtime API behind each, its way to AWS before it.

Each instance has a port of its own, where it finds all that is not itself: its events, DynamoDB and SQS and S3 through the
proxy, and the functions that its tasks call. So it can be killed before a request of it is passed on, after that and before
the answer, or while a call runs: with SIGKILL, as Lambda ends environments.
"""

import asyncio
import contextlib
import json
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass

import streams
from emulator import ACCOUNT, REGION
from streams import Broken, Request, Response, in_background

RUNTIME = "/2018-06-01/runtime/"
INVOKE = "/2015-03-31/functions/"
# How many requests an instance lives on that is doomed; the last number: it may be lucky.
DOOMED_AFTER = (0, 0, 1, 1, 2, 3, 4, 6)
MOMENTS = ("before", "after", "call")


class Died(Exception):
    """The instance ended before it answered."""


class TimedOut(Died):
    """It was killed because its time was up."""


@dataclass
class Invocation:
    """One event that an instance works on."""

    id: str
    event: bytes
    ends: float
    answer: asyncio.Future


@dataclass
class Doom:
    """When an instance is to be killed within its invocation: around the request with this number, or in a call."""

    moment: str
    requests: int


class Instance:
    """One environment of a function: a process at a time."""

    def __init__(self, function: "Function", port: int):
        self.function = function
        self.port = port
        self._process = None
        self._ready = asyncio.Event()
        self._has_started = False
        self._asked = None
        self._invocation = None
        self._doom = None
        self._server = None

    async def open(self):
        self._server = await streams.serve(self.port, self._handle)
        await self._spawn()

    async def _spawn(self):
        self._ready.clear()
        # Whom the last process left waiting for an event.
        if self._asked:
            self._asked.cancel()
        self._asked = None
        self._has_started = False
        function = self.function
        environment = function.environment | {
            "AWS_ENDPOINT_URL": f"http://{streams.HOST}:{self.port}",
            "AWS_LAMBDA_RUNTIME_API": f"{streams.HOST}:{self.port}",
        }
        self._process = await asyncio.create_subprocess_exec(
            str(function.program), env=environment, stdout=function.log, stderr=function.log
        )
        function.counts["started"] += 1
        in_background(self._watch(self._process))

    async def _watch(self, process):
        await process.wait()
        if self.function.is_closing:
            return
        self._fail(Died(f"{self.function.name} ended with {process.returncode}"))
        # One that cannot start, because the way to AWS is barred, does not try without pause.
        if not self._has_started:
            self.function.counts["did not start"] += 1
            await asyncio.sleep(0.3)
        await self._spawn()

    def _fail(self, error: Died):
        if self._invocation and not self._invocation.answer.done():
            self._invocation.answer.set_exception(error)

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._fail(Died("killed"))

    async def ready(self):
        await self._ready.wait()

    async def invoke(self, event: dict, doom: Doom | None) -> dict:
        """What the function answers to the event."""
        await self.ready()
        function = self.function
        answer = asyncio.get_running_loop().create_future()
        self._doom = doom
        self._invocation = Invocation(
            str(uuid.uuid4()), json.dumps(event).encode(), time.time() + function.timeout, answer
        )
        # The one who waits is of this process; it asks again for the next event.
        asked, self._asked = self._asked, None
        self._ready.clear()
        if asked is None:
            raise Died("it ended while it was idle")
        asked.set_result(self._invocation)
        try:
            return await asyncio.wait_for(asyncio.shield(answer), function.timeout)
        except asyncio.TimeoutError:
            function.counts["ran out of time"] += 1
            self.kill()
            raise TimedOut(f"{function.name} had {function.timeout} s") from None
        finally:
            self._invocation = self._doom = None
            # Nobody may be left to hear of it.
            if answer.done() and not answer.cancelled():
                answer.exception()

    async def _handle(self, request: Request) -> Response:
        if request.path == f"{RUNTIME}invocation/next":
            return await self._next()
        if request.path.startswith(RUNTIME):
            return self._answered(request)
        if request.path.startswith(INVOKE):
            return await self._call(request)
        return await self._pass_on(request)

    async def _next(self) -> Response:
        self._asked = asyncio.get_running_loop().create_future()
        self._has_started = True
        self._ready.set()
        invocation = await self._asked
        headers = {
            "content-type": "application/json",
            "lambda-runtime-aws-request-id": invocation.id,
            "lambda-runtime-deadline-ms": str(int(invocation.ends * 1000)),
            "lambda-runtime-invoked-function-arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function.name}",
        }
        return Response(200, headers, invocation.event)

    def _answered(self, request: Request) -> Response:
        parts = request.path.removeprefix(RUNTIME).split("/")
        invocation = self._invocation
        if parts[0] == "invocation" and invocation and parts[1] == invocation.id and not invocation.answer.done():
            if parts[2] == "response":
                invocation.answer.set_result(json.loads(request.body))
            else:
                invocation.answer.set_exception(Died(f"{self.function.name}: {request.body[:500]}"))
        return Response(202)

    async def _call(self, request: Request) -> Response:
        if self._is_doomed("call"):
            call = in_background(self.function.callee(request))
            await asyncio.sleep(self.function.random.uniform(0, 0.3))
            self._die("call")
            await call
            raise Broken
        return await self.function.callee(request)

    async def _pass_on(self, request: Request) -> Response:
        if self._is_doomed("before"):
            self._die("before")
            raise Broken
        dies_after = self._is_doomed("after")
        if self._doom:
            self._doom.requests -= 1
        try:
            return await self.function.proxy(request)
        finally:
            if dies_after:
                self._die("after")

    def _is_doomed(self, moment: str) -> bool:
        doom = self._doom
        return doom is not None and doom.moment == moment and (moment == "call" or doom.requests <= 0)

    def _die(self, moment: str):
        if self._invocation and not self._invocation.answer.done():
            self.function.counts[f"killed {moment}"] += 1
            self.kill()

    async def close(self):
        self._server.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


class Function:
    """A function: some instances, handed out to whoever has an event."""

    def __init__(self, name: str, program, timeout: float, environment: dict, log, proxy, callee, seed):
        self.name = name
        self.program = program
        self.timeout = timeout
        self.environment = environment
        self.log = log
        self.proxy = proxy
        self.callee = callee
        self.counts = Counter()
        self.random = random.Random(f"host {name} {seed}")
        self.kills_in_a_thousand = 0
        # What is killed whenever it is tried: texts that an event has in it.
        self.deadly = set()
        self.is_closing = False
        self.instances = []
        self._free = asyncio.Queue()

    async def open(self, ports: list):
        for port in ports:
            instance = Instance(self, port)
            await instance.open()
            self.instances.append(instance)
            self._free.put_nowait(instance)

    async def take(self) -> Instance:
        """An instance that waits for an event."""
        instance = await self._free.get()
        await instance.ready()
        return instance

    async def invoke(self, event: dict, instance: Instance | None = None) -> dict:
        instance = instance or await self.take()
        try:
            self.counts["invocations"] += 1
            return await instance.invoke(event, self._doom(event))
        finally:
            self._free.put_nowait(instance)

    def give_back(self, instance: Instance):
        self._free.put_nowait(instance)

    def _doom(self, event: dict) -> Doom | None:
        if self.deadly and any(it in json.dumps(event) for it in self.deadly):
            return Doom("before", 0)
        if self.random.random() * 1000 >= self.kills_in_a_thousand:
            return None
        moments = MOMENTS if self.name == "task" else MOMENTS[:2]
        return Doom(self.random.choice(moments), self.random.choice(DOOMED_AFTER))

    async def restart(self):
        """All of its processes anew, with nothing in their caches."""
        for instance in self.instances:
            instance._ready.clear()
            instance.kill()
        await asyncio.gather(*(it.ready() for it in self.instances))

    async def close(self):
        self.is_closing = True
        self.log.close()
        await asyncio.gather(*(it.close() for it in self.instances))
