"""A folder of prompts whose commits have times and an author of their own."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_llmobs.prompts.folder import PromptFolder


@pytest.fixture(autouse=True)
def _author(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada Lovelace")


@pytest.fixture
def folder(tmp_path: Path) -> PromptFolder:
    """Return a folder whose clock goes on a minute a commit."""
    minutes = itertools.count()
    start = datetime(2026, 11, 30, 15, tzinfo=UTC)
    (tmp_path / "prompts").mkdir()
    return PromptFolder(tmp_path / "prompts", now=lambda: start + timedelta(minutes=next(minutes)))
