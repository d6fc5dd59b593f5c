"""Which suite, example and repeat an item is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.plugin.marks import of_unittest
from pytest_llmobs.plugin.pytest_internals import parameters_of
from pytest_llmobs.records.copies import copied
from pytest_llmobs.records.examples import Dataset, Example, content_hash
from pytest_llmobs.records.plans import GateRule

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator
    from pytest_llmobs.evaluators.suites import BoundSummary
    from pytest_llmobs.trials.targets import Target

REPEAT = "llm_repeat_number"
"""Parameter that numbers the repeats of an example, or of a test without a dataset, where there are several."""
REPEAT_SUFFIX = "-r"
"""What usually stands between an example's id and the number of a repeat."""


@dataclass(frozen=True, kw_only=True)
class SuiteSource:
    """What the markers of one test function say; its suites share it."""

    dataset: Dataset | None = None
    target: Target | None = None
    target_fixture: str | None = None
    """Name of the fixture whose value is the target."""
    evaluators: Sequence[BoundEvaluator] = ()
    summaries: Sequence[BoundSummary] = ()
    gates: Sequence[GateRule] = ()
    marks: Sequence[pytest.Mark] = ()
    """The markers that all this was read from."""
    cluster_by: str | None = None
    repeats: Sequence[int] = (1,)
    """The numbers of the repeats to run: 1 to K, or later ones in a confirming session."""
    repeat_suffix: str = REPEAT_SUFFIX
    """What stands between an example's id and such a number."""

    @property
    def has_target(self) -> bool:
        """True where the target is called for the test; False where the test calls the app itself."""
        return self.target is not None or self.target_fixture is not None

    def evaluator(self, key: str) -> BoundEvaluator | None:
        """Return the evaluator with that key, if there is one."""
        for evaluator in self.evaluators:
            if evaluator.key == key:
                return evaluator
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialPlan:
    """What an item is, as a trial."""

    suite: str
    path: str
    nodeid: str
    """As the user would type it; see ``nodeid_of``."""
    example_id: str
    repeat: int
    source: SuiteSource
    example: Example | None
    """None for a traced test without a dataset."""

    @property
    def is_first(self) -> bool:
        """True for the first repeat that this session runs: the one that a node id names."""
        return self.repeat == self.source.repeats[0]

    @property
    def example_hash(self) -> str:
        """Hash of the example's content; worked out on demand, since plain pytest has no use for it."""
        if self.example is not None:
            return self.example.hash
        return content_hash(self.example_id)

    @property
    def cluster(self) -> str | None:
        """The value of ``cluster_by`` in the example's metadata, as text."""
        if self.source.cluster_by is None or self.example is None:
            return None
        return str(self.example.metadata[self.source.cluster_by])

    @property
    def columns(self) -> dict[str, Any]:
        """The columns that make a root run findable as this trial."""
        dataset = self.source.dataset
        columns: dict[str, Any] = {
            "suite": self.suite,
            "nodeid": self.nodeid,
            "dataset": dataset.name if dataset else None,
            "example_id": self.example_id,
            "repeat": self.repeat,
        }
        if self.example is not None and self.example.outputs:
            columns["reference_outputs"] = copied(dict(self.example.outputs))
        return columns


PLAN = pytest.StashKey[TrialPlan | None]()
"""Where an item keeps its trial's plan, or None for one that is no trial; see ``Suites.plan_of``."""


