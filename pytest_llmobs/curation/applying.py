"""The plan becomes examples of the dataset, all of them or none."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

from pytest_llmobs.curation.drafts import SOURCE
from pytest_llmobs.curation.plans import CurationPlan
from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.datasets.editing.edit import Changed
from pytest_llmobs.errors import ConflictError


def without_purged(plan: CurationPlan, stored: Collection[str]) -> CurationPlan:
    """Return a plan without the runs that were erased since it was made.

    Args:
        plan: It.
        stored: Ids of those of its runs that the store still has.
    """
    return replace(plan, drafts=[draft for draft in plan.drafts if draft[SOURCE] in stored])


def apply(plan: CurationPlan, catalog: Catalog) -> Changed:
    """Add a plan's examples to its dataset, which is made where it isn't there.

    Args:
        plan: What is to be added; where it is nothing, nothing is written.
        catalog: The datasets.

    Raises:
        ConflictError: Somebody has added one of the runs since the plan was made.
        LeakError: Somebody has put a near-duplicate into another split since; nothing is written.
        DatasetError: The dataset's file can't be edited, or an example breaks its schema.
        StoreError: The disk refuses.
    """
    if not plan.drafts:
        return Changed((), catalog.now())
    if not catalog.has(plan.dataset):
        with suppress(ConflictError):  # somebody else has made it a moment ago
            catalog.create(plan.dataset, {})
    return changes.add(
        catalog, plan.dataset, plan.drafts, "the curated examples", on_leak=plan.options.on_leak
    )
