"""A folder with a store and committed files, in which two people's data lie."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_llmobs.records.examples import Example
from pytest_llmobs.retention.subjects import Person, Sought, text_hashes
from pytest_llmobs.retention.territory import Territory
from pytest_llmobs.storage.store import Store
from pytest_llmobs.workspace import Workspace

ANN = "ann-4711"
RUN = "0193f2a0-0000-7000-8000-000000000001"
OTHER_RUN = "0193f2a0-0000-7000-8000-000000000002"
QUESTION = "Why was my card charged twice for the blue bicycle?"


@pytest.fixture
def territory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Territory:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    store = Store(tmp_path / ".llmobs")
    store.layout.create()
    workspace = Workspace.find(tmp_path, {})
    return Territory.of(workspace, store, workspace.open_catalog())


@pytest.fixture
def sought() -> Sought:
    """What is known of Ann: a run, and an example that was made of it."""
    example = Example("bicycle", {"question": QUESTION})
    return Sought(
        Person(ANN, ("user_id",)),
        run_ids=frozenset([RUN]),
        texts=frozenset(text_hashes(QUESTION)),
        examples=frozenset([(example.id, example.hash)]),
    )


def write_lines(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def noon() -> datetime:
    return datetime(2026, 11, 30, 12, tzinfo=UTC)
