"""What is to become of the runs that were found: a plan that is printed before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Literal

from pytest_llmobs.curation.options import Options
from pytest_llmobs.records.feedback import FeedbackStats

UNCLUSTERED = "unclustered"
"""The name of the cluster of what is like nothing else."""
INCIDENT = timedelta(hours=24)
"""What lies within this time is called one incident."""
Occurrence = Literal["once", "one incident", "one user", "recurring"]


@dataclass(frozen=True)
class Text:
    """A run or an example, and what its inputs say."""

    id: str
    text: str


@dataclass(frozen=True)
class Duplicate:
    """A run that is left out, because what it asks is there already."""

    run: Text
    of: Text
    """The run that is kept, or the example."""
    similarity: float
    """Of the texts, 0 to 1."""
    in_dataset: bool
    """True where ``of`` is an example."""

    @property
    def is_exact(self) -> bool:
        """True where both say the same but for case and blanks."""
        return self.similarity == 1.0


@dataclass(frozen=True)
class LeakingRun:
    """A run whose near-duplicate is an example of another split."""

    run: Text
    of: Text
    """The example."""
    split: str | Sequence[str]
    """That example's, one or several."""
    similarity: float


@dataclass(frozen=True)
class Completion:
    """An example without outputs, whose run a user has corrected since it was made."""

    example_id: str
    source_run_id: str
    outputs: Mapping[str, Any]
    """The correction, or what reviewers accepted."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Who reviewed it, and how far they agree; empty where nobody did. None stands for what no longer holds."""


@dataclass(frozen=True)
class Recurrence:
    """When, and to whom, something happened: duplicates count."""

    first_seen: datetime
    """UTC."""
    last_seen: datetime
    """UTC."""
    runs: int
    days: int
    """Different ones, UTC."""
    users: int | None
    """Different ones; None where no run names one."""
    sessions: int | None
    """Different conversations; None where no run names one."""

    @property
    def kind(self) -> Occurrence:
        """Whether it is one incident or a recurring mode.

        ``one incident``: within 24 hours; ``one user``: over a longer time, always to the same one.
        """
        if self.runs == 1:
            return "once"
        if self.last_seen - self.first_seen <= INCIDENT:
            return "one incident"
        return "one user" if self.users == 1 else "recurring"


@dataclass(frozen=True)
class FailureMode:
    """A cluster of what was found, each text once."""

    name: str
    """Its first terms; ``unclustered`` for what is like nothing else."""
    terms: Sequence[str]
    members: Sequence[str]
    """Ids of its runs without duplicates, the most typical first."""
    runs: int
    """Number of its runs with their duplicates."""
    typical: Sequence[Text]
    """The most typical, three at most."""
    odd: Text | None
    """The one that fits worst."""
    feedback: Mapping[str, FeedbackStats]
    """What was said of its runs, by key."""
    errors: Mapping[str, int]
    """The last lines of its runs' errors, the most frequent first, with their numbers."""
    recurrence: Recurrence
    taken: int
    """Runs that are to become examples."""
    there: int
    """Runs that the dataset has already, itself or as a duplicate."""
    dismissed: int
    """Runs that somebody doesn't want as examples."""
    leaking: int
    over_cap: int
    """Runs that the cap leaves out."""


@dataclass(frozen=True, kw_only=True)
class CurationPlan:
    """What is to become of the runs that were found. Pure data: ``applying.apply`` does it."""

    dataset: str
    is_new: bool
    """True where the dataset is to be made."""
    splits: Sequence[str]
    """The parts that it has before."""
    options: Options
    found: int
    without_inputs: Sequence[str] = ()
    """Ids of runs that can be no examples: nothing went in."""
    already_there: Sequence[str] = ()
    """Ids of runs that examples were made of before."""
    dismissed: Sequence[str] = ()
    """Ids of runs that somebody doesn't want as examples, and of which there are none."""
    duplicates: Sequence[Duplicate] = ()
    leaks: Sequence[LeakingRun] = ()
    modes: Sequence[FailureMode] = ()
    """The clusters, the one with most runs first; what is in none comes last."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Number of runs by why they were found: ``error``, a key of feedback, ``correction``, ``filter``."""
    drafts: Sequence[Mapping[str, Any]] = ()
    """The examples to be, under the names of ``Example``."""
    corrected: int = 0
    """Number of them whose outputs are a user's correction."""
    completions: Sequence[Completion] = ()
    """The examples that are there and get outputs."""
    queue: str | None = None
    """The review queue that the runs come from; None where a project does."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Why items of the queue are no candidates -> how many of them."""

    @property
    def is_empty(self) -> bool:
        """True where there is nothing to write."""
        return not self.drafts and not self.completions

    @property
    def over_cap(self) -> int:
        """Number of runs that the cap leaves out."""
        return sum(map(attrgetter("over_cap"), self.modes))