@dataclass
class Suites:
    """All suites of a session."""

    baseline_folder: Path
    """Below it lie the judges' calibrations."""
    sources: dict[str, SuiteSource] = field(default_factory=dict)
    """By the node id of the test function."""
    totals: dict[str, set[str]] = field(default_factory=dict)
    """Suite -> ids of all its examples, before the user's selection."""
    collected: dict[str, TrialPlan] = field(default_factory=dict)
    """Suite -> the first trial that was collected of it, selected or not."""
    elsewhere: list[TrialPlan] = field(default_factory=list)
    """What other shards run."""
    left_some: bool = False
    """True where other shards run some of the tests, be they trials or not."""
    _made: dict[str, set[str]] = field(default_factory=dict)
    """Module -> ids of all its tests without a dataset, selected or not."""
    _unopened: set[str] = field(default_factory=set)
    """Node ids of the classes of which nothing was collected."""

    def note_made(self, collector: pytest.Collector, made: object) -> None:
        """Remember what a module or a class consists of: a node id and ``--lf`` leave out some of it unseen.

        Args:
            collector: The module or class.
            made: A class in it, or the tests of one function, alone or in a list.
        """
        self._unopened.discard(collector.nodeid)
        nodes = made if isinstance(made, list) else [made]
        for node in nodes:
            if isinstance(node, pytest.Class) and not of_unittest(node.obj):
                self._unopened.add(node.nodeid)
            if not isinstance(node, pytest.Function):
                return
            plan = self.plan_of(node)
            if plan is None or plan.example is not None:
                return  # a dataset tells what it consists of
            self._made.setdefault(plan.suite, set()).add(plan.example_id)

    def plan_items(self, items: Iterable[pytest.Item], is_whole: Callable[[str], bool]) -> None:
        """Give each item that is a trial its plan; call before anything is deselected.

        Args:
            items: All that was collected.
            is_whole: Tells of a test file whether all of it was to be collected.
        """
        for item in items:
            plan = self.plan_of(item)
            if plan is None:
                continue
            if plan.suite not in self.collected:
                self.collected[plan.suite] = plan
                self.totals[plan.suite] = _ids_of(plan.source.dataset)
            self.totals[plan.suite].add(plan.example_id)
        self._count_unselected(is_whole)

    def _count_unselected(self, is_whole: Callable[[str], bool]) -> None:
        """Add the tests without a dataset that a node id or ``--lf`` has left out to their module's suite."""
        for path, names in self._made.items():
            if path not in self.totals:
                continue
            self.totals[path] |= names
            if not is_whole(path):  # of a class that nobody has opened nothing is known but its name
                self.totals[path].update(name for name in self._unopened if name.startswith(f"{path}::"))

    def leave_to_others(self, items: Iterable[pytest.Item]) -> None:
        """Remember what other shards run: it is not here, and yet nobody has deselected it."""
        for item in items:
            self.left_some = True
            plan = self.plan_of(item)
            if plan is not None:
                self.elsewhere.append(plan)

    def plan_of(self, item: pytest.Item) -> TrialPlan | None:
        """Return what an item is as a trial, or None; worked out once."""
        if PLAN not in item.stash:
            item.stash[PLAN] = self._plan(item)
        return item.stash[PLAN]

    def _plan(self, item: pytest.Item) -> TrialPlan | None:
        if not isinstance(item, pytest.Function) or item.parent is None:
            return None
        function = f"{item.parent.nodeid}::{item.originalname}"
        source = self.sources.get(function)
        if source is None:
            return None
        parameters = parameters_of(item)
        example = parameters.get("example")
        repeat = parameters.get(REPEAT, source.repeats[0])
        assert isinstance(repeat, int)
        if source.dataset is not None and isinstance(example, Example):
            return _example_plan(item, function, source, example, repeat)
        return _plain_plan(item, source, repeat)


def _ids_of(dataset: Dataset | None) -> set[str]:
    """Return the ids of all examples: of those of a suite, a node id and ``--lf`` have left out some already."""
    if dataset is None:
        return set()
    return set(map(attrgetter("id"), dataset.examples))


def _example_plan(
    item: pytest.Function, function: str, source: SuiteSource, example: Example, repeat: int
) -> TrialPlan:
    nodeid = nodeid_of(item)
    own_parameters = _rest(item, case_id(example, repeat, source.repeat_suffix))
    # ten thousand trials share these texts
    return TrialPlan(
        suite=sys.intern(f"{function}{own_parameters}"),
        path=sys.intern(nodeid.partition("::")[0]),
        nodeid=nodeid,
        example_id=example.id,
        repeat=repeat,
        source=source,
        example=example,
    )


def _plain_plan(item: pytest.Function, source: SuiteSource, repeat: int) -> TrialPlan:
    """Return the plan of a test without a dataset: an example of its module's suite."""
    nodeid = nodeid_of(item)
    path = sys.intern(nodeid.partition("::")[0])
    name = nodeid.removeprefix(f"{path}::")
    if repeat > 1:
        name = _without(name, f"r{repeat}")
    return TrialPlan(
        suite=path, path=path, nodeid=nodeid, example_id=name, repeat=repeat, source=source, example=None
    )


def nodeid_of(item: pytest.Item) -> str:
    """Return the node id as the user would type it (xdist appends ``@group`` to its own)."""
    if item.parent is None or item.nodeid.endswith(item.name):
        return item.nodeid
    return f"{item.parent.nodeid}::{item.name}"


def case_id(example: Example, repeat: int, suffix: str) -> str:
    """Return the part of the node id that names the trial; the first repeat has the example's name alone."""
    if repeat == 1:
        return example.id
    return f"{example.id}{suffix}{repeat}"


def _rest(item: pytest.Function, own: str) -> str:
    """Return the user's own parameters of an item in brackets, or an empty string.

    Args:
        item: The trial.
        own: What its example and repeat are called.
    """
    brackets = item.name[len(item.originalname) :]
    if own not in brackets:  # pytest escapes what is not ASCII, unless told otherwise
        own = own.encode("unicode_escape").decode("ascii")
    if brackets == f"[{own}]":
        return ""
    return _without(brackets, own)


def _without(name: str, part: str) -> str:
    """Take one parameter's id out of a bracketed name: ``[a-part-b]`` becomes ``[a-b]``."""
    head, _, inner = name.partition("[")
    inner = f"-{inner.removesuffix(']')}-".replace(f"-{part}-", "-", 1)[1:-1]
    if inner:
        return f"{head}[{inner}]"
    return head
