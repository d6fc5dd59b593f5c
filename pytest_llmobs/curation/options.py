"""What somebody who curates may choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.settings import Settings
from pytest_llmobs.wording import known, nearest

OnLeak = Literal["refuse", "move"]
ON_LEAK: tuple[str, ...] = ("refuse", "move")
"""What may be done about a run whose near-duplicate lies in another split: leave it, or put it into that split."""
CAP = 20
"""Most examples of one cluster."""
LIMIT = 10_000
"""Most runs that are looked at."""


def check_count(name: str, value: Any) -> None:
    """Make sure that a value is a number of something, 0 for all.

    Raises:
        ArgumentError: It isn't.
    """
    # by type: True is an int too
    if type(value) is not int or value < 0:
        raise ArgumentError(f"{name} is {value!r}; it must be a whole number, 0 (for all) or above.")


@dataclass(frozen=True, kw_only=True)
class Options:
    """How runs are made examples."""

    split: str | None = None
    """The part of the dataset that they go to; None for none."""
    cap: int = CAP
    """Most examples of one cluster, those included that the dataset has; 0 for no limit."""
    keep_outputs: bool = False
    """Take what the app answered as the reference, where no user corrected it."""
    on_leak: OnLeak = "refuse"
    filter: str | None = None
    """The filter that chose the runs, as it was written; None for errors and negative feedback."""
    user_keys: Sequence[str] = Settings.user_keys
    """Keys of the runs' metadata that name a user; the first that is there counts."""

    def __post_init__(self) -> None:
        """Check what a caller chose.

        Raises:
            ArgumentError: A value is impossible.
        """
        check_count("cap", self.cap)
        if self.split is not None and not (isinstance(self.split, str) and self.split.strip()):
            raise ArgumentError(f"split is {self.split!r}. Give the name of a split, such as 'regression'.")
        if self.on_leak not in ON_LEAK:
            raise ArgumentError(
                f"on_leak is {self.on_leak!r}.{nearest(str(self.on_leak), ON_LEAK)} {known(ON_LEAK)}"
            )


@dataclass(frozen=True)
class Request:
    """What is to be curated."""

    projects: Sequence[str]
    """The runs' projects; none where they come from a queue."""
    dataset: str
    """The dataset's name, which need not be there."""
    options: Options = Options()
    limit: int = LIMIT
    """Most runs that are looked at, the newest; 0 for all."""
    embed: bool | None = None
    """Cluster by meaning, or don't; None where an embedder is installed."""
    queue: str | None = None
    """The name or id of the review queue whose accepted and corrected items are meant; None for projects."""
    least_agreement: float | None = None
    """The kappa or alpha that the queue's reviewers have to reach; None for the queue's own."""

    def __post_init__(self) -> None:
        """Check what a caller chose.

        Raises:
            ArgumentError: A value is impossible.
        """
        check_count("limit", self.limit)
        if self.queue is not None:
            self._check_beside_queue()
        elif not self.projects:
            raise ArgumentError(
                "No project is named. Give the one whose runs are meant, such as 'production', or a review queue."
            )
        elif self.least_agreement is not None:
            raise ArgumentError("least_agreement says nothing about projects, only about a review queue.")

    def _check_beside_queue(self) -> None:
        beside = {
            "project": self.projects,
            "filter": self.options.filter,
            "keep_outputs": self.options.keep_outputs,
        }
        for name, value in beside.items():
            if value:
                raise ArgumentError(
                    f"{name} says nothing about the queue {self.queue!r}: its reviewers have chosen. What they "
                    "accepted or corrected becomes an example. Leave one of the two out."
                )
