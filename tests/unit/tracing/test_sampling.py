"""Whole traces are kept or dropped, and every process draws the same lot."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.tracing import get_current_run_tree, trace, traceable, tracing_context
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.ids import new_id
from pytest_llmobs.tracing.sampling import is_sampled, read_rules
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink


def _traced(rate: float, *keep: str) -> MemorySink:
    kept = MemorySink()
    install(Tracer(project="unit", sink=kept, sample_rate=rate, keep=read_rules(keep, "llm_keep")))
    return kept


@pytest.fixture(autouse=True)
def _switch_off() -> object:
    yield
    uninstall()


def test_the_choice_depends_on_the_id_alone() -> None:
    ids = [new_id(1_700_000_000_000_000_000 + n) for n in range(4000)]
    kept = [trace_id for trace_id in ids if is_sampled(trace_id, 0.25)]
    assert 850 < len(kept) < 1150
    random.shuffle(ids)
    assert {trace_id for trace_id in ids if is_sampled(trace_id, 0.25)} == set(kept)
    assert {trace_id for trace_id in ids if is_sampled(trace_id, 0.5)} >= set(kept)
    assert not any(is_sampled(trace_id, 0.0) for trace_id in ids)
    assert all(is_sampled(trace_id, 1.0) for trace_id in ids)


def test_a_dropped_trace_is_dropped_whole() -> None:
    kept = _traced(0.0)

    @traceable
    def outer() -> None:
        run = get_current_run_tree()
        assert run is not None
        run.add_metadata({"works": "anyway"})
        run.create_child("by hand").end()
        traceable(name="forced", enabled=True)(lambda: None)()
        with trace("block"), tracing_context(enabled=True):
            traceable(name="deep")(lambda: None)()

    outer()
    assert kept.lines == []


def test_traces_are_whole_at_any_rate() -> None:
    kept = _traced(0.5)
    for _ in range(100):
        with trace("outer"):
            traceable(name="inner")(lambda: None)()
    names = kept.names()
    assert 20 < names.count("outer") < 80
    assert names.count("inner") == names.count("outer")


@pytest.mark.parametrize(
    ("rule", "name"),
    [("errors", "failing"), ("tag:vip", "tagged"), ("metadata:tier=gold", "gold"), ("metadata:tier", "gold")],
)
def test_a_rule_keeps_the_whole_trace_of_what_it_speaks_for(rule: str, name: str) -> None:
    kept = _traced(0.0, rule)

    def boom() -> None:
        raise ValueError("no")

    below = {
        "plain": traceable(
            lambda: None,
        ),
        "failing": traceable(name="failing")(boom),
        "tagged": traceable(name="tagged", tags=["vip"])(lambda: None),
        "gold": traceable(name="gold", metadata={"tier": "gold"})(lambda: None),
    }
    for key, call in below.items():
        try:
            with trace(f"root of {key}"):
                traceable(name="before")(lambda: None)()
                call()
                traceable(name="after")(lambda: None)()
        except ValueError:
            pass
    expected = ["before", name, "after", f"root of {name}"]
    assert kept.names() == [run for run in expected if not (name == "failing" and run == "after")]


def test_runs_that_end_in_many_threads_are_kept_each_once() -> None:
    kept = _traced(0.0, "tag:vip")
    with trace("root"):
        calls = [traceable(name=f"run{n}", tags=["vip"] if n == 50 else [])(lambda: None) for n in range(100)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda call: call(), calls))
    assert sorted(kept.names()) == sorted(["root", *(f"run{n}" for n in range(100))])


def test_a_rule_that_does_not_speak_keeps_nothing() -> None:
    kept = _traced(0.0, "metadata:tier=gold")
    with trace("root", metadata={"tier": "silver"}):
        pass
    assert kept.lines == []


def test_an_impossible_rate_or_rule_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"sample_rate is 1\.5; it must be between 0 and 1"):
        Tracer(project="unit", sink=None, sample_rate=1.5)
    with pytest.raises(
        SettingsError, match=r"Unknown rule 'error' in llm_keep\. Known: errors, tag:NAME, metadata"
    ):
        read_rules(["error"], "llm_keep")
