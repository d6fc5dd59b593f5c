"""What a metric lacks of the pairs it should have: nothing may pass because its failures were lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.values import score_value

_MOST_MISSING = 0.05
"""Part of what was expected that may be missing."""
_ROUNDING = 1e-9
"""What adding up shares of examples may add to a sum."""

_WITHOUT_VALUE = {"error": "ended in an error", "skipped": "skipped"}
"""Status of a trial that has no values -> what became of it; any other without a value is unscored."""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What a metric lacks of its expected pairs."""

    expected: int = 0
    """Pairs there should be."""
    share: float = 0.0
    """Part of them that is missing; an example that lacks one of three repeats counts a third."""
    causes: Mapping[str, int] = field(default_factory=dict)
    """What is missing, in words -> how often."""


def too_many(missing: float, expected: float) -> bool:
    """Return True where more than 5 % of what was expected is missing."""
    return missing > _MOST_MISSING * expected + _ROUNDING


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
    """Count what a metric lacks: examples removed or edited, repeats without a value, rows without a score.

    An example to which the evaluator does not apply, now and in the baseline, is not expected.
    """
    tally = _Tally(suite, metric)
    tally.add_gone("removed since the baseline", suite.removed)
    tally.add_gone("edited since the baseline", suite.edited)
    recorded = suite.recorded(metric)
    for example in suite.comparable:
        if example in recorded:
            tally.add_repeats(example)
        elif tally.applies(example):
            tally.add_lost("without a score in the baseline")
    return tally.missing()


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

    def missing(self) -> Missing:
        share = 0.0
        if self._expected:
            share = self._lacking / self._expected
        return Missing(expected=self._expected, share=share, causes=+self._causes)

    def add_lost(self, cause: str) -> None:
        """Count an expected pair of which nothing is there."""
        self._expected += 1
        self._lacking += 1
        self._causes[cause] += 1

    def add_gone(self, cause: str, examples: Sequence[str]) -> None:
        """Count examples that only the baseline has, where it has a value of them."""
        for example in examples:
            if self._suite.rows[example].values(self._metric):
                self.add_lost(cause)

    def add_repeats(self, example: str) -> None:
        """Count an expected example, and the repeats of it that have no value."""
        self._expected += 1
        there, wanted = len(self.values.get(example, ())), self._suite.repeats[example]
        if there < wanted:
            self._lacking += 1 - there / wanted
            self._add_causes(example, wanted)

    def _add_causes(self, example: str, wanted: int) -> None:
        trials = self._suite.measured.trials.get(example, ())
        # first, and even where there is none: so the causes keep one order in every note
        self._causes["never ran"] += max(0, wanted - len(trials))
        for trial in trials:
            if trial.status in _WITHOUT_VALUE:
                self._causes[_WITHOUT_VALUE[trial.status]] += 1
            elif score_value(trial, self._metric) is None:
                self._causes["unscored"] += 1

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
