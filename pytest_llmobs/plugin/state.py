"""What the hooks of one pytest process share. Each part has one owner; nothing here is overwritten by another class."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.files import PRIVATE, make_private, write_whole
from pytest_llmobs.records.plans import SuitePlan, number_of_trials
from pytest_llmobs.records.wire import from_wire, to_wire
from pytest_llmobs.session import Session
from pytest_llmobs.settings import Settings

if TYPE_CHECKING:  # most sessions ask for nothing of the past
    from pytest_llmobs.datasets.editing.catalog import Catalog

LLM_RUN = pytest.StashKey[Any]()
"""Where an item keeps what the fixture ``llm_run`` returns, a ``trials.llm_run.LlmRun``."""


LOOKS = "looks"
"""Folder of the store in which further sessions that are under way are marked."""
NODEID = "llmobs_nodeid"
"""Attribute of a trial's reports that holds its node id, where pytest has another one."""


class Notes:
    """What the report has to say besides the verdict: each remark once, in the order in which they came."""

    def __init__(self) -> None:
        self._notes: dict[str, None] = {}

    def add(self, *notes: str) -> None:
        """Take remarks, except for those that are there already."""
        self._notes.update(dict.fromkeys(notes))

    def __iter__(self) -> Iterator[str]:
        return iter(self._notes)


class Manifest:
    """The plans of all suites: what the session promised to run, known once collection finished.

    With workers each of them writes what it collected into a file of its own, from which the controller reads it: that
    one collects nothing. The controller stops the workers by removing the files.
    """

    def __init__(self, folder: Path, worker: str | None) -> None:
        """Start with an empty one.

        Args:
            folder: Where the processes of the session leave messages for each other.
            worker: The id of this worker; None where this process is none.
        """
        self._folder = folder
        self._own_file = folder / f"manifest-{worker}.json" if worker else None
        self._plans: Sequence[SuitePlan] = ()

    @property
    def plans(self) -> Sequence[SuitePlan]:
        """The suites with their expected trials; empty before collection finished."""
        return self._plans

    @property
    def expected(self) -> int:
        """How many trials are expected of all suites."""
        return number_of_trials(self._plans)

    @property
    def repeats(self) -> int:
        """The most repeats that an example of any suite has."""
        return max((plan.repeat for plan in self._plans), default=1)

    @property
    def elsewhere(self) -> bool:
        """True where other shards run some of the trials."""
        return any(plan.elsewhere for plan in self._plans)

    def promise(self, plans: Sequence[SuitePlan]) -> None:
        """Take what was collected, and say so to the controller, if there is one."""
        self._plans = plans
        if self._own_file is not None:
            make_private(self._folder)
            wire = list(map(to_wire, plans))
            write_whole(self._own_file, json.dumps(wire, default=str), mode=PRIVATE, durable=False)

    def read(self) -> None:
        """In the controller: read what a worker wrote, if any did so yet. All collected the same, so one is enough."""
        if self._plans:
            return
        for path in self._files()[:1]:
            self._plans = [from_wire(SuitePlan, wire) for wire in json.loads(path.read_text())]

    def withdraw(self) -> None:
        """In the controller: have every worker stop after the test it is running."""
        for path in self._files():
            path.unlink(missing_ok=True)

    @property
    def withdrawn(self) -> bool:
        """True in a worker that is to stop."""
        return self._own_file is not None and not self._own_file.exists()

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("manifest-*.json"))


@dataclass(frozen=True, kw_only=True)
class ProcessState:
    """One pytest process: alone, xdist's controller, or one of its workers."""

    config: pytest.Config
    settings: Settings
    session: Session
    """What does the work below pytest."""
    manifest: Manifest
    notes: Notes
    worker: Mapping[str, Any] | None
    """What xdist's controller handed to this worker; None where this process is none."""
    controller: bool
    """True in xdist's controller, which runs no test itself."""

    @cached_property
    def catalog(self) -> Catalog:
        """The datasets, with the versions that they had."""
        from pytest_llmobs.experiments.dataset_versions import open_catalog

        session = self.session
        folder = session.rootdir / self.settings.dataset_dir
        return open_catalog(
            folder, session.rootdir, lambda: session.store, lambda: session.extensions.formats
        )

    @property
    def experiment(self) -> bool:
        """True in an experiment; False where the tests are ordinary tests."""
        return self.settings.experiment
