"""Decisions: what the gate says of metrics and examples, and what it wants run again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal

VerdictName = Literal[
    "INSUFFICIENT_DATA",
    "REBASELINE",
    "REGRESSED",
    "IMPROVED",
    "INCONCLUSIVE",
    "NEUTRAL",
    "NO_BASELINE",
    "UNPAIRED",
]
"""``UNPAIRED``: one number for a whole suite, which no test can compare."""


ExampleState = Literal["known", "flaky", "broken", "suspect", "fixed", "new", "removed", "edited", "dropped"]
"""``dropped``: one of the largest drops of a regressed metric; the others as the gate's rules define them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricRow:
    """The verdict on one metric of one suite: a line of the table."""

    suite: str
    metric: str
    verdict: VerdictName
    baseline: float | None = None
    """Mean over the examples; None without a baseline."""
    candidate: float | None = None
    delta: float | None = None
    """Mean paired difference, negative is worse (sign-turned where lower is better)."""
    low: float | None = None
    """Lower end of the 90 % interval of ``delta``."""
    high: float | None = None
    p: float | None = None
    """One-sided p after Holm's correction; None up to 12 pairs."""
    mde: float | None = None
    """Smallest drop that would be found four times in five (2.49 x SE)."""
    mde_repeats: int | None = None
    """Repeats (on both sides in proportion) that would halve ``mde``; None where only more examples would."""
    n: int = 0
    """Pairs."""
    expected: int = 0
    """Pairs there should have been."""
    red: bool = False
    note: str = ""
    """What else the reader must know: what is missing, how a threshold was missed, how to get more power."""

    @property
    def warning(self) -> bool:
        """True where the row is green but should be read."""
        return not self.red and self.verdict in ("INCONCLUSIVE", "REBASELINE", "INSUFFICIENT_DATA")


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleRow:
    """What happened to one example that deserves a line."""

    suite: str
    example_id: str
    metric: str
    """``pass`` or a gating score."""
    state: ExampleState
    nodeid: str = ""
    baseline: Sequence[float | None] = ()
    """The baseline's repeats."""
    candidate: Sequence[float | None] = ()
    """This experiment's repeats, confirmation included."""
    comment: str = ""
    """The failure or the evaluator's reason."""
    run_id: str | None = None
    red: bool = False
    changes: Sequence[str] = ()
    """What changed since the baseline: one block of text each (a unified diff, ``model: a -> b``)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rerun:
    """What the confirming session must run again in one suite."""

    suite: str
    examples: Sequence[str] | None
    """Example ids, or None for the whole suite."""
    repeats: int
    """Fresh repeats of each; those of a whole suite count for its suspects too."""
    reason: Literal["metric", "example"]
    limits: Mapping[str, Mapping[str, Sequence[float]]] = field(default_factory=dict)
    """Example -> metric it is suspected by -> what clears it (see ``gate.suspects.cleared``): one passing
    repeat makes the rest needless."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What the gate says about all suites of a session."""

    metrics: Sequence[MetricRow] = ()
    examples: Sequence[ExampleRow] = ()
    reruns: Sequence[Rerun] = ()
    """What a confirming session should run before the verdict stands; empty once confirmed or where none is due."""
    errors: Sequence[str] = ()
    """Red for another reason: an unreadable baseline, a missing one under CI, a gate on an unknown metric."""
    notes: Sequence[str] = ()
    ungated: int = 0
    """Trials whose failed assertion failed its test, because no gate judges it: of examples without a row in the
    baseline, or of all where ``llm_strict`` says so."""

    @property
    def red(self) -> bool:
        """True where the build must fail."""
        rows = (*self.metrics, *self.examples)
        return bool(self.errors) or any(map(attrgetter("red"), rows))
