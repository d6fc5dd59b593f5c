"""Tests that need a server of their own run when they are asked for: ``pytest -m object_store``."""

from __future__ import annotations

import pytest

OPT_IN = "object_store"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{OPT_IN}: needs moto's S3 server (pip install 'moto[server]')")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if OPT_IN in config.option.markexpr:
        return
    waiting = [item for item in items if item.get_closest_marker(OPT_IN)]
    if waiting:
        config.hook.pytest_deselected(items=waiting)
        items[:] = [item for item in items if item not in set(waiting)]
