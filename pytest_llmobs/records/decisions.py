"""Decisions: what the gate says of metrics and examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

VerdictName = Literal[
    "INSUFFICIENT_DATA",
    "REBASELINE",
    "REGRESSED",
    "DRIFTED",
    "IMPROVED",
    "INCONCLUSIVE",
    "NEUTRAL",
    "NO_BASELINE",
    "UNPAIRED",
]
"""``DRIFTED``: as REGRESSED, but the accepted code fails alike today. ``UNPAIRED``: one number for a whole suite, which
no test can compare."""

COMPARED: tuple[VerdictName, ...] = (
    "REBASELINE",
    "REGRESSED",
    "DRIFTED",
    "IMPROVED",
    "INCONCLUSIVE",
    "NEUTRAL",
)
"""Verdicts that only a metric with a baseline has."""

ExampleState = Literal[
    "known", "flaky", "broken", "drifted", "suspect", "fixed", "new", "removed", "edited", "dropped"
]
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
    """Mean paired difference, negative is worse (sign-turned where lower is better). Of a REGRESSED row the mean of the
    further passes alone: the first one was chosen for being low."""
    low: float | None = None
    """Lower end of the 90 % interval of ``delta``, of this metric alone."""
    high: float | None = None
    p: float | None = None
    """One-sided p of a drop, of this metric alone; None where nothing was tested."""
    p_adjusted: float | None = None
    """The same among all ``tests`` metrics, by which the verdict was reached; None where there is one metric."""
    tests: int = 0
    """G: gating metrics of the session that were tested together."""
    mde: float | None = None
    """Smallest drop that would be found about four times in five, ``max_drop`` at least."""
    mde_more_passes: float | None = None
    """What 10 passes in the baseline would make of it; None where there are as many."""
    mde_more_repeats: float | None = None
    """What three repeats (``--llm-repeat 3``) would make of it; None where there are as many."""
    passes: int = 0
    """Passes of the suite that the candidate's figures cover."""
    fresh: bool = False
    """True where those are the further passes alone."""
    same_recordings: bool = False
    """True where both sides have the same recorded replies, so that any difference is the code's: there is no interval,
    no p and no MDE."""
    control: float | None = None
    """Mean of the accepted code today; None where it didn't run."""
    control_note: str = ""
    """Why a red row is not compared with the accepted code today; empty where it is, and where nothing is red."""
    scale: tuple[float, float] | None = None
    """What ``llm_gate(scale=…)`` maps to 0..1; all figures of the row are mapped."""
    unit: bool = True
    """True where the figures lie between 0 and 1, so that points (pp) are hundredths."""
    n: int = 0
    """Pairs."""
    expected: int = 0
    """Pairs there should have been."""
    red: bool = False
    missed_bound: bool = False
    """True where the mean misses ``llm_gate(min_mean=…)``, whatever the verdict; the note says by how much."""
    note: str = ""
    """What else the reader must know: what is missing, how a threshold was missed, how to get more power."""

    @property
    def warning(self) -> bool:
        """True where the row is green but should be read."""
        return not self.red and self.verdict in ("INCONCLUSIVE", "DRIFTED", "REBASELINE", "INSUFFICIENT_DATA")


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
    """This experiment's trials, those of further looks included."""
    control: Sequence[float | None] = ()
    """The accepted code's trials today; empty where it didn't run."""
    control_note: str = ""
    """Why a broken example is not compared with the accepted code today, or an empty string."""
    comment: str = ""
    """The failure or the evaluator's reason."""
    run_id: str | None = None
    red: bool = False
    changes: Sequence[str] = ()
    """What changed since the baseline: one block of text each (a unified diff, ``model: a -> b``)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptChange:
    """A prompt of which a suite uses another commit than its baseline did; see ``records.prompt_uses``."""

    suite: str
    name: str
    """The prompt's."""
    before: str = ""
    """The baseline's commits; empty where it names none."""
    after: str = ""
    """The commits that are used now; empty where the prompt isn't used any more."""
    description: str = ""
    """What its author said of the commit that is used now; empty where nothing is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What the gate says about all suites of a session."""

    metrics: Sequence[MetricRow] = ()
    examples: Sequence[ExampleRow] = ()
    errors: Sequence[str] = ()
    """Red for another reason: an unreadable baseline, a missing one under CI, a gate on an unknown metric."""
    notes: Sequence[str] = ()
    """What a reader should be warned of."""
    remarks: Sequence[str] = ()
    """What is worth knowing besides, such as how far the accepted code itself moves."""
    prompts: Sequence[PromptChange] = ()
    """The prompts of which other commits are used than in the baselines."""
    unlooked: str = ""
    """Why the gate looked once only though it wanted to go on, or an empty string."""
    ungated: int = 0
    """Trials whose failed assertion failed its test, because no gate judges it: of examples without a row in the
    baseline, or of all where ``llm_strict`` says so."""

    @property
    def red(self) -> bool:
        """True where the build must fail."""
        rows = (*self.metrics, *self.examples)
        return bool(self.errors) or any(map(attrgetter("red"), rows))
