"""Which examples of a dataset are wanted: by split, metadata, id, and a filter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    examples: Iterable[Example] = dataset.examples
    if wanted.splits is not None:
        examples = _in_splits(dataset, wanted.splits)
    if wanted.metadata is not None:
        examples = [example for example in examples if contains(example.metadata, wanted.metadata)]
    if wanted.condition is not None:
        examples = [example for example in examples if fulfils(example, wanted.condition)]
    return list(examples)


def _in_splits(dataset: Dataset, splits: Sequence[str]) -> list[Example]:
    if isinstance(splits, str):
        raise ArgumentError(f"splits is {splits!r}. Give a list of names: [{splits!r}].")
    check_splits(dataset, splits)
    return [example for example in dataset.examples if not set(splits).isdisjoint(example.splits)]


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
        if not isinstance(value, Mapping):
            return False
        return all(key in value and contains(value[key], part) for key, part in wanted.items())
    if isinstance(wanted, list | tuple) and isinstance(value, list | tuple):
        return all(any(contains(item, part) for item in value) for part in wanted)
    # by type too: True equals 1
    return type(value) is type(wanted) and bool(value == wanted)


def fulfils(example: Example, condition: Condition) -> bool:
    """Return True where a filter holds of an example.

    Raises:
        FilterError: It asks for what runs have and examples haven't.
    """
    if isinstance(condition, Conjunction):
        return all(fulfils(example, part) for part in condition.parts)
    if isinstance(condition, Disjunction):
        return any(fulfils(example, part) for part in condition.parts)
    if isinstance(condition, Negation):
        return not fulfils(example, condition.part)
    if isinstance(condition, SameRecord) and condition.kind == "metadata":
        entries = example.metadata.items()
        return any(_entry_fulfils(key, value, condition.condition) for key, value in entries)
    if isinstance(condition, FieldCondition):
        return _field_fulfils(example, condition)
    raise FilterError(f"Examples can't be filtered by that; by: {_FIELDS}.")


def _field_fulfils(example: Example, condition: FieldCondition) -> bool:
    if condition.field == "metadata" and condition.comparator == "has":
        return contains(example.metadata, condition.value)
    if condition.field == "metadata" and condition.comparator == "exists":
        return condition.value in example.metadata
    if condition.field in ("metadata_key", "metadata_value"):
        entries = example.metadata.items()
        return any(_entry_fulfils(key, value, condition) for key, value in entries)
    raise FilterError(f"Examples have no field {condition.field!r} to filter by. Known: {_FIELDS}.")


def _entry_fulfils(key: str, value: Any, condition: Condition) -> bool:
    """Return True where a condition holds of one entry of the metadata."""
    if isinstance(condition, Conjunction):
        return all(_entry_fulfils(key, value, part) for part in condition.parts)
    if isinstance(condition, Disjunction):
        return any(_entry_fulfils(key, value, part) for part in condition.parts)
    if isinstance(condition, Negation):
        return not _entry_fulfils(key, value, condition.part)
    if isinstance(condition, FieldCondition):
        return _compares(key if condition.field == "metadata_key" else value, condition)
    raise FilterError(f"Examples can't be filtered by that; by: {_FIELDS}.")


def _compares(value: Any, condition: FieldCondition) -> bool:
    wanted = condition.value
    if condition.comparator == "eq":
        return bool(value == wanted)
    if condition.comparator == "neq":
        return bool(value != wanted)
    if condition.comparator == "in":
        return value in wanted
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
