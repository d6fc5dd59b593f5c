"""What recording a baseline will take, said before it starts: by the last experiment, else by the old baseline."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from pytest_llmobs.experiments.references import Source, readable_baseline
from pytest_llmobs.experiments.stored import find_readable, read_heads
from pytest_llmobs.measures.estimates import Estimate, estimate_by
from pytest_llmobs.measures.means import present
from pytest_llmobs.records.plans import SuitePlan, number_of_trials
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import count


def recording_estimate(
    store: Store,
    plans: Sequence[SuitePlan],
    baseline_of: Source | None = None,
    concurrency: int = 1,
    *,
    add: bool = False,
    fresh: bool = True,
    asks: bool = True,
) -> str:
    """Return the line that says what recording a baseline will take.

    Args:
        store: Has the experiments so far.
        plans: What is to be recorded.
        baseline_of: Returns the committed baseline of a suite, whose rows say what an example took.
        concurrency: Targets that run at once.
        add: The trials are added to the baselines that there are.
        fresh: Every reply is a new one; False where it may be a recorded one.
        asks: A model may be asked; False where all replies are recorded ones.
    """
    trials = number_of_trials(plans)
    examples = sum(map(len, map(attrgetter("example_ids"), plans)))
    repeats = count(trials // max(examples, 1), "fresh repeat" if fresh else "repeat")
    what = "adding to the baseline" if add else "recording a baseline"
    line = f"{what}: {count(examples, 'example')} x {repeats} = {count(trials, 'trial')}"
    if not asks:
        return f"{line}; recorded replies alone, so that it costs nothing"
    less = "" if fresh else ", less what is recorded"
    if estimate := _by_experiment(store, plans, trials, concurrency):
        return f"{line}; by the last experiment {estimate.words}{less}"
    if baseline_of is not None and (estimate := _by_baselines(plans, baseline_of, concurrency)):
        return f"{line}; by the baseline so far {estimate.words}{less}"
    return f"{line}; calls, cost and time are unknown until a first experiment ran"


def _by_experiment(
    store: Store, plans: Sequence[SuitePlan], trials: int, concurrency: int
) -> Estimate | None:
    """Estimate by the trials that the last experiment had of these suites."""
    suites = set(map(attrgetter("name"), plans))
    for head in read_heads(store):
        if suites.isdisjoint(plan.name for plan in head.suites):
            continue
        experiment = find_readable(head.name, store)
        if experiment is None:
            continue
        past = [trial for trial in experiment.trials if trial.suite in suites]
        if past:
            return estimate_by(past, trials, concurrency)
    return None


def _by_baselines(plans: Sequence[SuitePlan], baseline_of: Source, concurrency: int) -> Estimate | None:
    """Estimate by what the committed rows say that an example took; judges are not in them."""
    costs: list[float | None] = []
    seconds: list[float] = []
    for plan in plans:
        baseline = readable_baseline(plan.name, baseline_of)  # the recording itself says why one isn't
        if baseline is None:
            continue
        for trial in plan.expected:
            row = baseline.rows.get(trial.example_id)
            if row is not None and row.latency is not None:
                costs.append(row.cost)
                seconds.append(row.latency)
    if not seconds:
        return None
    priced = present(costs)
    total = sum(seconds) / len(seconds) * number_of_trials(plans) / max(concurrency, 1)
    if not priced:
        return Estimate(seconds=total)
    return Estimate(seconds=total, cost=sum(priced), at_least=True)
