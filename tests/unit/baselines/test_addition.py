"""Further passes of what was recorded, from sessions of their own, and never of anything else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.baselines.addition import added_baseline, pooled_baseline
from pytest_llmobs.baselines.file import load_baseline
from pytest_llmobs.baselines.paths import baseline_path
from pytest_llmobs.baselines.records import Baseline, BaselineSession, RecordedSession
from pytest_llmobs.baselines.update import record_baseline, updated_baseline
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.trials import ModelCall

TONE = {"tone": lambda *_: 0.9}


def session(day: int, **more: Any) -> RecordedSession:
    """Return the session of a day in January."""
    recorded = BaselineSession(recorded=f"2026-01-{day:02}T08:00:00+00:00", commit=f"c{day}", clean=True)
    return RecordedSession(key=f"{day:08x}", session=recorded, **more)


def prompted(system: str = "Be kind.", **more: Any) -> Callable[[str], Sequence[ModelCall]]:
    """Return what an app sends: a prompt and the example's question."""
    fields = {"model": "m-1", "params": {"temperature": 0}, "messages": (("user", "Hello?"),), **more}
    return lambda _: [ModelCall(system=system, **fields)]


@pytest.fixture
def recorded(world) -> Baseline:
    """Return a baseline of five passes, which all passed."""
    w = world(3, metrics={"tone": "v1"})
    trials = w.trials(repeat=5, scores=TONE, calls=prompted())
    return updated_baseline(None, w.plan, trials, source=session(1)).baseline


def test_passes_are_appended_under_their_own_session(world, recorded) -> None:
    w = world(3, metrics={"tone": "v1"})
    trials = w.trials(lambda e, _: e != "e001", repeat=5, scores=TONE, calls=prompted())
    update = added_baseline(recorded, w.plan, trials, source=session(2))
    row = update.baseline.rows["e001"]
    assert row.passes == (1.0,) * 5 + (0.0,) * 5
    assert row.scores == {"tone": (0.9,) * 10}
    assert row.sessions == {"00000001": 5, "00000002": 5}
    assert list(update.baseline.sessions) == ["00000001", "00000002"]
    assert update.baseline.repeat == 10
    assert (update.added, update.recorded, update.removed) == (["e000", "e001", "e002"], [], ())
    assert update.known_failures == ["e001"]


def test_a_second_time_adds_nothing(world, recorded) -> None:
    w = world(3, metrics={"tone": "v1"})
    trials = w.trials(repeat=5, scores=TONE, calls=prompted())
    once = added_baseline(recorded, w.plan, trials, source=session(2)).baseline
    again = added_baseline(once, w.plan, trials, source=session(2))
    assert again.baseline.rows == once.rows
    assert not again.changes


def test_a_score_that_was_missing_in_all_passes_of_a_session_is_missing_there(world) -> None:
    w = world(1, metrics={"tone": "v1"})
    bare = updated_baseline(None, w.plan, w.trials(repeat=2), source=session(1)).baseline
    update = added_baseline(bare, w.plan, w.trials(repeat=2, scores=TONE), source=session(2))
    assert update.baseline.rows["e000"].scores == {"tone": (None, None, 0.9, 0.9)}
    assert update.baseline.rows["e000"].by_session("tone") == {
        "00000001": (None, None),
        "00000002": (0.9, 0.9),
    }


