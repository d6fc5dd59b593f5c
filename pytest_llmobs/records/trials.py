"""Trials: one example run once, and what it scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

TrialStatus = Literal["passed", "failed", "error", "skipped", "xfailed", "unscored"]
FAILING: tuple[TrialStatus, ...] = ("failed", "error", "unscored")
"""Statuses of trials that should have passed."""
"""``failed``: an assertion; ``error``: the app or the infrastructure raised; ``xfailed``: the user's own xfail."""

NotRun = Literal["budget", "refused", "settled", "unfilled", "unrecorded"]
"""Why a trial came to nothing that running it once more could mend.

``budget``: the session had spent what it may; ``refused``: the provider had refused an earlier trial for good;
``settled``: earlier trials of its further session had said what its example is; ``unfilled``: its app was called, and
names a prompt's variables wrongly; ``unrecorded``: it, or an evaluator of it, asked a model for what isn't recorded
where only recordings may answer, or can't be.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCall:
    """The parts of one model call that explain a changed answer."""

    model: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    """Request parameters other than texts and tools (``max_tokens``, ``temperature``)."""
    system: str = ""
    messages: Sequence[Sequence[str]] = ()
    """``[role, text]`` pairs; anything that is no text is shown as ``[type …]``."""
    tools: str = ""
    """The tools' definitions as canonical JSON, or empty."""
    output: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialScore:
    """One score of a trial, reduced to what travels. See ``records.scores.Score``."""

    score: float | None = None
    value: str | None = None
    comment: str | None = None
    error: str | None = None
    gating: bool = False
    """True for scores of the marker's evaluators; scores made in a test body never gate."""
    fresh: bool = False
    """True where a judge was asked for it and wasn't replayed: it may say something else next time."""
    exempt: bool = False
    """True where the evaluator does not apply to this example: the pair is not expected, so it is not missing."""
    untimed: bool = False
    """True where it is exempt because the run was replayed, whose time says nothing: not missing, whatever the baseline
    has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One example run once: one pytest item, one root run."""

    suite: str
    example_id: str
    example_hash: str
    repeat: int
    """1 to K."""
    nodeid: str
    status: TrialStatus
    scores: Mapping[str, TrialScore] = field(default_factory=dict)
    message: str | None = None
    """First lines of the failure, or why the trial is unscored."""
    not_run: NotRun | None = None
    """Set where there is such a reason; None where it ran, or where the user's own code skipped it."""
    run_id: str | None = None
    latency: float | None = None
    """Seconds of the root run; None for replayed trials and trials without a run."""
    cold: bool = False
    """True where it started before this process's first trial of the same target had ended.

    Such a trial may have paid for imports and connections. Without a target, the first trials of the suite are.
    """
    total_tokens: int | None = None
    total_cost: float | None = None
    """USD spent by the app's calls with a known cost; None where there is none. ``unpriced`` names the others."""
    judge_cost: float | None = None
    """USD spent by judges on this trial."""
    llm_calls: int = 0
    judge_calls: int = 0
    judge_hits: int = 0
    """Verdicts that the judge cache had at hand."""
    replayed_calls: int = 0
    """How many of ``llm_calls`` were replayed from cassettes."""
    judge_replayed: int = 0
    """The same of ``judge_calls``."""
    saved_cost: float | None = None
    """USD that the replayed calls had cost when they were recorded, judges' included; None where it isn't known."""
    recording: str | None = None
    """16 hex digits that name the recordings of all the app's model calls, be they replayed or recorded now; equal on
    two sides where a model said the same on both. None where any call has no recording."""
    unpriced: Sequence[str] = ()
    """The app's calls whose cost isn't known: models, with the reason where it isn't the model's own price."""
    judge_unpriced: Sequence[str] = ()
    """The same of its judges."""
    cluster: str | None = None
    """The value of ``cluster_by`` in the example's metadata."""
    prompts: Mapping[str, str] = field(default_factory=dict)
    """The commits of prompts that it used, by the prompt's name, as ``records.prompt_uses`` writes them."""
    unfilled: Mapping[str, str] = field(default_factory=dict)
    """Prompt -> its variables that a model was sent in braces: ``customer, tier``."""
    calls: Sequence[ModelCall] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """The example's inputs after redaction; left out where no model was called: they explain what it was sent."""
    output: str = ""
    """The outputs as text, after redaction."""

    @property
    def whole_cost(self) -> float | None:
        """USD spent by the app; None where the cost of any call isn't known."""
        if self.unpriced:
            return None
        return self.total_cost

    @property
    def ran(self) -> bool:
        """True where the test body came to a verdict of its own: passed, failed, or the user's own xfail."""
        return self.status in ("passed", "failed", "xfailed")
