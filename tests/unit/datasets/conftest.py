from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.datasets import load_dataset
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.extensions import Extensions, standalone_manager
from pytest_llmobs.records.examples import Dataset

FORMATS = Extensions(standalone_manager()).formats


@pytest.fixture
def known_suffixes() -> str:
    """Return what a message says of the suffixes that can be read."""
    suffixes = {suffix for reader in FORMATS for suffix in reader.suffixes}
    return f"Known: {', '.join(sorted(suffixes))}."


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Dataset]:
    """Load a source in a project folder that has a folder ``tests``; ``content`` is written to it first."""
    (tmp_path / "tests").mkdir()
    monkeypatch.chdir(tmp_path)

    def load(source: Any, content: str | bytes | None = None, **options: Any) -> Dataset:
        if content is not None:
            Path(source).write_bytes(content.encode() if isinstance(content, str) else content)
        options = {"base_dirs": [tmp_path / "tests", tmp_path], "formats": FORMATS} | options
        return load_dataset(source, rootdir=tmp_path, **options)

    return load


@pytest.fixture
def refuse(load: Callable[..., Dataset]) -> Callable[..., str]:
    """Load a source that must be refused, and return the message."""

    def refuse(source: Any, content: str | bytes | None = None, **options: Any) -> str:
        with pytest.raises(DatasetError) as caught:
            load(source, content, **options)
        return str(caught.value)

    return refuse
