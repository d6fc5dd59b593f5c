"""The plan becomes examples of the dataset, all of them or none; and what users said since completes others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from pytest_llmobs.curation.drafts import SOURCE
from pytest_llmobs.curation.plans import CurationPlan
from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.errors import ConflictError
from pytest_llmobs.records.examples import Example


@dataclass(frozen=True)
class Applied:
    """What was written."""

    examples: Sequence[Example] = ()
    """Those that were added."""
    completed: Sequence[Example] = ()
    """Those that were there, and have outputs now."""


def without_purged(plan: CurationPlan, stored: Collection[str]) -> CurationPlan:
    """Return a plan without the runs that were erased since it was made.

    Args:
        plan: It.
        stored: Ids of those of its runs that the store still has.
    """
    return replace(
        plan,
        drafts=[draft for draft in plan.drafts if draft[SOURCE] in stored],
        completions=[one for one in plan.completions if one.source_run_id in stored],
    )


def apply(plan: CurationPlan, catalog: Catalog) -> Applied:
    """Add a plan's examples to its dataset, which is made where it isn't there, and complete others.

    What somebody has completed since the plan was made stays as it is.

    Args:
        plan: What is to be written; where it is nothing, nothing is.
        catalog: The datasets.

    Raises:
        ConflictError: Somebody has added one of the runs since the plan was made.
        LeakError: Somebody has put a near-duplicate into another split since; nothing is written.
        DatasetError: The dataset's file can't be edited, or an example breaks its schema.
        StoreError: The disk refuses.
    """
    return Applied(_added(plan, catalog), _completed(plan, catalog))


def _added(plan: CurationPlan, catalog: Catalog) -> Sequence[Example]:
    if not plan.drafts:
        return ()
    if not catalog.has(plan.dataset):
        with suppress(ConflictError):  # somebody else has made it a moment ago
            catalog.create(plan.dataset, {})
    what, on_leak = "the curated examples", plan.options.on_leak
    return changes.add(catalog, plan.dataset, plan.drafts, what, on_leak=on_leak).examples


def _completed(plan: CurationPlan, catalog: Catalog) -> Sequence[Example]:
    if not plan.completions:
        return ()
    outputs = {one.example_id: one.outputs for one in plan.completions}
    metadata = {one.example_id: one.metadata for one in plan.completions}
    return changes.complete(catalog, plan.dataset, outputs, metadata).examples
