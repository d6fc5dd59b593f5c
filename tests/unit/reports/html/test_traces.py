"""The order of a trace's runs: parents first, and none lost, whatever a crash left of it."""

from __future__ import annotations

from pytest_llmobs.reports.html.traces import Traces
from tests.browser.recorded import MICROSECONDS, run


def tree(traces: Traces) -> list[tuple[str, int]]:
    """Return each run's id and the place of its parent."""
    return [(line["id"], line["parent"]) for line in traces.runs("root") or ()]


def test_children_follow_their_parents_in_the_order_of_their_start() -> None:
    traces = Traces(
        [
            run("late", "root", "root", start_time=MICROSECONDS + 20),
            run("leaf", "root", "early", start_time=MICROSECONDS + 11),
            run("early", "root", "root", start_time=MICROSECONDS + 10),
            run("root", "root"),
        ]
    )
    assert tree(traces) == [("root", -1), ("early", 0), ("leaf", 1), ("late", 0)]


def test_times_are_milliseconds_after_the_root() -> None:
    traces = Traces(
        [
            run("root", "root"),
            run("a", "root", "root", start_time=MICROSECONDS + 1500, end_time=MICROSECONDS + 4000),
            run("b", "root", "root", start_time=MICROSECONDS + 9000, end_time=None, time_to_first_token=0.25),
        ]
    )
    _, a, b = traces.runs("root") or ()
    assert (a["start"], a["took"]) == (1.5, 2.5)
    assert (b["start"], b["took"], b["first_token"]) == (9.0, None, 250.0)


def test_runs_whose_parent_is_lost_hang_from_the_root() -> None:
    assert tree(Traces([run("root", "root"), run("a", "root", "lost")])) == [("root", -1), ("a", 0)]


def test_runs_in_a_circle_and_runs_told_twice_appear_once() -> None:
    runs = [run("root", "root"), run("a", "root", "b"), run("b", "root", "a"), run("a", "root", "b")]
    assert sorted(tree(Traces(runs))) == [("a", 0), ("b", 1), ("root", -1)]


def test_a_trace_may_be_deeper_than_pythons_stack() -> None:
    runs = [run("root", "root")]
    for depth in range(5000):
        runs.append(run(str(depth), "root", str(depth - 1) if depth else "root"))
    assert tree(Traces(runs))[-1] == ("4999", 4999)


def test_a_trace_without_its_root_is_none() -> None:
    assert Traces([run("a", "root", "root")]).runs("root") is None
    assert Traces([]).runs(None) is None
