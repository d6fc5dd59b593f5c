"""Which fixtures of a test a target would notice: set up for each test anew, ahead of it they would be another test's.

A user's own always count, and so do an installed plugin's, but for those that are known to do nothing to a call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pytest

from pytest_llmobs.plugin.pytest_internals import (
    first_fixtures,
    fixture_arguments,
    fixture_definition,
    parameters_of,
)

_OURS = frozenset({"example", "llm_run", "request"})
_ASYNC_PLUGINS = frozenset({"pytest_asyncio", "anyio"})
"""Their fixtures run the test's coroutine; a target doesn't notice them."""


@dataclass(frozen=True)
class _Idle:
    """The autouse fixtures of a plugin that exist in every test, and when they do something."""

    names: Collection[str]
    markers: Collection[str] = ()
    """They act in a test with one of these markers,"""
    options: Collection[str] = ()
    """with one of these options,"""
    fixtures: Collection[str] = ()
    """or beside one of these fixtures."""

    def is_idle(self, item: pytest.Function) -> bool:
        """Return True where they do nothing in a test."""
        for marker in self.markers:
            if item.get_closest_marker(marker) is not None:
                return False
        for option in self.options:
            if item.config.getoption(option, None):
                return False
        return not any(name in item.fixturenames for name in self.fixtures)


_IDLE: Mapping[str, _Idle] = {
    "pytest_recording": _Idle({"block_network", "vcr"}, {"block_network", "vcr"}, {"--block-network"}),
    "pytest_vcr": _Idle({"_vcr_marker"}, {"vcr"}),
    "pytest_flask": _Idle(
        {"_monkeypatch_response_class", "_push_request_context", "_configure_application"}, fixtures={"app"}
    ),
    "inline_snapshot": _Idle({"snapshot_check"}),
}
"""By the package in which they are defined. Each was read: ``docs/targets.md`` lists them."""


def noticed_fixture(
    item: pytest.Function, target_fixture: str | None, ignored: Collection[str]
) -> str | None:
    """Return the name of a fixture that keeps a test's target from running ahead, or None.

    Args:
        item: The test.
        target_fixture: The name of the fixture that is its target, if one is.
        ignored: Fixtures that the user says targets don't depend on.
    """
    for name in _set_up(item, target_fixture):
        if name not in ignored and _is_per_test(item, name):
            return name
    return None


def _set_up(item: pytest.Function, target_fixture: str | None) -> Iterator[str]:
    """Yield the names of all fixtures of a test, but for the idle ones and what only those ask for."""
    asked, autouse = first_fixtures(item)
    waiting = list(asked)
    if target_fixture is not None:
        waiting.append(target_fixture)
    for name in autouse:
        if not _is_idle(item, name):
            waiting.append(name)
    known = {*_OURS, *parameters_of(item)}
    while waiting:
        name = waiting.pop(0)
        if name in known:
            continue
        known.add(name)
        yield name
        waiting += fixture_arguments(item, name)


def _is_idle(item: pytest.Function, name: str) -> bool:
    package = _package_of(item, name)
    idle = _IDLE.get(package)
    return idle is not None and name in idle.names and idle.is_idle(item)


def _is_per_test(item: pytest.Function, name: str) -> bool:
    fixture = fixture_definition(item, name)
    if fixture is None or _package_of(item, name) in _ASYNC_PLUGINS:
        return False
    return fixture.scope == "function"


def _package_of(item: pytest.Function, name: str) -> str:
    """Return the package in which a fixture is defined: an override of the user's is the user's."""
    fixture = fixture_definition(item, name)
    if fixture is None:
        return ""
    return str(fixture.func.__module__).partition(".")[0]
