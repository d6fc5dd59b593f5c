"""The examples to show: which, in which order, and grouped by the change they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from pytest_llmobs.measures.means import scored_mean
from pytest_llmobs.records.decisions import ExampleRow, ExampleState, MetricRow

ExampleKey = tuple[str, str]
"""Suite and example id."""

_DETAILED: tuple[ExampleState, ...] = ("broken", "suspect", "drifted", "dropped")
"""States worth details; the others are listed by name."""
LISTED: tuple[ExampleState, ...] = ("flaky", "known", "fixed", "new", "removed", "edited")
"""States of which the names are enough, in the order they are told."""
_RANK: tuple[ExampleState, ...] = (*_DETAILED, "edited", "removed", "known", "flaky", "new", "fixed")
"""The worst state first."""
_COUNTED: tuple[tuple[ExampleState, bool], ...] = (
    ("broken", True),
    ("suspect", True),
    ("suspect", False),
    ("drifted", True),
    ("drifted", False),
    ("dropped", True),
)
"""State and whether it is red, in the order they are counted; what else there is comes after them."""
_SEVERAL = 3
"""Rows from which on a remark that they share is said once."""


@dataclass(frozen=True)
class ExampleDetail:
    """One example with all its rows that need a look."""

    suite: str
    example_id: str
    rows: tuple[ExampleRow, ...]

    @property
    def key(self) -> ExampleKey:
        """What tells it apart."""
        return self.suite, self.example_id

    @cached_property
    def red(self) -> bool:
        """True where one of its rows makes the build red."""
        return any(map(is_red, self.rows))

    @cached_property
    def state(self) -> ExampleState:
        """The worst of its rows' states."""
        states = {row.state for row in self.rows}
        return min(states, key=_RANK.index)

    @cached_property
    def changes(self) -> tuple[str, ...]:
        """What changed for it, each block once."""
        blocks: dict[str, None] = {}
        for row in self.rows:
            blocks.update(dict.fromkeys(row.changes))
        return tuple(blocks)

    @cached_property
    def drop(self) -> float:
        """Its largest drop between the baseline's mean and the candidate's."""
        return max(map(_drop, self.rows))

    @property
    def run_id(self) -> str | None:
        """A run that shows the failure."""
        for row in self.rows:
            if row.run_id:
                return row.run_id
        return None

    @property
    def nodeid(self) -> str:
        """The pytest item to run again, or an empty string."""
        for row in self.rows:
            if row.nodeid:
                return row.nodeid
        return ""


@dataclass(frozen=True)
class ExampleGroup:
    """Examples with the same changes."""

    changes: tuple[str, ...]
    """Blocks that these examples share with each other; empty where nothing is shared."""
    examples: tuple[ExampleDetail, ...]


@dataclass(frozen=True)
class ExampleCount:
    """How many of the detailed examples are in one state."""

    state: ExampleState
    red: bool
    number: int


@dataclass(frozen=True)
class ListedExamples:
    """The examples of one state that needs no details."""

    state: ExampleState
    examples: tuple[ExampleKey, ...]


@dataclass(frozen=True, kw_only=True)
class ExamplesDigest:
    """All examples that deserve a line."""

    detailed: tuple[ExampleDetail, ...]
    """Broken ones, suspects, drifted ones, the largest drops of a regressed metric: red ones first, then the worst
    state, then the larger drop."""
    counts: tuple[ExampleCount, ...]
    """Of the detailed ones."""
    common_changes: tuple[str, ...]
    """What changed for every detailed example, such as the code's commit; empty where there are fewer than two."""
    groups: tuple[ExampleGroup, ...]
    """The detailed ones, by the changes that some but not all of them share; the largest group first."""
    remarks: Mapping[ExampleState, Sequence[str]]
    """By state, lines that the comments of most rows share: why suspects are not run again, say."""
    listed: tuple[ListedExamples, ...]
    not_compared: tuple[str, ...] = ()
    """Why red examples are not compared with the accepted code today, each reason once."""

    @cached_property
    def states(self) -> Mapping[ExampleKey, ExampleState]:
        """The worst state of each example; one that is as it was has none."""
        states = {example.key: example.state for example in self.detailed}
        for listed in self.listed:
            states.update(dict.fromkeys(listed.examples, listed.state))
        return states

    @property
    def rerun(self) -> Sequence[ExampleDetail]:
        """What to run again after a red verdict: broken examples and red suspects, else the largest drops."""
        # running a large drop again changes little where an example broke; alone it is all there is
        drops = []
        broken = []
        for example in self.detailed:
            if example.red and example.state == "dropped":
                drops.append(example)
            elif example.red:
                broken.append(example)
        return broken or drops


def is_red(row: ExampleRow | MetricRow) -> bool:
    """Return True where a row makes the build red."""
    return row.red


