"""In a further session: keep away from the user's files, and run exactly the trials that the gate asks for."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.plugin.confirming.plan import ConfirmingPlan, leave_examples, read_plan
from pytest_llmobs.plugin.confirming.written_files import SWITCHED_OFF

if TYPE_CHECKING:
    from pytest_llmobs.plugin.suites import Suites, TrialPlan
    from pytest_llmobs.records.examples import Example


class WrittenElsewhere:
    """Sets the options of a further session, whatever a ``conftest.py`` makes of them."""

    def __init__(self, plan: ConfirmingPlan) -> None:
        self.plan = plan
        self._moved: dict[str, Any] = {}
        """``dest`` -> its value."""
        self._is_child = False
        """True in the process that the user's session waits for; False in its workers."""

    def set_options(self, config: pytest.Config) -> None:
        """Switch off and move what the user's session writes; a node id then stands for its function.

        It names the first repeat, and the plan selects further ones.
        """
        self._is_child = not hasattr(config, "workerinput")
        config.args = list(dict.fromkeys(map(_function, config.args)))
        paths = set(self.plan.moved.values())
        for name, value in vars(config.option).items():
            if isinstance(value, str | Path) and str(value) in paths:
                self._moved[name] = value
        self._enforce(config)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Set them again after each ``conftest.py``, which may have set a path of its own."""
        self._enforce(config)

    def _enforce(self, config: pytest.Config) -> None:
        for name, value in SWITCHED_OFF.items():
            if hasattr(config.option, name):
                setattr(config.option, name, value)
        if not hasattr(config, "workerinput"):  # xdist has given each worker a folder below it
            vars(config.option).update(self._moved)

    def pytest_runtest_logfinish(self) -> None:
        """End where the user's session was killed: nobody waits for what would be spent from now on."""
        if self._is_child and os.getppid() != self.plan.parent:
            pytest.exit("the session that asked for this one is gone")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Move the log that a ``conftest.py`` opens for each test, as pytest's documentation shows it."""
        logging: Any = session.config.pluginmanager.get_plugin("logging-plugin")
        if logging is not None:
            set_log_path, folder = logging.set_log_path, self.plan.folder / "logs"
            logging.set_log_path = lambda path: set_log_path(str(folder / Path(path).name))


def write_elsewhere(manager: pytest.PytestPluginManager, path: Path) -> None:
    """Register what sets the options of a further session, whose plan lies at ``path``; call before parsing."""
    plan = read_plan(path)
    _move_opened_files(plan.folder / "opened")
    manager.register(WrittenElsewhere(plan), "llmobs-confirming")


def _move_opened_files(folder: Path) -> None:
    """Have ``argparse.FileType``, which opens files while options are parsed, write into a folder of ours."""
    opened = argparse.FileType.__call__

    def open_elsewhere(self: argparse.FileType, string: str) -> Any:
        if string != "-" and not {"w", "a", "x"}.isdisjoint(getattr(self, "_mode", "r")):
            folder.mkdir(exist_ok=True)
            string = str(folder / Path(string).name)
        return opened(self, string)

    argparse.FileType.__call__ = open_elsewhere  # type: ignore[method-assign]


def _function(argument: str) -> str:
    """Return the function that an argument names, without a parameter; see pytest's ``resolve_collection_argument``."""
    name, bracket, _ = argument.partition("[")
    if bracket and "::" in name:
        return name
    return argument


class WantedTrials:
    """Runs what the plan wants, whatever other plugins deselect or reorder.

    They have had their say in the session that asks: a part of a list, chosen by position once more, would be another
    one.
    """

    def __init__(self, suites: Suites, plan: ConfirmingPlan, controller: bool) -> None:
        self._suites = suites
        self._plan = plan
        self._controller = controller
        self._collected: list[pytest.Item] = []

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Remember every item, before anybody selects."""
        self._collected.append(item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Put the wanted items in the place of what others have left: in their order, then the missing ones."""
        items = session.items
        items[:] = self._in_order(self._wanted([*items, *self._collected]))
        # workers collect the same, and the last of them to write is as good as any
        if not self._controller and not self._plan.is_control and self._plan.settings.control == "auto":
            self._leave_examples(items)

    def _leave_examples(self, items: Sequence[pytest.Item]) -> None:
        examples: dict[str, dict[str, Example]] = {}
        for item in items:
            plan = self._plan_of(item)
            if plan.example is not None:
                examples.setdefault(plan.suite, {})[plan.example_id] = plan.example
        leave_examples(self._plan.folder, {suite: tuple(each.values()) for suite, each in examples.items()})

    def _wanted(self, items: Iterable[pytest.Item]) -> list[pytest.Item]:
        wanted: dict[tuple[str, str, int], pytest.Item] = {}
        for item in items:
            plan = self._suites.plan_of(item)
            if plan is not None and self._plan.wants(*plan.key):
                wanted.setdefault(plan.key, item)
        return list(wanted.values())

    def _in_order(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """Put the repeats of each suite one after the other: what some of them settle, the next ones need not run."""
        ordered: list[pytest.Item] = []
        for _, group in groupby(items, self._suite):
            ordered += sorted(group, key=self._repeat)
        return ordered

    def _suite(self, item: pytest.Item) -> str:
        return self._plan_of(item).suite

    def _repeat(self, item: pytest.Item) -> int:
        return self._plan_of(item).repeat

    def _plan_of(self, item: pytest.Item) -> TrialPlan:
        plan = self._suites.plan_of(item)
        assert plan is not None
        return plan
