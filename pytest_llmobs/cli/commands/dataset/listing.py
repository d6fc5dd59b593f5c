"""``llmobs dataset list``: every dataset of the folder as it is now."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.dataset.catalogs import open_catalog
from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.files import display_path
from pytest_llmobs.reports.pages.datasets.listing import DatasetLine, dataset_listing

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.datasets.editing.catalog import Catalog


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: what every action takes is enough."""


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the table; a dataset that can't be read is a line of it, not the end.

    Raises:
        SettingsError: pytest's configuration can't be read.
    """
    catalog = open_catalog(arguments)
    lines: list[DatasetLine] = []
    for name, file in catalog.files().items():
        lines.append(_line(catalog, name, file))
    if arguments.json:
        console.json(list(map(asdict, lines)))
        return 0
    if lines:
        console.say("\n".join(dataset_listing(lines, console.page)))
    else:
        folder = display_path(catalog.folder)
        console.note(
            f"No dataset in {folder!r} yet: a file in it is one, and client.create_dataset makes one. Of a file that "
            "lies elsewhere the path is enough: llmobs dataset show tests/golden.jsonl"
        )
    for line in lines:
        if line.problem:
            console.note(line.problem)
    return 0


def _line(catalog: Catalog, name: str, file: Path) -> DatasetLine:
    path = display_path(file)
    try:
        dataset = catalog.dataset(name)
        splits: dict[str, int] = {}
        for example in dataset.examples:
            for split in example.splits:
                splits[split] = splits.get(split, 0) + 1
        return DatasetLine(
            name=name,
            file=path,
            examples=len(dataset.examples),
            splits=dict(sorted(splits.items())),
            version=dataset.version,
            tags=catalog.tags(name),
            description=dataset.description,
        )
    except LlmobsError as error:
        return DatasetLine(name=name, file=path, problem=str(error))
