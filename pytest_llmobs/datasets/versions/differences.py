"""What changed between two versions of a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.models import Model


@dataclass(frozen=True)
class DatasetDiff(Model):
    """Ids of examples, in the order of the datasets: LangSmith's ``DatasetDiffInfo``."""

    examples_modified: Sequence[str]
    """In both, with other content: inputs, outputs, metadata or split."""
    examples_added: Sequence[str]
    """In the later version alone."""
    examples_removed: Sequence[str]
    """In the earlier version alone."""


def difference(earlier: Iterable[Example], later: Iterable[Example]) -> DatasetDiff:
    """Return what one version has of another; examples are told by their ids."""
    before = {example.id: example for example in earlier}
    modified, added = [], []
    for example in later:
        old = before.pop(example.id, None)
        if old is None:
            added.append(example.id)
        elif old.content != example.content:
            modified.append(example.id)
    return DatasetDiff(modified, added, list(before))
