"""Stands between the functions and DynamoDB, SQS and S3, and does to their requests what a bad day does.

A seed decides what happens to which request. What is refused is refused in the service's own words, so that the SDKs take it
for what it is.
"""

import asyncio
import json
import random
from collections import Counter

from streams import Broken, Request, Response

# What may happen to one request, and how often in a thousand.
RATES = {
    "500": 15,
    "throttled": 15,
    "closed unseen": 12,
    "answer dropped": 25,
    "delayed before": 12,
    "delayed after": 12,
    "entry refused": 20,
    "entry sent, refused": 20,
    "read too early": 100,
    "key left out": 40,
}
# These happen to one entry of a batch of messages alone.
OF_ENTRIES = {"entry refused", "entry sent, refused"}
# During an outage, a service refuses this share of all requests.
OUTAGE_SHARE = 0.8
# Delays in seconds. The SDKs here give up an attempt after four: some requests arrive after they were given up.
DELAYS = (0.05, 0.5, 1.5, 3.0, 5.0)
DELAY_WEIGHTS = (40, 30, 15, 8, 7)

SQS_ERROR = {
    "500": (500, "com.amazonaws.sqs#InternalFailure", "InternalFailure;Receiver"),
    "throttled": (400, "com.amazonaws.sqs#RequestThrottled", "RequestThrottled;Sender"),
}
DYNAMODB_ERRORS = {
    "500": [(500, "com.amazonaws.dynamodb.v20120810#InternalServerError")],
    "throttled": [
        (400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"),
        (400, "com.amazon.coral.availability#ThrottlingException"),
        (400, "com.amazonaws.dynamodb.v20120810#RequestLimitExceeded"),
    ],
}
S3_ERROR = {"500": (500, "InternalError"), "throttled": (503, "SlowDown")}


def service_and_operation(request: Request) -> tuple[str, str]:
    """Which service a request is for, and what it asks for."""
    target = request.headers.get("x-amz-target", "")
    service, _, operation = target.partition(".")
    if service.startswith("DynamoDB"):
        return "dynamodb", operation
    return ("sqs", operation) if service == "AmazonSQS" else ("s3", request.method)


def may_happen(kind: str, operation: str, request: Request) -> bool:
    """Whether this can happen to such a request."""
    if kind in OF_ENTRIES:
        return operation == "SendMessageBatch"
    if kind == "key left out":
        return operation == "BatchGetItem"
    # A read that is not asked to be consistent may not see what was put last.
    if kind == "read too early":
        return operation in ("GetItem", "BatchGetItem", "Query") and b'"ConsistentRead":true' not in request.body
    return True


class Faults:
    """Decides, and counts what it decided."""

    def __init__(self, seed, rates: dict | None = None):
        self._random = random.Random(f"faults {seed}")
        self._rates = RATES if rates is None else rates
        self.counts = Counter()
        self.is_on = True
        self.failing = set()

    def draw(self, service: str, operation: str, request: Request) -> str:
        kind = self._draw(service, operation, request) if self.is_on else "passed"
        self.counts[kind] += 1
        return kind

    def _draw(self, service: str, operation: str, request: Request) -> str:
        if service in self.failing and self._random.random() < OUTAGE_SHARE:
            return self._random.choice(["500", "throttled"])
        dice = self._random.random() * 1000
        for kind, rate in self._rates.items():
            if not may_happen(kind, operation, request):
                continue
            dice -= rate
            if dice < 0:
                return kind
        return "passed"

    def delay(self) -> float:
        (longest,) = self._random.choices(DELAYS, DELAY_WEIGHTS)
        return longest * self._random.uniform(0.5, 1)

    def choose(self, among):
        return self._random.choice(among)

    async def outages(self, every: float, longest: float):
        """Lets one service after the other fail for a while."""
        while True:
            await asyncio.sleep(self._random.uniform(0.5, 1.5) * every)
            service = self._random.choice(["dynamodb", "sqs", "s3"])
            self.failing.add(service)
            self.counts["outages"] += 1
            await asyncio.sleep(self._random.uniform(0.3, 1) * longest)
            self.failing.discard(service)


class Proxy:
    """Passes requests on with the coroutine function `forward`, or does not."""

    def __init__(self, forward, faults: Faults, longest_invisible: int | None = None):
        self._forward = forward
        self._faults = faults
        # Seconds after which a message comes again at the latest, whatever was asked for: SQS may, and tests must end.
        self._longest_invisible = longest_invisible

    async def handle(self, request: Request) -> Response:
        service, operation = service_and_operation(request)
        if operation == "ChangeMessageVisibilityBatch" and self._longest_invisible is not None:
            request = self._sooner(request)
        kind = self._faults.draw(service, operation, request)
        if kind in ("500", "throttled"):
            return self._refusal(service, kind)
        if kind == "closed unseen":
            raise Broken
        if kind in OF_ENTRIES:
            return await self._without_an_entry(request, is_sent=kind == "entry sent, refused")
        if kind == "delayed before":
            await asyncio.sleep(self._faults.delay())
        if kind == "key left out":
            return await self._without_a_key(request)
        answer = await self._forward(request)
        if kind == "read too early":
            return self._early(answer)
        if kind == "delayed after":
            await asyncio.sleep(self._faults.delay())
        if kind == "answer dropped":
            raise Broken
        return answer

    def _sooner(self, request: Request) -> Request:
        asked = json.loads(request.body)
        for entry in asked["Entries"]:
            entry["VisibilityTimeout"] = min(entry["VisibilityTimeout"], self._longest_invisible)
        return Request(request.method, request.path, request.headers, json.dumps(asked).encode())

    def _refusal(self, service: str, kind: str) -> Response:
        if service == "s3":
            status, code = S3_ERROR[kind]
            body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>of the test</Message></Error>'
            return Response(status, {"content-type": "application/xml"}, body.encode())
        headers = {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "of-the-test"}
        if service == "sqs":
            status, name, query_error = SQS_ERROR[kind]
            headers["x-amzn-query-error"] = query_error
        else:
            status, name = self._faults.choose(DYNAMODB_ERRORS[kind])
        return Response(status, headers, json.dumps({"__type": name, "message": "of the test"}).encode())

    def _early(self, answer: Response) -> Response:
        """Without the newest of what was read."""
        if answer.status != 200:
            return answer
        found = json.loads(answer.body)
        found.pop("Item", None)
        for items in [found.get("Items", []), *found.get("Responses", {}).values()]:
            if items:
                items.pop(self._faults.choose(range(len(items))))
        if "Items" in found:
            found["Count"] = found["ScannedCount"] = len(found["Items"])
        return changed(answer, found)

    async def _without_a_key(self, request: Request) -> Response:
        """Leaves one key for another request, as DynamoDB does when it is busy."""
        asked = json.loads(request.body)
        ((table, wanted),) = asked["RequestItems"].items()
        left = self._faults.choose(wanted["Keys"])
        kept = [key for key in wanted["Keys"] if key != left]
        found, answer = {"Responses": {table: []}}, Response(200, {"content-type": "application/x-amz-json-1.0"})
        if kept:
            body = json.dumps(asked | {"RequestItems": {table: wanted | {"Keys": kept}}}).encode()
            answer = await self._forward(Request(request.method, request.path, request.headers, body))
            if answer.status != 200:
                return answer
            found = json.loads(answer.body)
        rest = found.setdefault("UnprocessedKeys", {}).setdefault(table, wanted | {"Keys": []})
        rest["Keys"] = [*rest["Keys"], left]
        return changed(answer, found)

    async def _without_an_entry(self, request: Request, is_sent: bool) -> Response:
        """Refuses one entry of a batch, which SQS took none the less or did not."""
        asked = json.loads(request.body)
        entries = asked.get("Entries", [])
        if not entries:
            return await self._forward(request)
        refused = self._faults.choose(entries)["Id"]
        kept = entries if is_sent else [it for it in entries if it["Id"] != refused]
        answered, answer = {"Successful": []}, Response(200, {"content-type": "application/x-amz-json-1.0"})
        if kept:
            body = json.dumps(asked | {"Entries": kept}).encode()
            answer = await self._forward(Request(request.method, request.path, request.headers, body))
            if answer.status != 200:
                return answer
            answered = json.loads(answer.body)
        failure = {"Id": refused, "Code": "InternalError", "SenderFault": False, "Message": "of the test"}
        answered["Successful"] = [it for it in answered.get("Successful", []) if it["Id"] != refused]
        answered["Failed"] = [*answered.get("Failed", []), failure]
        return changed(answer, answered)


def changed(answer: Response, members: dict) -> Response:
    """The answer with another body, and without the checksum of the one that it had."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-amz-crc32"}
    return Response(answer.status, headers, json.dumps(members).encode())