class TestTwentyFivePasses:
    """A row keeps the newest 25 passes, in whatever order sessions are added."""

    def grown(self, world, days: Sequence[int]) -> Baseline:
        w = world(1)
        baseline = updated_baseline(None, w.plan, w.trials(repeat=4), source=session(days[0])).baseline
        for day in days[1:]:
            trials = w.trials(lambda _, repeat: repeat > 1, repeat=4)
            baseline = added_baseline(baseline, w.plan, trials, source=session(day)).baseline
        return baseline

    def test_the_oldest_go(self, world) -> None:
        baseline = self.grown(world, [1, 2, 3, 4, 5, 6, 7, 8])
        row = baseline.rows["e000"]
        assert row.sessions == {
            f"{day:08x}": passes for day, passes in zip(range(2, 9), (1, *[4] * 6), strict=True)
        }
        # of day 2 the last pass is left, and its first one failed
        assert row.passes == (1.0, *(0.0, 1.0, 1.0, 1.0) * 6)
        assert "00000001" not in baseline.sessions

    def test_an_older_session_stands_before_newer_ones(self, world) -> None:
        assert list(self.grown(world, [5, 3, 9]).rows["e000"].sessions) == [
            "00000003",
            "00000005",
            "00000009",
        ]

    def test_one_older_than_all_that_are_kept_changes_nothing(self, world) -> None:
        full = self.grown(world, [2, 3, 4, 5, 6, 7, 8, 9])
        w = world(1)
        update = added_baseline(full, w.plan, w.trials(repeat=4), source=session(1))
        assert (update.full, update.added, update.changes) == (["e000"], [], False)
        assert update.baseline.rows == full.rows


def test_an_example_that_the_baseline_lacks_gets_its_first_row(world, recorded) -> None:
    w = world(4, metrics={"tone": "v1"})
    trials = w.trials(repeat=5, scores=TONE, calls=prompted(), output=lambda e: f"I am {e}")
    update = added_baseline(recorded, w.plan, trials, source=session(2))
    assert update.recorded == ["e003"]
    assert update.baseline.rows["e003"].sessions == {"00000002": 5}
    assert update.baseline.rows["e003"].passes == (1.0,) * 5
    assert update.baseline.texts is not None
    # the texts of the others stay those of the pass that was recorded
    outputs = {name: texts.output for name, texts in update.baseline.texts.examples.items()}
    assert outputs == {"e000": "", "e001": "", "e002": "", "e003": "I am e003"}


def test_an_edited_example_keeps_its_row_and_is_named(world, recorded) -> None:
    w = world(3, metrics={"tone": "v1"})
    expected = [
        replace(each, example_hash="new") if each.example_id == "e001" else each for each in w.plan.expected
    ]
    trials = w.trials(repeat=5, scores=TONE, calls=prompted())
    update = added_baseline(recorded, w.changed(expected=tuple(expected)).plan, trials, source=session(2))
    assert (update.edited, update.added) == (["e001"], ["e000", "e002"])
    assert update.baseline.rows["e001"] == recorded.rows["e001"]


def test_rows_that_did_not_run_stay_as_they_are(world, recorded) -> None:
    part = world(["e001"], metrics={"tone": "v1"}, total=3)
    trials = part.trials(repeat=5, scores=TONE, calls=prompted())
    update = added_baseline(recorded, part.plan, trials, source=session(2))
    assert update.baseline.rows["e000"] == recorded.rows["e000"]
    assert update.added == ["e001"]


def test_an_example_that_is_gone_keeps_its_row_until_it_is_pruned(world, recorded) -> None:
    w = world(2, metrics={"tone": "v1"})
    trials = w.trials(repeat=5, scores=TONE, calls=prompted())
    update = added_baseline(recorded, w.plan, trials, source=session(2))
    assert update.baseline.rows["e002"] == recorded.rows["e002"]


def test_a_test_that_is_gone_keeps_its_baseline(world, recorded) -> None:
    gone = world(0, total=0)
    assert gone.plan.gone
    update = added_baseline(recorded, gone.plan, [], source=session(2))
    assert not update.changes
    assert update.baseline.rows.keys() == recorded.rows.keys()


def test_seconds_and_dollars_stay_those_of_the_conditions_that_they_were_measured_in(world) -> None:
    w = world(1)
    first = session(1, metadata={"concurrency": "8"})
    baseline = updated_baseline(None, w.plan, w.trials(repeat=2, latency=1.0), source=first).baseline
    second = session(2, metadata={"concurrency": "1"})
    grown = added_baseline(baseline, w.plan, w.trials(repeat=2, latency=9.0), source=second).baseline
    assert (grown.rows["e000"].latency, grown.metadata) == (1.0, {"concurrency": "8"})


