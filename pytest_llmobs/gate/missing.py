"""What a metric lacks of the pairs it should have: nothing may pass because its failures were lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.values import score_value
from pytest_llmobs.records.trials import Trial

_MOST_MISSING = 0.05
"""Part of what was expected that may be missing; one always may."""
_ROUNDING = 1e-9
"""What adding up shares of examples may add to a sum."""

_WITHOUT_VALUE = {"error": "ended in an error", "skipped": "skipped"}
"""Status of a trial that has no values -> what became of it; any other without a value is unscored."""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What a metric lacks of its expected pairs."""

    expected: int = 0
    """Pairs there should be; edited examples are none."""
    lacking: float = 0.0
    """How many of them are missing; an example that lacks one of three repeats counts a third."""
    causes: Mapping[str, int] = field(default_factory=dict)
    """What is missing, in words -> how often."""
    edited: int = 0
    """Examples that were edited since the baseline: not compared, and not missing either while they are few."""
    removed: int = 0
    """Examples that are gone from the dataset; they are among those that are lacking."""

    @property
    def too_much(self) -> bool:
        """True where too many pairs are missing, or too many examples were edited."""
        return too_many(self.lacking, self.expected) or self.edits_too_many

    @property
    def mendable(self) -> bool:
        """True where too much is missing, and trials run once more could mend that."""
        return self.too_much and not self.edits_too_many and not too_many(self.removed, self.expected)

    @property
    def edits_too_many(self) -> bool:
        """True where so many examples were edited that the others say too little."""
        return self.edited > _allowance(self.expected + self.edited)

    @property
    def replaced(self) -> bool:
        """True where nothing is left to compare because a few examples, all that there were, got other content."""
        changed = self.removed + self.edited
        return 0 < changed <= _allowance(changed) and self.lacking == self.removed == self.expected


def missing_trials(suite: SuitePair, metric: str, further: Iterable[int]) -> Iterator[tuple[str, int]]:
    """Yield each expected trial of a comparable example that lacks a value of a metric, though it should have one.

    Those that the user's own code skipped, and those that came to nothing for good (a budget, a provider's refusal, a
    prompt that nobody fills, a reply that isn't recorded), are left out: run once more, they would be missing again.

    Args:
        suite: The suite.
        metric: The metric's key.
        further: The numbers of its further passes.
    """
    exempt = suite.measured.exempt.get(metric, set())
    own: dict[str, list[int]] = {}
    for expected in suite.plan.expected:
        own.setdefault(expected.example_id, []).append(expected.repeat)
    for example in suite.recorded(metric):
        if example in exempt:
            continue
        trials = {trial.repeat: trial for trial in suite.measured.trials.get(example, ())}
        # of an example that further passes leave out, none of them is expected
        for repeat in (*own[example], *further)[: suite.repeats[example]]:
            if _may_run_again(trials.get(repeat), metric):
                yield example, repeat


def _may_run_again(trial: Trial | None, metric: str) -> bool:
    if trial is None:
        return True
    if trial.status == "skipped" or trial.not_run is not None:
        return False
    return score_value(trial, metric) is None


def completed(lost: Trial, again: Trial) -> Trial:
    """Return a trial that lacked a value with what running it once more brought; whatever it had, stays.

    An evaluator that fails over broken answers must not give just those another chance to pass.
    """
    if again.status in _WITHOUT_VALUE:
        return lost
    if lost.status in _WITHOUT_VALUE:
        return again
    scores = dict(again.scores)
    for key, score in lost.scores.items():
        if score_value(lost, key) is not None or score.value is not None or score.exempt or key not in scores:
            scores[key] = score
    return replace(lost if lost.ran else again, scores=scores)


def too_many(missing: float, expected: float) -> bool:
    """Return True where more than one and more than 5 % of what was expected is missing, or all of it."""
    return missing > _allowance(expected) or missing >= max(expected, 1) - _ROUNDING


def _allowance(expected: float) -> float:
    """Return how much of what was expected may be missing."""
    return max(1.0, _MOST_MISSING * expected) + _ROUNDING


def missing_values(suite: SuitePair, metric: str) -> Missing:
    """Count what the expected trials lack of a metric, whatever the baseline has.

    An example to which the evaluator does not apply is not expected.
    """
    tally = _Tally(suite, metric)
    # nothing that the baseline has counts here: it may be another evaluator's
    for example in suite.expected:
        if example in tally.values or example not in tally.exempt:
            tally.add_repeats(example)
    return tally.missing()


def missing_pairs(suite: SuitePair, metric: str) -> Missing:
    """Count what a metric lacks: examples removed, repeats without a value, rows without a score; and the edited ones.

    An example to which the evaluator does not apply, now and in the baseline, is not expected.
    """
    tally = _Tally(suite, metric)
    tally.add_changed(suite)
    recorded = suite.recorded(metric)
    for example in suite.comparable:
        if example in recorded:
            tally.add_repeats(example)
        elif tally.applies(example):
            tally.add_lost("without a score in the baseline")
    return tally.missing()


