"""The runs, corrections and examples that a store and a workspace hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmobs.curation.candidates import PEOPLE
from pytest_llmobs.curation.training.chat import Chats, chat_lines, well_spoken_of
from pytest_llmobs.curation.training.corrections import corrections_by_run
from pytest_llmobs.curation.training.pairs import Pairs, Refused, make_pairs
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.feedback.reading import list_feedback
from pytest_llmobs.records.conditions import Condition, Conjunction, FieldCondition, RunFilter, asks_of

if TYPE_CHECKING:
    from pytest_llmobs.datasets.editing.catalog import Catalog
    from pytest_llmobs.records.examples import Example
    from pytest_llmobs.records.runs import Run
    from pytest_llmobs.storage.store import Store

_AT_ONCE = 5_000
"""Ids that are looked for in one scan."""


def stored_pairs(
    store: Store, catalog: Catalog | None, projects: Sequence[str] | None, asked: Condition | None
) -> Pairs:
    """Return the pairs of what people corrected, and of curated examples.

    Args:
        store: Has the runs and what was said of them.
        catalog: The datasets; None for none of them.
        projects: Of these alone; None for all.
        asked: What runs have to fulfil besides, or None.

    Raises:
        FilterError: The condition can't be held against runs.
        StoreError: Something can't be read.
    """
    corrections = corrections_by_run(list_feedback(store, feedback_source_type=PEOPLE))
    runs = _runs(store, sorted(corrections), projects, asked)
    if projects is not None or asked is not None:
        # a correction of a run that nobody asked for isn't missing
        chosen = list(runs)
        corrections = {run.id: corrections[run.id] for run in chosen}
        runs = iter(chosen)
    examples, unreadable = _examples(catalog)
    made = make_pairs(runs, corrections, examples)
    return replace(made, refused=[*made.refused, *unreadable])


def stored_chats(store: Store, projects: Sequence[str] | None, asked: Condition | None) -> Chats:
    """Return lines of messages of runs.

    Args:
        store: Has the runs.
        projects: Of these alone; None for all.
        asked: What runs have to fulfil; None for root runs of which people said nothing but good.

    Raises:
        FilterError: The condition can't be held against runs.
        StoreError: Something can't be read.
    """
    if asked is None:
        good = well_spoken_of(list_feedback(store, feedback_source_type=PEOPLE))
        return chat_lines(_runs(store, good, projects, FieldCondition("is_root", "eq", True)))
    return chat_lines(store.runs(projects, filter=_filter(asked)))


def _runs(
    store: Store, ids: Sequence[str], projects: Sequence[str] | None, asked: Condition | None
) -> Iterator[Run]:
    for start in range(0, len(ids), _AT_ONCE):
        yield from store.runs(projects, filter=_filter(asked), id=ids[start : start + _AT_ONCE])


def _filter(asked: Condition | None) -> RunFilter:
    """Return what is asked for, runs of judges left out unless it speaks of them."""
    parts = [] if asked is None else [asked]
    if asked is None or not asks_of(asked, "evaluates"):
        parts.append(FieldCondition("evaluates", "eq", None))
    return RunFilter(Conjunction(tuple(parts)))


def _examples(catalog: Catalog | None) -> tuple[list[Example], list[Refused]]:
    """Return the examples of every dataset, and the datasets that can't be read."""
    examples: list[Example] = []
    unreadable: list[Refused] = []
    if catalog is None:
        return examples, unreadable
    for name in catalog.files():
        try:
            own = catalog.examples(name)
        except DatasetError as error:
            unreadable.append(Refused(f"dataset {name}", "unreadable", str(error)))
            continue
        for example in own:
            examples.append(replace(example, dataset_name=name))
    return examples, unreadable
