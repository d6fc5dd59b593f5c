"""The laboratory of one pytest process: made at the first need, it registers the other hooks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.extensions import Extensions
from pytest_llmobs.files import write_whole
from pytest_llmobs.plugin import garbage_collection as garbage
from pytest_llmobs.plugin import options
from pytest_llmobs.plugin.suites import Suites
from pytest_llmobs.records.examples import Dataset
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.session import Identity, Session, new_identity

if TYPE_CHECKING:
    from pytest_llmobs.plugin.confirming_plan import ConfirmingPlan
    from pytest_llmobs.trials.llm_run import LlmRun

LLM_RUN = pytest.StashKey["LlmRun"]()
"""Where an item keeps what the fixture ``llm_run`` returns."""

_LAB = pytest.StashKey["Lab"]()


class Lab:
    """Everything the plugin's hooks share in one process."""

    def __init__(self, config: pytest.Config) -> None:
        """Read the settings; raises ``pytest.UsageError`` where one makes no sense."""
        self.config = config
        self.confirming = _confirming_plan()
        settings = options.settings_of(config)
        self.settings = self.confirming.adjust(settings) if self.confirming else settings
        self.worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.controller = _is_controller(config)
        self.suites = Suites(config.rootpath / self.settings.baseline_dir)
        self.datasets: dict[Hashable, Dataset] = {}
        self.kept_alive: list[Any] = []
        """Sources whose ``id`` is a key of ``datasets``."""
        self.plans: list[SuitePlan] = []
        """The suites with their expected trials, once collection finished."""
        self.notes: list[str] = []
        """What the section at the end has to say besides the verdict."""
        self.crashed: dict[str, str] = {}
        """Node id of each test whose worker died in it -> what xdist says."""
        self.take_trial: Callable[[Trial], None] = lambda trial: None
        """Takes a trial that ended in this process, where this process also concludes."""
        self.current_item: pytest.Item | None = None
        self.current_run: LlmRun | None = None
        self.session = Session(
            self.settings,
            Extensions(config.pluginmanager),
            self._identity(),
            config.rootpath,
            processes=int(self.worker["workercount"]) if self.worker else 1,
            cautious=bool(config.getoption("maxfail", 0)),
            fresh=self.settings.update_baseline or self.confirming is not None,
        )

    @property
    def experiment(self) -> bool:
        """True in an experiment; False where the tests are ordinary tests."""
        return self.settings.experiment

    @property
    def manifest(self) -> Path:
        """The file in which this worker says what it is going to run; it stops once the controller removes it."""
        worker = self.worker["workerid"] if self.worker else "main"
        return self.session.folder / f"manifest-{worker}.json"

    def collect_manifests(self) -> None:
        """In the controller: read the workers' plans. They all collected the same, so one is enough."""
        for path in sorted(self.session.folder.glob("manifest-*.json")):
            self.plans = [SuitePlan.from_wire(wire) for wire in json.loads(path.read_text())]
            return

    def write_manifest(self) -> None:
        """In a worker: say what it is going to run."""
        self.manifest.parent.mkdir(parents=True, exist_ok=True)
        wire = [plan.to_wire() for plan in self.plans]
        write_whole(self.manifest, json.dumps(wire, default=str), durable=False)

    def recall(self) -> None:
        """In the controller: have every worker stop after the test it is running."""
        for path in self.session.folder.glob("manifest-*.json"):
            path.unlink(missing_ok=True)

    def announce(self) -> None:
        """Before a baseline is recorded, say what it will take."""
        if self.settings.update_baseline and self.plans:
            from pytest_llmobs.experiments.recording import announcement

            terminal = self.config.pluginmanager.get_plugin("terminalreporter")
            if terminal is not None:
                terminal.write_line(announcement(self.session.store, self.plans))

    def check(self) -> None:
        """Refuse what can't work before it costs anything."""
        try:
            self.session.check()
        except LlmobsError as error:
            raise pytest.UsageError(str(error)) from None
        if not self.experiment:
            return
        if self.controller and self.config.getoption("dist", "no") == "each":
            raise pytest.UsageError(
                "--dist each runs every test on every worker, so an experiment would count each trial several times. "
                "Use another --dist; for several trials an example there is --llm-repeat."
            )
        try:
            _ = self.session.exporter, self.session.baseline
        except LlmobsError as error:
            raise pytest.UsageError(str(error)) from None
        if self.settings.update_baseline and self.settings.baseline:
            raise pytest.UsageError(
                f"--llm-update-baseline records into {self.settings.baseline_dir}/ and compares with nothing; "
                f"leave --llm-baseline {self.settings.baseline!r} out."
            )

    def repeats(self, marker: int | None) -> Sequence[int]:
        """Return the numbers of the repeats that a test runs.

        Args:
            marker: ``repeat`` of its marker. The command line beats it; it beats the ini file.
        """
        chosen = marker is not None and not options.given(self.config, "repeat")
        count = marker if chosen and marker is not None else self.settings.repeat
        if self.confirming:
            return self.confirming.repeats(count)
        if self.settings.update_baseline:
            count = max(count, self.settings.baseline_repeat)
        return range(1, count + 1)

    def _identity(self) -> Identity:
        if self.confirming:
            return self.confirming.identity
        handed = (self.worker or {}).get("llmobs")
        if handed:
            return Identity(**handed)
        return new_identity(self.settings.name)


def open_lab(config: pytest.Config) -> Lab:
    """Return the process's lab; the first call makes it and registers its hooks."""
    lab = config.stash.get(_LAB, None)
    if lab is None:
        garbage.thaw()
        lab = config.stash[_LAB] = Lab(config)
        lab.check()
        if lab.experiment:
            garbage.relax(config)
        if lab.confirming is not None:
            from pytest_llmobs.plugin.confirmation import quieten

            quieten(config)
        _register(lab)
    return lab


def find_lab(config: pytest.Config) -> Lab | None:
    """Return the process's lab, or None where nothing needed one."""
    return config.stash.get(_LAB, None)


def _register(lab: Lab) -> None:
    from pytest_llmobs.plugin import collection
    from pytest_llmobs.plugin import trial as protocol

    manager = lab.config.pluginmanager
    manager.register(collection.Collection(lab), "llmobs-collection")
    if not lab.controller:
        manager.register(protocol.Protocol(lab), "llmobs-protocol")
    if not lab.experiment:
        return
    if lab.worker is None:
        from pytest_llmobs.plugin import ending

        manager.register(ending.Ending(lab), "llmobs-ending")
    if lab.controller:
        from pytest_llmobs.plugin import xdist

        manager.register(xdist.Controller(lab), "llmobs-xdist")
    elif lab.worker is not None:
        from pytest_llmobs.plugin import xdist

        manager.register(xdist.Worker(lab), "llmobs-xdist")


def _confirming_plan() -> ConfirmingPlan | None:
    path = os.environ.get(options.CONFIRMING)
    if path:
        from pytest_llmobs.plugin.confirming_plan import read_plan

    if path:
        return read_plan(Path(path))
    return None


def _is_controller(config: pytest.Config) -> bool:
    return (
        not hasattr(config, "workerinput")
        and config.getoption("dist", "no") != "no"
        and bool(config.getoption("tx", None))
        and not config.getoption("collectonly", False)
    )
