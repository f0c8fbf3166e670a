"""The proxy that fails: each fault is what it says, to the one who asks and to the one who is asked."""

import asyncio
import json
from collections import Counter

import pytest

import fault_proxy
import streams
from fault_proxy import Faults, Proxy
from streams import Broken, Request, Response

SENDS = {"x-amz-target": "AmazonSQS.SendMessageBatch"}
PUTS = {"x-amz-target": "DynamoDB_20120810.PutItem"}


def asked(headers: dict, members: dict | None = None) -> Request:
    return Request("POST", "/", headers, json.dumps(members or {}).encode())


class Upstream:
    """What stands behind the proxy: it remembers what it was asked, and takes every entry of a batch."""

    def __init__(self):
        self.seen = []

    async def answer(self, request: Request) -> Response:
        self.seen.append(request)
        entries = json.loads(request.body or b"{}").get("Entries", [])
        return Response(200, {}, json.dumps({"Successful": [{"Id": it["Id"]} for it in entries]}).encode())


def through(kind: str | None, request: Request, longest_invisible: int | None = None):
    """What comes of a request to which just this happens. Its answer, or how it ended, and what was passed on."""
    upstream = Upstream()
    faults = Faults(1, {kind: 1000} if kind else {})
    faults.delay = lambda: 0.01
    proxy = Proxy(upstream.answer, faults, longest_invisible)
    try:
        answer = asyncio.run(proxy.handle(request))
    except Broken:
        answer = "broken"
    assert faults.counts == Counter({kind or "passed": 1})
    return answer, upstream.seen


def test_a_request_that_nothing_happens_to_is_passed_on_as_it_is():
    request = asked(PUTS, {"TableName": "t"})
    answer, seen = through(None, request)
    assert answer.status == 200 and seen == [request]


@pytest.mark.parametrize("headers", [PUTS, SENDS, {}], ids=["dynamodb", "sqs", "s3"])
@pytest.mark.parametrize("kind", ["500", "throttled"])
def test_a_refused_request_is_not_passed_on(kind, headers):
    answer, seen = through(kind, asked(headers))
    assert seen == []
    assert answer.status >= 500 if kind == "500" else answer.status in (400, 503)


def test_a_throttled_request_is_refused_by_the_name_that_its_service_has_for_it():
    names = {json.loads(through("throttled", asked(PUTS))[0].body)["__type"].split("#")[1] for _ in range(9)}
    assert names <= {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}
    sqs = through("throttled", asked(SENDS))[0]
    assert json.loads(sqs.body)["__type"].endswith("#RequestThrottled")
    assert sqs.headers["x-amzn-query-error"] == "RequestThrottled;Sender"
    assert b"<Code>SlowDown</Code>" in through("throttled", Request("PUT", "/bucket/key"))[0].body


def test_a_connection_is_closed_before_or_after_the_request_was_passed_on():
    answer, seen = through("closed unseen", asked(PUTS))
    assert (answer, len(seen)) == ("broken", 0)
    answer, seen = through("answer dropped", asked(PUTS))
    assert (answer, len(seen)) == ("broken", 1)


@pytest.mark.parametrize("kind", ["delayed before", "delayed after"])
def test_a_delayed_request_is_answered_all_the_same(kind):
    answer, seen = through(kind, asked(PUTS))
    assert (answer.status, len(seen)) == (200, 1)


def test_an_entry_is_refused_that_was_sent_or_was_not():
    batch = asked(SENDS, {"QueueUrl": "q", "Entries": [{"Id": "0"}, {"Id": "1"}, {"Id": "2"}]})
    for kind, passed_on in (("entry refused", 2), ("entry sent, refused", 3)):
        answer, (seen,) = through(kind, batch)
        answered = json.loads(answer.body)
        (failure,) = answered["Failed"]
        assert (failure["Code"], failure["SenderFault"]) == ("InternalError", False)
        assert {it["Id"] for it in answered["Successful"]} | {failure["Id"]} == {"0", "1", "2"}
        entries = [it["Id"] for it in json.loads(seen.body)["Entries"]]
        assert len(entries) == passed_on and (failure["Id"] in entries) == (passed_on == 3)


def test_a_batch_of_nothing_has_no_entry_to_refuse():
    _, seen = through("entry refused", asked(SENDS, {"Entries": []}))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("kind", "service", "operation", "members"),
    [
        ("entry refused", "dynamodb", "PutItem", {}),
        ("key left out", "dynamodb", "GetItem", {}),
        ("read too early", "dynamodb", "PutItem", {}),
        ("read too early", "dynamodb", "GetItem", {"ConsistentRead": True}),
        ("read too early", "dynamodb", "Query", {"ConsistentRead": True}),
    ],
)
def test_what_cannot_happen_does_not(kind, service, operation, members):
    request = Request("POST", "/", {}, json.dumps(members, separators=(",", ":")).encode())
    assert Faults(1, {kind: 1000}).draw(service, operation, request) == "passed"


