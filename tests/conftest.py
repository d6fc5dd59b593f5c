"""Shared fixtures: pytester, and an environment without the variables that change what the plugin does."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "LLMOBS_CONFIRMING", "PYTEST_ADDOPTS", "ANTHROPIC_API_KEY", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.delenv(name, raising=False)
