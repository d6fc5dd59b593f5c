"""``llmobs cassettes``: the recorded model replies. One module an action, each with ``add_arguments`` and ``run``.

What the actions share, finding the folder and what was used of it, is in ``recordings``.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from pytest_llmobs.cli.actions import Action, Actions
from pytest_llmobs.cli.console import Console

ACTIONS: Mapping[str, Action] = {
    "stats": Action("stats", "count what is recorded, by provider and model", "llmobs cassettes stats"),
    "check": Action(
        "check",
        "look for recordings that can't be relied on; exit status 1 where there are some",
        "llmobs cassettes check",
    ),
    "prune": Action(
        "prune",
        "list the recordings that the last whole session didn't ask for, and delete them once told to",
        "llmobs cassettes prune --yes",
    ),
}
"""Every action, in the order of the help."""

COMMAND = Actions(
    "cassettes",
    __name__,
    ACTIONS,
    "the cassettes' folder (default: llm_cassette_dir, llm-cassettes)",
    default="stats",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    COMMAND.add_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the action.

    Raises:
        NotFoundError: There is no folder of cassettes.
        LlmobsError: A file can't be read, or not be deleted.
    """
    return COMMAND.run(arguments, console)
