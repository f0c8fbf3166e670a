"""Serves one handler of tasks.py over the Lambda Runtime API."""

import json
import os
import urllib.request

import tasks

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"


def answer(invocation: str, kind: str, body):
    data = json.dumps(body).encode()
    request = urllib.request.Request(f"{API}/{invocation}/{kind}", data, method="POST")
    urllib.request.urlopen(request).close()


handler = getattr(tasks, os.environ["_HANDLER"])
while True:
    with urllib.request.urlopen(f"{API}/next") as response:
        invocation = response.headers["Lambda-Runtime-Aws-Request-Id"]
        event = json.loads(response.read())
    try:
        result = handler(event, None)
    except Exception as error:  # noqa: BLE001 what the workflow is told of
        answer(invocation, "error", {"errorMessage": str(error), "errorType": type(error).__name__})
    else:
        answer(invocation, "response", result)