def reads(operation: str) -> dict:
    return {"x-amz-target": f"DynamoDB_20120810.{operation}"}


def test_a_read_that_is_too_early_does_not_see_an_item():
    async def answer(request):
        found = {"Item": {"pk": 1}} if "GetItem" in request.headers["x-amz-target"] else {"Items": [1, 2], "Count": 2}
        return Response(200, {"x-amz-crc32": "5"}, json.dumps(found).encode())

    def early(operation):
        proxy = Proxy(answer, Faults(1, {"read too early": 1000}))
        answered = asyncio.run(proxy.handle(asked(reads(operation))))
        assert "x-amz-crc32" not in answered.headers
        return json.loads(answered.body)

    assert early("GetItem") == {}
    queried = early("Query")
    assert (len(queried["Items"]), queried["Count"], queried["ScannedCount"]) == (1, 1, 1)


def test_a_key_that_is_left_out_is_named_as_unprocessed_and_not_passed_on():
    batch = asked(reads("BatchGetItem"), {"RequestItems": {"t": {"Keys": [{"pk": 1}, {"pk": 2}], "ConsistentRead": True}}})
    answer, (seen,) = through("key left out", batch)
    (left,) = json.loads(answer.body)["UnprocessedKeys"]["t"]["Keys"]
    (passed_on,) = json.loads(seen.body)["RequestItems"]["t"]["Keys"]
    assert {left["pk"], passed_on["pk"]} == {1, 2}
    answer, seen = through("key left out", asked(reads("BatchGetItem"), {"RequestItems": {"t": {"Keys": [{"pk": 1}]}}}))
    assert seen == [] and json.loads(answer.body)["UnprocessedKeys"]["t"]["Keys"] == [{"pk": 1}]


def test_no_message_is_hidden_for_longer_than_the_test_can_wait():
    entries = [{"Id": "0", "VisibilityTimeout": 3600}, {"Id": "1", "VisibilityTimeout": 2}]
    request = asked({"x-amz-target": "AmazonSQS.ChangeMessageVisibilityBatch"}, {"Entries": entries})
    _, (seen,) = through(None, request, longest_invisible=6)
    assert [it["VisibilityTimeout"] for it in json.loads(seen.body)["Entries"]] == [6, 2]


def test_a_seed_decides_all_and_another_decides_otherwise():
    def drawn(seed) -> list:
        faults = Faults(seed)
        operations = [("sqs", "SendMessageBatch"), ("dynamodb", "BatchGetItem")]
        return [faults.draw(*operations[number % 2], asked({})) for number in range(1000)]

    assert drawn(3) == drawn(3) != drawn(4)
    assert set(drawn(3)) == {*fault_proxy.RATES, "passed"}


def test_a_service_that_is_out_refuses_most_and_the_others_go_on():
    faults = Faults(1, {})
    faults.failing.add("sqs")
    drawn = Counter(faults.draw("sqs", "SendMessage", asked({})) for _ in range(1000))
    assert drawn["passed"] < 300 and drawn["500"] > 200 and drawn["throttled"] > 200
    assert faults.draw("dynamodb", "PutItem", asked({})) == "passed"


def test_nothing_happens_while_it_is_off():
    faults = Faults(1, {"500": 1000})
    faults.is_on = False
    assert faults.draw("sqs", "SendMessage", asked({})) == "passed"


# ---- The server and the client under it ---------------------------------------------------------------------------------


def exchange(handle, *requests):
    """What the client gets from a server with this handler, request by request."""

    async def run():
        server = await streams.serve(0, handle)
        client = streams.Client(server.sockets[0].getsockname()[1])
        answers = []
        for request in requests:
            try:
                answers.append(await client.send(request))
            except ConnectionError:
                answers.append("broken")
        client.close()
        server.close()
        return answers

    return asyncio.run(run())


def test_bodies_of_any_size_go_there_and_back():
    async def echo(request):
        return Response(201, {"x-of": request.headers["x-of"]}, request.body)

    bodies = [b"", b"{}", b"\r\n" * 3, b"x" * 3_000_000]
    answers = exchange(echo, *(Request("POST", "/a?b", {"x-of": "1"}, body) for body in bodies))
    assert [(it.status, it.headers["x-of"], it.body) for it in answers] == [(201, "1", body) for body in bodies]


def test_a_broken_connection_is_no_answer_and_the_next_request_finds_another():
    async def break_off(request):
        if request.path == "/broken":
            raise Broken
        return Response(200, {}, b"fine")

    broken, fine = exchange(break_off, Request("POST", "/broken"), Request("POST", "/"))
    assert broken == "broken" and fine.body == b"fine"


def test_a_body_in_chunks_is_read_whole():
    async def run():
        reader = asyncio.StreamReader()
        reader.feed_data(b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\ntrailer: 1\r\n\r\nnext")
        return await streams.read_body(reader, {"transfer-encoding": "chunked"}), await reader.read(4)

    assert asyncio.run(run()) == (b"abcde", b"next")
