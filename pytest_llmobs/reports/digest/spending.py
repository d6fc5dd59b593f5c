"""What an experiment took: trials, calls, tokens and money; the app and its judges apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pytest_llmobs.measures.trial_spending import TrialSpending, trial_spending
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import number_of_trials
from pytest_llmobs.records.trials import Trial, TrialStatus

_STATUSES: tuple[TrialStatus, ...] = ("passed", "failed", "error", "unscored", "skipped", "xfailed")


@dataclass(frozen=True, kw_only=True)
class SpendingDigest:
    """What an experiment took, and how its trials ended."""

    ran: int
    """Trials, those of further looks left out."""
    expected: int
    """Trials there should have been."""
    duration: float
    """Seconds."""
    statuses: Mapping[TrialStatus, int]
    """How those that ran ended, in a steady order; none that is zero."""
    total: TrialSpending
    """Those of further looks included."""
    looks: TrialSpending | None
    """The share of further passes and of suspects run again; None where there were none."""
    control: TrialSpending | None
    """The share of the accepted code, run beside a build that would be red; None where it wasn't."""
    unpriced: tuple[str, ...]
    """The calls whose cost isn't known: models, with the reason where it isn't the model's own price; each once."""


def digest_spending(experiment: Experiment) -> SpendingDigest:
    """Add up what an experiment took."""
    further: list[Trial] = []
    control: list[Trial] = []
    for look in experiment.looks:
        if look.purpose == "control":
            control += look.trials
        else:
            further += look.trials
    total = trial_spending([*experiment.trials, *further, *control])
    return SpendingDigest(
        ran=len(experiment.trials),
        expected=number_of_trials(experiment.suites),
        duration=experiment.duration,
        statuses=statuses(experiment.trials),
        total=total,
        looks=_share(further),
        control=_share(control),
        unpriced=tuple(sorted(total.unpriced)),
    )


def _share(trials: Collection[Trial]) -> TrialSpending | None:
    if not trials:
        return None
    return trial_spending(trials)


def statuses(trials: Iterable[Trial]) -> dict[TrialStatus, int]:
    """Return how many trials ended in which way, in a steady order."""
    numbers = dict.fromkeys(_STATUSES, 0)
    for trial in trials:
        numbers[trial.status] += 1
    return {status: number for status, number in numbers.items() if number}
