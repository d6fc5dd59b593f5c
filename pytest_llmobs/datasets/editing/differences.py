"""What changed between two versions of a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_llmobs.records.examples import Example


@dataclass(frozen=True)
class DatasetDiff:
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
    after = {example.id: example for example in later}
    modified = []
    for id, example in after.items():
        if id in before and before[id].content != example.content:
            modified.append(id)
    added = [id for id in after if id not in before]
    removed = [id for id in before if id not in after]
    return DatasetDiff(modified, added, removed)
