"""Which examples of a dataset are wanted: by split, metadata, id, and a filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pytest_llmobs.datasets.selection import check_splits
from pytest_llmobs.errors import ArgumentError, FilterError, NotFoundError
from pytest_llmobs.records.conditions import (
    Condition,
    Conjunction,
    Disjunction,
    FieldCondition,
    Negation,
    SameRecord,
)
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.wording import nearest

_FIELDS = "metadata (has, exists), metadata_key and metadata_value"


@dataclass(frozen=True)
class Wanted:
    """What is asked of examples; None asks nothing, and all that is given holds."""

    splits: Sequence[str] | None = None
    """They belong to one of these."""
    metadata: Mapping[str, Any] | None = None
    """Theirs holds this."""
    condition: Condition | None = None
    """A filter."""


def chosen(dataset: Dataset, wanted: Wanted) -> list[Example]:
    """Return the examples that are wanted, in their order.

    Raises:
        ArgumentError: The splits are a text.
        DatasetError: No example has one of the splits; the message names the known ones.
        FilterError: The filter asks for what examples haven't.
    """
    if isinstance(wanted.splits, str):
        raise ArgumentError(f"splits is {wanted.splits!r}. Give a list of names: [{wanted.splits!r}].")
    check_splits(dataset, wanted.splits or ())
    return list(filter(partial(_is_wanted, wanted), dataset.examples))


def _is_wanted(wanted: Wanted, example: Example) -> bool:
    if wanted.splits is not None and set(wanted.splits).isdisjoint(example.splits):
        return False
    if wanted.metadata is not None and not contains(example.metadata, wanted.metadata):
        return False
    return wanted.condition is None or fulfils(example, wanted.condition)


def with_ids(examples: Iterable[Example], ids: Iterable[Any], where: str) -> list[Example]:
    """Return the examples of these ids, in the order of the dataset.

    Args:
        examples: Those there are.
        ids: Texts or UUIDs.
        where: What messages call the place.

    Raises:
        NotFoundError: There is none of an id.
    """
    by_id = {example.id: example for example in examples}
    wanted = list(map(str, ids))
    for id in wanted:
        if id not in by_id:
            raise NotFoundError(f"No example {id!r} in {where}.{nearest(id, by_id)}")
    chosen = set(wanted)
    return [example for id, example in by_id.items() if id in chosen]


def contains(value: Any, wanted: Any) -> bool:
    """Return True where ``wanted`` is part of ``value``: of an object some entries, of a list some items."""
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and _has_entries(value, wanted)
    if isinstance(wanted, list | tuple) and isinstance(value, list | tuple):
        return all(map(partial(_has_item, value), wanted))
    # by type too: True equals 1
    return type(value) is type(wanted) and bool(value == wanted)


def _has_entries(value: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    for key, part in wanted.items():
        if key not in value or not contains(value[key], part):
            return False
    return True


def _has_item(items: Iterable[Any], wanted: Any) -> bool:
    return any(contains(item, wanted) for item in items)


def fulfils(example: Example, condition: Condition) -> bool:
    """Return True where a filter holds of an example.

    Raises:
        FilterError: It asks for what runs have and examples haven't.
    """
    return _holds(condition, partial(_is_true_of_example, example))


def _holds(condition: Condition, is_true: Callable[[Condition], bool]) -> bool:
    """Return True where a condition holds.

    Args:
        condition: Made of others by and, or, not.
        is_true: Tells it of one that isn't.
    """
    if isinstance(condition, Conjunction):
        return all(map(partial(_holds, is_true=is_true), condition.parts))
    if isinstance(condition, Disjunction):
        return any(map(partial(_holds, is_true=is_true), condition.parts))
    if isinstance(condition, Negation):
        return not _holds(condition.part, is_true)
    return is_true(condition)


def _is_true_of_example(example: Example, condition: Condition) -> bool:
    if isinstance(condition, SameRecord) and condition.kind == "metadata":
        return _is_true_of_some(example.metadata, condition.condition)
    if not isinstance(condition, FieldCondition):
        raise FilterError(f"Examples can't be filtered by that; by: {_FIELDS}.")
    if condition.field == "metadata" and condition.comparator == "has":
        return contains(example.metadata, condition.value)
    if condition.field == "metadata" and condition.comparator == "exists":
        return condition.value in example.metadata
    if condition.field in ("metadata_key", "metadata_value"):
        return _is_true_of_some(example.metadata, condition)
    raise FilterError(f"Examples have no field {condition.field!r} to filter by. Known: {_FIELDS}.")


def _is_true_of_some(metadata: Mapping[str, Any], condition: Condition) -> bool:
    """Return True where a condition holds of one and the same entry of the metadata."""
    for entry in metadata.items():
        if _holds(condition, partial(_is_true_of_entry, entry)):
            return True
    return False


def _is_true_of_entry(entry: tuple[str, Any], condition: Condition) -> bool:
    key, value = entry
    if not isinstance(condition, FieldCondition):
        raise FilterError(f"Examples can't be filtered by that; by: {_FIELDS}.")
    there = key if condition.field == "metadata_key" else value
    if condition.comparator == "eq":
        return bool(there == condition.value)
    if condition.comparator == "neq":
        return bool(there != condition.value)
    if condition.comparator == "in":
        return there in condition.value
    raise FilterError(
        f"{condition.field} of an example is compared by eq, neq or in, not {condition.comparator}."
    )


def page(examples: Sequence[Example], offset: Any, limit: Any) -> Sequence[Example]:
    """Return the examples from ``offset`` on, ``limit`` at most.

    Raises:
        ArgumentError: One of them is no number of examples.
    """
    for name, value in {"offset": offset, "limit": limit}.items():
        # by type: True is an int too
        if value is not None and (type(value) is not int or value < 0):
            raise ArgumentError(f"{name} is {value!r}; it must be a whole number, 0 or above.")
    start = offset or 0
    if limit is None:
        return examples[start:]
    return examples[start : start + limit]
