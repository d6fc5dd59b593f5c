"""Shared fixtures: pytester, and an environment without the variables that change what the plugin does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session", autouse=True)
def plain_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in (
            "CI",
            "LLMOBS_CONFIRMING",
            "PYTEST_ADDOPTS",
            "ANTHROPIC_API_KEY",
            "PYTHONDONTWRITEBYTECODE",
        ):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).with_name("absent")))
        yield
