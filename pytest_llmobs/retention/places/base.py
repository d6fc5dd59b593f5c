"""What a place is: somewhere that a person's data may lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pytest_llmobs.retention.subjects import Sought
from pytest_llmobs.retention.territory import Territory


@dataclass(frozen=True)
class Finding:
    """What lies in one place that is to go."""

    place: str
    """As the report calls it."""
    number: int
    unit: str
    """What is counted, in the singular."""
    files: tuple[str, ...] = ()
    """Paths of the files that hold it, as they are shown."""
    problem: str = ""
    """Why it can't be erased here, and what to do; empty where it can."""


class Place(Protocol):
    """One place. ``find`` changes nothing; after ``erase`` it finds nothing but what has a problem."""

    @property
    def name(self) -> str:
        """As the report calls it."""
        ...

    @property
    def describe(self) -> str:
        """What lies there, and what becomes of it, in a line."""
        ...

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders below the store's root that it knows."""
        ...

    def find(self, sought: Sought, territory: Territory) -> Iterator[Finding]:
        """Yield what lies there.

        Raises:
            LlmobsError: A file can't be read.
        """
        ...

    def erase(self, sought: Sought, territory: Territory) -> None:
        """Take it out; what is gone already is no error.

        Raises:
            LlmobsError: A file can't be read or written.
        """
        ...
