"""Giants are cut on every way into a log, and the time they took is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_llmobs.tracing import capture, trace, traceable, tracing_context
from tests.unit.tracing.memory import MemorySink

GIANT = {"text": "x" * 30_000_000}


def _chunks() -> Iterator[dict[str, str]]:
    yield GIANT


def _called() -> None:
    traceable(name="giant")(lambda giant: None)(GIANT)


def _called_in_a_scope() -> None:
    with tracing_context(tags=["vip"]):
        _called()


def _returned() -> None:
    traceable(name="giant")(lambda: GIANT)()


def _yielded() -> None:
    list(traceable(name="giant")(_chunks)())


def _reduced() -> None:
    list(traceable(name="giant", reduce_fn=list)(_chunks)())


def _block() -> None:
    with trace("giant", inputs=GIANT):
        pass


def _ended() -> None:
    with trace("giant") as run:
        run.end(outputs=GIANT)


def _described() -> None:
    with trace("giant") as run:
        run.add_metadata(GIANT)


PATHS = [_called, _called_in_a_scope, _returned, _yielded, _reduced, _block, _ended, _described]


@pytest.mark.parametrize("log", PATHS)
def test_a_giant_is_cut(sink: MemorySink, log: Callable[[], None]) -> None:
    log()
    assert b" of 30,000,000 characters>" in sink.lines[0]
    assert len(sink.lines[0]) < 1.1 * (capture.MAX_METADATA if log is _described else capture.MAX_PAYLOAD)


@pytest.mark.parametrize("log", PATHS)
def test_time_that_capturing_took_is_announced(
    sink: MemorySink, monkeypatch: pytest.MonkeyPatch, log: Callable[[], None]
) -> None:
    traceable(name="small")(lambda text: None)("x")
    monkeypatch.setattr(capture, "SLOW", 1_000)
    log()
    assert sink.run("giant").metadata["capture_ms"] > 0.001
    assert sink.run("small").metadata == {}


def _failed() -> None:
    with pytest.raises(ValueError), trace("giant"):
        raise ValueError(GIANT["text"])


def _failed_in_words() -> None:
    with trace("giant") as run:
        run.end(error=GIANT["text"])


@pytest.mark.parametrize("log", [_failed, _failed_in_words])
def test_a_giant_error_loses_its_middle(sink: MemorySink, log: Callable[[], None]) -> None:
    log()
    assert re.search(r"<cut: 29,900,\d+ of 30,000,\d+ characters>", sink.run("giant").error or "")
    assert len(sink.lines[0]) < 110_000


@pytest.mark.parametrize("first", [1.5, 1])
def test_what_hides_behind_numbers_is_counted_too(first: float) -> None:
    shared: list[Any] = [first]
    for _ in range(60):
        shared = [first, shared, shared]
    assert len(capture.encode({"vector": shared}, 10_000)) < 100_000
    assert capture.encode({"vector": [1.5, 10**400]}) == b'{"vector":[1.5,1%b]}' % (b"0" * 400)
