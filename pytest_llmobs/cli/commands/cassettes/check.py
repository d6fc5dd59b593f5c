"""``llmobs cassettes check``: recordings that can't be relied on, for people and for CI."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.cassettes.recordings import open_cassettes
from pytest_llmobs.clocks import real
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.replay.housekeeping.problems import Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no option beside those of all actions."""


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what is wrong.

    Returns 1 where anything is.

    Raises:
        NotFoundError: There is no folder of cassettes.
    """
    from pytest_llmobs.replay.housekeeping.inventory import take_inventory
    from pytest_llmobs.replay.housekeeping.problems import problems_of

    folder = open_cassettes(arguments)
    inventory = take_inventory(folder)
    problems = problems_of(folder, inventory, real.now().date())
    if arguments.json:
        console.json(list(map(_as_json, problems)))
    elif problems:
        page = console.page
        for problem in problems:
            what, _, command = problem.message.partition("\n")
            console.say("\n".join(page.item(what, mark=page.signs.cross, style="red")))
            if command:  # whole, however long: it is to be pasted
                console.say(f"  {page.line(command)}")
        console.note(f"{count(len(problems), 'problem')} in {count(len(inventory.recordings), 'recording')}")
    else:
        console.say(f"{count(len(inventory.recordings), 'recording')}: nothing is wrong")
    return int(bool(problems))


def _as_json(problem: Problem) -> dict[str, Any]:
    return {"kind": problem.kind, "files": list(map(str, problem.files)), "message": problem.message}
