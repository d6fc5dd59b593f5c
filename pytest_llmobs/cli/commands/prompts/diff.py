"""``llmobs prompts diff``: two versions of a prompt, word by word."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.prompts.versions import (
    Versions,
    line_as_json,
    open_prompt,
    verdicts_of,
)
from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.prompts.history.blame import UNCOMMITTED
from pytest_llmobs.prompts.history.differences import ContentDifference, PassageChange, difference
from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS
from pytest_llmobs.reports.pages.prompts.diff import diff_page
from pytest_llmobs.reports.text.word_diff import word_segments

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.prompts.content import Content


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("name", metavar="NAME", help="the prompt")
    parser.add_argument(
        "before",
        nargs="?",
        metavar="A",
        help="a commit or tag (default: the commit before, or the newest one where the file is edited)",
    )
    parser.add_argument("after", nargs="?", metavar="B", help="another (default: what the file holds)")
    parser.add_argument("--all", action="store_true", help="show long unchanged parts whole")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print how they differ.

    Raises:
        NotFoundError: There is no such prompt, commit or tag.
        ArgumentError: Too many versions are named, or several commits begin with one.
        StoreError: A version can't be read, or a store was named that isn't there.
    """
    versions, version = open_prompt(arguments, arguments.name)
    wanted = list(filter(None, (version, arguments.before, arguments.after)))
    if len(wanted) > 2:
        raise ArgumentError(
            f"Three versions are named: {', '.join(map(repr, wanted))}. A diff is between two: "
            f"llmobs prompts diff {versions.name} {wanted[1]} {wanted[2]}."
        )
    before, after = _versions(versions, wanted)
    changes = difference(None if before is None else _content(versions, before), _content(versions, after))
    verdicts = verdicts_of(arguments, versions.name, console)
    old = None if before is None else versions.line(before, verdicts)
    new = versions.line(after, verdicts)
    if arguments.json:
        sides = {"before": old and line_as_json(old), "after": line_as_json(new)}
        console.json({"name": versions.name, **sides, **_as_json(changes)})
    else:
        console.say("\n".join(diff_page(old, new, changes, console.page, everything=arguments.all)))
    return 0


def _versions(versions: Versions, wanted: list[str]) -> tuple[str | None, str]:
    """Return what is compared with what: hashes, the file, or None where there is no version before.

    Raises:
        NotFoundError: A version isn't there.
        ArgumentError: Several commits begin with it.
    """
    if len(wanted) == 2:
        return versions.find(wanted[0]), versions.find(wanted[1])
    now = UNCOMMITTED if versions.is_edited else versions.newest
    if now is None:
        raise NotFoundError(f"The prompt {versions.name!r} has neither a file nor a commit.")
    if wanted:
        return versions.find(wanted[0]), now
    if now == UNCOMMITTED:
        return next(iter(versions.heads), None), now
    return _parent(versions, now), now


def _parent(versions: Versions, hash: str) -> str | None:
    """Return the commit before one; None for the first.

    Raises:
        NotFoundError: Its file is missing.
    """
    parents = versions.by_hash[hash].parents
    if parents and parents[0] not in versions.by_hash:
        raise NotFoundError(
            f"{hash[:SHOWN_DIGITS]} came from {parents[0][:SHOWN_DIGITS]}, which can't be read: "
            f"`llmobs prompts check {versions.name}` says why. Name another version to compare it with."
        )
    return next(iter(parents), None)


def _content(versions: Versions, hash: str) -> Content:
    content = versions.content(hash)
    assert content is not None  # only a file that is there is edited
    return content


def _as_json(changes: ContentDifference) -> dict[str, Any]:
    return {
        "kinds": changes.kinds,
        "variables_added": changes.variables_added,
        "variables_removed": changes.variables_removed,
        "messages": list(map(_message_as_json, changes.messages)),
    }


def _message_as_json(change: PassageChange) -> dict[str, Any]:
    return {
        "state": change.state,
        "role_before": change.before and change.before.role,
        "role_after": change.after and change.after.role,
        "words": list(map(asdict, word_segments(*change.texts))),
    }
