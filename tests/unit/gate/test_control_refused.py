"""DRIFTED, where the accepted code can't be compared: the red stands, and says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_llmobs.baselines.records import Baseline, BaselineSession, RecordedSession
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.records.decisions import ExampleRow, MetricRow
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.records.trials import ModelCall
from pytest_llmobs.settings import Settings
from tests.unit.suites import ACCEPTED, World, but, first, graded, together

RowOf = Callable[..., MetricRow]
ExampleOf = Callable[..., ExampleRow]
ALONE = [GateRule(metric="pass", rule="mean", max_drop=0.9)]
"""Guard 1 has no look at this metric."""
UNKNOWN = "the baseline doesn't say which code made it"


def session(commit: str, recorded: str, clean: bool = True) -> RecordedSession:
    return RecordedSession(
        key=f"{commit}-{recorded}", session=BaselineSession(recorded=recorded, commit=commit, clean=clean)
    )


def merged(w: World, newest: int) -> Baseline:
    """Return a baseline whose first ``newest`` rows were recorded later, by another commit."""
    old, new = (
        w.baseline(source=session("aaa", "2026-01-01")),
        w.baseline(source=session("bbb", "2026-05-01")),
    )
    rows = {name: (new if name < f"e{newest:03}" else old).rows[name] for name in w.ids}
    return replace(old, rows=rows, sessions={**old.sessions, **new.sessions})


class TestItCannotRun:
    def judged(self, w: World, baseline: Baseline, row_of: RowOf, **more: Any) -> tuple[MetricRow, list[str]]:
        again = w.again(first(10), **{"accepted": False, **more.pop("script", {})})
        decision = w.decide(w.trials(first(10)), baseline, again, **more)
        assert decision.red
        return row_of(decision), again.asked

    @pytest.mark.parametrize(
        "source",
        [
            None,
            RecordedSession(key="a", session=BaselineSession(commit=None, clean=True)),
            RecordedSession(key="a", session=BaselineSession(commit="1a2b3c4", clean=False)),
        ],
    )
    def test_nobody_knows_the_code_of_the_baseline(
        self, source: RecordedSession | None, world: type[World], row_of: RowOf
    ) -> None:
        w = world(40)
        row, asked = self.judged(w, w.baseline(source=source), row_of)
        assert (row.verdict, row.control_note, asked) == ("REGRESSED", UNKNOWN, ["passes"])

    def test_it_is_switched_off(self, world: type[World], row_of: RowOf) -> None:
        w = world(40)
        row, asked = self.judged(w, w.baseline(source=ACCEPTED), row_of, control="off")
        assert (row.verdict, row.control_note, asked) == ("REGRESSED", "llm_control is off", ["passes"])

    def test_its_session_says_why(self, world: type[World], row_of: RowOf) -> None:
        w = world(40)
        why = "commit 1a2b3c4 is not here: `git fetch --depth=1 origin 1a2b3c4`"
        row, _ = self.judged(w, w.baseline(source=ACCEPTED), row_of, script={"errors": {"control": why}})
        assert (row.verdict, row.red, row.control_note) == ("REGRESSED", True, why)

    def test_its_trials_break(self, world: type[World], row_of: RowOf) -> None:
        w = world(40)
        script = {"accepted": lambda example, _: "error" if example < "e003" else False}
        row, _ = self.judged(w, w.baseline(source=ACCEPTED), row_of, script=script)
        assert row.verdict == "REGRESSED"
        assert row.control_note == "it doesn't run from git: error"

    def test_its_evaluator_is_of_another_version(self, world: type[World], row_of: RowOf) -> None:
        w = world(40, metrics={"tone": "v2"})
        low = {"tone": graded(0.1)}
        again = w.again(scores=low, accepted_scores=low, accepted_metrics={"tone": "v1"})
        decision = w.decide(
            w.trials(scores=low), w.baseline(scores={"tone": graded(0.9)}, source=ACCEPTED), again
        )
        row = row_of(decision, "tone")
        assert (row.verdict, row.red) == ("REGRESSED", True)
        assert row.control_note == "its evaluator is another one there"

    def test_the_evaluator_of_a_broken_example_is_of_another_version(
        self, world: type[World], example_of: ExampleOf
    ) -> None:
        w = world(60, metrics={"tone": "v2"})
        low = {"tone": lambda example, _: 0.1 if example == "e003" else 0.9}
        again = w.again(scores=low, accepted_scores=low, accepted_metrics={"tone": "v1"})
        decision = w.decide(
            w.trials(scores=low), w.baseline(scores={"tone": graded(0.9)}, source=ACCEPTED), again
        )
        row = example_of(decision, "e003", "tone")
        assert (row.state, row.red) == ("broken", True)
        assert row.control_note == "its evaluator is another one there"

    @pytest.mark.parametrize("lost", [40, 10])
    def test_its_evaluator_scores_nothing_there(self, lost: int, world: type[World], row_of: RowOf) -> None:
        """A judge without a key in the worktree says nothing of the day."""
        w = world(40, metrics={"tone": "v"})
        low = {"tone": graded(0.1)}
        silent = {"tone": graded(None, 0.1, fails=lost)}  # type: ignore[arg-type]
        again = w.again(scores=low, accepted_scores=silent)
        decision = w.decide(
            w.trials(scores=low), w.baseline(scores={"tone": graded(0.9)}, source=ACCEPTED), again
        )
        row = row_of(decision, "tone")
        assert (row.verdict, row.red) == ("REGRESSED", True)
        assert row.control_note == "too little was scored there: it raised"

    @pytest.mark.parametrize(
        ("call", "alike"),
        [
            (ModelCall(model="m", system="be kind", messages=(("user", "hi"),)), True),
            (ModelCall(model="m", system="be rude", messages=(("user", "hi"),)), False),
            (ModelCall(model="n", system="be kind", messages=(("user", "hi"),)), False),
            (ModelCall(model="m", system="be kind", messages=(("user", "ho"),)), False),
            (ModelCall(model="m", system="be kind", messages=(("user", "hi"),), params={"top_p": 1}), False),
        ],
    )
    def test_its_prompts_are_not_those_that_were_recorded(
        self, call: ModelCall, alike: bool, world: type[World], row_of: RowOf
    ) -> None:
        w = world(40)
        then = ModelCall(model="m", system="be kind", messages=(("user", "hi"),))
        baseline = w.baseline(calls=lambda _: [then], source=ACCEPTED)
        again = w.again(first(10), accepted=first(10), calls=lambda _: [call])
        row = row_of(w.decide(w.trials(first(10)), baseline, again))
        if alike:
            assert row.verdict == "DRIFTED"
        else:
            assert (row.verdict, row.red) == ("REGRESSED", True)
            assert row.control_note == "its prompts aren't those that were recorded"

    def test_it_lacks_a_suite(self, world: type[World]) -> None:
        here = world(40, suite="tests/test_a.py::test_it")
        there = world(40, suite="tests/test_b.py::test_it")
        decision = decide(
            [here.plan, there.plan],
            [*here.trials(first(10)), *there.trials(first(10))],
            {w.plan.name: w.baseline(source=ACCEPTED) for w in (here, there)},
            Settings(),
            Lacking(here, there),
        )
        verdicts = {row.suite: (row.verdict, row.control_note) for row in decision.metrics}
        assert verdicts == {
            here.plan.name: ("DRIFTED", ""),
            there.plan.name: ("REGRESSED", "it doesn't run from git: its trials did not run"),
        }

    def test_nobody_can_run_anything(self, world: type[World], row_of: RowOf) -> None:
        w = world(40)
        for decision in (
            w.decide(
                w.trials(first(10)), w.baseline(source=ACCEPTED), unlooked="a merge of shards looks once"
            ),
            w.decide(
                w.trials(first(10)),
                w.baseline(source=ACCEPTED),
                w.again(),
                confirm=0,
                unlooked="a merge of shards looks once",
            ),
        ):
            assert row_of(decision).verdict == "REGRESSED"
            assert row_of(decision).control_note == "a merge of shards looks once"


class Lacking:
    """Further sessions of two suites, of which the accepted code has one."""

    def __init__(self, here: World, there: World) -> None:
        self.now = together(here.again(first(10), accepted=False), there.again(first(10)))
        self.then = here.again(accepted=False)

    def __call__(self, request: Any) -> Any:
        return self.then(request) if request.purpose == "control" else self.now(request)


class TestRowsOfSeveralCommits:
    def test_the_newest_is_run_over_its_own_rows(
        self, world: type[World], states_of: Any, example_of: ExampleOf
    ) -> None:
        w = world(300, gates=ALONE)
        again = w.again(but("e003", "e200"), accepted=False)
        decision = w.decide(w.trials(but("e003", "e200")), merged(w, 100), again)
        assert again.requests[-1].commit == "bbb"
        assert list(again.reruns("control")[0].repeats) == ["e003"]
        assert states_of(decision) == {"e003": "drifted", "e200": "broken"}
        assert example_of(decision, "e200").control_note == (
            "it was recorded by another commit (aaa) than most (bbb)"
        )

    def test_a_few_new_rows_clear_no_mean(self, world: type[World], row_of: RowOf) -> None:
        """One row of 40 was recorded since: what most rows were recorded by is what runs."""
        w = world(40)
        failing = w.ids[10:30]
        again = w.again(but(*failing))
        row = row_of(w.decide(w.trials(but(*failing)), merged(w, 1), again))
        assert (row.verdict, row.control_note) == ("REGRESSED", "")
        assert again.requests[-1].commit == "aaa"
        assert len(again.reruns("control")[0].repeats) == 39

    def test_a_mean_over_rows_of_two_commits_is_not_compared(self, world: type[World], row_of: RowOf) -> None:
        w = world(40)
        failing = w.ids[10:30]
        again = w.again(but(*failing))
        row = row_of(w.decide(w.trials(but(*failing)), merged(w, 25), again))
        assert (row.verdict, row.red) == ("REGRESSED", True)
        assert row.control_note == "15 of 40 examples were recorded by another commit (aaa) than most (bbb)"
        assert "control" not in again.asked

    def test_a_row_or_two_of_an_older_commit_leave_the_mean_comparable(
        self, world: type[World], row_of: RowOf
    ) -> None:
        w = world(40)
        again = w.again(first(10), accepted=first(10))
        assert row_of(w.decide(w.trials(first(10)), merged(w, 38), again)).verdict == "DRIFTED"

    def test_rows_of_uncommitted_code_are_not_those_of_its_commit(
        self, world: type[World], example_of: ExampleOf
    ) -> None:
        w = world(300, gates=ALONE)
        clean, dirty = session("aaa", "2026-01-01"), session("aaa", "2026-05-01", clean=False)
        then, later = w.baseline(source=clean), w.baseline(source=dirty)
        rows = {name: (later if name == "e003" else then).rows[name] for name in w.ids}
        baseline = replace(then, rows=rows, sessions={**then.sessions, **later.sessions})
        again = w.again(but("e003", "e200"), accepted=False)
        decision = w.decide(w.trials(but("e003", "e200")), baseline, again)
        assert (example_of(decision, "e003").state, example_of(decision, "e200").state) == (
            "broken",
            "drifted",
        )
        assert example_of(decision, "e003").control_note == UNKNOWN

    def test_the_newest_session_of_a_row_counts(self, world: type[World], row_of: RowOf) -> None:
        w = world(40)
        old, new = session("aaa", "2026-01-01"), session("bbb", "2026-05-01")
        once = w.baseline(source=old)
        rows = {name: replace(row, sessions={old.key: 3, new.key: 2}) for name, row in once.rows.items()}
        baseline = replace(once, rows=rows, sessions={old.key: old.session, new.key: new.session})
        again = w.again(first(10), accepted=False)
        assert row_of(w.decide(w.trials(first(10)), baseline, again)).verdict == "DRIFTED"
        assert again.requests[-1].commit == "bbb"


def test_trials_that_nobody_asked_for_change_nothing(world: type[World], row_of: RowOf) -> None:
    w, stranger = world(40), world(["stranger"])
    again = w.again(first(10))

    def look(request: Any) -> Any:
        answer = again(request)
        return replace(answer, trials=(*answer.trials, *stranger.trials(repeat=9)))

    assert row_of(w.decide(w.trials(first(10)), w.baseline(source=ACCEPTED), look)).verdict == "REGRESSED"
