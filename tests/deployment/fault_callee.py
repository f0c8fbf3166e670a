"""What the workflows call: functions that note who called them, fail as they are asked to, and hand in tokens late.

Every call brings along which execution, state, visit, redrive and attempt it is for: two with the same of these are one too
many.
"""

import asyncio
import json
import random
import time
from collections import Counter, defaultdict

from streams import Broken, Request, Response, in_background

# What Task states send along in `from`. `item` tells the iterations of a Map apart.
FROM = {
    "execution.$": "$$.Execution.Name",
    "redrive.$": "$$.Execution.RedriveCount",
    "state.$": "$$.State.Name",
    "entered.$": "$$.State.EnteredTime",
    "attempt.$": "$$.State.RetryCount",
}
# Seconds that a call takes, and how often of a hundred.
DURATIONS = ((0.01, 50), (0.05, 30), (0.3, 14), (1.0, 4), (3.0, 2))
# What Lambda itself does to a call, and how often in a thousand.
REFUSED = {"throttled": 15, "service error": 10, "closed unseen": 10, "answer dropped": 15}


class Failure(Exception):
    """What a function raises: its name, and what it says."""

    def __init__(self, name: str, message: str):
        super().__init__(message)
        self.name = name


class Callee:
    """All functions that workflows call."""

    def __init__(self, seed):
        self._random = random.Random(f"callee {seed}")
        # By execution: (state, item, entered, redrive, attempt) and how often; when each call came.
        self.calls = defaultdict(Counter)
        self.times = defaultdict(list)
        self.counts = Counter()
        self.is_on = True
        # Executions for which what failed them is mended.
        self.mended = set()
        # What hears of tokens: a coroutine function of an execution's name, the token and the event.
        self.on_token = None

    async def invoke(self, request: Request) -> Response:
        """Lambda's Invoke."""
        name = request.path.split("/")[3].replace("%3A", ":").rsplit(":", 1)[-1]
        event = json.loads(request.body)
        fate = self._fate()
        self.counts[fate] += 1
        if fate == "throttled":
            return refusal(429, "TooManyRequestsException")
        if fate == "service error":
            return refusal(500, "ServiceException")
        if fate == "closed unseen":
            raise Broken
        self._note(event)
        try:
            answer = Response(200, {"x-amz-executed-version": "$LATEST"}, json.dumps(await self._run(name, event)).encode())
        except Failure as failure:
            body = json.dumps({"errorMessage": str(failure), "errorType": failure.name}).encode()
            answer = Response(200, {"x-amz-function-error": "Unhandled"}, body)
        if fate == "answer dropped":
            raise Broken
        return answer

    def _fate(self) -> str:
        dice = self._random.random() * 1000
        for kind, rate in REFUSED.items() if self.is_on else ():
            dice -= rate
            if dice < 0:
                return kind
        return "called"

    def _note(self, event: dict):
        of = event["from"]
        self.calls[of["execution"]][of["state"], event.get("item"), of["entered"], of["redrive"], of["attempt"]] += 1
        self.times[of["execution"]].append(time.time())

    async def _run(self, name: str, event: dict):
        durations, weights = zip(*DURATIONS)
        (longest,) = self._random.choices(durations, weights)
        await asyncio.sleep(longest * self._random.uniform(0.5, 1))
        return await getattr(self, f"_{name.replace('-', '_')}")(event)

    async def _echo(self, event: dict):
        return event["value"]

    async def _flaky(self, event: dict):
        if event["from"]["attempt"] < event["failures"]:
            raise Failure("PaymentGatewayBusy", "not yet")
        return "at last"

    async def _decline(self, _event: dict):
        raise Failure("CardDeclined", "insufficient funds")

    async def _mendable(self, event: dict):
        if event["from"]["execution"] not in self.mended:
            raise Failure("Broken", "somebody has to mend it")
        return "mended"

    async def _hang(self, event: dict):
        if event["from"]["attempt"] == 0:
            await asyncio.sleep(6)
        return "in time"

    async def _slow(self, event: dict):
        await asyncio.sleep(0.3)
        return event["value"]

    async def _make_large(self, event: dict):
        return {"text": event["letter"] * event["length"]}

    async def _measure(self, event: dict):
        return {"length": len(event["text"]), "letters": "".join(sorted(set(event["text"])))}

    async def _keep_token(self, event: dict):
        # Now and then the token comes back before the call has returned.
        in_background(self.on_token(event["from"]["execution"], event["token"], event))
        if self._random.random() < 0.3:
            await asyncio.sleep(0.3)
        return {"kept": True}

    async def _validate_order(self, event: dict):
        return {"valid": bool(event["lines"]), "total": 84, "currency": "GBP"}

    async def _reserve_stock(self, event: dict):
        return {"reservation": f"shelf-{event['lineCount']}"}

    async def _charge_card(self, event: dict):
        if event["from"]["attempt"] == 0:
            raise Failure("PaymentGatewayBusy", "try again in a second")
        return {"receipt": "rc_5Kd2"}

    async def _ship_order(self, event: dict):
        return {"tracking": f"RX-{event['reservation']}"}

    async def _notify_customer(self, event: dict):
        return event["text"]


def refusal(status: int, name: str) -> Response:
    body = json.dumps({"Type": "User", "message": "of the test"}).encode()
    return Response(status, {"x-amzn-errortype": name, "content-type": "application/json"}, body)
