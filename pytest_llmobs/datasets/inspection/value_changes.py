"""Which values of an example changed: those of dicts by their keys, those of lists by their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from pytest_llmobs.datasets.versions.differences import PARTS
from pytest_llmobs.records.examples import Example, canonical_json

_LONGEST_LIST = 400
"""Items of a list that are compared one by one; the time grows with the square."""
ABOUT = ("inputs_schema", "outputs_schema", "description", "data_type", "metadata")
"""What is known about a dataset, and shown where it changed."""


@dataclass(frozen=True)
class ValueChange:
    """One value that differs."""

    path: str
    """Where it stands: ``inputs.messages[2].content``."""
    state: Literal["added", "removed", "changed"]
    before: Any = None
    """None where it was added, too."""
    after: Any = None
    """None where it was removed, too."""


def value_changes(before: Example, after: Example) -> list[ValueChange]:
    """Return the values that differ between two versions of an example, in the order of its parts and keys."""
    changes: list[ValueChange] = []
    for part in PARTS[:-1]:
        changes += _compared(part, getattr(before, part), getattr(after, part))
    return [*changes, *_splits(before.splits, after.splits)]


def about_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ValueChange]:
    """Return the values that differ of what is known about a dataset: its schemas, its description."""
    changes: list[ValueChange] = []
    for key in ABOUT:
        old, new = before.get(key), after.get(key)
        if old is None and new is not None:
            changes.append(ValueChange(key, "added", after=new))
        elif new is None and old is not None:
            changes.append(ValueChange(key, "removed", before=old))
        else:
            changes += _compared(key, old, new)
    return changes


def _splits(before: Sequence[str], after: Sequence[str]) -> Iterator[ValueChange]:
    gone = [split for split in before if split not in after]
    new = [split for split in after if split not in before]
    if len(gone) == len(new) == 1:
        yield ValueChange("split", "changed", gone[0], new[0])
        return
    for split in gone:
        yield ValueChange("split", "removed", before=split)
    for split in new:
        yield ValueChange("split", "added", after=split)


def _compared(path: str, before: Any, after: Any) -> Iterator[ValueChange]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _members(path, before, after)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        yield from _items(path, before, after)
    elif type(before) is not type(after) or before != after:
        yield ValueChange(path, "changed", before, after)


def _members(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ValueChange]:
    for key in dict.fromkeys([*before, *after]):
        place = f"{path}.{key}"
        if key not in after:
            yield ValueChange(place, "removed", before=before[key])
        elif key not in before:
            yield ValueChange(place, "added", after=after[key])
        else:
            yield from _compared(place, before[key], after[key])


def _items(path: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[ValueChange]:
    if len(before) + len(after) > _LONGEST_LIST:
        if canonical_json(before) != canonical_json(after):
            yield ValueChange(path, "changed", before, after)
        return
    texts = list(map(canonical_json, before)), list(map(canonical_json, after))
    matcher = SequenceMatcher(None, *texts, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        paired = min(end - start, new_end - new_start)
        for number in range(paired):
            place = f"{path}[{new_start + number}]"
            yield from _compared(place, before[start + number], after[new_start + number])
        for number in range(start + paired, end):
            yield ValueChange(f"{path}[{number}]", "removed", before=before[number])
        for number in range(new_start + paired, new_end):
            yield ValueChange(f"{path}[{number}]", "added", after=after[number])
