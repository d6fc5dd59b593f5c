"""``llmobs dataset show``: the examples of a dataset, abridged; those that are named, whole."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.dataset.catalogs import chosen, open_catalog, version_at
from pytest_llmobs.cli.numbers import limit
from pytest_llmobs.datasets.rows import row_of
from pytest_llmobs.reports.pages.datasets.examples import examples_page
from pytest_llmobs.reports.pages.datasets.versions import sized_title
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.records.examples import Example

_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("name", metavar="NAME", help="the dataset, or the path of its file")
    parser.add_argument(
        "ids", nargs="*", metavar="ID", help="examples, which are shown whole (default: all, abridged)"
    )
    parser.add_argument(
        "--as-of",
        metavar="V",
        help="a version: a hash, a tag, a git revision, an experiment's name or a time (default: the file)",
    )
    parser.add_argument("--split", metavar="S", help="only the examples of this split")
    parser.add_argument(
        "--limit", type=limit, default=_SHOWN, metavar="N", help=f"most examples (0: all; default {_SHOWN})"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the examples; what is to be said of the dataset goes to standard error.

    Raises:
        NotFoundError: There is no such dataset, version, split or example.
        DatasetError: Its file makes no sense.
        StoreError: The store can't be read.
    """
    catalog = open_catalog(arguments)
    name = catalog.name_of(catalog.file(arguments.name))
    version, every = version_at(catalog, name, arguments.as_of)
    examples = chosen(every, name, arguments.split, arguments.ids)
    shown = examples if arguments.ids else examples[: arguments.limit or None]
    if arguments.json:
        console.json(_as_json(name, version.version, shown))
        return 0
    console.note(f"{name}  {sized_title(version, Page())}")
    console.say("\n".join(examples_page(shown, console.page, everything=bool(arguments.ids))))
    if len(shown) < len(examples):
        console.note(
            f"{count(len(examples) - len(shown), 'more example')}: --limit 0 shows all, an id one of them"
        )
    return 0


def _as_json(name: str, version: str, examples: list[Example]) -> dict[str, Any]:
    return {"name": name, "version": version, "examples": list(map(row_of, examples))}
