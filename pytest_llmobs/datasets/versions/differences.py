"""What changed between two versions of a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from pytest_llmobs.records.examples import Example, canonical_json
from pytest_llmobs.records.models import Model

_ID = attrgetter("id")
PARTS = ("inputs", "outputs", "metadata", "split")
"""What of an example may have changed."""


@dataclass(frozen=True)
class DatasetDiff(Model):
    """Ids of examples, in the order of the datasets: LangSmith's ``DatasetDiffInfo``."""

    examples_modified: Sequence[str]
    """In both, with other content: inputs, outputs, metadata or split."""
    examples_added: Sequence[str]
    """In the later version alone."""
    examples_removed: Sequence[str]
    """In the earlier version alone."""


@dataclass(frozen=True)
class ChangedExample:
    """An example that is in both versions, with other content."""

    before: Example
    after: Example
    parts: tuple[str, ...]
    """Which of ``inputs``, ``outputs``, ``metadata`` and ``split`` differ."""


@dataclass(frozen=True)
class VersionChanges:
    """The examples that differ between two versions, each in the order of its dataset."""

    modified: Sequence[ChangedExample]
    added: Sequence[Example]
    removed: Sequence[Example]


def difference(earlier: Iterable[Example], later: Iterable[Example]) -> DatasetDiff:
    """Return what one version has of another; examples are told by their ids."""
    changes = changes_between(earlier, later)
    return DatasetDiff(
        list(map(attrgetter("after.id"), changes.modified)),
        list(map(_ID, changes.added)),
        list(map(_ID, changes.removed)),
    )


def changes_between(earlier: Iterable[Example], later: Iterable[Example]) -> VersionChanges:
    """Return the examples that differ between two versions; they are told by their ids.

    Args:
        earlier: Examples of the one version; those that both share may be missing from both.
        later: Those of the other.
    """
    before = {example.id: example for example in earlier}
    modified: list[ChangedExample] = []
    added: list[Example] = []
    for example in later:
        old = before.pop(example.id, None)
        if old is None:
            added.append(example)
        elif not _is_same(old, example):
            modified.append(ChangedExample(old, example, changed_parts(old, example)))
    return VersionChanges(modified, added, list(before.values()))


def _is_same(old: Example, new: Example) -> bool:
    """Tell whether two examples have the same content; most have the same text, which is quicker to compare."""
    if _shown(old) == _shown(new):
        return True
    return old.content == new.content


def _shown(example: Example) -> str:
    # not ``==``: to Python 1, 1.0 and True are one
    return repr((example.inputs, example.outputs, example.metadata, example.splits))


def changed_parts(old: Example, new: Example) -> tuple[str, ...]:
    """Return which of an example's parts differ between two versions of it."""
    parts = []
    for part in PARTS[:-1]:
        if canonical_json(getattr(old, part)) != canonical_json(getattr(new, part)):
            parts.append(part)
    if sorted(old.splits) != sorted(new.splits):
        parts.append(PARTS[-1])
    return tuple(parts)
