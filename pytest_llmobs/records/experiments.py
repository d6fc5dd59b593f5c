"""Trials, suites, verdicts: what an experiment is made of.

Everything here crosses process borders as plain JSON (``to_wire`` / ``from_wire``), because pytest-xdist hands
over nothing but strings, numbers, lists and dicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

TrialStatus = Literal["passed", "failed", "error", "skipped", "xfailed", "unscored"]
"""``failed``: an assertion; ``error``: the app or the infrastructure raised; ``xfailed``: the user's own xfail."""

Rule = Literal["paired", "mean", "off"]

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
    exempt: bool = False
    """True where the evaluator does not apply to this example: the pair is not expected, so it is not missing."""


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
    run_id: str | None = None
    latency: float | None = None
    """Seconds of the root run; None for replayed trials and trials without a run."""
    total_tokens: int | None = None
    total_cost: float | None = None
    """USD spent by the app; None where a price is unknown."""
    judge_cost: float | None = None
    """USD spent by judges on this trial."""
    llm_calls: int = 0
    judge_calls: int = 0
    judge_hits: int = 0
    """Verdicts that the judge cache had at hand."""
    unpriced: Sequence[str] = ()
    """Models without a known price."""
    cluster: str | None = None
    """The value of ``cluster_by`` in the example's metadata."""
    calls: Sequence[ModelCall] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """The example's inputs after redaction; left out where no model was called: they explain what it was sent."""
    output: str = ""
    """The outputs as text, after redaction."""

    @property
    def ran(self) -> bool:
        """True where the test body came to a verdict of its own: passed, failed, or the user's own xfail."""
        return self.status in ("passed", "failed", "xfailed")

    def to_wire(self) -> dict[str, Any]:
        """Return a dict of JSON types that ``from_wire`` takes back; fields at their default are left out."""
        wire = {
            f.name: value
            for f in fields(self)
            if (value := getattr(self, f.name)) != f.default and value not in ({}, ())
        }
        if self.scores:
            wire["scores"] = {key: _sparse(score) for key, score in self.scores.items()}
        if self.calls:
            wire["calls"] = [_sparse(call) for call in self.calls]
        if self.unpriced:
            wire["unpriced"] = list(self.unpriced)
        return wire

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Trial:
        """Rebuild a trial from ``to_wire``'s dict."""
        known = dict(wire)
        known["scores"] = {key: TrialScore(**score) for key, score in wire.get("scores", {}).items()}
        known["calls"] = tuple(ModelCall(**call) for call in wire.get("calls", ()))
        return cls(**known)


def _sparse(record: Any) -> dict[str, Any]:
    # by identity: 0.0 equals False, and a score of zero must travel
    return {
        key: value
        for key, value in asdict(record).items()
        if value is not None and value is not False and value not in ("", {}, (), [])
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class GateRule:
    """One ``llm_gate`` marker."""

    metric: str
    min_mean: float | None = None
    """The candidate's mean must be at least this (at most, where lower is better)."""
    max_drop: float = 0.02
    """ε: a drop of the mean below this is no regression."""
    must_pass: Mapping[str, Any] | None = None
    """Examples whose metadata match must all pass (``{"tier": "critical"}``); ``{}`` means every example."""
    rule: Rule = "paired"
    lower_is_better: bool = False
    calibrated: float | None = None
    """Least Cohen's kappa of the judge's calibration file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedTrial:
    """One trial that collection promised."""

    example_id: str
    example_hash: str
    repeat: int
    nodeid: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """The example's metadata, for ``must_pass``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SuitePlan:
    """What collection knows of a suite; its expected trials are the denominator of every mean."""

    name: str
    """Node id of the test without example and repeat."""
    path: str
    """Test file relative to rootdir."""
    dataset: str = ""
    dataset_version: str = ""
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

    @property
    def partial(self) -> bool:
        """True where the user left examples out on purpose (``-k``, ``--lf``, a node id, ``--deselect``)."""
        return len({trial.example_id for trial in self.expected}) + len(self.elsewhere) < self.total

    @property
    def left_out(self) -> bool:
        """True where the user's selection left nothing of it: no verdict is about it."""
        return not self.expected and not self.elsewhere and self.total > 0

    @property
    def gone(self) -> bool:
        """True where there is a baseline, and no such test was collected."""
        return not self.expected and not self.elsewhere and self.total == 0

    def to_wire(self) -> dict[str, Any]:
        """Return a dict of JSON types that ``from_wire`` takes back."""
        return asdict(self)

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> SuitePlan:
        """Rebuild a plan from ``to_wire``'s dict."""
        known = dict(wire)
        known["gates"] = tuple(GateRule(**gate) for gate in wire.get("gates", ()))
        known["expected"] = tuple(ExpectedTrial(**trial) for trial in wire.get("expected", ()))
        return cls(**known)


@dataclass(frozen=True, kw_only=True, slots=True)
class SuiteScore:
    """What a summary evaluator says of a whole suite."""

    suite: str
    metric: str
    evaluator: str
    """Key of the summary evaluator, the metric's own where it names no other."""
    score: float | None = None
    """None for a label, and where the evaluator failed."""
    value: str | None = None
    """The label."""
    comment: str | None = None
    error: str | None = None
    """Why there is no score."""
    n: int = 0
    """Trials that ran and raised no error."""
    expected: int = 0
    """Trials there should be; the evaluator saw each of them."""
    matrix: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Expected label -> predicted label -> trials, of a confusion matrix."""


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
    """Example -> metric it is suspected by -> what clears it (see ``experiments.suspects.cleared``): one passing
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
        return (
            bool(self.errors) or any(row.red for row in self.metrics) or any(row.red for row in self.examples)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Experiment:
    """One ``--llm-experiment`` session, finished."""

    name: str
    """Also the project's name in the store; a shard's ends in ``.shard-I-of-N``, which its project's doesn't."""
    started: str
    """ISO 8601, UTC."""
    duration: float
    """Seconds."""
    suites: Sequence[SuitePlan] = ()
    trials: Sequence[Trial] = ()
    confirmation: Sequence[Trial] = ()
    """Trials of the confirming session; guard 2's enter no mean."""
    suite_scores: Sequence[SuiteScore] = ()
    """What summary evaluators say; a shard has none, the merge works them out."""
    decision: Decision = Decision()
    commit: str | None = None
    """The code's git commit, with ``+dirty`` where the work tree had changes."""
    interrupted: bool = False
    """True where the session ended early (Ctrl-C, ``-x``, a crash): it never passes for a whole one."""
    notes: Sequence[str] = ()
    shard: str = ""
    """``I/N`` where it is one part of an experiment, which isn't gated; empty for a whole one."""

    @property
    def partial(self) -> bool:
        """True where the user left examples or whole suites out on purpose."""
        return any(plan.partial for plan in self.suites)
