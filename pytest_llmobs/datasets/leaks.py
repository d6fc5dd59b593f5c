"""Examples whose near-duplicate is in another split: what is measured there was seen before."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import filterfalse
from operator import attrgetter

from pytest_llmobs.errors import DatasetError
from pytest_llmobs.records.examples import Example
from pytest_llmobs.similarity import near_duplicates, text_of
from pytest_llmobs.wording import count

_LISTED = 10
"""Leaks that a message lists."""
POLICIES = ("off", "refuse", "move")
"""What is done about a leak."""
_id = attrgetter("id")


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


def moved(examples: Sequence[Example], candidates: Sequence[Example]) -> dict[str, Example]:
    """Return candidates by id, each in a split of its near-duplicates where it would leak.

    Near-duplicates of what is there come first, then theirs, so that what is moved leaks nowhere else, except where
    near-duplicates of one candidate lie in several splits already.

    Args:
        examples: Of a dataset, none of which is moved.
        candidates: Those that are put beside them.
    """
    done = dict(zip(map(_id, candidates), candidates, strict=True))
    waiting = dict(filter(lambda pair: _has_split(pair[1]), done.items()))
    homes = dict(zip(map(_id, examples), examples, strict=True))
    nearby = _nearby(list(filter(_has_split, examples)), list(waiting.values()))
    near_home = filterfalse(lambda id: homes.keys().isdisjoint(nearby.get(id, ())), list(waiting))
    settled: dict[str, Example] = {}
    # what nothing settled is like stays where it is, and what is like that comes after it
    for first in (*near_home, *waiting):
        queue = deque([first])
        while queue:
            id = queue.popleft()
            if id in waiting:
                near = nearby.get(id, ())
                others = list(filter(None, map(homes.get, near))) or list(
                    filter(None, map(settled.get, near))
                )
                done[id] = settled[id] = _beside(waiting.pop(id), others)
                queue.extend(near)
    return done


def _nearby(examples: Sequence[Example], candidates: Sequence[Example]) -> dict[str, list[str]]:
    """Return the ids of the near-duplicates of each candidate, the most alike first."""
    everything = (*examples, *candidates)
    found: dict[str, list[tuple[float, str]]] = {}
    for pair in near_duplicates(_texts(candidates), known=_texts(examples)):
        one, other = everything[pair.first].id, everything[pair.second].id
        found.setdefault(one, []).append((-pair.similarity, other))
        found.setdefault(other, []).append((-pair.similarity, one))
    nearby: dict[str, list[str]] = {}
    for id, pairs in found.items():
        nearby[id] = [other for _, other in sorted(pairs)]
    return nearby


def _beside(example: Example, near: Sequence[Example]) -> Example:
    """Return an example in a split of what it is like: its own, or that of the first."""
    if not near or not all(are_apart(example.splits, other.splits) for other in near):
        return example
    return replace(example, split=near[0].split)


def _has_split(example: Example) -> bool:
    return bool(example.splits)


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
