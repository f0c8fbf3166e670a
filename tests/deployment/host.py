"""Hosts a function's program on this machine: the Invoke API before it, the Runtime API behind it.

Passes the caller's trace header on and gives true deadlines, as Lambda does and `cargo lambda watch` does not. Answers 429
when all instances are busy. It neither builds nor restarts the program: when one instance ends, so does this.
"""

import argparse
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RUNTIME = "/2018-06-01/runtime/"


class Invocation:
    """One event on its way to an instance and its answer on the way back."""

    def __init__(self, event: bytes, trace: str, timeout: float):
        self.id = str(uuid.uuid4())
        self.event = event
        self.trace = trace
        self.ends = time.time() + timeout
        self.answered = threading.Event()
        self.answer = b""
        self.failed = False


class Host(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, name: str, port: int, timeout: float, concurrency: int):
        super().__init__(("127.0.0.1", port), Handler)
        self.path = f"/2015-03-31/functions/{name}/invocations"
        self.name = name
        self.timeout_seconds = timeout
        self.free = threading.Semaphore(concurrency)
        self.waiting = queue.Queue()
        self.running = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body go out in two writes: without this the second waits for the first to be acknowledged.
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path != f"{RUNTIME}invocation/next":
            return self.reply(404)
        invocation = self.server.waiting.get()
        self.server.running[invocation.id] = invocation
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(int(invocation.ends * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": f"arn:aws:lambda:us-east-1:123456789012:function:{self.server.name}",
        }
        if invocation.trace:
            headers["Lambda-Runtime-Trace-Id"] = invocation.trace
        self.reply(200, invocation.event, headers)

    def do_POST(self):
        body = self.body()
        if self.path == self.server.path:
            return self.invoke(body)
        if not self.path.startswith(RUNTIME):
            return self.reply(404)
        parts = self.path.removeprefix(RUNTIME).split("/")
        invocation = self.server.running.pop(parts[1], None) if parts[0] == "invocation" else None
        if invocation is None:
            return self.reply(202 if parts == ["init", "error"] else 404)
        invocation.answer, invocation.failed = body, parts[2] == "error"
        invocation.answered.set()
        self.reply(202)

    def invoke(self, event: bytes):
        if not self.server.free.acquire(blocking=False):
            return self.reply(429, b'{"Type":"User","message":"Rate Exceeded."}')
        try:
            trace = self.headers.get("X-Amzn-Trace-Id", "")
            invocation = Invocation(event, trace, self.server.timeout_seconds)
            self.server.waiting.put(invocation)
            in_time = invocation.answered.wait(self.server.timeout_seconds)
        finally:
            self.server.free.release()
        if not in_time:
            return self.reply(200, b'{"errorMessage":"Task timed out"}', {"X-Amz-Function-Error": "Unhandled"})
        self.reply(200, invocation.answer, {"X-Amz-Function-Error": "Unhandled"} if invocation.failed else {})

    def body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def reply(self, status: int, body: bytes = b"", headers: dict | None = None):
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | (headers or {})).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("name")
    arguments.add_argument("program")
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--timeout", type=float, required=True)
    arguments.add_argument("--concurrency", type=int, default=1)
    options = arguments.parse_args()

    host = Host(options.name, options.port, options.timeout, options.concurrency)
    threading.Thread(target=host.serve_forever, daemon=True).start()
    environment = os.environ | {
        "AWS_LAMBDA_FUNCTION_NAME": options.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{options.port}",
    }
    instances = [subprocess.Popen([options.program], env=environment) for _ in range(options.concurrency)]
    try:
        while all(it.poll() is None for it in instances):
            time.sleep(0.2)
        print(f"an instance of {options.name} has ended", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        for it in instances:
            it.terminate()
        for it in instances:
            it.wait()


if __name__ == "__main__":
    sys.exit(main())
