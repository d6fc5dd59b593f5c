"""How far accepted code moved between the sessions of a baseline."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from pytest_llmobs.baselines.addition import added_baseline
from pytest_llmobs.baselines.records import Baseline, BaselineSession, RecordedSession
from pytest_llmobs.baselines.update import updated_baseline
from pytest_llmobs.gate.drift import drift_note, drift_of
from pytest_llmobs.measures.permutation import Unit, permutation_test
from pytest_llmobs.records.plans import GateRule
from tests.unit.suites import World

Passing = Callable[[str, int], bool]


def session(day: int) -> RecordedSession:
    recorded = BaselineSession(recorded=f"2026-01-{day:02}T08:00:00+00:00", commit="abc", clean=True)
    return RecordedSession(key=f"{day:08x}", session=recorded)


def grown(w: World, days: Sequence[Passing], repeat: int = 3, **more: object) -> Baseline:
    """Return a baseline of one session a day."""
    baseline: Baseline | None = None
    for day, passes in enumerate(days, 1):
        trials = w.trials(passes, repeat=repeat, **more)
        renew = updated_baseline if baseline is None else added_baseline
        baseline = renew(baseline, w.plan, trials, source=session(day)).baseline
    assert baseline is not None
    return baseline


def chance(rate: float, seed: int) -> Passing:
    generator = random.Random(seed)
    return lambda *_: generator.random() < rate


def test_the_means_of_each_session_are_over_the_same_examples(world) -> None:
    w = world(20)
    baseline = grown(w, [lambda *_: True, lambda e, _: int(e[1:]) >= 2, lambda e, _: int(e[1:]) >= 1])
    drift = drift_of(baseline)
    (metric,) = drift.metrics
    assert [*map(round, [1000 * mean for mean in metric.means if mean is not None])] == [1000, 900, 950]
    assert (len(drift.sessions), drift.examples, drift.passes) == (3, 20, [3, 3, 3])


def test_p_is_the_gates_test_of_the_last_session_against_the_others_both_ways(world) -> None:
    w = world(15)
    baseline = grown(w, [chance(0.8, 1), chance(0.7, 2), chance(0.6, 3)])
    units = []
    for row in baseline.rows.values():
        values = [[value] for value in row.passes]
        units.append(Unit(values[:6], values[6:]))
    ((tested,),) = permutation_test([units])
    assert drift_of(baseline).metrics[0].p == pytest.approx(2 * min(tested.adjusted, tested.rise))


@pytest.mark.parametrize("better", [True, False])
def test_a_day_that_differs_is_told_in_either_direction(better: bool, world) -> None:
    w = world(30)
    rates = (0.5, 0.95) if better else (0.95, 0.5)
    baseline = grown(w, [chance(rates[0], 1), chance(rates[0], 2), chance(rates[1], 3)])
    drift = drift_of(baseline)
    assert drift.has_days
    assert drift.verdict == "this suite has days: keep the control on, record on two days"


@pytest.mark.usefixtures("untraced")
def test_equal_days_are_called_days_about_one_time_in_twenty(world) -> None:
    w = world(12)
    called = 0
    for number in range(100):
        days = [chance(0.7, 3 * number + day) for day in range(3)]
        called += drift_of(grown(w, days, repeat=2)).has_days
    assert called <= 11  # P(more) < 1 % at a rate of 5 %


def test_one_session_is_one_day_only(world) -> None:
    w = world(5)
    drift = drift_of(grown(w, [lambda *_: True]))
    assert (drift.verdict, drift.metrics[0].p, drift.metrics[0].means) == ("one day only", None, [1.0])
    assert drift_note(drift_of(grown(w, [lambda *_: True]), w.plan)) == ""


def test_a_session_of_a_few_examples_says_nothing_of_the_suites_day(world) -> None:
    w, part = world(10), world(["e000", "e001"], total=10)
    baseline = grown(w, [chance(0.8, 1), chance(0.8, 2)])
    baseline = added_baseline(baseline, part.plan, part.trials(False, repeat=3), source=session(3)).baseline
    drift = drift_of(baseline)
    assert list(drift.sessions) == ["00000001", "00000002"]
    assert drift.examples == 10


def test_rows_that_a_session_lacks_are_left_out_of_all_means(world) -> None:
    whole, most = world(10), world([f"e{n:03}" for n in range(8)], total=10)
    baseline = updated_baseline(
        None, whole.plan, whole.trials(lambda e, _: int(e[1:]) < 8), source=session(1)
    ).baseline
    baseline = added_baseline(baseline, most.plan, most.trials(), source=session(2)).baseline
    drift = drift_of(baseline)
    assert (drift.examples, drift.metrics[0].means) == (8, [1.0, 1.0])


def test_scores_count_unless_their_gate_is_off(world) -> None:
    w = world(3, metrics={"tone": "v1"}, gates=[GateRule(metric="tone", rule="off")])
    baseline = grown(w, [lambda *_: True] * 2, scores={"tone": lambda *_: 0.5})
    assert [metric.metric for metric in drift_of(baseline).metrics] == ["pass", "tone"]
    assert [metric.metric for metric in drift_of(baseline, w.plan).metrics] == ["pass"]


def test_clusters_are_shuffled_whole(world) -> None:
    """Of two clusters only whole passes can trade places: no p is as small as twenty examples would have it."""
    metadata = {f"e{n:03}": {"user": "ada" if n < 10 else "bob"} for n in range(20)}
    w = world(20, metadata=metadata, cluster_by="user")
    baseline = grown(w, [lambda *_: True, lambda e, r: r != 1], repeat=2)
    alone, clustered = drift_of(baseline).metrics[0].p, drift_of(baseline, w.plan).metrics[0].p
    assert alone is not None
    assert clustered is not None
    assert alone < 0.01
    assert clustered > 0.05


def test_a_session_of_which_the_head_says_nothing_is_of_an_unknown_day(world) -> None:
    w = world(5)
    baseline = replace(grown(w, [lambda *_: True] * 2), sessions={})
    drift = drift_of(baseline)
    assert set(drift.sessions.values()) == {BaselineSession()}
    assert len(drift.sessions) == 2


class TestNote:
    """The summary's line on a suite."""

    def test_it_tells_the_means_and_the_p(self, world) -> None:
        w = world(20)
        baseline = grown(w, [lambda *_: True, lambda e, _: int(e[1:]) >= 2, lambda e, _: int(e[1:]) >= 1])
        p = drift_of(baseline).metrics[0].p
        assert drift_note(drift_of(baseline, w.plan)) == (
            f"{w.plan.name}: accepted code, 3 sessions: pass 1.00 0.90 0.95 (p = {p:.2g})"
        )

    def test_it_tells_of_days_and_of_the_scores_that_have_them(self, world) -> None:
        w = world(30, metrics={"tone": "v1", "brief": "v1"})
        tones = {1: 0.9, 2: 0.4}
        baseline = None
        for day in (1, 2):
            noise = random.Random(day)
            scores = {
                "tone": lambda *_, day=day, noise=noise: tones[day] + noise.random() / 10,
                "brief": lambda *_: 1.0,
            }
            renew = updated_baseline if baseline is None else added_baseline
            baseline = renew(
                baseline, w.plan, w.trials(scores=scores, repeat=3), source=session(day)
            ).baseline
        assert baseline is not None
        note = drift_note(drift_of(baseline, w.plan))
        assert "pass 1.00 1.00 (p = 1), tone 0.95 0.4" in note
        assert "brief" not in note
        assert note.endswith("; this suite has days: keep the control on, record on two days")

    def test_means_that_two_digits_do_not_tell_apart_have_three(self, world) -> None:
        w = world(200)
        baseline = grown(w, [lambda *_: True, lambda e, _: e != "e000"])
        assert "pass 1.000 0.995 (p" in drift_note(drift_of(baseline, w.plan))

    def test_of_many_sessions_the_newest_are_shown(self, world) -> None:
        w = world(3)
        baseline = grown(w, [lambda *_: True] * 8, repeat=1)
        assert "accepted code, 8 sessions: pass … 1.00 1.00 1.00 1.00 1.00 1.00 (p" in drift_note(
            drift_of(baseline, w.plan)
        )
