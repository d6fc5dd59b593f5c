"""What docs/datasets.md shows of ``llmobs dataset`` is what it prints, over a history with known times."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.storage.store import Store
from tests.e2e.test_readme import ROOT, UPDATE, blocks
from tests.unit.cli.conftest import git, llmobs, store  # noqa: F401 - fixtures
from tests.unit.cli.dataset.test_history import use

PATH = ROOT / "docs" / "datasets.md"
CHARGED = (
    '{"id": "double-charge", "inputs": {"query": "I was charged twice for order 4471, please help."}, '
    '"outputs": {"required_keywords": ["refund"], "min_length": 40}, "split": "train"}\n'
)
SEATS = '{"id": "add-seats", "inputs": {"query": "How do I add seats?"}, "split": "train"}\n'
CANCEL = '{"inputs": {"query": "How can I cancel my plan before the end of the month?"}, "split": "test"}\n'
LATE = '{"id": "late-parcel", "inputs": {"query": "My parcel is a week late."}, "split": "test"}\n'
EDITED = CHARGED.replace('["refund"]', '["refund", "sorry"]').replace("min_length", "max_length")
LEAKING = EDITED.replace("double-charge", "charged-again").replace("4471", "4472").replace("train", "test")
FORMER = CHARGED + SEATS
LAST = FORMER + CANCEL
NOW = EDITED + CANCEL.replace("month", "year") + LATE
BROKEN = LEAKING + '{"id": "late-parcel", "inputs": {"query": "Where is it?"}}\n{"id": "x",\n'
COMMANDS = (
    "llmobs dataset diff support",
    "llmobs dataset diff support HEAD~1 HEAD --stat",
    "llmobs dataset log support",
    "llmobs dataset validate support",
)


@pytest.fixture
def support(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset with two commits, edited since."""
    (tmp_path / "pytest.ini").touch()
    file = tmp_path / "datasets" / "support.jsonl"
    file.parent.mkdir()
    git(tmp_path, "init", "-q", "-b", "main")
    for day, subject, content in ((3, "Add support", FORMER), (4, "Add a question about cancelling", LAST)):
        file.write_text(content, encoding="utf-8")
        commit(tmp_path, monkeypatch, day, subject)
    file.write_text(NOW, encoding="utf-8")
    return file


def commit(folder: Path, monkeypatch: pytest.MonkeyPatch, day: int, subject: str) -> None:
    """Commit the dataset at a known time, which every clock has behind it."""
    for name in ("GIT_COMMITTER_DATE", "GIT_AUTHOR_DATE"):
        monkeypatch.setenv(name, f"2025-03-{day:02}T15:00:00+00:00")
    git(folder, "add", "datasets/support.jsonl")
    git(folder, "commit", "-qm", subject)


def printed(llmobs: Callable[..., Any], command: str) -> str:  # noqa: F811
    done = llmobs(*shlex.split(command)[1:])
    return f"$ {command}\n{done.stdout}{done.stderr}"


def test_what_the_commands_print_is_the_one_printed(
    llmobs: Callable[..., Any],  # noqa: F811
    support: Path,
    store: Store,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    consoles = []
    for command in COMMANDS:
        if "log" in command:
            commit(tmp_path, monkeypatch, 5, "Ask for an apology")
            entries = json.loads(llmobs("dataset", "log", "support", "--json").stdout)
            use(store, "calm-heron", "2025-03-04T16:00:00+00:00", entries[1]["version"])
            use(store, "brave-otter", "2025-03-05T16:00:00+00:00", entries[0]["version"], red=True)
        if "validate" in command:
            support.write_text(NOW + BROKEN, encoding="utf-8")
        consoles.append(printed(llmobs, command))
    page = PATH.read_text(encoding="utf-8")
    shown = [block.text for block in blocks(page) if block.note == "printed"]
    if os.environ.get(UPDATE):
        for old, new in zip(shown, consoles, strict=True):
            mark = "<!-- printed -->\n```console\n"
            page = page.replace(f"{mark}{old}```", f"{mark[:-1]} \n{new}```", 1)
        PATH.write_text(page.replace("console \n", "console\n"), encoding="utf-8")
    else:
        assert consoles == shown, f"{UPDATE}=1 writes docs/datasets.md anew"
