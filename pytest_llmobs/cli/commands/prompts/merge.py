"""``llmobs prompts merge``: two heads become one commit."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.prompts.versions import Versions, only_name, open_prompt, verdicts_of
from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.prompts.history.differences import difference
from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS
from pytest_llmobs.reports.pages.prompts.diff import diff_page

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("name", metavar="NAME", help="the prompt")
    parser.add_argument(
        "--take", metavar="HASH", help="the head whose text it gets (default: what the file holds)"
    )
    parser.add_argument("-m", "--message", metavar="TEXT", help="the commit's description")
    parser.add_argument("--dry-run", action="store_true", help="show how the heads differ, and do nothing")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Show how the heads differ, and join them.

    Raises:
        NotFoundError: There is no such prompt or head.
        StoreError: The file makes no sense, a commit is damaged, or the disk refuses.
    """
    from pytest_llmobs.prompts.merging import merge

    versions, _ = open_prompt(arguments, only_name(arguments.name, "All heads of a prompt are joined"))
    if len(versions.heads) < 2:
        console.note(f"{versions.name!r} has one head: there is nothing to join.")
        if arguments.json:
            console.json({"name": versions.name, "heads": versions.heads, "hash": None})
        return 0
    if not arguments.json:
        _show(versions, arguments, console)
    if arguments.dry_run:
        made = None
    else:
        made = merge(versions.folder, versions.name, arguments.take, arguments.message)
    if arguments.json:
        hash = None if made is None else made.commit_hash
        console.json({"name": versions.name, "heads": versions.heads, "hash": hash})
    elif made is not None:
        whose = "what the file holds" if arguments.take is None else f"the text of {arguments.take}"
        console.say(
            f"\n{versions.name}: {made.commit_hash[:SHOWN_DIGITS]} joins {_all(versions.heads)} with {whose}"
        )
    return 0


def _show(versions: Versions, arguments: argparse.Namespace, console: Console) -> None:
    """Print how each further head differs from the first, and whose text the file holds."""
    verdicts = verdicts_of(arguments, versions.name, console)
    first, *others = versions.heads
    for other in others:
        changes = difference(versions.by_hash[first].content, versions.by_hash[other].content)
        before, after = versions.line(first, verdicts), versions.line(other, verdicts)
        console.say("\n".join(diff_page(before, after, changes, console.page)))
    try:
        current = versions.current
    except LlmobsError:  # git left a conflict in it; joining will say so, unless a head is taken
        return
    if current is not None:
        console.note(f"The file holds the text of {current[:SHOWN_DIGITS]}.")
    else:
        console.note("The file holds a text of its own.")


def _all(heads: list[str]) -> str:
    return " and ".join(head[:SHOWN_DIGITS] for head in heads)
