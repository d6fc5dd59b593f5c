"""``llmobs dataset validate``: whatever is wrong with datasets, for people, CI and pre-commit."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.dataset.catalogs import open_catalog, reader_of
from pytest_llmobs.cli.numbers import limit
from pytest_llmobs.datasets.inspection.checks import inspect
from pytest_llmobs.datasets.inspection.findings import KINDS, Finding
from pytest_llmobs.reports.pages.datasets.findings import findings_page
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.datasets.editing.catalog import Catalog

_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="datasets, or paths of files (default: all of the folder)"
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        choices=KINDS,
        metavar="KIND",
        help=f"don't look at this kind (repeatable): {', '.join(KINDS)}",
    )
    parser.add_argument(
        "--limit",
        type=limit,
        default=_SHOWN,
        metavar="N",
        help=f"most findings of a kind that are shown (0: all; default {_SHOWN})",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what is wrong.

    Returns 1 where anything is.

    Raises:
        NotFoundError: There is no such dataset.
        DatasetError: A schema is none, or checking it needs a package that isn't there.
        StoreError: What is known about a dataset can't be read.
    """
    catalog = open_catalog(arguments)
    files = _files(catalog, arguments)
    findings: list[Finding] = []
    for name, file in files.items():
        findings += inspect(file, reader_of(file), catalog.dataset(name), arguments.allow)
    if arguments.json:
        console.json(list(map(asdict, findings)))
    elif findings:
        console.say("\n".join(findings_page(findings, arguments.limit or None, console.page)))
        console.note(f"{count(len(findings), 'finding')} in {count(len(files), 'dataset')}")
    elif files:
        console.say(f"{count(len(files), 'dataset')}: nothing is wrong")
    else:
        console.note("There is no dataset to look at. Name a file, or see llmobs dataset list.")
    return int(bool(findings))


def _files(catalog: Catalog, arguments: argparse.Namespace) -> Mapping[str, Path]:
    if not arguments.names:
        return catalog.files()
    files: dict[str, Path] = {}
    for wanted in arguments.names:
        file = catalog.file(wanted)
        files[catalog.name_of(file)] = file
    return files
