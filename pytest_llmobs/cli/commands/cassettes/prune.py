"""``llmobs cassettes prune``: recordings that nobody asks for any more are listed, and deleted once told to."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.cassettes.recordings import open_cassettes, used_requests, uses_here
from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.wording import count, shell_line

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.replay.housekeeping.uses import Uses

_WHOLE = "pytest --llm-cassettes=reuse"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("--yes", action="store_true", help="delete what is listed")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """List what nobody asks for, and delete it where that is wanted.

    Returns 1 where the last session says too little to tell.

    Raises:
        NotFoundError: There is no folder of cassettes, or nobody has used it here.
        StoreError: What was used can't be read.
        CassetteError: A file can't be deleted.
    """
    from pytest_llmobs.replay.housekeeping.inventory import take_inventory
    from pytest_llmobs.replay.housekeeping.pruning import delete, leftovers_of
    from pytest_llmobs.reports.pages.recordings.housekeeping import leftovers_page

    folder = open_cassettes(arguments)
    uses = uses_here(arguments)
    if not uses:
        raise NotFoundError(
            f"No session has used {str(folder.root)!r} here, so nobody knows what is left over. Run all tests once: "
            f"`{_WHOLE}`, or with =only where nothing may be asked."
        )
    partial = [each for each in uses if each.partial]
    if partial:
        return _refuse(partial, arguments, console)
    leftovers = leftovers_of(folder, take_inventory(folder), used_requests(uses))
    deletes = arguments.yes and not leftovers.is_empty
    if arguments.json:
        console.json({"files": list(map(str, leftovers.paths)), "size": leftovers.size, "deleted": deletes})
    else:
        console.say("\n".join(leftovers_page(leftovers, console.page)))
    if deletes:
        delete(leftovers)
        console.note(f"Deleted {count(len(leftovers.paths), 'file')}.")
    elif not leftovers.is_empty:
        console.note(f"Nothing was deleted. To delete them: {shell_line(_command(arguments))}")
    return 0


def _refuse(partial: Iterable[Uses], arguments: argparse.Namespace, console: Console) -> int:
    """Say that what the last session didn't ask for may be needed all the same."""
    reasons = [f"{each.origin}: {each.partial}" for each in partial]
    if arguments.json:
        console.json({"files": [], "size": 0, "deleted": False, "partial": reasons})
    console.note(
        f"Nothing is listed or deleted: the last session did not run whole ({'; '.join(reasons)}), so what it "
        f"didn't ask for may be needed. Run `{_WHOLE}` without arguments, then prune."
    )
    return 1


def _command(arguments: argparse.Namespace) -> list[str]:
    command = ["llmobs", "cassettes", "prune", "--yes"]
    for name in ("dir", "store"):
        value = getattr(arguments, name)
        if value is not None:
            command += [f"--{name}", value]
    return command
