"""Queues, and what brings their messages to functions: some of them twice, late, or again although they are done with."""

import json
import random
from collections import Counter

import streams
from emulator import ACCOUNT, REGION
from fault_host import Died, Function, Instance
from streams import Request, in_background

# How many bodies are kept to be sent once more much later.
KEPT = 300


def signature(service: str) -> str:
    """What the emulator tells services apart by. It does not check it here."""
    return f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"


class Queue:
    """One SQS queue of the emulator, reached without faults."""

    def __init__(self, client: streams.Client, url: str):
        self._client = client
        self.url = url
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rsplit('/', 1)[1]}"

    async def ask(self, operation: str, **members) -> dict:
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"AmazonSQS.{operation}",
            "authorization": signature("sqs"),
        }
        body = json.dumps({"QueueUrl": self.url} | members).encode()
        answer = await self._client.send(Request("POST", "/", headers, body))
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status}: {answer.body[:500]}")
        return json.loads(answer.body or b"{}")

    async def receive(self, most: int) -> list:
        asked = {"MaxNumberOfMessages": most, "WaitTimeSeconds": 2, "MessageSystemAttributeNames": ["All"]}
        return (await self.ask("ReceiveMessage", **asked)).get("Messages", [])

    async def send(self, body: str, delay: int = 0) -> dict:
        return await self.ask("SendMessage", MessageBody=body, DelaySeconds=delay)

    async def delete(self, messages: list):
        entries = [{"Id": str(id_), "ReceiptHandle": it["ReceiptHandle"]} for id_, it in enumerate(messages)]
        await self.ask("DeleteMessageBatch", Entries=entries)

    async def count(self) -> dict:
        names = ["", "NotVisible", "Delayed"]
        names = [f"ApproximateNumberOfMessages{it}" for it in names]
        found = (await self.ask("GetQueueAttributes", AttributeNames=names))["Attributes"]
        return {name: int(found[name]) for name in names}

    def record(self, message: dict) -> dict:
        """The message as Lambda hands it to a function."""
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": self.arn,
            "awsRegion": REGION,
        }


class Mapping:
    """An event source mapping: messages of a queue to a function. It delivers some twice, and forgets to delete some."""

    def __init__(self, queue: Queue, function: Function, batch: int, seed):
        self._queue = queue
        self._function = function
        self._batch = batch
        self._random = random.Random(f"mapping {function.name} {seed}")
        self._old = []
        self.twice_in_a_thousand = 0
        self.forgotten_in_a_thousand = 0
        # Bodies that are to be counted in the end.
        self.once_only = set()
        self.counts = Counter()

    async def run(self):
        while True:
            instance = await self._function.take()
            try:
                messages = await self._queue.receive(self._batch)
            except (ConnectionError, OSError):
                messages = []
            if messages:
                in_background(self._deliver(messages, instance))
            else:
                self._function.give_back(instance)

    async def _deliver(self, messages: list, instance: Instance):
        self.counts["received"] += len(messages)
        for message in messages:
            await self._perhaps_again(message["Body"])
        try:
            answer = await self._function.invoke({"Records": [self._queue.record(it) for it in messages]}, instance)
        except Died:
            self.counts["batches lost"] += 1
            return
        again = {it["itemIdentifier"] for it in answer["batchItemFailures"]}
        self.counts["returned"] += len(again)
        done = [it for it in messages if it["MessageId"] not in again and not self._forgets()]
        if done:
            await self._queue.delete(done)

    async def _perhaps_again(self, body: str):
        """Sends it once more now and then, or one of long ago."""
        if body in self.once_only:
            return
        if self._random.random() * 1000 < self.twice_in_a_thousand:
            old = self._random.random() < 0.3 and self._old
            self.counts["old duplicates" if old else "duplicates"] += 1
            await self._queue.send(self._random.choice(self._old) if old else body, self._random.choice([0, 0, 1, 3, 8]))
        if len(self._old) < KEPT:
            self._old.append(body)
        else:
            self._old[self._random.randrange(KEPT)] = body

    def _forgets(self) -> bool:
        forgets = self._random.random() * 1000 < self.forgotten_in_a_thousand
        self.counts["not deleted"] += forgets
        return forgets
