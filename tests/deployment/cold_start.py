"""Measures the functions' release binaries: size, time from exec to the first poll for an event, memory then.

A small server on 127.0.0.1 stands for Lambda's runtime API, DynamoDB and SQS, so that the figures are the programs' own:
no network, no TLS. Run after tests/deployment/build: `target/deployment/venv/bin/python tests/deployment/cold_start.py`.
"""

import os
import pathlib
import signal
import statistics
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = pathlib.Path(__file__).parents[2]
BUILT = ROOT / "target" / "deployment" / "functions"
NAMES = ["api", "advance", "task", "timer", "dead", "express"]
RUNS = 15


class Stand(BaseHTTPRequestHandler):
    """The first poll sets `polled`; every other request gets an empty answer."""

    protocol_version = "HTTP/1.1"
    polled = threading.Event()
    at = 0.0

    def do_GET(self):
        if self.path.endswith("/invocation/next"):
            Stand.at = time.perf_counter()
            Stand.polled.set()
            time.sleep(2)
        self.answer()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.answer()

    def answer(self):
        try:
            self.send_response(200)
            self.send_header("content-type", "application/x-amz-json-1.0")
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")
        except OSError:
            pass

    def log_message(self, *arguments):
        pass


def resident(pid):
    """Kilobytes of memory that the process holds."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def run(binary, port):
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": binary.parent.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": endpoint,
        "TABLE_NAME": "table",
        "BUCKET_NAME": "bucket",
        "STEP_QUEUE_URL": f"{endpoint}/000000000000/steps",
        "TASK_QUEUE_URL": f"{endpoint}/000000000000/tasks",
        "EXPRESS_QUEUE_URL": f"{endpoint}/000000000000/express",
        "DEAD_QUEUE_URL": f"{endpoint}/000000000000/dead",
        "TOKEN_KEY": "0123456789abcdef0123456789abcdef",
        "ACCOUNT_ID": "000000000000",
        "FUNCTION_TIMEOUT_SECONDS": "10",
        "RATCHET_LOG": "warn",
    }
    Stand.polled.clear()
    began = time.perf_counter()
    process = subprocess.Popen([binary], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        if not Stand.polled.wait(20):
            process.kill()
            sys.exit(f"{binary}: no poll within 20 s\n{process.stderr.read().decode()}")
        return (Stand.at - began) * 1000, resident(process.pid)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stand)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"{'function':10} {'binary':>9} {'exec to first poll, median of ' + str(RUNS):>34} {'worst':>9} {'resident':>9}")
    for name in NAMES:
        binary = BUILT / name / "bootstrap"
        if not binary.exists():
            sys.exit(f"{binary} is not there: run tests/deployment/build first")
        results = [run(binary, server.server_port) for _ in range(RUNS)]
        times = [result[0] for result in results]
        size = binary.stat().st_size / 1e6
        memory = statistics.median(result[1] for result in results) / 1000
        print(f"{name:10} {size:6.1f} MB {statistics.median(times):31.1f} ms {max(times):6.1f} ms {memory:6.1f} MB")


if __name__ == "__main__":
    main()
