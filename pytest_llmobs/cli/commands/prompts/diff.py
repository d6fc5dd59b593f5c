"""``llmobs prompts diff``: two versions of a prompt, word by word."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.prompts.registry import History, open_history, verdicts_of
from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.prompts.history.blame import UNCOMMITTED
from pytest_llmobs.prompts.history.differences import ContentDifference, PassageChange, difference
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
    history, version = open_history(arguments, arguments.name)
    wanted = list(filter(None, (version, arguments.before, arguments.after)))
    if len(wanted) > 2:
        raise ArgumentError(
            f"Three versions are named: {', '.join(map(repr, wanted))}. A diff is between two: "
            f"llmobs prompts diff {history.name} {wanted[1]} {wanted[2]}."
        )
    before, after = _versions(history, wanted)
    found = difference(None if before is None else _content(history, before), _content(history, after))
    verdicts = verdicts_of(arguments, history.name, console)
    old = None if before is None else history.version(before, verdicts)
    new = history.version(after, verdicts)
    if arguments.json:
        console.json({"before": old and asdict(old), "after": asdict(new), **_as_json(found, history.name)})
    else:
        console.say("\n".join(diff_page(old, new, found, console.page, everything=arguments.all)))
    return 0


def _versions(history: History, wanted: list[str]) -> tuple[str | None, str]:
    """Return what is compared with what: hashes, the file, or None where there is no version before."""
    if len(wanted) == 2:
        return history.find(wanted[0]), history.find(wanted[1])
    now = UNCOMMITTED if history.is_edited else history.current or _newest(history)
    if wanted:
        return history.find(wanted[0]), now
    if now == UNCOMMITTED:
        return next(iter(history.heads), None), now
    return next(filter(history.by_hash.__contains__, history.parents(now)), None), now


def _newest(history: History) -> str:
    if not history.log:
        raise NotFoundError(f"The prompt {history.name!r} has neither a file nor a commit.")
    return history.log[0].commit_hash


def _content(history: History, hash: str) -> Content:
    content = history.file_content if hash == UNCOMMITTED else history.content(hash)
    assert content is not None  # only a file that is there is edited
    return content


def _as_json(found: ContentDifference, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "kinds": found.kinds,
        "variables_added": found.variables_added,
        "variables_removed": found.variables_removed,
        "messages": list(map(_message_as_json, found.messages)),
    }


def _message_as_json(change: PassageChange) -> dict[str, Any]:
    return {
        "state": change.state,
        "role_before": change.before and change.before.role,
        "role_after": change.after and change.after.role,
        "words": list(map(asdict, word_segments(*change.texts))),
    }
