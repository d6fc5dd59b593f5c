"""Examples that go by another name since the baseline, recognised by their content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.records.plans import SuitePlan

V = TypeVar("V")


def follow_renames(baseline: Baseline, plan: SuitePlan) -> Baseline:
    """Return a baseline whose rows go by the names that their examples have now; ``renamed`` says which.

    An example counts as renamed where that is certain: the dataset has its old name no more, and its content is that
    of one new example and of no other.

    Args:
        baseline: As it was read.
        plan: The suite as collected.
    """
    old_names = _renamed(baseline, plan)
    if not old_names:
        return baseline
    new_names = {old: new for new, old in old_names.items()}
    texts = baseline.texts
    if texts is not None:
        texts = replace(texts, examples=_rekeyed(texts.examples, new_names))
    rows = dict(sorted(_rekeyed(baseline.rows, new_names).items()))
    return replace(baseline, rows=rows, texts=texts, renamed={**baseline.renamed, **old_names})


def _renamed(baseline: Baseline, plan: SuitePlan) -> dict[str, str]:
    """Return new name -> old name."""
    hashes = {trial.example_id: trial.example_hash for trial in plan.expected}
    hashes.update(plan.elsewhere)
    here = {*hashes, *plan.unselected}
    # two of one content are nobody's for certain
    then, now = Counter(row.hash for row in baseline.rows.values()), Counter(hashes.values())
    gone: dict[str, str] = {}
    for name, row in baseline.rows.items():
        if name not in here and then[row.hash] == 1:
            gone[row.hash] = name
    renamed = {}
    for name, content in hashes.items():
        if name not in baseline.rows and now[content] == 1 and content in gone:
            renamed[name] = gone[content]
    return renamed


def _rekeyed(entries: Mapping[str, V], new_names: Mapping[str, str]) -> dict[str, V]:
    return {new_names.get(name, name): entry for name, entry in entries.items()}
