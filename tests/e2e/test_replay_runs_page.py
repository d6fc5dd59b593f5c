"""What docs/replay-runs.md shows is what happens, block after block, in one folder, with a scripted model."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pytest_llmobs.storage.store import Store
from tests.anthropic_server import Answer, Request, serve, text
from tests.e2e.conftest import ROOT, plain_environment
from tests.e2e.test_readme import UPDATE, Block, blocks

PATH = ROOT / "docs" / "replay-runs.md"
PAGE = PATH.read_text(encoding="utf-8")
_BY_CHANCE = (
    (r"\b(replay-(?:now|was))-[0-9a-f]{8}\b", r"\1-1a2b3c4d"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-09-01 12:00 UTC"),
    (r"\b\d\d-\d\d \d\d:\d\d:\d\d\b", "09-01 12:00:00"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "01a1f9c0-5a10-7c4e-9d1a-7e3f5b2c8d64"),
    (r"\b01[0-9a-f]{6}-[0-9a-f]{4}(?=\n)", "01a1f9c0-5a10"),
    (r" +[\d.]+ m?s(?=  end_turn| *\n|  +\d)", "   412 ms"),
    (r"(?<= in )[\d.]+ ?m?s\b", "0.42 s"),
    (r"by .+ maintainers|by .+ (?=<)|(?<=, )by .*", "by Ada Lovelace"),
)
"""What differs from session to session, and what the page shows in its place."""


def _answer(request: Request) -> Answer:
    """Say it shorter where the prompt asks for that, and otherwise where another model is asked."""
    if "Be brief" in request.body["system"]:
        return text("Hi Ada, done.")
    if request.body["model"] == "claude-sonnet-5":
        return text("Dear Ada, we are on it, and will write to you tomorrow.")
    return text("Dear Ada, we are on it.")


def _ids(folder: Path) -> dict[str, str]:
    """Return what the page's ``$CALL`` and ``$TRACE`` stand for."""
    if not folder.joinpath(".llmobs").is_dir():
        return {}
    (call,) = Store(folder / ".llmobs").runs("production", run_type="llm", newest_first=True, limit=1)
    return {"CALL": call.id, "TRACE": call.trace_id}


def _printed_by(line: str, folder: Path, environment: Mapping[str, str], status: int) -> str:
    """Run a line of the page in a shell, and return it with what it prints."""
    done = subprocess.run(
        ["bash", "-c", line.removeprefix("$ ")],
        cwd=folder,
        env={**environment, **_ids(folder)},
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
        file = folder / block.file
        file.parent.mkdir(exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
    if not block.note.startswith("printed"):
        return block.text
    status = 1 if block.note.endswith("exit status 1") else 0
    printed = ""
    for line in block.text.splitlines():
        if line.startswith("$ "):
            printed += _printed_by(line, folder, environment, status)
    return printed


def test_what_is_shown_is_what_happens(tmp_path: Path) -> None:
    tmp_path.joinpath("pytest.ini").write_text("[pytest]\n")
    page, rest = "", PAGE
    plain = plain_environment()
    with serve(_answer) as server:
        environment = {
            **plain,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{plain['PATH']}",
            "COLUMNS": "100",
            "PYTHONIOENCODING": "utf-8",
            "GIT_AUTHOR_NAME": "Ada Lovelace",
            "ANTHROPIC_BASE_URL": server.url,
            "ANTHROPIC_API_KEY": "k",
        }
        for block in blocks(PAGE):
            before, _, rest = rest.partition(f"```{block.language}\n{block.text}```")
            page += before + f"```{block.language}\n{_happens(block, tmp_path, environment)}```"
    page += rest
    if os.environ.get(UPDATE):
        PATH.write_text(page, encoding="utf-8")
    else:
        assert page == PAGE, f"{UPDATE}=1 writes it anew"
