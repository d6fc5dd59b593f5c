"""Model calls that belong to no trial are counted, and told of by the names of their threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmobs.tracing import trace
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.run_tree import RunTree, start_root
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.budget import Budget
from pytest_llmobs.trials.unclaimed import UnclaimedCalls


@pytest.fixture
def unclaimed(tmp_path: Path) -> Iterator[UnclaimedCalls]:
    """Those of a session that may make three model calls."""
    calls = UnclaimedCalls(Budget(tmp_path / "spent.json", max_cost=None, max_calls=3))
    install(Tracer(project="unit", sink=None, unclaimed=calls.take))
    yield calls
    uninstall()


def _call(cost: float | None = 0.0001) -> None:
    with trace("model", "llm") as run:
        run.columns.update({"model": "m", "provider": "p", "input_tokens": 10, "output_tokens": 20})
        if cost is not None:
            run.columns["total_cost"] = cost


def _in_thread(name: str, cost: float | None = 0.0001) -> None:
    thread = threading.Thread(target=_call, args=(cost,), name=name)
    thread.start()
    thread.join()


def _trial(tracer: Tracer) -> RunTree:
    return start_root(tracer, "trial", columns={"suite": "s"}, collect=True)


def _tracer() -> Tracer:
    from pytest_llmobs.tracing import active

    assert active.installed is not None
    return active.installed


def test_calls_of_a_trial_are_its_own(unclaimed: UnclaimedCalls) -> None:
    root = _trial(_tracer())
    with root.activate():
        _call()
        _in_thread("inside")
    root.end()
    assert unclaimed.note() is None
    assert len(root.finished_runs("llm")) == 2


def test_calls_outside_of_trials_are_told_of_and_count_for_the_budget(unclaimed: UnclaimedCalls) -> None:
    for name in ("worker", "worker", "scheduler"):
        _in_thread(name)
    assert unclaimed.note() == (
        "3 model calls ran in threads that belong to no trial: 'worker', 'scheduler' (90 tokens, $0.0003). No trial's "
        "cost counts them, a budget does; 'Threads' in docs/tracing.md says how to carry a trial there."
    )
    budget = unclaimed._budget
    assert budget is not None
    assert budget.exhausted() == "not run: 3 of 3 model calls made (llm_max_calls)"


def test_a_cost_that_is_not_known_is_said_to_be_more(unclaimed: UnclaimedCalls) -> None:
    _in_thread("worker")
    _in_thread("worker", None)
    note = unclaimed.note("gw1")
    assert note is not None
    assert "no trial: 'worker' (in gw1, 60 tokens, at least $0.0001)" in note


def test_a_call_under_a_trial_that_is_over_belongs_to_none(unclaimed: UnclaimedCalls) -> None:
    root, go_on = _trial(_tracer()), threading.Event()

    def outlive() -> None:
        assert go_on.wait(30)
        _call()

    with root.activate():
        late = threading.Thread(target=outlive, name="late")
        late.start()
    root.end()
    go_on.set()
    late.join()
    assert "1 model call ran in threads that belong to no trial: 'late'" in (unclaimed.note() or "")
    assert root.finished_runs("llm") == []


def test_a_call_that_ends_after_its_trial_was_accounted_for_is_told_of(unclaimed: UnclaimedCalls) -> None:
    root = _trial(_tracer())
    begun = root.create_child("model", "llm")
    begun.columns.update({"model": "m", "provider": "p", "input_tokens": 10, "output_tokens": 20})
    root.end()
    root.settled = True
    begun.end()
    assert "1 model call ran" in (unclaimed.note() or "")


def test_replayed_calls_cost_nothing_and_nobody_is_warned_of_them(unclaimed: UnclaimedCalls) -> None:
    with trace("model", "llm") as run:
        run.columns.update(
            {"model": "m", "provider": "p", "input_tokens": 10, "total_cost": 0.0, "replayed": True}
        )
    assert unclaimed.note() is None
    assert unclaimed._budget is not None
    assert unclaimed._budget.spent() is None
