"""The host of functions: Invoke API on one side, Runtime API on the other. The program is a thread that plays one."""

import contextlib
import json
import threading
import time
import urllib.error
import urllib.request

import host

NAME = "advance"


@contextlib.contextmanager
def hosted(timeout: float = 5, concurrency: int = 1):
    server = host.Host(NAME, 0, timeout, concurrency)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def send(url: str, body: bytes | None = None, headers: dict | None = None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers or {}), timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def invoke(url: str, **headers):
    return send(f"{url}/2015-03-31/functions/{NAME}/invocations", b'{"n": 1}', headers)


def program(url: str, kind: str = "response"):
    """Takes one event, and answers what it was told."""

    def run():
        _, headers, event = send(f"{url}{host.RUNTIME}invocation/next")
        answer = {
            "event": json.loads(event),
            "trace": headers["Lambda-Runtime-Trace-Id"],
            "left": int(headers["Lambda-Runtime-Deadline-Ms"]) / 1000 - time.time(),
        }
        id_ = headers["Lambda-Runtime-Aws-Request-Id"]
        send(f"{url}{host.RUNTIME}invocation/{id_}/{kind}", json.dumps(answer).encode())

    threading.Thread(target=run, daemon=True).start()


def test_event_trace_header_and_deadline_reach_the_program_and_its_answer_comes_back():
    with hosted(timeout=5) as url:
        program(url)
        status, headers, body = invoke(url, **{"X-Amzn-Trace-Id": "Root=1-a-b;Lineage=c:3"})
    answer = json.loads(body)
    assert (status, headers["X-Amz-Function-Error"]) == (200, None)
    assert (answer["event"], answer["trace"]) == ({"n": 1}, "Root=1-a-b;Lineage=c:3")
    assert 3 < answer["left"] <= 5


def test_an_error_of_the_program_is_a_function_error():
    with hosted() as url:
        program(url, "error")
        status, headers, _ = invoke(url)
    assert (status, headers["X-Amz-Function-Error"]) == (200, "Unhandled")


def test_a_program_that_does_not_answer_has_timed_out():
    with hosted(timeout=0.2) as url:
        status, headers, body = invoke(url)
    assert (status, headers["X-Amz-Function-Error"]) == (200, "Unhandled")
    assert json.loads(body) == {"errorMessage": "Task timed out"}


def test_a_host_without_a_free_instance_throttles():
    with hosted(concurrency=0) as url:
        assert invoke(url)[0] == 429


def test_an_instance_is_free_again_after_each_answer():
    with hosted(concurrency=1) as url:
        for kind in ("response", "error", "response"):
            program(url, kind)
            assert invoke(url)[0] == 200
