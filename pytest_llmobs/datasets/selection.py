"""The part of a dataset that a test asks for."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter

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
        splits = set(map(attrgetter("split"), examples)) - {None, ""}
        if split not in splits:
            raise DatasetError(
                f"{dataset.source or dataset.name} has no split {split!r}."
                f"{nearest(str(split), splits)} {known(splits)} A split is the example's key 'split'."
            )
        examples = tuple(example for example in examples if example.split == split)
    if limit is not None:
        # By type: True is an int too.
        if type(limit) is not int or limit < 1:
            raise DatasetError(f"limit is {limit!r}; it must be a whole number above 0.")
        examples = examples[:limit]
    if examples is dataset.examples:
        return dataset
    return replace(dataset, examples=examples)
