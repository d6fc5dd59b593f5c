"""Whatever a run is called, tagged, given or raises: the user's call goes on, and the run is logged."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from pytest_llmobs.tracing import trace, traceable, tracing_context
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.sampling import read_rules
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink


class Rude:
    """Nothing can be asked of it."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __len__ = __bool__ = __iter__ = __str__  # type: ignore[assignment]


class Failure(Exception):
    __str__ = Rude.__str__  # type: ignore[assignment]


ODD: list[Any] = ["\ud800", 5, None, ("a", "b"), Rude(), b"\xff", "\x00\t\n"]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_names_tags_and_metadata_of_any_type(sink: MemorySink, odd: Any) -> None:
    with trace(odd, tags=[odd], metadata={odd: odd}) as run:
        run.add_tags(odd)
        run.add_metadata({odd: odd})
        run.create_child(odd, tags=[odd], metadata={odd: 1}).end()
        run.to_headers()
        with tracing_context(tags=[odd], metadata={odd: odd}):
            traceable(lambda value: value)(odd)
    assert len(sink.runs) == 3
    assert sink.runs[-1].tags


@pytest.mark.parametrize("metadata", [5, ["a"], Rude()], ids=lambda value: type(value).__name__)
def test_metadata_that_is_no_dict_is_kept_as_a_value(sink: MemorySink, metadata: Any) -> None:
    with trace("odd", metadata=metadata, tags="vip", inputs=Rude()):  # type: ignore[arg-type]
        pass
    run = sink.run("odd")
    assert set(run.metadata) == {"value"}
    assert run.tags == ["vip"]
    assert set(run.inputs) == {"value"}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("\ud800"), "ValueError: \\ud800"),
        (Failure(), "<exception str() failed>"),
        (ExceptionGroup("two", [ValueError("\udfff"), Failure()]), "\\udfff"),
        (KeyError(Rude()), "<exception str() failed>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_of_any_text(sink: MemorySink, error: Exception, told: str) -> None:
    error.__notes__ = [5, Rude()]  # type: ignore[list-item]
    error.__cause__ = error
    with pytest.raises(type(error)), trace("failing"):
        raise error
    assert told in (sink.run("failing").error or "")


def test_at_the_end_of_the_stack_the_call_is_made_all_the_same(sink: MemorySink) -> None:
    deepest: Any = []
    for _ in range(150):
        deepest = [deepest, {1, 2}]
    answer = traceable(name="deep")(lambda value: value)
    answered = 0

    def descend(frames: int) -> None:
        nonlocal answered
        if frames:
            return descend(frames - 1)
        assert answer(deepest) is deepest
        answered += 1

    depth = 0
    frame: Any = sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    reached = 0
    for frames in range(sys.getrecursionlimit() - depth - 60, sys.getrecursionlimit() - depth - 4):
        try:
            descend(frames)
        except RecursionError:
            continue  # there was no room for the call itself
        reached += 1
    assert answered == reached > 40


def test_a_redactor_that_runs_out_of_stack_costs_the_payload(
    sink: MemorySink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Tracer, run: Any) -> bytes:
        if b"secret" in run.inputs_json:
            raise RecursionError
        return real(self, run)

    real = Tracer.encode
    monkeypatch.setattr(Tracer, "encode", fail)
    assert traceable(name="kept")(lambda text: text)("secret") == "secret"
    run = sink.run("kept")
    assert (run.inputs, run.outputs) == ({"<dropped>": "RecursionError while it was logged"},) * 2


def test_a_rule_that_looks_at_metadata_asks_no_value() -> None:
    kept = MemorySink()
    install(
        Tracer(
            project="unit", sink=kept, sample_rate=0.0, keep=read_rules(["metadata:tier=gold"], "llm_keep")
        )
    )
    try:
        with trace("odd", metadata={"tier": Rude()}):
            pass
        with trace("gold", metadata={"tier": "gold"}):
            pass
    finally:
        uninstall()
    assert kept.names() == ["gold"]
