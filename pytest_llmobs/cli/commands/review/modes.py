"""``llmobs review modes``: what reviewers found wrong, by the prompt that the runs used, or by something else."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmobs.cli.queues import nothing_reviewed

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("queue", metavar="QUEUE", help="the queue's name or id")
    parser.add_argument(
        "--by",
        default="prompt",
        metavar="WHAT",
        help="prompt (the commits stamped on the runs; default), model, week (of the run's start), metadata.KEY",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the table; return 1 where nobody has reviewed anything.

    Raises:
        NotFoundError: There is no such queue.
        ArgumentError: Nothing can be counted by that.
        StoreError: Something can't be read.
    """
    from pytest_llmobs.cli.commands.review.workspaces import find_workspace
    from pytest_llmobs.reports.pages.failure_modes import failure_modes_page
    from pytest_llmobs.review.outcomes.grouping import check_grouping, groups_of
    from pytest_llmobs.review.outcomes.modes import failure_modes
    from pytest_llmobs.review.outcomes.release import decided
    from pytest_llmobs.review.outcomes.settled import settle
    from pytest_llmobs.review.rubric.questions import questions_of

    check_grouping(arguments.by)
    workspace = find_workspace(arguments)
    queue, decisions = decided(workspace.open_queues(), arguments.queue)
    items = settle(decisions, questions_of(queue))
    run_ids = list(map(attrgetter("run_id"), items))
    counted = failure_modes(items, groups_of(workspace.open_store(), run_ids, arguments.by))
    if arguments.json:
        console.json({"queue": queue.name, "by": arguments.by, **asdict(counted)})
    elif items:
        console.say("\n".join(failure_modes_page(counted, arguments.by, console.page)))
    else:
        console.note(nothing_reviewed(queue.name))
    return int(not items)
