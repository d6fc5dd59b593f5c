"""Times are real where a test has frozen time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace

import freezegun
import pytest

from pytest_llmobs.clocks import real
from pytest_llmobs.records.examples import Example
from pytest_llmobs.tracing import traceable
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.deadline import Deadline, TargetTimeout
from pytest_llmobs.trials.runner import Job, Runner
from pytest_llmobs.trials.targets import Target
from pytest_llmobs.trials.workers import Workers
from tests.unit.tracing.memory import MemorySink

LONG_AGO = "2001-02-03"
LARGE = ["anthropic", "openai", "opentelemetry", "pandas", "pyarrow", "hypothesis"]
"""Packages whose hundreds of modules freezegun needn't look through: nothing of ours asks them for the time."""


@pytest.fixture
def frozen() -> Iterator[float]:
    """Freeze time; the value is the real time, in seconds since the epoch, at which that was done."""
    now = time.time_ns() / 1e9
    with freezegun.freeze_time(LONG_AGO, ignore=LARGE):
        assert time.time() < now - 1e6
        yield now


def spin() -> None:
    """Take a moment of real time."""
    began = real.seconds()
    while real.seconds() - began < 0.002:
        pass


def test_the_clocks_go_on(frozen: float) -> None:
    first = real.seconds_ns()
    spin()
    assert real.seconds_ns() > first
    assert frozen <= real.time_ns() / 1e9 < frozen + 600
    assert frozen <= real.now().timestamp() < frozen + 600


def test_a_traced_call_has_its_real_times(frozen: float) -> None:
    sink = MemorySink()
    install(Tracer(project="unit", sink=sink))
    try:
        traceable(spin)()
    finally:
        uninstall()
    run = sink.run("spin")
    assert run.latency is not None
    assert 0.002 <= run.latency < 600
    assert frozen - 1 <= run.start_time.timestamp() < frozen + 600


def test_a_target_has_its_real_latency_and_its_real_limit(frozen: float) -> None:
    def answer(q: str) -> str:
        spin()
        return q

    target = Target(answer, "answer", takes_dict=False)
    job = Job(key="t", suite="s", name="t", example=Example("e", {"q": "x"}), target=target)
    runner = Runner(Tracer(project="unit", sink=MemorySink()), Workers(1), timeout=60.0, window=4)
    try:
        root = runner.take(job).root
    finally:
        runner.close()
    assert root is not None
    assert root.latency is not None
    assert 0.002 <= root.latency < 600


def test_a_limit_is_reached(frozen: float) -> None:
    deadline = Deadline(0.01)
    with pytest.raises(TargetTimeout), deadline.limit("It"):
        while True:
            pass
    deadline.close()


def test_time_machine_is_asked_for_the_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """It changes what the functions themselves do, so that no reference to one helps."""
    way_out = SimpleNamespace(is_travelling=lambda: True, time=SimpleNamespace(time_ns=lambda: 17))
    monkeypatch.setitem(sys.modules, "time_machine", SimpleNamespace(escape_hatch=way_out))  # type: ignore[arg-type]
    assert real.time_ns() == 17
