"""The part of a dataset that a test asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_llmobs.errors import DatasetError
from pytest_llmobs.records.examples import Dataset
from pytest_llmobs.wording import known, nearest


def select(dataset: Dataset, *, split: str | None = None, limit: int | None = None) -> Dataset:
    """Return the examples of one split, and of those the first ``limit``.

    Raises:
        DatasetError: No example has that split, or the limit is no whole number above 0.
    """
    examples = dataset.examples
    if split is not None:
        check_splits(dataset, [split])
        examples = tuple(example for example in examples if split in example.splits)
    if limit is not None:
        # By type: True is an int too.
        if type(limit) is not int or limit < 1:
            raise DatasetError(f"limit is {limit!r}; it must be a whole number above 0.")
        examples = examples[:limit]
    if examples is dataset.examples:
        return dataset
    return replace(dataset, examples=examples)


def split_names(dataset: Dataset) -> list[str]:
    """Return every split that an example has, sorted."""
    names: set[str] = set()
    for example in dataset.examples:
        names.update(example.splits)
    return sorted(names)


def check_splits(dataset: Dataset, wanted: Iterable[str]) -> None:
    """Make sure that a dataset has the splits that somebody asks for.

    Raises:
        DatasetError: No example has one of them.
    """
    there = split_names(dataset)
    for name in wanted:
        if name not in there:
            raise DatasetError(
                f"{dataset.source or dataset.name} has no split {name!r}."
                f"{nearest(str(name), there)} {known(there)} A split is the example's key 'split'."
            )
