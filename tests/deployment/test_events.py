"""events/: one real event for each function, which the functions' own tests decode."""

import base64
import hashlib
import json

import pytest

import template

EVENTS = {path.stem: json.loads(path.read_text()) for path in sorted((template.ROOT / "events").glob("*.json"))}
BATCHES = {name: it for name, it in EVENTS.items() if "Records" in it}
REQUESTS = {name: it for name, it in EVENTS.items() if "requestContext" in it}


def test_every_function_has_an_event():
    folders = {it.parent.name for it in (template.ROOT / "functions").glob("*/Cargo.toml")}
    assert folders <= set(EVENTS)


@pytest.mark.parametrize("name", BATCHES)
def test_a_message_carries_json_and_its_digest(name):
    for record in BATCHES[name]["Records"]:
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode()).hexdigest()
        assert json.loads(record["body"])


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_signed_and_its_length_is_right(name):
    event = REQUESTS[name]
    body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    assert int(event["headers"]["content-length"]) == len(body)
    assert json.loads(body)
    assert event["headers"]["authorization"].startswith("AWS4-HMAC-SHA256 ")


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_comes_by_a_route_of_the_template(name):
    method, path = REQUESTS[name]["routeKey"].split(" ", 1)
    paths = template.translated()["Resources"]["HttpApi"]["Properties"]["Body"]["paths"]
    assert {"ANY": "x-amazon-apigateway-any-method"}.get(method, method.lower()) in paths[path]
