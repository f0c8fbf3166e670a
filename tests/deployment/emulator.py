"""The emulator: a process on 127.0.0.1 that knows IAM policies and runs `bootstrap` programs as they are.

It checks signatures and policies (AUTH), so what a role of the template does not allow fails here as it would on AWS.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

REGION = "us-east-1"
# The account of the examples' ARNs.
ACCOUNT = "123456789012"


class Emulator:
    """One emulator, its state in its own folder, for as long as the `with` block lasts."""

    def __init__(self, port: int, folder: Path, checks_rights: bool = True):
        self.endpoint = f"http://127.0.0.1:{port}"
        self.port = port
        self.log = folder / "emulator.log"
        self._folder = folder
        self._checks_rights = checks_rights
        self._process = None

    def __enter__(self):
        for name in ("home", "tmp"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        # A bare environment: the functions inherit it, and nothing in it may lead to a real account.
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(self._folder / "home"),
            "TMPDIR": str(self._folder / "tmp"),
            "LANG": "C.UTF-8",
            "AUTH": str(self._checks_rights).lower(),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.endpoint,
            "BIND_HOST": "127.0.0.1",
            "DOCKER_HOST": "unix:///nonexistent",
            "GATEWAY_PORT": str(self.port),
            "LAMBDA_EXECUTOR": "local",
            "LOG_LEVEL": "INFO",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "0",
            "SFTP_ENABLED": "0",
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("emulator_process.py"))],
                env=environment,
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )
        try:
            self._await()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await(self):
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise RuntimeError(f"the emulator did not start:\n{self.log.read_text()[-4000:]}")

    def client(self, service: str):
        """A client of the account's administrator."""
        return boto3.client(service, **self._options())

    def resource(self, service: str):
        """The same, in terms of objects."""
        return boto3.resource(service, **self._options())

    def _options(self) -> dict:
        return {
            "endpoint_url": self.endpoint,
            "region_name": REGION,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "config": Config(retries={"total_max_attempts": 1}, read_timeout=120),
        }
