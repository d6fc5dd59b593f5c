"""Plans: what collection promised of a suite, and how its metrics gate the build."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any, Literal, overload

GateMethod = Literal["paired", "mean", "off"]
EVALUATED = "evaluate::"
"""How the name of a suite begins that no test has: that of an ``evaluate()`` call."""


def is_evaluated(suite: str) -> bool:
    """Tell whether a suite is that of an ``evaluate()`` call: no test belongs to it, and no file is gone."""
    return suite.startswith(EVALUATED)


@dataclass(frozen=True, kw_only=True, slots=True)
class GateRule:
    """One ``llm_gate`` marker."""

    metric: str
    min_mean: float | None = None
    """The candidate's mean must be at least this (at most, where lower is better)."""
    max_drop: float | None = None
    """ε: a drop of the mean below this is no regression; None for .02, of a metric that leaves 0..1 for .02 of its
    range."""
    must_pass: Mapping[str, Any] | None = None
    """Examples whose metadata match must all pass (``{"tier": "critical"}``); ``{}`` means every example."""
    rule: GateMethod = "paired"
    lower_is_better: bool = False
    calibrated: float | None = None
    """Least Cohen's kappa of the judge's calibration file."""
    scale: tuple[float, float] | None = None
    """The score that maps to 0 and the one that maps to 1, for every bound and test of this rule; None for scores
    between 0 and 1, and for those whose range is nobody's business."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedTrial:
    """One trial that collection promised."""

    example_id: str
    example_hash: str
    repeat: int
    nodeid: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """The example's metadata, for ``must_pass``."""


class ExpectedRows(Sequence[ExpectedTrial]):
    """Expected trials that are made once one of them is looked at; what lists hundreds of experiments needs none."""

    def __init__(self, example_ids: Sequence[str], make: Callable[[], Sequence[ExpectedTrial]]) -> None:
        """Put them off.

        Args:
            example_ids: The id of each one's example.
            make: Makes them.
        """
        self.example_ids = example_ids
        """The id of each one's example."""
        self._make = make

    @cached_property
    def _made(self) -> Sequence[ExpectedTrial]:
        return self._make()

    def __len__(self) -> int:
        """Return how many there are, without making them."""
        return len(self.example_ids)

    @overload
    def __getitem__(self, number: int) -> ExpectedTrial: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[ExpectedTrial]: ...

    def __getitem__(self, number: int | slice) -> ExpectedTrial | Sequence[ExpectedTrial]:
        """Make them all, and return one or some."""
        return self._made[number]


@dataclass(frozen=True, kw_only=True, slots=True)
class SuitePlan:
    """What collection knows of a suite; its expected trials are the denominator of every mean."""

    name: str
    """Node id of the test without example and repeat."""
    path: str
    """Test file relative to rootdir."""
    dataset: str = ""
    dataset_version: str = ""
    splits: Sequence[str] = ()
    """The parts of the dataset that were asked for; empty for all of it."""
    metrics: Mapping[str, str] = field(default_factory=dict)
    """Key of each marker evaluator -> its version (a hash of code, rubric, model)."""
    summaries: Mapping[str, str] = field(default_factory=dict)
    """Key of each summary evaluator -> its version."""
    gates: Sequence[GateRule] = ()
    distrusted: Mapping[str, str] = field(default_factory=dict)
    """Metric whose gate asks for a calibrated judge -> why it may not be trusted; empty text: it may."""
    cluster_by: str | None = None
    repeat: int = 1
    """K."""
    expected: Sequence[ExpectedTrial] = ()
    total: int = 0
    """Examples of the suite before the user's own selection; fewer, here and elsewhere, means partial."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Examples that other shards run: id -> content hash."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Test function, as its node id has it behind the path -> its line in the file, from 1. Empty where no pytest
    collected it."""
    unselected: Sequence[str] = ()
    """Ids of examples that the user's selection left out; sorted."""

    @property
    def example_ids(self) -> Collection[str]:
        """Ids of the examples that are to run here, in their order."""
        if isinstance(self.expected, ExpectedRows):
            return dict.fromkeys(self.expected.example_ids).keys()
        return dict.fromkeys(map(attrgetter("example_id"), self.expected)).keys()

    @property
    def partial(self) -> bool:
        """True where the user left examples out on purpose (``-k``, ``--lf``, a node id, ``--deselect``)."""
        return len(self.example_ids) + len(self.elsewhere) < self.total

    @property
    def left_out(self) -> bool:
        """True where the user's selection left nothing of it: no verdict is about it."""
        return not self.expected and not self.elsewhere and self.total > 0

    @property
    def gone(self) -> bool:
        """True where there is a baseline, and no such test was collected."""
        return not self.expected and not self.elsewhere and self.total == 0


def number_of_trials(plans: Iterable[SuitePlan]) -> int:
    """Return how many trials were promised of some suites."""
    return sum(map(len, map(attrgetter("expected"), plans)))
