"""Builds every function of the template from its CodeUri with the builders that the SAM CLI uses."""

import argparse
import platform
import sys
import tempfile
import time
from pathlib import Path

from aws_lambda_builders.builder import LambdaBuilder
from aws_lambda_builders.exceptions import LambdaBuilderError

import template

BUILT = template.ROOT / "target" / "deployment" / "functions"
HOST = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
METHOD = "rust-cargolambda"


def build(folder: str, architecture: str) -> Path:
    """The program of one function, as the file that Lambda starts."""
    source = template.ROOT / folder
    artifacts = BUILT / source.name
    with tempfile.TemporaryDirectory() as scratch:
        LambdaBuilder(language="rust", dependency_manager="cargo", application_framework=None).build(
            source_dir=str(source),
            artifacts_dir=str(artifacts),
            scratch_dir=scratch,
            manifest_path=str(source / "Cargo.toml"),
            runtime="provided.al2023",
            architecture=architecture,
            executable_search_paths=[str(Path(sys.executable).parent)],
        )
    return artifacts / "bootstrap"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("architecture", nargs="?", default=HOST, choices=["arm64", "x86_64"])
    architecture = arguments.parse_args().architecture

    resources = template.source()["Resources"]
    folders = {}
    for name, properties in template.functions(template.source()).items():
        method = resources[name].get("Metadata", {}).get("BuildMethod")
        if method != METHOD:
            print(f"{name}: its BuildMethod is {method}, not {METHOD}")
            return 1
        folders.setdefault(properties["CodeUri"], []).append(name)

    failed = 0
    for folder, names in folders.items():
        begun = time.monotonic()
        try:
            program = build(folder, architecture)
        except LambdaBuilderError as error:
            failed += 1
            print(f"failed  {folder}: {error}", flush=True)
            continue
        size = program.stat().st_size / 1024 / 1024
        print(f"built   {folder} for {', '.join(names)}: {architecture}, {size:.1f} MB, {time.monotonic() - begun:.0f} s", flush=True)
    print(f"{len(folders) - failed} built, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
