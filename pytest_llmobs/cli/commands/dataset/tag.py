"""``llmobs dataset tag``: which versions a dataset's tags stand for."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.dataset.catalogs import open_catalog, version_at
from pytest_llmobs.committed import check_tag
from pytest_llmobs.datasets.versions.moments import keep_current
from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.reports.pages.datasets.versions import SHOWN_DIGITS
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.datasets.editing.catalog import Catalog


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("name", metavar="NAME", help="the dataset, or the path of its file")
    parser.add_argument("tag", nargs="?", metavar="TAG", help="the tag (default: list them)")
    parser.add_argument(
        "as_of",
        nargs="?",
        metavar="AS_OF",
        help="the version: a hash, another tag, a git revision, an experiment's name or a time (default: the file)",
    )
    parser.add_argument("--delete", action="store_true", help="delete the tag; its version stays")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """List tags, or set or delete one.

    Raises:
        NotFoundError: There is no such dataset, version or tag.
        ArgumentError: The tag can't be one.
        ConflictError: It differs from another in capitals alone.
        DatasetError: The file makes no sense.
        StoreError: The disk refuses.
    """
    catalog = open_catalog(arguments)
    name = catalog.name_of(catalog.file(arguments.name))
    if arguments.delete:
        return _delete(catalog, name, arguments, console)
    if arguments.tag is None:
        return _list(catalog, name, arguments, console)
    return _set(catalog, name, arguments, console)


def _list(catalog: Catalog, name: str, arguments: argparse.Namespace, console: Console) -> int:
    tags = catalog.tags(name)
    if arguments.json:
        console.json({"name": name, "tags": tags})
        return 0
    page = console.page
    current, _ = version_at(catalog, name, None)
    width = max(map(len, tags), default=0)
    for tag, version in tags.items():
        now = "  (as the file)" if version == current.version else ""
        console.say(f"{page.line(tag):{width}}  {page.line(version[:SHOWN_DIGITS])}{now}")
    if not tags:
        console.note(f"{name!r} has no tags. `llmobs dataset tag {name} v1` sets one.")
    return 0


def _set(catalog: Catalog, name: str, arguments: argparse.Namespace, console: Console) -> int:
    tag = check_tag(arguments.tag)
    version, examples = version_at(catalog, name, arguments.as_of)
    # a tag that stands for what nobody keeps is of no use
    if arguments.as_of is None:
        with catalog.lock(name):
            keep_current(catalog, name, version.version, lambda: examples)
    before = catalog.tags(name).get(tag)
    catalog.set_tag(name, tag, version.version)
    if arguments.json:
        console.json({"name": name, "tag": tag, "version": version.version, "before": before})
    else:
        digits = version.version[:SHOWN_DIGITS]
        console.say(console.page.line(f"{name}@{tag} is {digits}{_was(before, version.version)}"))
    return 0


def _was(before: str | None, version: str) -> str:
    """Return what a tag stood for, for the end of a line."""
    if before is None:
        return ""
    return ", as before" if before == version else f" (was {before[:SHOWN_DIGITS]})"


def _delete(catalog: Catalog, name: str, arguments: argparse.Namespace, console: Console) -> int:
    tag = arguments.tag
    if tag is None or arguments.as_of is not None:
        raise ArgumentError(f"Name the tag to delete, and it alone: llmobs dataset tag {name} TAG --delete.")
    tags = catalog.tags(name)
    if tag not in tags:
        raise NotFoundError(f"The dataset {name!r} has no tag {tag!r}.{nearest(tag, tags)} {known(tags)}")
    catalog.remove_tag(name, tag)
    if arguments.json:
        console.json({"name": name, "tag": tag, "version": None, "before": tags[tag]})
    else:
        console.say(console.page.line(f"{name}@{tag} is deleted{_was(tags[tag], '')}"))
    return 0
