"""``llmobs review QUEUE``: one reviewer at work, on a screen or by keys that come through a pipe."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from pytest_llmobs.cli.commands.review.workspaces import add_reviewer, find_workspace
from pytest_llmobs.cli.stores import open_local_store
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.review.reviewers import reviewer_name

if TYPE_CHECKING:
    from pytest_llmobs.cli.commands.review.terminal.reviewing import Reviewing
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.review.sessions import ReviewSession

_NO_SCREEN = (
    "This terminal has no screen (TERM={term!r}). Items are printed instead: type keys, then Enter. a accepts, "
    "s skips, u takes back, q quits, an empty line saves answers to the rubric; docs/review.md names the others."
)
_PIPE_FORM = "Keys may come through a pipe as well: printf 'aaq' | llmobs review QUEUE."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("queue", metavar="QUEUE", help="the queue's name, or its id")
    add_reviewer(parser)
    parser.add_argument(
        "--open",
        action="store_true",
        help="show the run's name, model, metadata, tags, scores and feedback too: whoever knows them judges otherwise",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Let a reviewer work until they quit, or the keys end.

    Raises:
        NotFoundError: There is no such queue.
        ArgumentError: A key of a script makes no sense, or there is no terminal to show a screen on.
        StoreError: The store can't be read or written.
        KeyboardInterrupt: The reviewer pressed Ctrl-C; what isn't saved is there next time.
    """
    from pytest_llmobs.cli.commands.review.terminal.onpipe import as_json, summary
    from pytest_llmobs.feedback.writing import FeedbackWriter
    from pytest_llmobs.review.publishing import Publisher
    from pytest_llmobs.review.sessions import ReviewSession

    workspace = find_workspace(arguments)
    queues = workspace.open_queues()
    store = open_local_store(str(workspace.store_folder), console)
    queue = queues.find(arguments.queue)
    reviewer = reviewer_name(arguments.reviewer)
    redaction = workspace.redaction()
    publisher = Publisher(FeedbackWriter(store.feedback, redaction), queue)
    with ReviewSession.open(
        queues,
        queue,
        reviewer,
        store,
        publish=publisher,
        blind=not arguments.open,
        clean=redaction.clean_if_suspect,
    ) as session:
        reviewing = _review(session, console, prints=not arguments.json)
        if arguments.json:
            console.json(as_json(reviewing, session))
        console.note(summary(reviewing, session))
    return 0


def _review(session: ReviewSession, console: Console, *, prints: bool) -> Reviewing:
    from pytest_llmobs.cli.commands.review.terminal.onpipe import review_by_keys

    if not sys.stdin.isatty():
        return review_by_keys(session, sys.stdin.buffer, console, prints=prints, asks_again=False)
    if not sys.stdout.isatty():
        raise ArgumentError(f"Standard output is no terminal: there is no screen. {_PIPE_FORM}")
    if not has_screen(os.environ):
        console.note(_NO_SCREEN.format(term=os.environ.get("TERM", "")))
        plain = replace(console, page=replace(console.page, color=False))
        return review_by_keys(session, sys.stdin.buffer, plain, prints=prints, asks_again=True)
    return _on_screen(session, sys.stdin, sys.stdout, console)


def has_screen(environ: Mapping[str, str]) -> bool:
    """Return True where the terminal, by what it says of itself, can place text on a screen."""
    return environ.get("TERM", "") not in ("", "dumb", "unknown")


def _on_screen(session: ReviewSession, keys: TextIO, screen: TextIO, console: Console) -> Reviewing:
    from pytest_llmobs.cli.commands.review.terminal.onscreen import review_on_screen
    from pytest_llmobs.cli.commands.review.terminal.tty import Terminal

    terminal = Terminal(keys.fileno(), screen.fileno(), screen.encoding)
    return review_on_screen(session, terminal, console.page)
