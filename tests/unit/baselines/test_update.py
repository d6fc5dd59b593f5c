from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from pytest_llmobs.baselines.file import load_baseline
from pytest_llmobs.baselines.paths import baseline_path
from pytest_llmobs.baselines.records import RecordedSession
from pytest_llmobs.baselines.update import record_baseline, updated_baseline
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import ModelCall, TrialScore


def test_the_first_baseline_records_what_ran(world) -> None:
    w = world(3, metrics={"tone": "v1"})
    trials = w.trials(lambda e, r: e != "e001" or r > 1, repeat=5, scores={"tone": lambda _, r: r / 10})
    update = updated_baseline(None, w.plan, trials, source=RecordedSession(metadata={"machine": "m"}))
    row = update.baseline.rows["e001"]
    assert row.passes == (0.0, 1.0, 1.0, 1.0, 1.0)
    assert row.scores == {"tone": (0.1, 0.2, 0.3, 0.4, 0.5)}
    assert row.hash == "hash of e001"
    assert (update.baseline.suite, update.baseline.dataset_version, update.baseline.repeat) == (
        w.plan.name,
        "d1",
        5,
    )
    assert (update.baseline.metrics, update.baseline.metadata) == ({"tone": "v1"}, {"machine": "m"})
    assert update.recorded == ["e000", "e001", "e002"]
    assert update.known_failures == ["e001"]


def test_only_what_ran_is_touched(world) -> None:
    whole = world(4)
    old = whole.baseline(lambda e, _: e != "e003")
    part = world(["e000", "e001"], total=4)
    update = updated_baseline(old, part.plan, part.trials(False, repeat=5))
    assert update.baseline.rows["e003"] == old.rows["e003"]
    assert update.baseline.rows["e000"].passes == (0.0,) * 5
    assert (update.recorded, update.removed) == (["e000", "e001"], [])
    assert update.known_failures == ["e000", "e001"]


def test_a_whole_run_drops_the_rows_of_examples_that_are_gone(world) -> None:
    old, new = world(4), world(3)
    update = updated_baseline(old.baseline(), new.plan, new.trials(repeat=5))
    assert list(update.baseline.rows) == ["e000", "e001", "e002"]
    assert update.removed == ["e003"]


def test_an_example_that_only_raised_keeps_its_old_row(world) -> None:
    w = world(2)
    old = w.baseline()
    update = updated_baseline(old, w.plan, w.trials(lambda e, _: "error" if e == "e001" else False, repeat=5))
    assert update.baseline.rows["e001"] == old.rows["e001"]
    assert update.unrecorded == ["e001"]


def test_a_repeat_that_raised_is_kept_as_missing(world) -> None:
    w = world(1)
    row = updated_baseline(
        None, w.plan, w.trials(lambda _, r: "error" if r == 2 else True, repeat=3)
    ).baseline.rows["e000"]
    assert row.passes == (1.0, None, 1.0)
    assert row.values("pass") == [1.0, 1.0]


def test_scores_of_the_test_body_are_not_recorded(world) -> None:
    w = world(1)
    trials = w.trials(scores={"mine": lambda *_: TrialScore(score=1.0)})
    assert updated_baseline(None, w.plan, trials).baseline.rows["e000"].scores == {}


def test_rows_that_did_not_run_remember_their_judge(world) -> None:
    whole = world(3, metrics={"tone": "v1", "gone": "v1"})
    old = whole.baseline(scores={"tone": lambda *_: 1.0})
    part = world(["e000"], metrics={"tone": "v2"}, total=3)
    update = updated_baseline(old, part.plan, part.trials(repeat=5, scores={"tone": lambda *_: 1.0}))
    new = update.baseline
    assert new.metrics == {"tone": "v2"}
    assert [new.version(row, "tone") for row in new.rows.values()] == ["v2", "v1", "v1"]
    # recorded again with the old judge's return: nothing left to remember
    back = updated_baseline(new, whole.plan, whole.trials(only=["e000"], repeat=5)).baseline
    assert back.rows["e001"].versions == {}


def test_median_latency_and_cost_are_kept(world) -> None:
    w = world(1)
    row = w.baseline(latency=1.23456, total_cost=0.000123456).rows["e000"]
    assert (row.latency, row.cost) == (1.23, 0.000123)
    assert w.baseline().rows["e000"].latency is None


def test_latencies_that_hardly_differ_leave_the_file_as_it_is(world) -> None:
    w = world(1)
    old = w.baseline(latency=1.0, total_cost=0.01)
    for latency, kept in ((1.2, 1.0), (0.81, 1.0), (1.3, 1.3), (0.7, 0.7)):
        trials = w.trials(latency=latency, total_cost=0.011)
        row = updated_baseline(old, w.plan, trials).baseline.rows["e000"]
        assert (row.latency, row.cost) == (kept, 0.01)


@pytest.mark.parametrize(
    ("passes", "failed", "known"),
    [(5, 0, False), (5, 1, True), (10, 1, False), (10, 2, True), (25, 2, False)],
)
def test_a_known_failure_failed_in_more_than_a_tenth_of_the_passes(
    passes: int, failed: int, known: bool, world
) -> None:
    baseline = world(3).baseline(lambda e, r: e != "e001" or r > failed, repeat=passes)
    assert baseline.known_failure("e001") is known
    assert not baseline.known_failure("e002")
    assert not baseline.known_failure("never heard of")


