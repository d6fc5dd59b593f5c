"""What names a trial's recordings: equal where a model said the same, None where nobody knows what it said."""

from __future__ import annotations

from datetime import UTC, datetime

from pytest_llmobs.measures.model_calls import spending
from pytest_llmobs.measures.recordings import recording_of
from pytest_llmobs.records.runs import Run, RunType, Usage

BEGAN = datetime(2026, 9, 1, tzinfo=UTC)
ENDED = datetime(2026, 9, 1, 0, 0, 3, tzinfo=UTC)


def run(
    id: str,
    recording: str | None = None,
    *,
    run_type: RunType = "llm",
    parent_id: str = "root",
    usage: Usage = Usage(),  # noqa: B008 - frozen
    **columns: object,
) -> Run:
    if recording is not None:
        columns["recording"] = recording
    return Run(
        id=id,
        trace_id="root",
        parent_id=parent_id,
        name=id,
        run_type=run_type,
        project="p",
        start_time=BEGAN,
        end_time=ENDED,
        model="m",
        provider="p",
        usage=usage,
        columns=columns,
    )


def test_the_order_of_calls_decides_nothing_and_each_of_them_counts() -> None:
    there, back = [run("1", "aa"), run("2", "bb")], [run("3", "bb"), run("4", "aa")]
    name = recording_of(there)
    assert name is not None
    assert len(name) == 16
    assert name == recording_of(back)
    assert len({name, recording_of([*there, run("5", "aa")]), recording_of(there[:1]), recording_of([])}) == 4


def test_a_call_without_a_recording_leaves_no_name() -> None:
    assert recording_of([run("1", "aa"), run("2")]) is None
    assert recording_of([run("1", "aa"), run("2", run_type="tool")]) == recording_of([run("1", "aa")])


def test_an_apps_own_step_around_recorded_calls_is_no_call_without_a_recording() -> None:
    own = run("own")
    chain = run("chain", run_type="chain", parent_id="own")
    recorded = run("call", "aa", parent_id="chain")
    assert recording_of([own, chain, recorded]) == recording_of([recorded])
    assert recording_of([own, run("other", "aa")]) is None


def test_a_replayed_call_was_not_made_and_costs_nothing() -> None:
    usage = Usage(input_tokens=10, output_tokens=20, total_cost=0.0)
    replayed = run("1", "aa", usage=usage, replayed=True, saved_cost=0.25)
    unpriced = run("2", "bb", usage=Usage(input_tokens=5), replayed=True)
    made = run("3", "cc", usage=Usage(input_tokens=1, total_cost=0.5))
    spent = spending([replayed, unpriced])
    assert (spent.calls, spent.replayed, spent.tokens) == (0, 2, 35)
    assert (spent.cost, spent.known_cost, spent.saved, spent.unpriced) == (0.0, 0.0, 0.25, frozenset())
    both = spent + spending([made])
    assert (both.calls, both.replayed, both.all_calls, both.cost, both.saved) == (1, 2, 3, 0.5, 0.25)


def test_how_long_a_recorded_reply_took_is_no_latency() -> None:
    assert run("1").latency == 3.0
    assert run("1", "aa").latency == 3.0
    assert run("1", "aa", replayed=True).latency is None