def with_missing(
    suite: SuitePair, metric: str, stand_in: float, *, paired: bool
) -> Mapping[str, Sequence[float]]:
    """Return the values of every expected example, with one in the place of each that is missing.

    Args:
        suite: The suite.
        metric: The metric's key.
        stand_in: What a missing value counts.
        paired: Whether the baseline's values are this evaluator's: where it has none either, nothing is missing.
    """
    tally = _Tally(suite, metric)
    recorded = set(suite.recorded(metric)) if paired else set(suite.expected)
    whole: dict[str, Sequence[float]] = {}
    for example in suite.expected:
        values = tally.values.get(example, ())
        lacking = tally.lacking(example)
        if values or (lacking and (example in recorded or tally.lost(example))):
            whole[example] = [*values, *[stand_in] * lacking]
    return whole


class _Tally:
    """Expected pairs of a metric and what is missing of them, counted up."""

    def __init__(self, suite: SuitePair, metric: str) -> None:
        self._suite = suite
        self._metric = metric
        self.values = suite.values(metric)
        self.exempt = suite.measured.exempt.get(metric, set())
        self._expected = 0
        self._lacking = 0.0
        self._causes: Counter[str] = Counter()
        self._edited = self._removed = 0

    def missing(self) -> Missing:
        return Missing(
            expected=self._expected,
            lacking=self._lacking,
            causes=+self._causes,
            edited=self._edited,
            removed=self._removed,
        )

    def add_lost(self, cause: str) -> None:
        """Count an expected pair of which nothing is there."""
        self._expected += 1
        self._lacking += 1
        self._causes[cause] += 1

    def add_changed(self, suite: SuitePair) -> None:
        """Count examples whose content only the baseline has, where it has a value of them."""
        self._edited = self._recorded_of(suite.edited)
        self._removed = self._recorded_of(suite.removed)
        for _ in range(self._removed):
            self.add_lost("removed since the baseline")

    def _recorded_of(self, examples: Sequence[str]) -> int:
        return sum(bool(self._suite.rows[example].values(self._metric)) for example in examples)

    def add_repeats(self, example: str) -> None:
        """Count an expected example, and the repeats of it that have no value; replayed ones have no time."""
        untimed = self._untimed(example)
        there, wanted = len(self.values.get(example, ())), self._suite.repeats[example] - untimed
        if untimed and wanted <= 0:
            return
        self._expected += 1
        if there < wanted:
            self._lacking += 1 - there / wanted
            self._add_causes(example, wanted)

    def _add_causes(self, example: str, wanted: int) -> None:
        trials = self._suite.measured.trials.get(example, ())
        # first, and even where there is none: so the causes keep one order in every note
        self._causes["never ran"] += max(0, wanted - len(trials) + self._untimed(example))
        for trial in trials:
            if trial.status in _WITHOUT_VALUE:
                self._causes[_WITHOUT_VALUE[trial.status]] += 1
            elif score_value(trial, self._metric) is None and not self._is_untimed(trial):
                self._causes["unscored"] += 1

    def _untimed(self, example: str) -> int:
        return sum(map(self._is_untimed, self._suite.measured.trials.get(example, ())))

    def _is_untimed(self, trial: Trial) -> bool:
        score = trial.scores.get(self._metric)
        return score is not None and score.untimed

    def lacking(self, example: str) -> int:
        """Return how many repeats of an expected example lack a value that they should have."""
        exempt = 0
        for trial in self._suite.measured.trials.get(example, ()):
            score = trial.scores.get(self._metric)
            exempt += score is not None and score.exempt
        return max(0, self._suite.repeats[example] - len(self.values.get(example, ())) - exempt)

    def lost(self, example: str) -> bool:
        """Tell whether an example without a value has none because something failed."""
        trials = self._suite.measured.trials.get(example, ())
        ended_early = any(trial.status in _WITHOUT_VALUE for trial in trials)
        return ended_early or len(trials) < self._suite.repeats[example] or self.applies(example)

    def applies(self, example: str) -> bool:
        """Tell whether an example that the baseline has no value of should have one now."""
        if example in self.values:
            return True
        if example in self.exempt:
            return False
        return self._metric == PASS or self._evaluator_failed(example)

    def _evaluator_failed(self, example: str) -> bool:
        """Tell whether the evaluator raised for an example, rather than said nothing of it."""
        for trial in self._suite.measured.trials.get(example, ()):
            score = trial.scores.get(self._metric)
            if score is not None and score.score is None and score.value is None:
                return True
        return False
