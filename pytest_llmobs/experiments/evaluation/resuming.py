"""An evaluation that goes on where it stopped: what of it is finished, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator
from pytest_llmobs.experiments.evaluation.journal import journal_names, read_journal
from pytest_llmobs.experiments.evaluation.planning import EvaluationRequest, EvaluationTrial
from pytest_llmobs.experiments.evaluation.running import is_finished
from pytest_llmobs.experiments.evaluation.suite_names import may_go_on
from pytest_llmobs.experiments.stored import read_experiment
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import is_evaluated
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import count, listed, nearest, noun

_NAMED = 5
"""Examples named in a note; more are counted."""


@dataclass(frozen=True)
class Resumption:
    """What an evaluation begins with that goes on."""

    earlier: Experiment
    """As far as it came."""
    kept: Mapping[tuple[str, int], Trial]
    """Example and repeat -> its finished trial, which isn't run again."""
    waiting: Sequence[EvaluationTrial]
    """What is left to run."""
    further: Sequence[BoundEvaluator]
    """Evaluators that haven't scored the finished trials, or had another version then."""
    notes: Sequence[str]
    """What has changed."""


def find_earlier(name: str, store: Store) -> Experiment:
    """Return an evaluation that ended early, or any other experiment, by its name.

    Raises:
        NotFoundError: Nothing has that name; the message names near ones.
        StoreError: It can't be read.
    """
    earlier = read_journal(store, name)
    if earlier is not None:
        return replace(earlier, interrupted=True)
    names = sorted({*store.experiment_names(), *journal_names(store)})
    if name not in names:
        others = "`llmobs experiments` lists them." if names else "None is known."
        raise NotFoundError(
            f"No experiment is called {name!r} in {store.place!r}.{nearest(name, names)} "
            f"{others} A new one gets its name by itself, or begins with experiment_prefix= "
            "(--name of `llmobs eval`)."
        )
    return read_experiment(name, store)


def as_before(request: EvaluationRequest, earlier: Experiment) -> EvaluationRequest:
    """Return a request under the name that its suite had before: a list of examples may have another first one now.

    Raises:
        ArgumentError: It was something else that ran.
    """
    _check_same_suite(earlier, request)
    return replace(request, suite=earlier.suites[0].name)


def resume(earlier: Experiment, request: EvaluationRequest) -> Resumption:
    """Compare what ran with what is asked for now, which has the name of before (see ``as_before``)."""
    before = {(trial.example_id, trial.repeat): trial for trial in earlier.trials}
    kept: dict[tuple[str, int], Trial] = {}
    waiting: list[EvaluationTrial] = []
    changed: dict[str, None] = {}
    for trial in request.trials():
        finished = before.pop(trial.key, None)
        if finished is None or not is_finished(finished):
            waiting.append(trial)
        elif finished.example_hash != trial.example_hash:
            changed[trial.example_id] = None
            waiting.append(trial)
        else:
            kept[trial.key] = finished
    plan = earlier.suites[0]
    further = []
    for bound in request.evaluators:
        if plan.metrics.get(bound.key) != bound.version:
            further.append(bound)
    gone = list(dict.fromkeys(example for example, _ in before))
    return Resumption(earlier, kept, waiting, further, _notes(len(kept), list(changed), gone))


def _check_same_suite(earlier: Experiment, request: EvaluationRequest) -> None:
    suites = earlier.suite_names
    if len(suites) == 1 and may_go_on(request.suite, suites[0]):
        return
    if not all(map(is_evaluated, suites)):
        raise ArgumentError(
            f"experiment={earlier.name!r} was recorded by pytest, and only pytest runs its tests. "
            f"evaluate({earlier.name!r}, evaluators=[…]) scores it again."
        )
    raise ArgumentError(
        f"experiment={earlier.name!r} is of {listed(suites, _NAMED)}, and this call of {request.suite}. Give the "
        "target and the data that it began with, or leave experiment= out for a new one."
    )


def _notes(kept: int, changed: Sequence[str], gone: Sequence[str]) -> Sequence[str]:
    notes = [f"goes on from {count(kept, 'finished trial')}, whose target was not called again"]
    if changed:
        are = noun(len(changed), "has", "have")
        notes.append(
            f"{count(len(changed), 'example')} {are} changed since, and ran again: {listed(changed, _NAMED)}"
        )
    if gone:
        are = noun(len(gone), "is", "are")
        notes.append(f"{count(len(gone), 'example')} {are} no longer in the data: {listed(gone, _NAMED)}")
    return notes