class TestOtherThanRecorded:
    """Other prompts, models, parameters, evaluators: that is a new baseline, not more of the old one."""

    @pytest.mark.parametrize(
        ("calls", "differing"),
        [
            (prompted("Be brief."), ["system prompt (e000, e001, e002)"]),
            (prompted(model="m-2"), ["model: m-1 -> m-2 (e000, e001, e002)"]),
            (prompted(params={"temperature": 1}), ["parameters: temperature 0 -> 1 (e000, e001, e002)"]),
            (prompted(tools="[]"), ["tools (e000, e001, e002)"]),
            (prompted(messages=(("user", "Hi"),)), ["messages (e000, e001, e002)"]),
            (lambda _: [], ["no model is called any more (e000, e001, e002)"]),
        ],
    )
    @pytest.mark.parametrize("with_texts", [True, False])
    def test_what_was_sent(self, with_texts: bool, calls, differing, world, recorded) -> None:
        w = world(3, metrics={"tone": "v1"})
        old = recorded if with_texts else replace(recorded, texts=None)
        trials = w.trials(repeat=5, scores=TONE, calls=calls)
        update = added_baseline(old, w.plan, trials, source=session(2))
        if not with_texts and "temperature" in differing[0]:
            differing = ["parameters (e000, e001, e002)"]
        assert list(update.differing) == differing
        assert (update.baseline.rows, update.changes) == (old.rows, False)

    def test_one_example_is_enough_and_is_named(self, world, recorded) -> None:
        w = world(3, metrics={"tone": "v1"})

        def calls(example: str) -> Sequence[ModelCall]:
            return prompted("Be brief.")(example) if example == "e002" else prompted()(example)

        trials = w.trials(repeat=5, scores=TONE, calls=calls)
        update = added_baseline(recorded, w.plan, trials, source=session(2))
        assert update.differing == ["system prompt (e002)"]

    def test_many_are_counted(self, world) -> None:
        w = world(9)
        old = updated_baseline(None, w.plan, w.trials(calls=prompted()), source=session(1)).baseline
        update = added_baseline(old, w.plan, w.trials(calls=prompted("Be brief.")), source=session(2))
        assert update.differing == ["system prompt (e000, e001, e002 and 6 more)"]

    @pytest.mark.parametrize(
        ("metrics", "differing"),
        [
            ({"tone": "v2"}, "evaluator tone: v1 -> v2"),
            ({}, "evaluator tone: v1 -> none"),
            ({"tone": "v1", "brief": "v1"}, "evaluator brief: none -> v1"),
        ],
    )
    def test_an_evaluator(self, metrics, differing: str, world, recorded) -> None:
        w = world(3, metrics=metrics)
        trials = w.trials(repeat=5, scores=TONE, calls=prompted())
        assert added_baseline(recorded, w.plan, trials, source=session(2)).differing == [differing]

    def test_a_summary_evaluator(self, world) -> None:
        w = world(3).changed(summaries={"f1": "v1"})
        score = SuiteScore(suite=w.plan.name, metric="f1", evaluator="f1", score=0.9)
        first, second = (session(day, suite_scores=[score]) for day in (1, 2))
        old = updated_baseline(None, w.plan, w.trials(), source=first).baseline
        assert not added_baseline(old, w.plan, w.trials(), source=second).differing
        other = w.changed(summaries={"f1": "v2"})
        update = added_baseline(old, other.plan, w.trials(), source=second)
        assert update.differing == ["summary evaluator of f1: v1 -> v2"]

    def test_a_later_call_may_hold_what_the_model_answered_to_the_first(self, world) -> None:
        w = world(1)

        def chain(answer: str) -> Callable[[str], Sequence[ModelCall]]:
            later = (("user", "Hello?"), ("assistant", answer))
            return lambda e: [*prompted()(e), *prompted(messages=later)(e)]

        old = updated_baseline(None, w.plan, w.trials(calls=chain("Hi")), source=session(1)).baseline
        assert not added_baseline(old, w.plan, w.trials(calls=chain("Good day")), source=session(2)).differing

    def test_a_trial_that_broke_half_way_says_nothing_of_what_is_sent(self, world, recorded) -> None:
        w = world(3, metrics={"tone": "v1"})
        trials = w.trials(
            lambda e, r: "error" if r == 1 else True,
            repeat=2,
            scores=TONE,
            calls=prompted(),
        )
        broken = [replace(trial, calls=()) if trial.status == "error" else trial for trial in trials]
        update = added_baseline(recorded, w.plan, broken, source=session(2))
        assert not update.differing
        assert update.baseline.rows["e000"].passes == (1.0,) * 5 + (None, 1.0)

    def test_where_no_call_was_traced_there_is_nothing_to_compare(self, world) -> None:
        w = world(2)
        old = updated_baseline(None, w.plan, w.trials(repeat=5), source=session(1)).baseline
        update = added_baseline(old, w.plan, w.trials(repeat=5), source=session(2))
        assert update.added == ["e000", "e001"]


