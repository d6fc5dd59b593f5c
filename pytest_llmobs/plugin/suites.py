"""Which suite, example and repeat an item is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.errors import DatasetError
from pytest_llmobs.plugin.marks import of_unittest
from pytest_llmobs.plugin.node_names import (
    FunctionKey,
    NodeNames,
    case_id,
    function_key,
    own_parameters,
    without_parameter,
)
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
    """The examples to run."""
    whole: Dataset | None = None
    """What they were chosen of; None where that isn't known."""
    is_file: bool = False
    """True where that is a file, as it is now."""
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
    """The numbers of the repeats to run: 1 to K, or later ones in a further session."""
    recorded_before: int = 0
    """How many numbers are left out because the replies to them are in the baseline; node ids count on from there."""
    wanted: Mapping[str, Set[int]] | None = None
    """In a further session: example -> which of them. None where each example has all of them."""
    repeat_suffix: str = REPEAT_SUFFIX
    """What stands between an example's id and such a number."""

    @property
    def has_target(self) -> bool:
        """True where the target is called for the test; False where the test calls the app itself."""
        return self.target is not None or self.target_fixture is not None

    def wants(self, example_id: str, repeat: int) -> bool:
        """Return True where an example is to have a trial of that number."""
        return self.wanted is None or repeat in self.wanted.get(example_id, ())

    def place(self, repeat: int) -> int:
        """Return a repeat's number as node ids have it: 1 for the first."""
        return repeat - self.recorded_before

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
    """As the user would type it; see ``NodeNames``."""
    example_id: str
    repeat: int
    source: SuiteSource
    example: Example | None
    """None for a traced test without a dataset."""

    @property
    def key(self) -> tuple[str, str, int]:
        """Suite, example and repeat: what tells a trial from all others."""
        return self.suite, self.example_id, self.repeat

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

    names: NodeNames
    baseline_folder: Path
    """Below it lie the judges' calibrations."""
    totals: dict[str, set[str]] = field(default_factory=dict)
    """Suite -> ids of all its examples, before the user's selection."""
    collected: dict[str, TrialPlan] = field(default_factory=dict)
    """Suite -> the first trial that was collected of it, selected or not."""
    elsewhere: list[TrialPlan] = field(default_factory=list)
    """What other shards run."""
    left_some: bool = False
    """True where other shards run some of the tests, be they trials or not."""
    _sources: dict[FunctionKey, SuiteSource] = field(default_factory=dict)
    _named: dict[str, SuiteSource] = field(default_factory=dict)
    """By the node id of the test function."""
    _files: dict[str, Path] = field(default_factory=dict)
    """What a test file is called -> where it lies."""
    _made: dict[str, set[str]] = field(default_factory=dict)
    """Module -> ids of all its tests without a dataset, selected or not."""
    _unopened: set[str] = field(default_factory=set)
    """Node ids of the classes of which nothing was collected."""

    def add_source(self, definition: pytest.Function, source: SuiteSource, *, unique: bool) -> None:
        """Take what the markers of a test function say.

        Args:
            definition: The function, before it is parametrized.
            source: What they say.
            unique: Whether its file must be the only one of its name, as suites and baselines need it.

        Raises:
            DatasetError: Another file has the same name.
        """
        name, path = self.names.file(definition.path), definition.path
        other = self._files.setdefault(name, path)
        if unique and other != path:
            raise DatasetError(
                f"{str(path)!r} and {str(other)!r} are both {name!r} from the rootdir, so that their suites and "
                "baselines would be the same. Collect it by one of the two paths."
            )
        self._sources[function_key(definition)] = source
        self._named[self.names.function(definition)] = source

    def source_of(self, function: str) -> SuiteSource | None:
        """Return what the markers of a function say, by its node id; None where this process didn't collect it."""
        return self._named.get(function)

    def note_made(self, collector: pytest.Collector, made: object) -> None:
        """Remember what a module or a class consists of: a node id and ``--lf`` leave out some of it unseen.

        Args:
            collector: The module or class.
            made: A class in it, or the tests of one function, alone or in a list.
        """
        self._unopened.discard(self.names.node(collector))
        nodes = made if isinstance(made, list) else [made]
        for node in nodes:
            if isinstance(node, pytest.Class) and not of_unittest(node.obj):
                self._unopened.add(self.names.node(node))
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
        source = self._sources.get(function_key(item))
        if source is None:
            return None
        parameters = parameters_of(item)
        example = parameters.get("example")
        repeat = parameters.get(REPEAT, source.repeats[0])
        assert isinstance(repeat, int)
        if source.dataset is not None and isinstance(example, Example):
            return self._example_plan(item, source, example, repeat)
        return self._plain_plan(item, source, repeat)

    def _example_plan(
        self, item: pytest.Function, source: SuiteSource, example: Example, repeat: int
    ) -> TrialPlan:
        parameters = own_parameters(item, case_id(example, source.place(repeat), source.repeat_suffix))
        # ten thousand trials share these texts
        return TrialPlan(
            suite=sys.intern(f"{self.names.function(item)}{parameters}"),
            path=self.names.file(item.path),
            nodeid=self.names.node(item),
            example_id=example.id,
            repeat=repeat,
            source=source,
            example=example,
        )

    def _plain_plan(self, item: pytest.Function, source: SuiteSource, repeat: int) -> TrialPlan:
        """Return the plan of a test without a dataset: an example of its module's suite."""
        nodeid, path = self.names.node(item), self.names.file(item.path)
        name = nodeid.removeprefix(f"{path}::")
        if source.place(repeat) > 1:
            name = without_parameter(name, f"r{source.place(repeat)}")
        return TrialPlan(
            suite=path, path=path, nodeid=nodeid, example_id=name, repeat=repeat, source=source, example=None
        )


def _ids_of(dataset: Dataset | None) -> set[str]:
    """Return the ids of all examples: of those of a suite, a node id and ``--lf`` have left out some already."""
    if dataset is None:
        return set()
    return set(map(attrgetter("id"), dataset.examples))
