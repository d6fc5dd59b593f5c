"""The programs of docs/from-langsmith.md: LangSmith's import line changed, they run offline and print what is shown."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.anthropic_server import Request, serve
from tests.e2e.test_readme import ROOT, UPDATE, blocks, write_files
from tests.e2e.warm import programs

PATH = ROOT / "docs" / "from-langsmith.md"
PAGE = PATH.read_text(encoding="utf-8")


def reply(request: Request) -> str:
    """Answer as a support agent that knows its customer's name; rate a tone with 0.9."""
    system = request.body["system"]
    if system.startswith("Rate the tone"):
        return "0.9"
    return f"Hi {system.split('writing to ')[1].rstrip('.')}, I have started your refund."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    write_files(PAGE, folder)
    return folder


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with serve(reply) as server:
        yield server.url


def environment(model: str, **variables: str) -> dict[str, str]:
    left_out = ("CI", "LLMOBS_CONFIRMING", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "COVERAGE_PROCESS_START")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "ANTHROPIC_BASE_URL": model, "ANTHROPIC_API_KEY": "test", "COLUMNS": "80", **variables}


def run(folder: Path, command: str, model: str) -> str:
    """Run a console line of the page, and return what it prints."""
    *variables, _, script = shlex.split(command)
    settings = dict(variable.split("=", 1) for variable in variables)
    done = subprocess.run(
        [programs() / "python", script],
        cwd=folder,
        env=environment(model, **settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def test_only_the_import_lines_change() -> None:
    diffs = [block.text for block in blocks(PAGE) if block.language == "diff"]
    programs = [block.text for block in blocks(PAGE) if block.file]
    assert len(diffs) == len(programs) == 9
    for diff, program in zip(diffs, programs, strict=True):
        after = [line[1:] for line in diff.splitlines() if line.startswith("+")]
        before = [line[1:] for line in diff.splitlines() if line.startswith("-")]
        assert [line.replace("pytest_llmobs", "langsmith") for line in after] == before
        ours = [line for line in program.splitlines() if "pytest_llmobs" in line]
        assert ours == after


def test_the_programs_print_what_is_shown(folder: Path, model: str) -> None:
    page = PAGE
    for block in blocks(PAGE):
        if block.file == "feedback_api.py":
            rate_through_the_app(folder, model)
        if block.language == "console":
            command, _, shown = block.text.partition("\n")
            printed = run(folder, command.removeprefix("$ "), model)
            if os.environ.get(UPDATE):
                page = page.replace(block.text, f"{command}\n{printed}")
            else:
                assert printed == shown, f"docs/from-langsmith.md is behind; {UPDATE}=1 writes it anew"
    if page != PAGE:
        PATH.write_text(page, encoding="utf-8")


def rate_through_the_app(folder: Path, model: str) -> None:
    """Start program 3 as it stands, ask it twice, and rate its answers."""
    port = free_port()
    program = folder / "feedback_api.py"
    program.write_text(
        program.read_text(encoding="utf-8").replace("port=8321", f"port={port}"), encoding="utf-8"
    )
    variables = {"LLMOBS_TRACING": "true", "LLMOBS_PROJECT": "production"}
    with subprocess.Popen(
        [sys.executable, program.name], cwd=folder, env=environment(model, **variables)
    ) as app:
        try:
            until_answered(port, app)
            for name, up in (("Maria", True), ("Ahmed", False)):
                question = {"customer_name": name, "question": "I cancelled, and you charged me."}
                answer = post(port, "/answer", question)
                rating: dict[str, Any] = {"run_id": answer["run_id"], "up": up}
                if not up:
                    rating["comment"] = "I wanted to leave."
                    rating["correction"] = f"Hi {name}, your account is closed."
                    rating["category"] = "missed the point"
                post(port, "/rating", rating)
        finally:
            app.kill()  # without a chance to say goodbye: a rating is on the disk when its call returns


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until_answered(port: int, app: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up and app.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("the app of docs/from-langsmith.md doesn't answer")


def post(port: int, path: str, body: Mapping[str, Any]) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read())


def test_nothing_of_it_needs_an_account() -> None:
    assert not re.search(r"api\.smith|LANGSMITH_API_KEY=|localhost:1984", PAGE)