class TestPooling:
    """Sessions of the past give passes to the rows that there are."""

    def test_an_example_without_a_row_gets_none(self, world, recorded) -> None:
        w = world(4, metrics={"tone": "v1"})
        trials = w.trials(scores=TONE, calls=prompted())
        update = pooled_baseline(recorded, w.plan, trials, session(2))
        assert (update.rowless, update.recorded) == (["e003"], ())
        assert list(update.baseline.rows) == ["e000", "e001", "e002"]
        assert update.baseline.rows["e000"].sessions == {"00000001": 5, "00000002": 1}

    def test_rows_that_were_recorded_anew_since_are_left_alone(self, world, recorded) -> None:
        w = world(3, metrics={"tone": "v1"})
        trials = w.trials(scores=TONE, calls=prompted())
        update = pooled_baseline(
            recorded, w.plan, trials, session(2), lambda baseline, row: row is baseline.rows["e001"]
        )
        assert (update.outdated, update.added) == (["e001"], ["e000", "e002"])


def test_on_disk_the_texts_stay_consistent(world, tmp_path: Path) -> None:
    w = world(2)
    one = world(["e000"], total=2)
    sent: dict[str, Any] = {"calls": prompted(), "output": lambda e: f"I am {e}"}
    record_baseline(tmp_path, one.plan, one.trials(**sent), source=session(1))
    record_baseline(tmp_path, w.plan, w.trials(**sent), source=session(2), add=True)
    grown = load_baseline(baseline_path(tmp_path, w.plan.name))
    assert grown is not None
    assert grown.texts is not None
    assert {name: row.sessions for name, row in grown.rows.items()} == {
        "e000": {"00000001": 1, "00000002": 1},
        "e001": {"00000002": 1},
    }
    for example in grown.rows:
        (shape,) = grown.texts.shapes(example)
        assert set(shape.texts()) <= grown.texts.texts.keys()


def test_a_dry_run_writes_nothing(world, tmp_path: Path) -> None:
    w = world(2)
    update = record_baseline(tmp_path, w.plan, w.trials(), source=session(1), add=True, dry_run=True)
    assert update.recorded == ["e000", "e001"]
    assert list(tmp_path.iterdir()) == []


def test_an_example_is_added_with_all_its_passes_or_with_none(world, recorded, tmp_path: Path) -> None:
    w = world(2, repeat=3)
    record_baseline(tmp_path, w.plan, w.trials(), source=session(1))
    trials = [trial for trial in w.trials() if (trial.example_id, trial.repeat) != ("e001", 2)]
    update = record_baseline(tmp_path, w.plan, trials, source=session(2), add=True)
    assert (update.added, update.cut_short) == (["e000"], ["e001"])