def digest_examples(rows: Iterable[ExampleRow]) -> ExamplesDigest:
    """Put the gate's rows in order."""
    rows = tuple(rows)
    detailed = detailed_examples(rows)
    common = common_changes(detailed)
    return ExamplesDigest(
        detailed=tuple(detailed),
        counts=tuple(_counts(detailed)),
        common_changes=common,
        groups=tuple(grouped(detailed, common)),
        remarks=shared_remarks(detailed),
        listed=tuple(_listed(rows, set(map(attrgetter("key"), detailed)))),
        not_compared=tuple(dict.fromkeys(row.control_note for row in rows if row.control_note)),
    )


def detailed_examples(rows: Iterable[ExampleRow]) -> list[ExampleDetail]:
    """Return the examples to show in detail, the worst first."""
    return sorted(by_example(filter(_needs_details, rows)), key=_severity)


def _needs_details(row: ExampleRow) -> bool:
    return row.red or row.state in _DETAILED


def by_example(rows: Iterable[ExampleRow]) -> list[ExampleDetail]:
    """Bring the rows of each example together, in the order of each one's first row."""
    rows_of: dict[ExampleKey, list[ExampleRow]] = {}
    for row in rows:
        rows_of.setdefault((row.suite, row.example_id), []).append(row)
    examples = []
    for (suite, example_id), its_rows in rows_of.items():
        examples.append(ExampleDetail(suite, example_id, tuple(its_rows)))
    return examples


def common_changes(examples: Sequence[ExampleDetail]) -> tuple[str, ...]:
    """Return the blocks that all of several examples share."""
    # of a single example everything would be "shared by all"
    if len(examples) < 2:
        return ()
    spread = _spread(examples)
    common = []
    for block, number in spread.items():
        if number == len(examples):
            common.append(block)
    return tuple(common)


def grouped(examples: Sequence[ExampleDetail], common: Sequence[str] = ()) -> list[ExampleGroup]:
    """Group examples by the changes they share with others but not with all, the largest group first.

    A change of one example alone stays with it, so that a difference in its own messages doesn't hide that the
    system prompt changed for all.
    """
    spread = _spread(examples)
    members: dict[tuple[str, ...], list[ExampleDetail]] = {}
    for example in examples:
        shared = tuple(block for block in example.changes if spread[block] > 1 and block not in common)
        members.setdefault(shared, []).append(example)
    groups = []
    for changes, its in members.items():
        groups.append(ExampleGroup(changes, tuple(its)))
    # what is shared explains most; examples that share nothing come last, however many they are
    return sorted(groups, key=lambda group: (not group.changes, -len(group.examples)))


def _spread(examples: Sequence[ExampleDetail]) -> Counter[str]:
    """Return how many examples have each change, in the order of the first example that has it."""
    spread: Counter[str] = Counter()
    for example in examples:
        spread.update(example.changes)
    return spread


def shared_remarks(examples: Sequence[ExampleDetail]) -> dict[ExampleState, list[str]]:
    """Return, by state, the lines that the comments of most rows share."""
    remarks: dict[ExampleState, list[str]] = {}
    for state in _DETAILED:
        comments = []
        for example in examples:
            comments += [row.comment for row in example.rows if row.state == state]
        remarks[state] = _shared_lines(comments)
    return remarks


def _shared_lines(comments: Sequence[str]) -> list[str]:
    spread: Counter[str] = Counter()
    for comment in comments:
        spread.update(dict.fromkeys(comment.split("\n")).keys())
    del spread[""]  # a Counter doesn't mind where there is none
    # of most rows: a line of a few says something of these few, and belongs to them
    least = max(_SEVERAL, len(comments) // 2 + 1)
    return [line for line, number in spread.items() if number >= least]


def _severity(example: ExampleDetail) -> tuple[bool, int, float]:
    return not example.red, _RANK.index(example.state), -example.drop


def _drop(row: ExampleRow) -> float:
    before, now = scored_mean(row.baseline), scored_mean(row.candidate)
    # without two sides nothing dropped, as far as anybody knows
    if before is None or now is None:
        return 0.0
    return before - now


def _counts(examples: Sequence[ExampleDetail]) -> list[ExampleCount]:
    numbers = dict.fromkeys(_COUNTED, 0)
    for example in examples:
        key = (example.state, example.red)
        numbers[key] = numbers.get(key, 0) + 1
    counts = []
    for (state, red), number in numbers.items():
        if number:
            counts.append(ExampleCount(state, red, number))
    return counts


def _listed(rows: Sequence[ExampleRow], detailed: Collection[ExampleKey]) -> list[ListedExamples]:
    """Return the other examples by state, each once: by the worst state that it has by any metric."""
    states: dict[ExampleKey, ExampleState] = {}
    for row in rows:
        name = row.suite, row.example_id
        if row.state in LISTED and not row.red and name not in detailed:
            states[name] = min(states.get(name, row.state), row.state, key=_RANK.index)
    listed = []
    for state in LISTED:
        names = tuple(name for name, its_state in states.items() if its_state == state)
        if names:
            listed.append(ListedExamples(state, names))
    return listed
