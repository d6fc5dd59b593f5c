"""Examples whose near-duplicate is in another split: what is measured there was seen before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from pytest_llmobs.errors import DatasetError
from pytest_llmobs.records.examples import Example
from pytest_llmobs.similarity import near_duplicates, text_of
from pytest_llmobs.wording import count

_LISTED = 10
"""Leaks that a message lists."""
POLICIES = ("off", "refuse", "move")
"""What is done about a leak."""


@dataclass(frozen=True)
class Leak:
    """An example, and one of another split that asks nearly the same."""

    example_id: str
    split: str | Sequence[str] | None
    other_id: str
    other_split: str | Sequence[str] | None
    similarity: float
    """0.6 to 1; 1 for equal inputs."""

    def __str__(self) -> str:
        return (
            f"{self.example_id!r} ({_named(self.split)}) asks nearly what {self.other_id!r} "
            f"({_named(self.other_split)}) asks: similarity {self.similarity:.2f}"
        )


class LeakError(DatasetError):
    """An example would stand in another split than its near-duplicate."""

    def __init__(self, message: str, leaks: Sequence[Leak]) -> None:
        """Say which.

        Args:
            message: For the user.
            leaks: Every one.
        """
        super().__init__(message)
        self.leaks = tuple(leaks)


def leaks(examples: Sequence[Example], candidates: Sequence[Example] | None = None) -> list[Leak]:
    """Return the leaks between splits; of each example the most alike one of another split.

    Inputs alone are compared. Two that share a split, or of which one has none, are no leak.

    Args:
        examples: Of a dataset.
        candidates: Those that are to be put beside them; None looks among ``examples``.
    """
    if candidates is None:
        return _within(examples)
    found: dict[str, Leak] = {}
    for split in dict.fromkeys(example.splits for example in candidates if example.splits):
        # a call for each split: within one, near-duplicates are no leak and would hide others
        here, others = _of(split, candidates), _elsewhere(split, examples)
        for leak in _between(here, others):
            found.setdefault(leak.example_id, leak)
    return list(found.values())


def _within(examples: Sequence[Example]) -> list[Leak]:
    found: list[Leak] = []
    earlier: list[Example] = []
    # each pair of splits once
    for split in dict.fromkeys(example.splits for example in examples if example.splits):
        here = _of(split, examples)
        found += _between(here, _elsewhere(split, earlier))
        earlier += here
    return found


def _between(here: Sequence[Example], others: Sequence[Example]) -> list[Leak]:
    """Return for each example the most alike one of the others, if one is alike at all."""
    if not here or not others:
        return []
    known, texts = _texts(others), _texts(here)
    best: dict[int, Leak] = {}
    for pair in near_duplicates(texts, known=known):
        # near-duplicates of one split may well be meant
        if pair.second >= len(known):  # of its own split
            continue
        number = pair.first - len(known)
        example, other = here[number], others[pair.second]
        if number not in best or pair.similarity > best[number].similarity:
            best[number] = Leak(example.id, example.split, other.id, other.split, pair.similarity)
    return [best[number] for number in sorted(best)]


def refuse(found: Sequence[Leak], dataset: str) -> None:
    """Refuse examples that leak.

    Raises:
        LeakError: There are some; the message lists the first ten.
    """
    if found:
        lines = "".join(f"\n  {leak}" for leak in found[:_LISTED])
        more = f"\n  and {len(found) - _LISTED:,} more" if len(found) > _LISTED else ""
        raise LeakError(
            f"{count(len(found), 'example')} would leak between splits of {dataset!r}, and nothing is written:{lines}"
            f"{more}\nPut each into the split of the other one (on_leak='move' does), leave it out, or allow it: "
            "on_leak='off'.",
            found,
        )


def _of(split: Sequence[str], examples: Sequence[Example]) -> list[Example]:
    return list(filter(lambda example: example.splits == split, examples))


def _elsewhere(split: Sequence[str], examples: Sequence[Example]) -> list[Example]:
    return list(filter(lambda example: are_apart(split, example.splits), examples))


def are_apart(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell of the splits of two examples whether near-duplicates leak between them: each has some, none is both's."""
    return bool(one and other) and set(one).isdisjoint(other)


def _texts(examples: Sequence[Example]) -> list[str]:
    return list(map(text_of, map(attrgetter("inputs"), examples)))


def _named(split: str | Sequence[str] | None) -> str:
    if isinstance(split, str):
        return f"split {split!r}"
    return f"splits {', '.join(map(repr, split or ()))}"
