"""Shared fixtures: pytester, and an environment without the variables that change what the plugin does."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.otlp_server import Collector

pytest_plugins = ["pytester"]

os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)
"""A folder without certificates. All servers of tests speak plain HTTP on loopback, and each client of an SDK would
otherwise load the 150 authorities of this machine: 24 ms of CPU, thousands of times."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector from what lives as long as the session: all modules and ten thousand tests.

    Each look at them takes it half a second, and a test that collects garbage, or makes much, would pay for that.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "ANTHROPIC_API_KEY",
        "CI",
        "COVERAGE_PROCESS_START",
        "LLMOBS_CONFIRMING",
        "LLMOBS_CONTROL",
        "LLMOBS_SESSION_PROMPTS",
        "OPENAI_API_KEY",
        "PYTEST_ADDOPTS",
        "PYTHONDONTWRITEBYTECODE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).with_name("absent")))


@pytest.fixture
def untraced() -> Iterator[None]:
    """Leave out coverage's tracer, which doubles the time of what computes much; others run the same lines."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C is for the children what it usually is, also where this session ignores it (nohup, a background job)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """An OTLP collector that the environment points at."""
    from tests.otlp_server import collect  # few tests need it

    with collect() as collector:
        for name, value in collector.environment.items():
            monkeypatch.setenv(name, value)
        yield collector
