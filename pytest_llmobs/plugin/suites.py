"""Which suite, example and repeat an item is, and the manifest of what a session promised to run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.plugin.marks import of_unittest
from pytest_llmobs.records.examples import Dataset, Example, content_hash
from pytest_llmobs.records.plans import ExpectedTrial, GateRule, SuitePlan

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator
    from pytest_llmobs.evaluators.suites import BoundSummary
    from pytest_llmobs.tracing.redaction.pipeline import Redaction
    from pytest_llmobs.trials.targets import Target

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
    repeat_of: dict[int, int] = field(default_factory=dict)
    """``id`` of each example that is a parameter -> the repeat it stands for, where that isn't the first."""

    @property
    def has_target(self) -> bool:
        """True where the target is called for the test; False where the test calls the app itself."""
        return self.target is not None or self.target_fixture is not None


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
        columns: dict[str, Any] = {
            "suite": self.suite,
            "nodeid": self.nodeid,
            "dataset": self.source.dataset.name if self.source.dataset else None,
            "example_id": self.example_id,
            "repeat": self.repeat,
        }
        if self.example is not None and self.example.outputs:
            columns["reference_outputs"] = dict(self.example.outputs)
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
    _made: dict[str, set[str]] = field(default_factory=dict)
    """Module -> ids of all its tests without a dataset, selected or not."""
    _unopened: set[str] = field(default_factory=set)
    """Node ids of the classes of which nothing was collected."""

    def add_source(self, nodeid: str, source: SuiteSource) -> None:
        """Remember the markers of a test function."""
        self.sources[nodeid] = source

    def note_made(self, collector: pytest.Collector, made: object) -> None:
        """Remember what a module or a class consists of: a node id and ``--lf`` leave out some of it unseen.

        Args:
            collector: The module or class.
            made: A class in it, or the tests of one function, alone or in a list.
        """
        self._unopened.discard(collector.nodeid)
        for node in made if isinstance(made, list) else (made,):
            if isinstance(node, pytest.Class) and not of_unittest(node.obj):
                self._unopened.add(node.nodeid)
            plan = self.plan_of(node) if isinstance(node, pytest.Function) else None
            if plan is None or plan.example is not None:
                return  # a dataset tells what it consists of
            self._made.setdefault(plan.suite, set()).add(plan.example_id)

    def plan_items(self, items: Iterable[pytest.Item], whole: Callable[[str], bool]) -> None:
        """Give each item that is a trial its plan; call before anything is deselected.

        Args:
            items: All that was collected.
            whole: Tells of a test file whether all of it was to be collected.
        """
        for item in items:
            plan = self.plan_of(item)
            if plan is None:
                continue
            if plan.suite not in self.collected:
                self.collected[plan.suite] = plan
                # a node id and --lf have left out the others already
                dataset = plan.source.dataset
                self.totals[plan.suite] = {example.id for example in dataset.examples} if dataset else set()
            self.totals[plan.suite].add(plan.example_id)
        self._count_unselected(whole)

    def _count_unselected(self, whole: Callable[[str], bool]) -> None:
        """Add the tests without a dataset that a node id or ``--lf`` has left out to their module's suite."""
        for path, names in self._made.items():
            if path in self.totals:
                self.totals[path] |= names
                if not whole(path):  # of a class that nobody has opened nothing is known but its name
                    self.totals[path].update(name for name in self._unopened if name.startswith(f"{path}::"))

    def leave(self, items: Iterable[pytest.Item]) -> None:
        """Remember what other shards run: it is not here, and yet nobody has deselected it."""
        self.elsewhere.extend(plan for item in items if (plan := item.stash.get(PLAN, None)) is not None)

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
        nodeid = nodeid_of(item)
        path = sys.intern(nodeid.partition("::")[0])
        params: Mapping[str, object] = item.callspec.params if hasattr(item, "callspec") else {}
        example = params.get("example")
        if isinstance(example, Example) and source.dataset is not None:
            repeat = source.repeat_of.get(id(example), source.repeats[0])
            return TrialPlan(
                suite=sys.intern(f"{function}{_rest(item, case_id(example, repeat, source.repeat_suffix))}"),
                path=path,
                nodeid=nodeid,
                example_id=example.id,
                repeat=repeat,
                source=source,
                example=example,
            )
        chosen = params.get("llm_repeat_number", 1)
        number = chosen if isinstance(chosen, int) else 1
        name = nodeid.removeprefix(f"{path}::")
        name = _without(name, f"r{number}") if number > 1 else name
        return TrialPlan(
            suite=path,
            path=path,
            nodeid=nodeid,
            example_id=name,
            repeat=number,
            source=source,
            example=None,
        )

    def manifest(self, items: Iterable[pytest.Item], redaction: Redaction) -> list[SuitePlan]:
        """Return the plans of all suites with the trials expected of them; call after the selection.

        Metadata, and what ``must_pass`` compares it with, go through ``redaction``: a manifest is a file.
        """
        expected: dict[str, dict[tuple[str, int], ExpectedTrial]] = {}
        plans: dict[str, TrialPlan] = {}
        gates: dict[str, list[GateRule]] = {}
        elsewhere: dict[str, dict[str, str]] = {}

        def note(plan: TrialPlan) -> None:
            plans.setdefault(plan.suite, plan)
            known = gates.setdefault(plan.suite, [])
            cleaned = [_cleaned(gate, redaction) for gate in plan.source.gates]
            known.extend(gate for gate in cleaned if gate not in known)

        for item in items:
            plan = item.stash.get(PLAN, None)
            if plan is None:
                continue
            note(plan)
            trial = ExpectedTrial(
                example_id=plan.example_id,
                example_hash=plan.example_hash,
                repeat=plan.repeat,
                nodeid=plan.nodeid,
                metadata=redaction.clean_if_suspect(plan.example.metadata) if plan.example else {},
            )
            # --keep-duplicates runs one twice; the last counts
            expected.setdefault(plan.suite, {})[plan.example_id, plan.repeat] = trial
        for plan in self.elsewhere:
            note(plan)
            elsewhere.setdefault(plan.suite, {})[plan.example_id] = plan.example_hash
        for plan in self.collected.values():  # what was left out altogether is told
            if plan.suite not in plans:
                note(plan)
        return [
            self._suite_plan(
                plan, tuple(expected.get(suite, {}).values()), tuple(gates[suite]), elsewhere.get(suite, {})
            )
            for suite, plan in plans.items()
        ]

    def _suite_plan(
        self,
        plan: TrialPlan,
        expected: Sequence[ExpectedTrial],
        gates: Sequence[GateRule],
        elsewhere: Mapping[str, str],
    ) -> SuitePlan:
        dataset = plan.source.dataset
        return SuitePlan(
            name=plan.suite,
            path=plan.path,
            dataset=dataset.source or dataset.name if dataset else "",
            dataset_version=dataset.version if dataset else "",
            metrics={bound.key: bound.version for bound in plan.source.evaluators},
            summaries={bound.key: bound.version for bound in plan.source.summaries},
            gates=gates,
            distrusted=self._distrusted(plan.source, gates),
            cluster_by=plan.source.cluster_by,
            repeat=len(plan.source.repeats),
            expected=tuple(expected),
            total=len(self.totals[plan.suite]),
            elsewhere=elsewhere,
        )

    def _distrusted(self, source: SuiteSource, gates: Sequence[GateRule]) -> dict[str, str]:
        bound = {evaluator.key: evaluator for evaluator in source.evaluators}
        asked = [gate for gate in gates if gate.calibrated is not None and gate.metric in bound]
        if not asked:
            return {}
        from pytest_llmobs.evaluators.judging.calibration_file import check_calibration

        return {
            gate.metric: check_calibration(bound[gate.metric], gate.calibrated or 0.0, self.baseline_folder)
            or ""
            for gate in asked
        }


def _cleaned(gate: GateRule, redaction: Redaction) -> GateRule:
    if gate.must_pass:
        return replace(gate, must_pass=redaction.clean_if_suspect(gate.must_pass))
    return gate


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
    whole = item.name[len(item.originalname) :]
    if own not in whole:  # pytest escapes what is not ASCII, unless told otherwise
        own = own.encode("unicode_escape").decode("ascii")
    if whole == f"[{own}]":
        return ""
    return _without(whole, own)


def _without(name: str, part: str) -> str:
    """Take one parameter's id out of a bracketed name: ``[a-part-b]`` becomes ``[a-b]``."""
    head, _, inner = name.partition("[")
    inner = f"-{inner.removesuffix(']')}-".replace(f"-{part}-", "-", 1)[1:-1]
    if inner:
        return f"{head}[{inner}]"
    return head
