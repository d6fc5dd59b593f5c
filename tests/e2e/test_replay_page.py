"""What docs/replay.md shows is what happens, block after block, in one folder, with a scripted model."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.anthropic_server import Answer, Request, serve, text
from tests.e2e.conftest import ROOT, plain_environment
from tests.e2e.test_readme import UPDATE, Block, blocks

PATH = ROOT / "docs" / "replay.md"
PAGE = PATH.read_text(encoding="utf-8")
TOPICS = {"refund": "Billing", "parcel": "Delivery"}
_BY_CHANCE = (
    (r"\b[a-z]+-[a-z]+-\d{8}-\d{6}\b", "amber-heron-20260901-120000"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-09-01 12:00 UTC"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "01a1f9c0-5a10-7c4e-9d1a-7e3f5b2c8d64"),
    (r"(?<= in )[\d.]+ ?m?s\b", "0.42s"),
    (r" +[\d.]+ m?s(?=  end_turn)", "   412 ms"),
)
"""What differs from session to session, and what the page shows in its place."""


def _answer(request: Request) -> Answer:
    mail = str(request.body["messages"][-1]["content"])
    for word, topic in TOPICS.items():
        if word in mail:
            return text(topic)
    return text("Other")


@pytest.fixture(scope="module")
def environment() -> Iterator[Mapping[str, str]]:
    """Serve the model; return the variables with which commands find it."""
    scripts = str(Path(sys.executable).parent)
    plain = plain_environment()
    with serve(_answer) as server:
        yield {
            **plain,
            "PATH": f"{scripts}{os.pathsep}{plain['PATH']}",
            "COLUMNS": "100",
            "PYTHONIOENCODING": "utf-8",
            "PYTEST_ADDOPTS": f"{plain['PYTEST_ADDOPTS']} -p no:asyncio -p no:cacheprovider",
            "ANTHROPIC_BASE_URL": server.url,
            "ANTHROPIC_API_KEY": "k",
        }


def _printed_by(line: str, folder: Path, environment: Mapping[str, str], status: int) -> str:
    """Run a line of the page in a shell, and return it with what it prints."""
    done = subprocess.run(
        ["bash", "-c", line.removeprefix("$ ")],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    printed = f"{done.stdout}{done.stderr}".replace(f"{folder}{os.sep}", "")
    for chance, shown in _BY_CHANCE:
        printed = re.sub(chance, shown, printed)
    return f"{line}\n{printed}"


def _happens(block: Block, folder: Path, environment: Mapping[str, str]) -> str:
    """Return what a block of the page has to hold, having done what it says; see test_review_page.py."""
    if block.file:
        folder.joinpath(block.file).write_text(block.text, encoding="utf-8")
    if not block.note.startswith("printed"):
        return block.text
    status = 1 if block.note.endswith("exit status 1") else 0
    printed = ""
    for line in block.text.splitlines():
        if line.startswith("$ "):
            printed += _printed_by(line, folder, environment, status)
    return printed


def test_what_is_shown_is_what_happens(tmp_path: Path, environment: Mapping[str, str]) -> None:
    tmp_path.joinpath("pytest.ini").write_text("[pytest]\n")
    page, rest = "", PAGE
    for block in blocks(PAGE):
        before, _, rest = rest.partition(f"```{block.language}\n{block.text}```")
        page += before + f"```{block.language}\n{_happens(block, tmp_path, environment)}```"
    page += rest
    if os.environ.get(UPDATE):
        PATH.write_text(page, encoding="utf-8")
    else:
        assert page == PAGE, f"{UPDATE}=1 writes it anew"
