"""The examples to show in detail: which, in which order, and grouped by the change they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pytest_llmobs.records.decisions import ExampleRow, ExampleState
from pytest_llmobs.records.experiments import Experiment

_RANK: tuple[ExampleState, ...] = (
    *("broken", "suspect", "dropped"),
    *("edited", "removed", "known", "flaky", "new", "fixed"),
)
_SEVERAL = 3
"""Rows from which on a remark that they share is said once."""
_TELLING = _RANK[:3]
"""States worth details; the others are listed by name."""


@dataclass(frozen=True)
class Case:
    """One example with all its rows that need a look."""

    suite: str
    example_id: str
    rows: tuple[ExampleRow, ...]

    @property
    def red(self) -> bool:
        """True where one of its rows makes the build red."""
        return any(row.red for row in self.rows)

    @property
    def state(self) -> ExampleState:
        """The worst of its rows' states: ``broken``, ``suspect`` or ``dropped``."""
        return min((row.state for row in self.rows), key=_RANK.index)

    @cached_property
    def changes(self) -> tuple[str, ...]:
        """What changed for it, each block once."""
        return tuple(dict.fromkeys(block for row in self.rows for block in row.changes))

    @cached_property
    def drop(self) -> float:
        """Its largest drop between the baseline's mean and the candidate's."""
        return max(_drop(row) for row in self.rows)

    @property
    def run_id(self) -> str | None:
        """A run that shows the failure."""
        return next((row.run_id for row in self.rows if row.run_id), None)

    @property
    def nodeid(self) -> str:
        """The pytest item to run again, or an empty string."""
        return next((row.nodeid for row in self.rows if row.nodeid), "")


@dataclass(frozen=True)
class Group:
    """Examples with the same changes."""

    changes: tuple[str, ...]
    """Blocks that these examples share with each other; empty where nothing is shared."""
    cases: tuple[Case, ...]


def cases(experiment: Experiment) -> list[Case]:
    """Return the examples to show in detail: broken ones, suspects, the largest drops of a regressed metric.

    Red ones come first, then broken ones, then the larger drop.
    """
    found: dict[tuple[str, str], list[ExampleRow]] = {}
    for row in experiment.decision.examples:
        if row.red or row.state in _TELLING:
            found.setdefault((row.suite, row.example_id), []).append(row)
    listed = [Case(suite, example_id, tuple(rows)) for (suite, example_id), rows in found.items()]
    return sorted(listed, key=lambda case: (not case.red, _RANK.index(case.state), -case.drop))


def broken_cases(experiment: Experiment) -> list[Case]:
    """Return what to run again after a red verdict: broken examples and red suspects, else the largest drops."""
    red = [case for case in cases(experiment) if case.red]
    return [case for case in red if case.state != "dropped"] or red


def common_changes(listed: Sequence[Case]) -> tuple[str, ...]:
    """Return the blocks that all of several examples share, such as the code's commit."""
    if len(listed) < 2:
        return ()
    return tuple(block for block in listed[0].changes if all(block in case.changes for case in listed[1:]))


def shared_remarks(listed: Sequence[Case]) -> dict[ExampleState, list[str]]:
    """Return, by state, the lines that the comments of most rows share: why suspects are not run again, say."""
    shared: dict[ExampleState, list[str]] = {}
    for state in _TELLING:
        rows = [row for case in listed for row in case.rows if row.state == state]
        spread = Counter(line for row in rows for line in dict.fromkeys(row.comment.split("\n")) if line)
        shared[state] = [
            line for line, found in spread.items() if found >= _SEVERAL and found > len(rows) / 2
        ]
    return shared


def groups(listed: Sequence[Case], common: Sequence[str] = ()) -> list[Group]:
    """Group examples by the changes they share with others but not with all, the largest group first.

    A change of one example alone stays with it, so that a difference in its own messages doesn't
    hide that the system prompt changed for all.
    """
    spread = Counter(block for case in listed for block in case.changes if block not in common)
    found: dict[tuple[str, ...], list[Case]] = {}
    for case in listed:
        found.setdefault(tuple(block for block in case.changes if spread[block] > 1), []).append(case)
    ranked = sorted(found.items(), key=lambda item: (not item[0], -len(item[1])))
    return [Group(changes, tuple(members)) for changes, members in ranked]


def shares(sizes: Sequence[int], most: int) -> list[int]:
    """Deal ``most`` places to groups of these sizes, one place a round, the first group first."""
    dealt = [0] * len(sizes)
    while most > 0 and dealt != list(sizes):
        for number, size in enumerate(sizes):
            if dealt[number] < size and most > 0:
                dealt[number] += 1
                most -= 1
    return dealt


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of the scored repeats, or None where there is none."""
    scored = [value for value in values if value is not None]
    if scored:
        return sum(scored) / len(scored)
    return None


def _drop(row: ExampleRow) -> float:
    before, now = mean(row.baseline), mean(row.candidate)
    if before is None or now is None:
        return 0.0
    return before - now
