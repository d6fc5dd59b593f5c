"""``llmobs prompts tag``: which commits a prompt's tags stand for."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.prompts.versions import Versions, open_prompt
from pytest_llmobs.committed import check_tag
from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.files import locked
from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS
from pytest_llmobs.reports.text.page import indent
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("name", metavar="NAME[:VERSION]", help="the prompt, and what the tag is to stand for")
    parser.add_argument("tag", nargs="?", metavar="TAG", help="the tag (default: list them)")
    parser.add_argument(
        "version", nargs="?", metavar="VERSION", help="a commit or another tag (default: the current commit)"
    )
    parser.add_argument("--delete", action="store_true", help="delete the tag; its commit stays")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """List tags, or set or delete one.

    Raises:
        NotFoundError: There is no such prompt, commit or tag.
        ArgumentError: The tag can't be one, or nothing says which commit it is to stand for.
        ConflictError: It differs from another in capitals alone.
        StoreError: The commit is damaged, or the disk refuses.
    """
    versions, version = open_prompt(arguments, arguments.name)
    if version is not None and arguments.version is not None:
        raise ArgumentError(
            f"{arguments.name!r} names a version, and so does {arguments.version!r}. Name one of them."
        )
    version = version or arguments.version
    if arguments.delete:
        return _delete(versions, version, arguments, console)
    if arguments.tag is None:
        return _list(versions, version, arguments, console)
    return _set(versions, version, arguments, console)


def _list(versions: Versions, version: str | None, arguments: argparse.Namespace, console: Console) -> int:
    tags = dict(versions.tags)
    if version is not None:
        hash = versions.find(version)
        tags = dict.fromkeys(versions.tags_of(hash), hash)
    if arguments.json:
        console.json({"name": versions.name, "tags": tags})
        return 0
    width = max(map(len, tags), default=0)
    for tag, hash in tags.items():
        console.say(f"{tag:{width}}  {console.page.line(hash[:SHOWN_DIGITS])}{_trouble(versions, hash)}")
        for note in _notes(versions, tag):
            narrow = replace(console.page, width=console.page.width - 2)
            console.say("\n".join(indent(narrow.wrapped(note))))
    if not tags:
        console.note(
            f"{arguments.name!r} has no tags. `llmobs prompts tag {versions.name} production` sets one."
        )
    return 0


def _trouble(versions: Versions, hash: str) -> str:
    return "" if hash in versions.by_hash else "  (there is no such commit)"


def _notes(versions: Versions, tag: str) -> list[str]:
    return versions.folder.beside.tag_notes(versions.name, tag)


def _set(versions: Versions, version: str | None, arguments: argparse.Namespace, console: Console) -> int:
    tag = check_tag(arguments.tag)
    hash = versions.find(version) if version is not None else current_commit(versions, tag)
    versions.check_served(hash)
    before = versions.set_tag(tag, hash)
    if arguments.json:
        console.json({"name": versions.name, "tag": tag, "hash": hash, "before": before})
    else:
        console.say(f"{versions.name}:{tag} is {hash[:SHOWN_DIGITS]}{was(before, hash)}")
    return 0


def was(before: str | None, hash: str) -> str:
    """Return what a tag stood for, for the end of a line."""
    if before is None:
        return ""
    return ", as before" if before == hash else f" (was {before[:SHOWN_DIGITS]})"


def current_commit(versions: Versions, tag: str) -> str:
    """Return the commit that the file of a prompt holds.

    Raises:
        ArgumentError: It holds what is in no commit, or there is no commit.
    """
    if versions.current is not None:
        return versions.current
    name = versions.name
    if versions.is_edited:
        raise ArgumentError(
            f"The file of the prompt {name!r} is edited, and no commit holds the edit. Keep it first "
            f"(`llmobs prompts commit {name}`), or name what {tag!r} is to stand for: "
            f"`llmobs prompts tag {name} {tag} HASH`."
        )
    raise ArgumentError(
        f"The prompt {name!r} has no file, so nothing is current. Name a commit: "
        f"`llmobs prompts tag {name} {tag} HASH`."
    )


def _delete(versions: Versions, version: str | None, arguments: argparse.Namespace, console: Console) -> int:
    tag = arguments.tag
    if tag is None or version is not None:
        raise ArgumentError(
            f"Name the tag to delete, and it alone: llmobs prompts tag {versions.name} TAG --delete."
        )
    with locked(versions.folder.folder / versions.name):
        before = versions.tags.get(tag)
        if before is None:
            raise NotFoundError(
                f"The prompt {versions.name!r} has no tag {tag!r}.{nearest(tag, versions.tags)} {known(versions.tags)}"
            )
        versions.folder.beside.remove_tag(versions.name, tag)
    if arguments.json:
        console.json({"name": versions.name, "tag": tag, "hash": None, "before": before})
    else:
        console.say(f"{versions.name}:{tag} is deleted{was(before, '')}")
    return 0
