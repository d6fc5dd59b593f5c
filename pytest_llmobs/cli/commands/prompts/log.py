"""``llmobs prompts log``: the commits of a prompt, the newest first."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.prompts.versions import (
    Verdicts,
    Versions,
    line_as_json,
    only_name,
    open_prompt,
    verdicts_of,
)
from pytest_llmobs.cli.numbers import limit
from pytest_llmobs.errors import StoreError
from pytest_llmobs.prompts.history.differences import variable_changes
from pytest_llmobs.reports.pages.prompts.log import LogEntry, log_page
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console

_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("name", metavar="NAME", help="the prompt")
    parser.add_argument(
        "--limit", type=limit, default=_SHOWN, metavar="N", help=f"most commits (0: all; default {_SHOWN})"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the commits.

    Raises:
        NotFoundError: There is no such prompt.
        StoreError: A commit can't be read, or a store was named that isn't there.
    """
    versions, _ = open_prompt(arguments, only_name(arguments.name, "The log is the prompt's"))
    shown = list(versions.by_hash)[: arguments.limit or None]
    verdicts = verdicts_of(arguments, versions.name, console)
    entries = list(_entries(versions, shown, verdicts))
    if arguments.json:
        console.json(list(map(_as_json, entries)))
        return 0
    for remark in _remarks(versions):
        console.note(remark)
    if not entries:
        console.note(f"{versions.name!r} has no commit yet.")
        return 0
    console.say("\n".join(log_page(entries, console.page)))
    left_out = len(versions.by_hash) - len(entries)
    if left_out:
        console.note(f"{count(left_out, 'older commit')}: llmobs prompts log {versions.name} --limit 0")
    return 0


def _remarks(versions: Versions) -> Iterator[str]:
    name = versions.name
    try:
        is_edited = versions.is_edited
    except StoreError as error:  # of its file; the commits are there all the same
        yield str(error)
        is_edited = False
    if is_edited:
        yield (
            f"The file of {name!r} is edited: `llmobs prompts diff {name}` shows how, and "
            f"`llmobs prompts commit {name}` keeps it."
        )
    if len(versions.heads) > 1:
        yield f"{name!r} has {count(len(versions.heads), 'head')}: `llmobs prompts merge {name}` joins them."
    if versions.history.damaged:
        number = count(len(versions.history.damaged), "commit")
        yield f"{number} of {name!r} can't be read: `llmobs prompts check {name}` names them."


def _entries(versions: Versions, shown: Sequence[str], verdicts: Verdicts) -> Iterator[LogEntry]:
    several = len(versions.heads) > 1
    for hash in shown:
        entry = LogEntry(
            version=versions.line(hash, verdicts),
            is_head=several and hash in versions.heads,
            parents=versions.by_hash[hash].parents,
        )
        try:
            added, removed = _variables(versions, hash)
        except StoreError as error:
            yield replace(entry, problem=str(error))
            continue
        yield replace(entry, added=added, removed=removed)


def _variables(versions: Versions, hash: str) -> tuple[list[str], list[str]]:
    """Return the variables that came and went with a commit; none where nobody knows what was before.

    Raises:
        StoreError: It isn't what was committed.
    """
    now = versions.passages(hash)
    if not versions.by_hash[hash].parents:
        return variable_changes([], now)
    for parent in versions.known_parents(hash):
        try:
            return variable_changes(versions.passages(parent), now)
        except StoreError:  # told where the log has it
            break
    return [], []


def _as_json(entry: LogEntry) -> dict[str, Any]:
    return {
        **line_as_json(entry.version),
        "is_head": entry.is_head,
        "parents": entry.parents,
        "variables_added": entry.added,
        "variables_removed": entry.removed,
        "problem": entry.problem or None,
    }
