"""What a report may look up beside an experiment's own record: traces, baselines, and the experiments before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from pytest_llmobs.errors import BaselineError, StoreError
from pytest_llmobs.reports.traced_run import TracedRun, read_traces

if TYPE_CHECKING:
    from pytest_llmobs.baselines.records import Baseline
    from pytest_llmobs.records.experiments import Experiment
    from pytest_llmobs.storage.store import Store


class Evidence(Protocol):
    """Looks things up. Whatever is missing or can't be read is absent: a report says so, and doesn't fail."""

    def runs(self, experiment: Experiment) -> Iterator[TracedRun]:
        """Yield the runs of the traces of an experiment's trials, in no order."""
        ...

    def baseline(self, suite: str) -> Baseline | None:
        """Return the baseline of a suite, with the texts that it keeps."""
        ...

    def history(self) -> Sequence[Experiment]:
        """Return all experiments, the oldest first, without their trials."""
        ...

    def unknown_fields(self, experiment: Experiment) -> Sequence[str]:
        """Return what the experiment's file has that this version doesn't know, by name: ``trials.mood``."""
        ...


@dataclass(frozen=True)
class NoEvidence:
    """Nothing is at hand but the record."""

    def runs(self, experiment: Experiment) -> Iterator[TracedRun]:
        """Yield nothing."""
        yield from ()

    def baseline(self, suite: str) -> Baseline | None:
        """Return None."""
        return None

    def history(self) -> Sequence[Experiment]:
        """Return nothing."""
        return ()

    def unknown_fields(self, experiment: Experiment) -> Sequence[str]:
        """Return nothing."""
        return ()


@dataclass(frozen=True)
class StoredEvidence:
    """What a store and the baselines' folder have; looked up once, since several reports ask for the same."""

    store: Store
    baseline_of: Callable[[str], Baseline | None]
    """Returns a suite's baseline; may raise ``BaselineError``."""

    def runs(self, experiment: Experiment) -> Iterator[TracedRun]:
        """Yield the runs that are stored; after damage, those before it."""
        from pytest_llmobs.experiments.shards import whole_name

        project = whole_name(experiment.name) if experiment.shard else experiment.name
        trace_ids = set()
        for trial in experiment.all_trials:
            if trial.run_id is not None:
                trace_ids.add(trial.run_id)
        try:
            yield from read_traces(self.store, project, trace_ids)
        except StoreError:
            return

    def baseline(self, suite: str) -> Baseline | None:
        """Return the baseline; None also where it can't be read, which the gate has said."""
        if suite not in self._baselines:
            try:
                self._baselines[suite] = self.baseline_of(suite)
            except BaselineError:
                self._baselines[suite] = None
        return self._baselines[suite]

    def history(self) -> Sequence[Experiment]:
        """Return the experiments that can be read, the oldest first."""
        return self._history

    # a frozen record that remembers: a cached property needs no field
    @cached_property
    def _baselines(self) -> dict[str, Baseline | None]:
        return {}

    @cached_property
    def _history(self) -> Sequence[Experiment]:
        from pytest_llmobs.experiments.stored import read_heads

        try:
            return read_heads(self.store)[::-1]
        except StoreError:
            return ()

    def unknown_fields(self, experiment: Experiment) -> Sequence[str]:
        """Return the fields; none where the file can't be read."""
        from pytest_llmobs.experiments.documents import unknown_fields

        try:
            return unknown_fields(self.store.read_experiment(experiment.name))
        except StoreError:
            return ()
