"""``llmobs comment``: an experiment as one comment on the pull request that a CI job runs for, edited in place.

The verdict is the gate's and stays so: what can't be posted is a line. Nothing is posted where nothing changed.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from pytest_llmobs.cli.commands.comment.body import comment_body, has_news, matching, same_suites, same_text
from pytest_llmobs.cli.commands.comment.discussion import Comment, Discussion, NothingToPost, RequestError
from pytest_llmobs.cli.commands.comment.place import find_discussion, job_address
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.lookup import find_experiment
from pytest_llmobs.cli.reports import stored_context
from pytest_llmobs.cli.stores import open_store

if TYPE_CHECKING:
    from pytest_llmobs.reports.digest.experiment import Digest

Action = Literal["created", "edited", "unchanged", "nothing to tell", "skipped", "failed", "dry run"]


@dataclass(frozen=True)
class Outcome:
    """What became of the comment."""

    action: Action
    url: str = ""
    """The comment's address."""
    reason: str = ""
    """Why there is none, in a line."""

    @property
    def status(self) -> int:
        """The exit status; that a fork has no token is no failure."""
        return 1 if self.action == "failed" else 0

    def line(self) -> str:
        """Return what to say of it."""
        return f"comment {self.action}: {self.url or self.reason}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="an experiment's name, or its beginning (default: the newest)",
    )
    parser.add_argument(
        "--number",
        type=_number,
        metavar="N",
        help="of the pull request or merge request (default: the one that the CI job runs for)",
    )
    parser.add_argument("--dry-run", action="store_true", help="print the comment and send nothing")
    parser.add_argument("--json", action="store_true", help="print what was done for machines")


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a pull request; write 12")
    return int(text)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Post the comment, edit it, or leave it; 1 where the service refuses.

    Raises:
        NotFoundError: There is no such experiment.
        StoreError: There is no store, or it can't be read.
        SettingsError: No CI service is known here.
    """
    from pytest_llmobs.reports.digest.experiment import digest

    store = open_store(arguments.store, console)
    experiment = find_experiment(arguments.name, store)
    context = stored_context(experiment, store, arguments.store)
    told = digest(experiment, context)
    body = comment_body(told, context, job_address(os.environ))
    if arguments.dry_run:
        return _show(told, body, arguments, console)
    outcome = _posted(told, body, arguments.number)
    if arguments.json:
        console.json(
            {
                "experiment": experiment.name,
                "action": outcome.action,
                "url": outcome.url or None,
                "reason": outcome.reason or None,
            }
        )
    elif outcome.status:
        console.note(outcome.line())
    else:
        console.say(outcome.line())
    return outcome.status


def _show(told: Digest, body: str, arguments: argparse.Namespace, console: Console) -> int:
    if arguments.json:
        console.json(
            {
                "experiment": told.experiment.name,
                "action": "dry run",
                "news": has_news(told),
                "body": body,
            }
        )
    else:
        console.say(body)
    return 0


def _posted(told: Digest, body: str, number: int | None) -> Outcome:
    try:
        discussion = find_discussion(os.environ, number)
        return _brought_up_to_date(told, body, discussion)
    except NothingToPost as reason:
        return Outcome("skipped", reason=str(reason))
    except RequestError as error:
        return Outcome("failed", reason=str(error))


def _brought_up_to_date(told: Digest, body: str, discussion: Discussion) -> Outcome:
    there = matching(discussion.comments(), body)
    for comment in there:
        # an edit notifies nobody, but leaves a trace in the comment's history
        if same_text(comment.body, body):
            return Outcome("unchanged", comment.url)
        try:
            return Outcome("edited", discussion.edit(comment, body).url)
        except RequestError as error:
            # it was deleted meanwhile, or is another account's
            if error.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
                raise
    if not has_news(told):
        return Outcome("nothing to tell", reason=f"{told.verdict.headline}, and there is no comment yet")
    created = discussion.post(body)
    return _merged(created, there, body, discussion) or Outcome("created", created.url)


def _merged(created: Comment, known: Sequence[Comment], body: str, discussion: Discussion) -> Outcome | None:
    """Put a new comment into one that another job of the same matrix has posted meanwhile; None where there is none.

    Two would stay for ever, and only the older one would be kept up to date.
    """
    ids = {comment.id for comment in known}
    try:
        for comment in matching(discussion.comments(), body):
            if comment.id < created.id and comment.id not in ids and same_suites(comment, body):
                edited = discussion.edit(comment, body)
                discussion.delete(created)
                return Outcome("edited", edited.url)
    except (RequestError, NothingToPost):  # what was to be said is said
        return None
    return None
