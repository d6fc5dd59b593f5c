"""What the actions share: the catalog, how a dataset is named, and what a version of it held."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.datasets.loading import by_suffix
from pytest_llmobs.datasets.versions.as_of import read_version
from pytest_llmobs.datasets.versions.versions import version_of
from pytest_llmobs.errors import DatasetError, NotFoundError
from pytest_llmobs.files import display_path
from pytest_llmobs.reports.pages.datasets.versions import VersionLine
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.datasets.base import DatasetFormat
    from pytest_llmobs.datasets.versions.moments import DatasetVersion
    from pytest_llmobs.records.examples import Example

THE_FILE = "the file"
"""What a line calls what a dataset holds now."""


def open_catalog(arguments: argparse.Namespace) -> Catalog:
    """Return the datasets of the workspace; neither their folder nor the store need exist.

    Raises:
        SettingsError: pytest's configuration can't be read.
        StoreError: The store that was named isn't there.
    """
    from pytest_llmobs.cli.stores import local_root
    from pytest_llmobs.workspace import Workspace

    workspace = Workspace.find()
    if arguments.store is not None:
        workspace = replace(workspace, store_folder=local_root(arguments.store))
    if arguments.dir is not None:
        settings = replace(workspace.settings, dataset_dir=str(Path(arguments.dir).absolute()))
        workspace = replace(workspace, settings=settings)
    return workspace.open_catalog()


def leak_guard(arguments: argparse.Namespace) -> str:
    """Return what is done about leaks between splits: as ``--on-leak`` says, or else the settings.

    Raises:
        SettingsError: pytest's configuration can't be read.
    """
    from pytest_llmobs.workspace import Workspace

    chosen: str = arguments.on_leak or Workspace.find().settings.leak_guard
    return chosen


def formats() -> Sequence[DatasetFormat]:
    """Return the known file formats."""
    from pytest_llmobs.extensions import Extensions, standalone_manager

    return Extensions(standalone_manager()).formats


def reader_of(file: Path) -> DatasetFormat:
    """Return what reads a file.

    Raises:
        DatasetError: Nothing does.
    """
    readers = by_suffix(formats())
    suffix = file.suffix.lower()
    if suffix not in readers:
        raise DatasetError(
            f"{display_path(file)}: unknown suffix {file.suffix!r}.{nearest(suffix, readers)} {known(readers)}"
        )
    return readers[suffix]


def version_at(catalog: Catalog, name: str, as_of: str | None) -> tuple[VersionLine, Sequence[Example]]:
    """Return a version of a dataset, and its examples.

    Args:
        catalog: The datasets.
        name: The dataset's.
        as_of: A hash, a tag, a git revision, an experiment's name or a time; None for what the file holds.

    Raises:
        NotFoundError: There is no such dataset or version, or what it held isn't in the store.
        DatasetError: The file makes no sense.
    """
    if as_of is None:
        examples = catalog.examples(name)
        return VersionLine(version=version_of(examples), examples=len(examples), name=THE_FILE), examples
    resolved, examples = read_version(catalog, name, as_of)
    return line_of(resolved, as_of, len(examples)), examples


def line_of(version: DatasetVersion, as_of: str, examples: int) -> VersionLine:
    """Return what is printed of a version.

    Args:
        version: The one that was meant.
        as_of: What the user called it.
        examples: How many it has.
    """
    _, _, word = as_of.rpartition(":")
    return VersionLine(
        version=version.version,
        examples=examples,
        name="" if version.version.startswith(word) else as_of,
        when=version.as_of,
        tags=[tag for tag in version.tags or () if tag != as_of],
    )


def chosen(examples: Sequence[Example], dataset: str, split: str | None, ids: Sequence[str]) -> list[Example]:
    """Return the examples of a split, or those that are named, in the order of the dataset.

    Args:
        examples: All of them.
        dataset: For messages.
        split: None for all.
        ids: Empty for all.

    Raises:
        NotFoundError: No example has that split, or that id; the message names those there are.
    """
    if split is not None:
        splits: set[str] = set()
        for example in examples:
            splits.update(example.splits)
        if split not in splits:
            raise NotFoundError(
                f"{dataset} has no split {split!r}.{nearest(split, splits)} {known(splits)} A split is the example's "
                "key 'split'."
            )
        examples = [example for example in examples if split in example.splits]
    if not ids:
        return list(examples)
    by_id = {example.id: example for example in examples}
    for id in ids:
        if id not in by_id:
            where = dataset if split is None else f"The split {split!r} of {dataset}"
            raise NotFoundError(
                f"{where} has no example {id!r}.{nearest(id, by_id)} It has {len(by_id):,}: "
                f"llmobs dataset show {dataset} lists them."
            )
    wanted = set(ids)
    return [example for example in examples if example.id in wanted]
