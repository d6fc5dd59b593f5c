"""``llmobs prompts commit``: what was edited by hand becomes a commit."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.prompts.versions import Versions, named, open_folder
from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="the prompts (default: all that are edited)")
    parser.add_argument("-m", "--message", metavar="TEXT", help="the commits' description")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Make the commits; a prompt that can't be committed keeps none of the others from it.

    Raises:
        NotFoundError: There is no such prompt.
    """
    folder = open_folder(arguments)
    names = named(arguments, folder)
    rows: list[dict[str, Any]] = []
    failed = 0
    for name in names:
        versions = Versions(folder, name)
        try:
            row = _committed(versions, arguments.message)
        except LlmobsError as error:
            console.note(str(error))
            failed += 1
            continue
        if row is not None:
            rows.append(row)
    if arguments.json:
        console.json(rows)
    else:
        _tell(rows, len(names) - failed, console)
    return int(failed > 0)


def _committed(versions: Versions, message: str | None) -> dict[str, Any] | None:
    """Make a commit of a prompt and return what to tell of it; None where there is nothing to commit."""
    from pytest_llmobs.prompts.committing import commit

    if not versions.is_edited:
        return None
    made = commit(versions.folder, versions.name, message)
    return {
        "name": versions.name,
        "hash": made.commit_hash,
        "parents": made.parents,
        "author": made.author,
        "description": made.description,
    }


def _tell(rows: list[dict[str, Any]], looked_at: int, console: Console) -> None:
    for row in rows:
        before = " and ".join(parent[:SHOWN_DIGITS] for parent in row["parents"])
        after = f"after {before}" if before else "the first one"
        console.say(
            console.page.line(f"{row['name']}: {row['hash'][:SHOWN_DIGITS]}, {after}, by {row['author']}")
        )
    if rows:
        console.note("Commit them in git, too: they lie in .commits beside the prompts.")
    else:
        console.note(f"Nothing to commit: {count(looked_at, 'prompt')} looked at, none edited.")
