"""A folder of datasets with versions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import git, llmobs, store  # noqa: F401 - fixtures

FIRST = """\
{"id": "double-charge", "inputs": {"query": "I was charged twice for one order, please help me."}, "outputs": \
{"required_keywords": ["refund"], "min_length": 40}, "split": "base"}
{"id": "add-seats", "inputs": {"query": "How do I add seats?"}, "split": "hard"}
{"id": "cancel", "inputs": {"query": "Cancel my plan."}, "split": "base"}
"""
SECOND = """\
{"id": "double-charge", "inputs": {"query": "I was billed twice for one order, please help me."}, "outputs": \
{"required_keywords": ["refund", "sorry"], "min_length": 30}, "split": ["base", "hard"]}
{"id": "cancel", "inputs": {"query": "Cancel my plan."}, "split": "base"}
{"id": "late-parcel", "inputs": {"query": "My parcel is late."}, "outputs": {"answer": "We are sorry."}}
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of the workspace."""
    (tmp_path / "pytest.ini").touch()

    def call(content: str, name: str = "datasets/support.jsonl") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    return call


@pytest.fixture
def support(write: Write, tmp_path: Path) -> Path:
    """A dataset whose first version is committed, and whose file was edited since."""
    file = write(FIRST)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "datasets", "pytest.ini")
    git(tmp_path, "commit", "-qm", "Add support")
    write(SECOND)
    return file
