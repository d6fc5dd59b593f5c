"""One edit of a dataset: read under its lock, checked, written in one step, and kept as a version."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pytest_llmobs.committed import write
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.datasets.editing.files.base import EditedFile, Finished
from pytest_llmobs.datasets.editing.files.index import write_index
from pytest_llmobs.datasets.editing.files.opening import open_file
from pytest_llmobs.datasets.schemas import check_schemas, schemas_beside
from pytest_llmobs.datasets.versions.moments import keep_current
from pytest_llmobs.datasets.versions.versions import Change
from pytest_llmobs.errors import ConflictError, NotFoundError, StoreError
from pytest_llmobs.files import display_path, read_bytes
from pytest_llmobs.records.examples import Dataset, Example

_ATTEMPTS = 5
"""Times that a file is read anew because an editor saved it meanwhile."""
Verb = Callable[[EditedFile, str], list[Example]]
"""Changes a file, given with its dataset's name, and returns the examples that are now other ones."""


@dataclass(frozen=True)
class Changed:
    """What came of a change."""

    examples: tuple[Example, ...]
    """Those that were added or changed, as they are now."""
    as_of: datetime
    """UTC: from when on the dataset is as it is now."""


def edit(catalog: Catalog, name: str, change: Verb) -> Changed:
    """Change a dataset's file, whole or not at all; another writer's changes are in it.

    Raises:
        NotFoundError: There is no such dataset.
        DatasetError: The file makes no sense, has no form for the change, or the change breaks the dataset's schema.
        ConflictError: Somebody saves the file without end.
        StoreError: The disk refuses.
    """
    path = catalog.file(name)
    dataset = catalog.editable(path)
    with catalog.lock(dataset):
        for _ in range(_ATTEMPTS):
            changed = _attempt(catalog, path, dataset, change)
            if changed is not None:
                return changed
    raise ConflictError(
        f"{display_path(path)!r} was saved by another program {_ATTEMPTS} times while it was edited. Try again."
    )


def _attempt(catalog: Catalog, path: Path, dataset: str, change: Verb) -> Changed | None:
    """Return what came of a change, or None where the file was saved meanwhile by somebody who knows no lock."""
    seen = _stamp(path)
    content = _content(path)
    file = open_file(content, path, catalog.index_file(path, len(content)))
    old_version = file.version()
    at = keep_current(catalog, dataset, old_version, lambda: tuple(file.examples.values()))
    examples = change(file, dataset)
    _check_schemas(catalog, path, dataset, file)
    finished = file.finish()
    # an equal file is left alone, with its time
    if finished.content != content:
        if _stamp(path) != seen:
            return None
        write(path, finished.content)
        # behind the file: killed between the two, the next edit reads the file
        index_file = catalog.index_file(path, len(finished.content))
        if finished.index is not None and index_file is not None:
            write_index(index_file, finished.content, finished.index)
        at = _keep(catalog, dataset, file, finished, old_version)
    return Changed(tuple(replace(example, dataset_name=dataset) for example in examples), at)


def _check_schemas(catalog: Catalog, path: Path, dataset: str, file: EditedFile) -> None:
    """Refuse a change that breaks the dataset's schemas; what was there before isn't looked at."""
    schemas = schemas_beside(path, catalog.folder)
    if schemas and file.put:
        places = {id: file.place(id) for id in file.put}
        changed = Dataset(
            dataset,
            tuple(file.put.values()),
            display_path(path),
            inputs_schema=schemas.inputs,
            outputs_schema=schemas.outputs,
        )
        check_schemas(changed, places)


def _keep(catalog: Catalog, dataset: str, file: EditedFile, finished: Finished, old_version: str) -> datetime:
    def examples() -> tuple[Example, ...]:
        return tuple(file.examples.values())

    change = Change(old_version, tuple(file.put.values()), tuple(file.removed))
    catalog.versions.keep(finished.version, examples, change)
    return keep_current(catalog, dataset, finished.version, examples)


def _stamp(path: Path) -> tuple[int, int, int]:
    """Return what changes when a program saves the file."""
    try:
        status = os.stat(path)  # noqa: PTH116 (a link's target)
    except OSError:
        return (0, 0, 0)
    return status.st_mtime_ns, status.st_size, status.st_ino


def _content(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except FileNotFoundError:  # deleted while the lock was waited for
        raise NotFoundError(f"The dataset in {display_path(path)!r} was deleted meanwhile.") from None
    except OSError as error:
        raise StoreError(f"{display_path(path)!r} can't be read: {error}.") from error
