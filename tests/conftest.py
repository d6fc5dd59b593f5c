"""Shared fixtures: pytester, and an environment without the variables that change what the plugin does."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "LLMOBS_CONFIRMING", "PYTEST_ADDOPTS", "ANTHROPIC_API_KEY", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).with_name("absent")))
