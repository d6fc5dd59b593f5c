"""``llmobs review list``: every queue, and how much waits in it."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.review.workspaces import add_reviewer, find_workspace
from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.reports.pages.queues import QueueLine, queue_listing
from pytest_llmobs.review.outcomes.disagreements import open_ones
from pytest_llmobs.review.reviewers import reviewer_name
from pytest_llmobs.review.rubric.questions import questions_of

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.review.queues import Queues
    from pytest_llmobs.review.records import AnnotationQueue


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    add_reviewer(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the table; a queue that can't be read is a line of it, not the end.

    Raises:
        ArgumentError: The reviewer's name is none.
        SettingsError: pytest's configuration can't be read.
        StoreError: The store that was named isn't there.
    """
    workspace = find_workspace(arguments)
    queues = workspace.open_queues()
    reviewer = reviewer_name(arguments.reviewer)
    lines: list[QueueLine] = []
    for name in queues.names():
        lines += _lines(queues, name, reviewer)
    if arguments.json:
        console.json(list(map(asdict, lines)))
        return 0
    if lines:
        console.say("\n".join(queue_listing(lines, console.page)))
    else:
        console.note(
            f"No queue in {workspace.settings.queue_dir!r} nor in the store yet. `llmobs review create NAME` writes "
            "a file for one, and client.create_annotation_queue makes one in the store."
        )
    for line in lines:
        if line.problem:
            console.note(line.problem)
    return 0


def _lines(queues: Queues, name: str, reviewer: str) -> list[QueueLine]:
    try:
        queue = queues.named(name)
        return [] if queue is None else [_readable_line(queues, queue, reviewer)]
    except LlmobsError as error:
        return [QueueLine(name=name, problem=str(error))]


def _readable_line(queues: Queues, queue: AnnotationQueue, reviewer: str) -> QueueLine:
    standings = queues.standings(queue)
    done = for_me = 0
    for each in standings.values():
        done += each.is_completed
        for_me += each.waits_for(reviewer)
    decisions = queues.decisions(queue).standing()
    contested = standings.keys() & open_ones(decisions, questions_of(queue))
    return QueueLine(
        name=queue.name,
        waiting=len(standings) - done,
        for_me=for_me,
        done=done,
        disagreements=len(contested),
        file=queue.file,
        description=queue.description,
    )
