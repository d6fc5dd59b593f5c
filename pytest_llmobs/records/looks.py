"""Looks: what the gate wants run before a verdict stands, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal

from pytest_llmobs.records.trials import Trial

Purpose = Literal["passes", "suspects", "control"]
"""``passes``: further passes of whole suites, and trials that went missing; ``suspects``: single examples again;
``control``: the accepted code, today."""
Reason = Literal["pass", "missing", "suspect", "control"]
"""Why trials run again: a further pass, one that went missing, a single example, the accepted code."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suspicion:
    """What a suspect's further trials are held to, by one metric; see ``gate.suspects``."""

    metric: str
    sign: float
    """A trial fails where ``sign * value <= bound``."""
    bound: float
    passed: Sequence[bool] = ()
    """How its trials so far went, in their order."""
    checkpoints: Sequence[tuple[int, int]] = ()
    """Ascending: a number of trials -> the most passes among them that make the example broken; -1 where none does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rerun:
    """What a further session must run of one suite."""

    suite: str
    reason: Reason
    repeats: Mapping[str, Sequence[int]]
    """Example id -> the numbers of its trials. A missing trial keeps its number, all others get new ones; the control's
    are counted from 1 by themselves."""
    number: int = 0
    """Of a pass: which one of its suite's it is, from 1 on; the session's own come first."""
    suspicions: Mapping[str, Sequence[Suspicion]] = field(default_factory=dict)
    """Suspect -> what its trials are held to: once that is settled, its further trials need not run."""

    @property
    def trials(self) -> int:
        """How many trials it asks for."""
        return sum(map(len, self.repeats.values()))


@dataclass(frozen=True, kw_only=True, slots=True)
class LookRequest:
    """What the gate asks a further session for."""

    purpose: Purpose
    reruns: Sequence[Rerun]
    commit: str = ""
    """The commit of the accepted code, of a control."""

    @property
    def trials(self) -> int:
        """How many trials it asks for."""
        return sum(map(attrgetter("trials"), self.reruns))

    def trials_for(self, reason: Reason) -> Mapping[str, int]:
        """Return suite -> how many trials it asks for, for one reason."""
        numbers = {}
        for rerun in self.reruns:
            if rerun.reason == reason:
                numbers[rerun.suite] = rerun.trials
        return numbers


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """A further session, and what it came back with."""

    purpose: Purpose
    trials: Sequence[Trial] = ()
    error: str | None = None
    """Why there is nothing, or why it counts for nothing; of a control what stands behind "not compared with the
    accepted code today:"."""
    notes: Sequence[str] = ()
    """What else the report has to say of it."""
    commit: str = ""
    """The commit of the accepted code, of a control."""
    metrics: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of a control: suite -> its evaluators' keys and versions in the accepted code."""
