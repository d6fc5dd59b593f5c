"""Examples added, changed and removed: under the dataset's lock, whole or not at all, each change a version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import filterfalse
from typing import Any
from uuid import UUID

from pytest_llmobs.committed import stated
from pytest_llmobs.datasets.base import Row
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.datasets.editing.drafts import Draft
from pytest_llmobs.datasets.editing.edit import Changed, edit
from pytest_llmobs.datasets.editing.files.base import EditedFile
from pytest_llmobs.datasets.identity import derived_id
from pytest_llmobs.datasets.leaks import POLICIES, leaks, moved, refuse
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.errors import ArgumentError, ConflictError, NotFoundError
from pytest_llmobs.records.examples import Example
from pytest_llmobs.wording import known, listed, nearest

_LISTED = 20
"""Ids that a message lists."""
_PARTS = ("inputs", "outputs", "metadata", "split")

_NO_METADATA: Mapping[str, Mapping[str, Any]] = {}


def add(
    catalog: Catalog, name: str, drafts: Sequence[Draft], what: str, *, on_leak: str = POLICIES[0]
) -> Changed:
    """Append examples to a dataset. Equal ones are added too: nothing is deduplicated.

    Args:
        catalog: The datasets.
        name: The dataset's.
        drafts: What the examples are to be.
        what: What messages call them.
        on_leak: ``refuse`` all where a near-duplicate is in another split, ``move`` them there, or ``off``.

    Raises:
        NotFoundError: There is no such dataset.
        LeakError: An example leaks, and is to be refused.
        ArgumentError: ``on_leak`` is something else.
        DatasetError: A draft makes no example, or the dataset's file makes no sense, or isn't edited.
        ConflictError: An id is taken.
        StoreError: The disk refuses.
    """
    _check_policy(on_leak)
    examples = _checked(drafts, what)

    def append(file: EditedFile, dataset: str) -> list[Example]:
        added = []
        # a file without ids derives them, and knows no dataset
        stated_in = dataset if file.keeps_ids else ""
        for example, asked in zip(examples, drafts, strict=True):
            if asked.get("id") is None:
                example = replace(example, id=derived_id(example.inputs, file.examples, stated_in))  # noqa: PLW2901
            elif example.id in file.examples:
                raise ConflictError(
                    f"The dataset {dataset!r} has an example {example.id!r} already. Choose another id, leave it out, "
                    "or use update_example."
                )
            added.append(example)
            file.add(example)
        return _guarded(file, added, dataset, on_leak)

    return edit(catalog, name, append)


def update(catalog: Catalog, name: str, drafts: Sequence[Draft], *, on_leak: str = POLICIES[0]) -> Changed:
    """Change examples: whatever a draft has replaces what was there, and the rest stays.

    Args:
        catalog: The datasets.
        name: The dataset's.
        drafts: What is to be other, with the id of each example.
        on_leak: As for ``add``; of examples whose inputs and split stay nothing is asked.

    Raises:
        LeakError: An example would leak, and is to be refused.
        ArgumentError: ``on_leak`` is something else.
        NotFoundError: There is no such dataset or example.
        DatasetError: A draft makes no example, or the dataset's file makes no sense, or isn't edited.
        StoreError: The disk refuses.
    """
    _check_policy(on_leak)

    def change(file: EditedFile, dataset: str) -> list[Example]:
        merged = list(map(partial(_merged, file, dataset), drafts))
        changed: dict[str, Example] = {}
        asking: dict[str, Example] = {}
        for example in _checked(merged, "updates"):
            old = file.examples[example.id]
            if example != old:
                example = replace(example, created_at=old.created_at, modified_at=catalog.now())  # noqa: PLW2901
                file.replace(example)
                changed[example.id] = example
                if example.splits != old.splits or example.inputs != old.inputs:
                    asking[example.id] = example
        for example in _guarded(file, list(asking.values()), dataset, on_leak):
            changed[example.id] = example
        return list(changed.values())

    return edit(catalog, name, change)


def _merged(file: EditedFile, dataset: str, draft: Draft) -> Draft:
    """Return what an example is to be, as a draft says and as it was."""
    old = _existing(file.examples, draft.get("id"), dataset)
    parts = {"id": old.id, "source_run_id": old.source_run_id}
    for part in _PARTS:
        new = draft.get(part)
        parts[part] = getattr(old, part) if new is None else new
    return parts


def complete(
    catalog: Catalog,
    name: str,
    outputs: Mapping[str, Mapping[str, Any]],
    metadata: Mapping[str, Mapping[str, Any]] = _NO_METADATA,
) -> Changed:
    """Give examples outputs where they have none yet; others, and those that are gone, stay as they are.

    Args:
        catalog: The datasets.
        name: The dataset's.
        outputs: By the example's id.
        metadata: What those that get outputs get besides, by id; a key of None goes.

    Raises:
        NotFoundError: There is no such dataset.
        DatasetError: The dataset's file makes no sense, isn't edited, or its schema refuses the outputs.
        StoreError: The disk refuses.
    """

    def fill(file: EditedFile, dataset: str) -> list[Example]:
        completed = []
        for id, own in outputs.items():
            old = file.examples.get(id)
            # somebody may have been faster
            if old is not None and not old.outputs:
                said = dict(old.metadata)
                for key, value in metadata.get(id, {}).items():
                    said.pop(key, None)
                    if value is not None:
                        said[key] = value
                example = replace(old, outputs=own, metadata=said, modified_at=catalog.now())
                file.replace(example)
                completed.append(example)
        return completed

    return edit(catalog, name, fill)


def remove(catalog: Catalog, name: str, ids: Iterable[Any]) -> Changed:
    """Take examples out of a dataset; its versions still hold them.

    Raises:
        NotFoundError: There is no such dataset or example; then none is removed.
        DatasetError: The dataset's file makes no sense, or isn't edited.
        StoreError: The disk refuses.
    """

    def take_out(file: EditedFile, dataset: str) -> list[Example]:
        found = [_existing(file.examples, id, dataset) for id in ids]
        for example in dict.fromkeys(found):
            file.remove(example.id)
        return []

    return edit(catalog, name, take_out)


def put_into_split(
    catalog: Catalog, name: str, split: str, ids: Iterable[Any], *, out: bool = False, on_leak: str = "off"
) -> Changed:
    """Add examples to a split, or take them out of it.

    Args:
        catalog: The datasets.
        name: The dataset's.
        split: The split's name.
        ids: The examples'.
        out: Take them out.
        on_leak: As for ``add``.

    Raises:
        LeakError: An example would leak, and is to be refused.
        ArgumentError: The split's name is none.
        NotFoundError: There is no such dataset or example.
        DatasetError: The dataset's file makes no sense, or isn't edited.
        StoreError: The disk refuses.
    """
    _check_policy(on_leak)
    if not isinstance(split, str) or not split.strip():
        raise ArgumentError(f"split_name is {split!r}. Give the name of a split, such as 'hard'.")

    def move(file: EditedFile, dataset: str) -> list[Example]:
        moved = []
        for id in ids:
            old = _existing(file.examples, id, dataset)
            splits = dict.fromkeys((*old.splits, split))
            if out:
                del splits[split]
            if splits.keys() != set(old.splits):
                example = replace(old, split=_one_or_several(tuple(splits)), modified_at=catalog.now())
                file.replace(example)
                moved.append(example)
        return _guarded(file, moved, dataset, on_leak)

    return edit(catalog, name, move)


def _check_policy(on_leak: str) -> None:
    if on_leak not in POLICIES:
        raise ArgumentError(f"on_leak is {on_leak!r}.{nearest(str(on_leak), POLICIES)} {known(POLICIES)}")


def _guarded(file: EditedFile, put: Sequence[Example], dataset: str, on_leak: str) -> list[Example]:
    """Return what was put into a file, each beside its near-duplicate.

    Raises:
        LeakError: It isn't, and is to be refused.
    """
    # off by default, and comparing reads every example
    if on_leak == POLICIES[0] or not put:
        return list(put)
    new = {example.id: example for example in put}
    there = list(filterfalse(lambda example: example.id in new, file.examples.values()))
    if on_leak == POLICIES[1]:
        refuse([*leaks(there, put), *leaks(put)], dataset)
        return list(put)
    placed = list(moved(there, put).values())
    for example in placed:
        if example.split != new[example.id].split:
            file.replace(example)
    return placed


def _checked(drafts: Sequence[Draft], what: str) -> tuple[Example, ...]:
    """Return examples of drafts; an id that is missing is derived, to be replaced by the caller.

    Raises:
        DatasetError: A draft makes no example.
    """
    rows = []
    for number, draft in enumerate(drafts):
        fields = stated(draft)
        for key in ("id", "source_run_id"):
            if isinstance(fields.get(key), UUID):
                fields[key] = str(fields[key])
        rows.append(Row(_utc(fields), what if len(drafts) == 1 else f"{what}[{number}]"))
    return check_rows(rows, Columns(), what, may_ask_the_same=True)


def _utc(fields: dict[str, Any]) -> dict[str, Any]:
    created = fields.get("created_at")
    if isinstance(created, datetime):
        fields["created_at"] = created.astimezone(UTC)
    return fields


def _existing(examples: Mapping[str, Example], id: Any, dataset: str) -> Example:
    wanted = str(id)
    if wanted not in examples:
        shown = listed(sorted(examples), _LISTED)
        raise NotFoundError(
            f"The dataset {dataset!r} has no example {wanted!r}.{nearest(wanted, examples)} "
            f"{f'Known: {shown}.' if examples else known(())}"
        )
    return examples[wanted]


def _one_or_several(splits: tuple[str, ...]) -> str | tuple[str, ...] | None:
    if len(splits) == 1:
        return splits[0]
    return splits or None
