"""``llmobs prompts log``: the commits of a prompt, the newest first."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.prompts.registry import History, Verdicts, open_history, verdicts_of
from pytest_llmobs.cli.numbers import limit
from pytest_llmobs.errors import ArgumentError
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
    history, version = open_history(arguments, arguments.name)
    if version is not None:
        raise ArgumentError(
            f"{arguments.name!r} names a commit. The log is the prompt's: llmobs prompts log {history.name}."
        )
    shown = [commit.commit_hash for commit in history.log][: arguments.limit or None]
    verdicts = verdicts_of(arguments, history.name, console)
    entries = list(_entries(history, shown, verdicts))
    if arguments.json:
        console.json(list(map(_as_json, entries)))
        return 0
    if history.is_edited:
        console.note(
            f"The file of {history.name!r} is edited: llmobs prompts diff {history.name} shows how, and "
            f"llmobs prompts commit {history.name} keeps it."
        )
    if len(history.heads) > 1:
        console.note(
            f"{history.name!r} has {len(history.heads)} heads: llmobs prompts merge {history.name} joins them."
        )
    if not entries:
        console.note(f"{history.name!r} has no commit yet.")
        return 0
    console.say("\n".join(log_page(entries, console.page)))
    left_out = len(history.log) - len(entries)
    if left_out:
        console.note(f"{count(left_out, 'older commit')}: llmobs prompts log {history.name} --limit 0")
    return 0


def _entries(history: History, shown: Sequence[str], verdicts: Verdicts) -> Iterator[LogEntry]:
    several = len(history.heads) > 1
    for hash in shown:
        parents = history.parents(hash)
        known = list(filter(history.by_hash.__contains__, parents))
        before = history.passages(known[0]) if known else []
        added, removed = variable_changes(before, history.passages(hash))
        yield LogEntry(
            version=history.version(hash, verdicts),
            is_head=several and hash in history.heads,
            parents=parents,
            added=added,
            removed=removed,
        )


def _as_json(entry: LogEntry) -> dict[str, Any]:
    return {
        **asdict(entry.version),
        "is_head": entry.is_head,
        "parents": entry.parents,
        "variables_added": entry.added,
        "variables_removed": entry.removed,
    }
