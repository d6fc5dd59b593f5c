"""A baseline keeps which recordings its passes have, and counts no reply twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.baselines.addition import added_baseline, pooled_baseline
from pytest_llmobs.baselines.file import load_baseline, parse_baseline, render_baseline, save_baseline
from pytest_llmobs.baselines.numbering import last_recorded_repeat
from pytest_llmobs.baselines.passes import joined_row
from pytest_llmobs.baselines.paths import baseline_path
from pytest_llmobs.baselines.records import Baseline, BaselineRow, BaselineSession, RecordedSession
from pytest_llmobs.baselines.removal import without_rows
from pytest_llmobs.baselines.update import updated_baseline
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.experiments.addition import addition_notes
from pytest_llmobs.records.trials import Trial

Named = Callable[[Trial], str | None]


def recording(trial: Trial) -> str | None:
    """Return what names a trial's recordings where each number has its own."""
    return f"{trial.example_id}-{trial.repeat}"


def on(trials: Sequence[Trial], named: Named = recording, calls: int = 1) -> list[Trial]:
    """Return trials whose calls have recordings."""
    return [replace(trial, recording=named(trial), llm_calls=calls) for trial in trials]


def session(day: int, last_repeat: int = 0) -> RecordedSession:
    """Return the session of a day in January."""
    recorded = BaselineSession(
        recorded=f"2026-01-{day:02}T08:00:00+00:00", commit=f"c{day}", clean=True, last_repeat=last_repeat
    )
    return RecordedSession(key=f"{day:08x}", session=recorded)


@pytest.fixture
def recorded(world) -> Baseline:
    """Return a baseline of five passes with their recordings."""
    w = world(3)
    return updated_baseline(None, w.plan, on(w.trials(repeat=5)), source=session(1, 5)).baseline


def test_each_pass_keeps_its_recordings_through_the_file(recorded, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    save_baseline(path, recorded)
    read = load_baseline(path)
    assert read is not None
    assert read.rows["e001"].recordings == ("e001-1", "e001-2", "e001-3", "e001-4", "e001-5")
    assert read.sessions["00000001"].last_repeat == 5
    assert render_baseline(read) == path.read_text()


def test_a_pass_without_recordings_has_none(world) -> None:
    w = world(1)
    trials = on(w.trials(repeat=3), lambda trial: None if trial.repeat == 2 else recording(trial))
    row = updated_baseline(None, w.plan, trials).baseline.rows["e000"]
    assert row.recordings == ("e000-1", None, "e000-3")


def test_without_cassettes_the_file_says_nothing_of_them(world) -> None:
    w = world(2)
    text = render_baseline(updated_baseline(None, w.plan, w.trials(repeat=5)).baseline)
    assert "recordings" not in text
    assert "last_repeat" not in text


@pytest.mark.parametrize(
    ("recordings", "complaint"),
    [
        (["a"], "1 of them, and 5 passes are there"),
        ("abc", "'abc' is not a list"),
        ([1, 2, 3, 4, 5], "1 is not a text or null"),
    ],
)
def test_a_damaged_list_is_no_baseline(recorded, recordings, complaint) -> None:
    wire = json.loads(render_baseline(recorded))
    wire["examples"]["e001"]["recordings"] = recordings
    with pytest.raises(BaselineError, match=complaint) as caught:
        parse_baseline(json.dumps(wire), "b.json")
    assert "recordings" in str(caught.value)


def test_new_replies_are_added_with_their_recordings(world, recorded) -> None:
    w = world(3)
    trials = on(w.trials(repeat=5, start=5))
    update = added_baseline(recorded, w.plan, trials, source=session(2, 10))
    row = update.baseline.rows["e001"]
    assert (len(row.passes), row.recordings[5:]) == (10, tuple(f"e001-{n}" for n in range(6, 11)))
    assert update.replayed == []


def test_a_reply_that_is_there_counts_once(world, recorded) -> None:
    w = world(3)
    update = added_baseline(recorded, w.plan, on(w.trials(repeat=5)), source=session(2, 5))
    assert update.replayed == ["e000", "e001", "e002"]
    assert (update.added, update.unrecorded, update.changes) == ([], [], False)
    assert update.baseline.rows == recorded.rows
    (note,) = addition_notes(w.plan, update, "pytest …")
    assert "answered by recordings that the baseline has already, which count once: e000, e001, e002" in note
    assert "--llm-cassettes=refresh asks for new replies" in note


def test_of_some_new_and_some_known_replies_the_new_ones_are_added(world, recorded) -> None:
    w = world(3)
    update = added_baseline(recorded, w.plan, on(w.trials(repeat=5, start=3)), source=session(2, 8))
    assert update.baseline.rows["e001"].recordings[5:] == ("e001-6", "e001-7", "e001-8")
    assert (update.added, update.replayed) == (["e000", "e001", "e002"], ["e000", "e001", "e002"])


def test_two_sessions_of_one_reply_bring_it_once(world, recorded) -> None:
    w = world(3)
    later = on(w.trials(repeat=1, start=6))
    once = pooled_baseline(recorded, w.plan, later, session(2)).baseline
    twice = pooled_baseline(once, w.plan, later, session(3))
    assert len(twice.baseline.rows["e000"].passes) == 6
    assert twice.replayed == ["e000", "e001", "e002"]


def test_where_no_model_is_asked_every_pass_is_one_of_its_own(world) -> None:
    w = world(1)
    old = updated_baseline(None, w.plan, on(w.trials(repeat=5), lambda _: "nothing", 0), source=session(1))
    trials = on(w.trials(repeat=5), lambda _: "nothing", 0)
    update = added_baseline(old.baseline, w.plan, trials, source=session(2))
    assert len(update.baseline.rows["e000"].passes) == 10


def test_passes_of_another_suite_are_not_this_ones(world, recorded) -> None:
    w = world(3)
    other = on(world(3, suite="tests/test_other.py::test_it").trials(repeat=5))
    assert added_baseline(recorded, w.plan, other, source=session(2)).replayed == []


def test_the_oldest_recordings_go_with_their_passes() -> None:
    def row(key: str, passes: int) -> BaselineRow:
        names = tuple(f"{key}{number}" for number in range(passes))
        return BaselineRow(hash="h", passes=(1.0,) * passes, sessions={key: passes}, recordings=names)

    sessions = {key: BaselineSession(recorded=key) for key in ("a", "b")}
    joined = joined_row(row("a", 3), row("b", 2), sessions, most=4)
    assert joined.recordings == ("a1", "a2", "b0", "b1")
    bare = replace(row("b", 2), recordings=())
    assert joined_row(row("a", 3), bare, sessions).recordings == ("a0", "a1", "a2", None, None)


def test_rows_that_are_dropped_take_their_recordings_along(recorded) -> None:
    kept = without_rows(recorded, ["e001"])
    assert list(kept.rows) == ["e000", "e002"]
    assert kept.rows["e002"].recordings == recorded.rows["e002"].recordings


def test_the_last_number_is_the_highest_of_all_baselines(recorded, tmp_path: Path) -> None:
    assert last_recorded_repeat(tmp_path) == 0
    save_baseline(baseline_path(tmp_path, recorded.suite), recorded)
    other = replace(recorded, suite="t.py::test_b", sessions={"a": BaselineSession(last_repeat=7)})
    save_baseline(baseline_path(tmp_path, other.suite), other)
    (tmp_path / "t.py--test_c.json").write_text("{")
    assert last_recorded_repeat(tmp_path) == 7
