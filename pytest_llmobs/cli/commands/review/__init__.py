"""``llmobs review``: queues and what people say of their items. One module an action, as ``llmobs prompts`` has them.

``ACTIONS`` is the registry: a row there and its module add an action. A word that is none of them is a queue's name,
and opens the queue. What several actions share, the queues above all, is in ``workspaces``.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from pytest_llmobs.cli.actions import Action, Actions, NamedAction
from pytest_llmobs.cli.console import Console
from pytest_llmobs.errors import NotFoundError

ACTIONS: Mapping[str, Action] = {
    "list": Action(
        "listing", "list queues: what waits, what is done, what reviewers differ about", "llmobs review"
    ),
    "create": Action(
        "create", "write a queue's file, with every key explained in it", "llmobs review create support"
    ),
    "route": Action(
        "route", "add runs to the queues whose rules they fit", "llmobs review route --project production"
    ),
    "agreement": Action(
        "agreement",
        "measure how far reviewers agree; exit status 1 where too little",
        "llmobs review agreement support",
    ),
    "modes": Action(
        "modes", "count failure modes by the commit of the prompt", "llmobs review modes support"
    ),
}
"""Every action, in the order of the help."""
REVIEWER_HELP = "who you are (default: LLMOBS_REVIEWER, git's user.name, the login)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    COMMAND.add_arguments(parser)
    # the list and the queues take it, too: without an action, it is the list's
    parser.add_argument("--reviewer", metavar="NAME", help=REVIEWER_HELP)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the action, or open the queue.

    Raises:
        NotFoundError: There is no such action, and no such queue.
        LlmobsError: What is asked for can't be done.
    """
    return COMMAND.run(arguments, console)


def _other_queues(arguments: argparse.Namespace) -> Sequence[str] | None:
    """Return None where the word is a queue, by its name, its id or as its disagreements; else the names there are."""
    from pytest_llmobs.cli.commands.review.workspaces import open_queues
    from pytest_llmobs.review.records import DISAGREEMENTS

    queues = open_queues(arguments)
    word = arguments.action
    try:
        queues.find(word)
    except NotFoundError:
        names = queues.names()
        # nobody means these who writes no colon
        return [*names, *(name + DISAGREEMENTS for name in names)] if ":" in word else names
    return None


COMMAND = Actions(
    "review",
    __name__,
    ACTIONS,
    "the committed queues' folder (default: llm_queue_dir, queues)",
    NamedAction(
        "queue",
        Action(
            "opening",
            "review a queue: judge one item after the other, with one key each",
            "llmobs review support --reviewer ada",
        ),
        _other_queues,
        "`llmobs review create NAME` makes a queue.",
    ),
)
