"""Guard 2 by scores: what a failing score is, what settles an example of several metrics, what nobody could score."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from pytest_llmobs.gate.suspects import passing_limit, settled
from pytest_llmobs.records.decisions import ExampleRow
from pytest_llmobs.records.looks import Suspicion
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.records.trials import TrialScore
from tests.unit.suites import World, but

ExampleOf = Callable[..., ExampleRow]


class TestScores:
    @pytest.mark.parametrize(
        ("baseline", "lower_is_better", "broken", "passing"),
        [
            ([0.9, 0.9], False, 0.45, 0.46),
            ([0.5], False, 0.25, 0.26),
            ([0.0, 0.0], True, 0.5, 0.49),
            ([0.4], True, 0.7, 0.69),
        ],
    )
    def test_a_score_passes_above_half_its_mean(
        self, baseline: list[float], lower_is_better: bool, broken: float, passing: float
    ) -> None:
        limit = passing_limit(baseline, "tone", lower_is_better)
        assert limit is not None
        assert limit.fails(broken)
        assert not limit.fails(passing)

    @pytest.mark.parametrize(
        ("baseline", "lower_is_better"),
        [([0.49] * 5, False), ([0.6], True), ([], False), ([1, 1, 1, 1, 0.1], False)],
    )
    def test_a_score_that_did_not_nearly_always_pass_can_not_break(
        self, baseline: list[float], lower_is_better: bool
    ) -> None:
        assert passing_limit(baseline, "tone", lower_is_better) is None

    @pytest.mark.parametrize(
        ("usual", "now", "rule"),
        [
            (0.9, 0.1, GateRule(metric="tone")),
            (0.1, 0.9, GateRule(metric="tone", lower_is_better=True)),
        ],
    )
    def test_a_broken_score_is_red_though_the_test_passes(
        self, usual: float, now: float, rule: GateRule, world: type[World], example_of: ExampleOf
    ) -> None:
        w = world(60, metrics={"tone": "v"}, gates=[rule])
        low = {"tone": lambda example, _: now if example == "e003" else usual}
        again = w.again(scores=low)
        decision = w.decide(w.trials(scores=low), w.baseline(scores={"tone": lambda *_: usual}), again)
        assert example_of(decision, "e003", "tone").state == "broken"
        assert decision.red

    def test_a_score_that_leaves_0_to_1_has_no_broken_examples(self, world: type[World]) -> None:
        w = world(60, metrics={"stars": "v"}, gates=[GateRule(metric="stars", rule="mean", max_drop=4)])
        low = {"stars": lambda example, _: 1 if example == "e003" else 4 + int(example[1:]) % 2}
        usual = {"stars": lambda example, _: 4 + int(example[1:]) % 2}
        again = w.again(scores=low)
        assert not w.decide(w.trials(scores=low), w.baseline(scores=usual), again).red
        assert again.asked == []

    def test_every_metric_that_suspects_it_must_be_settled(
        self, world: type[World], example_of: ExampleOf
    ) -> None:
        rules = [GateRule(metric=name, rule="mean", max_drop=0.9) for name in ("pass", "tone")]
        w = world(50, metrics={"tone": "v"}, gates=rules)
        low = {"tone": lambda example, _: 0.1 if example == "e003" else 0.9}
        again = w.again(lambda _, number: number in (2, 3), scores=low)
        usual = {"tone": lambda *_: 0.9}
        decision = w.decide(w.trials(but("e003"), scores=low), w.baseline(scores=usual), again)
        assert example_of(decision, "e003", "pass").state == "flaky"
        assert example_of(decision, "e003", "tone").state == "broken"
        assert [trial.repeat for trial in again.ran[0]] == list(range(2, 9))


class TestSettled:
    suspicions = {  # noqa: RUF012
        "e003": [
            Suspicion(metric="pass", sign=1.0, bound=0.5, passed=(False,), checkpoints=((8, 0), (16, 3))),
            Suspicion(metric="tone", sign=1.0, bound=0.45, passed=(False,), checkpoints=((8, 0), (16, 3))),
        ]
    }

    def test_every_suspected_metric_must_be(self, world: type[World]) -> None:
        w = world(50, metrics={"tone": "v"})
        passed = w.trials(True, scores={"tone": lambda *_: 0.4}, only=["e003"], start=1, repeat=2)
        toned = w.trials(True, scores={"tone": lambda *_: 0.5}, only=["e003"], start=1, repeat=2)
        failed = w.trials(False, scores={"tone": lambda *_: 0.4}, only=["e003"], start=1, repeat=7)
        assert not settled(self.suspicions, "e003", passed)
        assert settled(self.suspicions, "e003", toned)
        assert not settled(self.suspicions, "e003", failed[:6])
        assert settled(self.suspicions, "e003", failed)

    def test_silence_settles_nothing(self, world: type[World]) -> None:
        assert not settled(self.suspicions, "e003", [])
        silent = world(50).trials("error", only=["e003"], start=1, repeat=15)
        assert not settled(self.suspicions, "e003", silent)

    def test_an_example_that_nobody_suspects_is_never_settled(self) -> None:
        assert not settled(self.suspicions, "e004", [])

    def test_trials_count_in_the_order_of_their_numbers(self, world: type[World]) -> None:
        w = world(50, metrics={"tone": "v"})
        fine = {"tone": lambda *_: 0.9}
        trials = w.trials(lambda _, number: number > 3, scores=fine, only=["e003"], start=1, repeat=5)
        assert not settled(self.suspicions, "e003", trials[::-1])


UNSCORED = {"tone": lambda example, _: None if example == "e003" else 0.9}
TONE = {"tone": lambda *_: 0.9}


@pytest.mark.parametrize(
    ("now", "state", "red", "comment"),
    [
        (UNSCORED, "suspect", True, "not cleared: 16 of its 16 further trials gave no verdict\nit raised"),
        ({"tone": lambda *_: 0.1}, "broken", True, "passed 5 of 5 times in the baseline, 0 of 8 now"),
        ({"tone": lambda _, number: 0.9 if number in (3, 4) else None}, "flaky", False, ""),
    ],
)
def test_an_evaluator_that_cannot_score_what_one_example_became(
    world: type[World],
    example_of: ExampleOf,
    now: Mapping[str, object],
    state: str,
    red: bool,
    comment: str,
) -> None:
    """One of 50 is within what may be missing, and yet the evaluator raises over just the answer that broke."""
    w = world(50, metrics={"tone": "v"})
    again = w.again(scores=now)
    decision = w.decide(w.trials(scores=UNSCORED), w.baseline(scores=TONE), again)
    row = example_of(decision, "e003", "tone")
    assert again.asked == ["suspects"]
    assert (row.state, row.red, row.comment) == (state, red, comment)
    assert decision.red == red


def test_an_evaluator_that_does_not_apply_any_more_to_one_example_makes_no_suspect(
    world: type[World],
) -> None:
    w = world(50, metrics={"tone": "v"})
    exempt = {"tone": lambda example, _: TrialScore(exempt=True, gating=True) if example == "e003" else 0.9}
    again = w.again()
    assert not w.decide(w.trials(scores=exempt), w.baseline(scores=TONE), again).red
    assert again.asked == []