def test_new_and_edited_examples_have_no_row_to_compare_with(world) -> None:
    baseline = world(1).baseline()
    assert baseline.row_of("e000", "hash of e000") is baseline.rows["e000"]
    assert baseline.row_of("e000", "another") is None
    assert baseline.row_of("e001", "hash of e001") is None


def test_texts_are_kept_unless_switched_off(world) -> None:
    w = world(1)
    trials = w.trials(calls=lambda _: [ModelCall(system="Be kind.")], output=lambda _: "Hello")
    with_texts = updated_baseline(None, w.plan, trials).baseline
    without = updated_baseline(None, w.plan, trials, texts=False).baseline
    assert with_texts.texts is not None
    assert without.texts is None
    assert without.rows["e000"].fingerprints == with_texts.rows["e000"].fingerprints
    assert set(without.rows["e000"].fingerprints) == {"system"}


def test_recording_reads_updates_and_writes(world, tmp_path: Path) -> None:
    whole = world(3)
    part = world(["e001"], total=3)
    record_baseline(tmp_path, whole.plan, whole.trials(repeat=5))
    record_baseline(tmp_path, part.plan, part.trials(False, repeat=5))
    found = load_baseline(baseline_path(tmp_path, whole.plan.name))
    assert found is not None
    assert [row.passes[0] for row in found.rows.values()] == [1.0, 0.0, 1.0]


def test_recording_nothing_writes_nothing(world, tmp_path: Path) -> None:
    w = world(2)
    update = record_baseline(tmp_path, w.plan, w.trials("error"))
    assert update.unrecorded == ["e000", "e001"]
    assert list(tmp_path.iterdir()) == []


def test_recording_over_a_corrupt_file_is_refused(world, tmp_path: Path) -> None:
    w = world(2)
    path = baseline_path(tmp_path, w.plan.name)
    path.write_text("<<<<<<< HEAD\n")
    with pytest.raises(BaselineError, match="line 1: an unresolved merge conflict"):
        record_baseline(tmp_path, w.plan, w.trials())
    assert path.read_text() == "<<<<<<< HEAD\n"


def _record_one(plan: SuitePlan, trials: list, folder: Path) -> None:
    record_baseline(folder, plan, trials)


def test_processes_that_record_at_once_lose_nothing(world, tmp_path: Path) -> None:
    parts = [world([f"e{n:03}"], total=4) for n in range(4)]
    context = multiprocessing.get_context("spawn")
    children = [
        context.Process(target=_record_one, args=(part.plan, part.trials(repeat=5), tmp_path))
        for part in parts
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    found = load_baseline(baseline_path(tmp_path, parts[0].plan.name))
    assert found is not None
    assert list(found.rows) == ["e000", "e001", "e002", "e003"]


class TestMostlyFailing:
    """A baseline of failures is written on request alone: a missing key fails everything, too."""

    @pytest.mark.parametrize(("failing", "refused"), [(4, True), (3, True), (2, False), (0, False)])
    def test_more_than_half_that_never_passed_is_refused(
        self, failing: int, refused: bool, world, tmp_path: Path
    ) -> None:
        w = world(4)
        trials = w.trials(lambda example, _: int(example[1:]) >= failing, repeat=2)
        update = record_baseline(tmp_path, w.changed(repeat=2).plan, trials)
        assert bool(update.refused) is refused
        assert baseline_path(tmp_path, w.plan.name).exists() is not refused

    @pytest.mark.parametrize(("failing", "refused"), [(4, True), (3, True), (2, False)])
    def test_passes_that_mostly_fail_are_not_added_either(
        self, failing: int, refused: bool, world, tmp_path: Path
    ) -> None:
        w = world(4)
        record_baseline(tmp_path, w.plan, w.trials())
        trials, source = w.trials(lambda example, _: int(example[1:]) >= failing), RecordedSession(key="2")
        update = record_baseline(tmp_path, w.plan, trials, source=source, add=True)
        assert (len(update.refused), len(update.added)) == ((failing, 0) if refused else (0, 4))
        anyway = record_baseline(tmp_path, w.plan, trials, source=source, add=True, accept_failing=True)
        assert len(anyway.added) == (4 if refused else 0)  # it has them already

    def test_on_request_it_is_written(self, world, tmp_path: Path) -> None:
        w = world(4)
        update = record_baseline(tmp_path, w.plan, w.trials(False), accept_failing=True)
        assert (update.refused, len(update.known_failures)) == ((), 4)

    def test_what_passes_now_and_then_is_no_failure_of_that_kind(self, world, tmp_path: Path) -> None:
        w = world(4, repeat=2)
        assert not record_baseline(tmp_path, w.plan, w.trials(lambda _, repeat: repeat == 1)).refused

    def test_one_broken_example_of_several_is_accepted_without_a_question(
        self, world, tmp_path: Path
    ) -> None:
        w, one = world(3), world(["e000"], total=3)
        record_baseline(tmp_path, w.plan, w.trials())
        assert not record_baseline(tmp_path, one.plan, one.trials(False)).refused

    def test_the_old_one_stays(self, world, tmp_path: Path) -> None:
        w = world(3)
        record_baseline(tmp_path, w.plan, w.trials())
        record_baseline(tmp_path, w.plan, w.trials(False))
        kept = load_baseline(baseline_path(tmp_path, w.plan.name))
        assert kept is not None
        assert not any(map(kept.known_failure, kept.rows))
