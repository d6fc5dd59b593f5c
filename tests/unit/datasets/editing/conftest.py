"""A folder of datasets, and a clock that goes on by a minute with every look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.datasets.editing.catalog import Catalog
from tests.unit.datasets.conftest import FORMATS

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def minutes() -> Callable[[], datetime]:
    """Return a clock that is a minute later every time."""
    numbers = count()
    return lambda: START + timedelta(minutes=next(numbers))


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    monkeypatch.chdir(tmp_path)
    return Catalog(tmp_path / "datasets", tmp_path / ".llmobs", formats=lambda: FORMATS, now=minutes())


@pytest.fixture
def write(catalog: Catalog) -> Callable[..., Path]:
    """Write a file of the user's below the folder of datasets."""

    def write(name: str, content: str | bytes) -> Path:
        file = catalog.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return write


def draft(query: str, **fields: Any) -> dict[str, Any]:
    """Return a draft that asks something."""
    return {"inputs": {"query": query}, **fields}
