"""``llmobs review create``: a committed queue, its file written with every key explained."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.review.workspaces import find_workspace
from pytest_llmobs.committed import check_case
from pytest_llmobs.errors import ArgumentError, ConflictError, StoreError
from pytest_llmobs.files import SHARED, display_path, write_whole
from pytest_llmobs.review.queue_files import QueueFiles
from pytest_llmobs.wording import shell_line

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console

TEMPLATE = """\
# A review queue. Commit this file: who reviews, and what is exported, follows it.
# `llmobs review {command}` opens the queue.

description: Answers that a person should look at

instructions: |
  Is the answer right, complete and polite? Look at the retrieved passages first.

# What a reviewer is asked of each answer, beside accept or a failure mode. The key is that of the feedback which each
# answer becomes. An item is no or yes unless it says otherwise, by one of
#   scale: [1, 5]                   whole steps, a key each     categories: [refund, delivery]   one of them
#   range: [0, 100]                 any number                  text: true                       words
rubric:
  - feedback_key: correct
    description: Is everything in it right?
  - feedback_key: tone
    description: How does it sound?
    scale: [1, 5]
    score_descriptions: {{1: rude, 5: warm}}
#  - feedback_key: what_is_wrong
#    text: true
#    is_required: true
#    visible_if: {{join: all, rules: [{{key: correct, op: is, values: [0]}}]}}

# What may be wrong with an answer that is rejected, one key each.
failure_modes: [wrong fact, wrong tone, incomplete, harmful]

# Share of the items that two reviewers see, neither knowing of the other: what agreement is measured on.
overlap: {overlap}

# Items of each week that every reviewer sees.
calibration: {calibration}

# Nothing is exported while reviewers agree less than this (kappa or alpha).
least_agreement: 0.7

# Which runs come here by themselves, or at `llmobs review route`: those that fit one of the rules. In a rule all
# conditions must hold.
#route:
#  - feedback: {{user_rating: below 0.4}}
#  - project: production
#    sample: 2%
"""
"""Takes ``command``, the queue's name as it is typed, and the two settings."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("name", metavar="NAME", help="the queue's name, which becomes the file's")
    parser.add_argument(
        "--overlap",
        metavar="SHARE",
        default="20%",
        help="of the items that two reviewers see (default: 20%%)",
    )
    parser.add_argument(
        "--calibration",
        metavar="N",
        default="0",
        help="items of each week that every reviewer sees (default: 0)",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the file, and say where.

    Raises:
        ArgumentError: The name can't be a file's, or is that of an action; or a setting is impossible.
        ConflictError: There is such a file.
        StoreError: The disk refuses.
    """
    from pytest_llmobs.cli.commands.review import ACTIONS

    name = arguments.name
    if name in ACTIONS:
        raise ArgumentError(
            f"The queue can't be named {name!r}: `llmobs review {name}` does something else. Choose another name."
        )
    text = _text(arguments)
    workspace = find_workspace(arguments)
    files = QueueFiles(workspace.queue_folder, workspace.rootdir)
    file = files.path(name)
    shown = display_path(file)
    if name in files.names():
        raise ConflictError(f"There is a file of the queue {name!r} in {files.place!r} already. Edit that.")
    taken = workspace.open_queues().names()
    check_case(name, taken, "queue")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text, mode=SHARED)
    except OSError as error:
        raise StoreError(f"Can't write {shown!r}: {error.strerror or error}.") from error
    if arguments.json:
        console.json({"name": name, "file": shown})
        return 0
    console.say(f"wrote {shown}: say there what reviewers are asked, and commit it")
    console.say(f"add runs  by its rules, or client.add_runs_to_annotation_queue({name!r}, …)")
    console.say(f"review    {shell_line(['llmobs', 'review', name])}")
    if name in taken:
        console.note(
            f"The store has a queue {name!r} already: its items stay, and from now on the file's settings count."
        )
    return 0


def _text(arguments: argparse.Namespace) -> str:
    from pytest_llmobs.review.queue_settings import FILE_KEYS

    share = FILE_KEYS["overlap"].check(_number(arguments.overlap), "--overlap")
    weekly = FILE_KEYS["calibration"].check(_number(arguments.calibration), "--calibration")
    return TEMPLATE.format(
        command=shell_line([arguments.name]), overlap=f"{100 * share:g}%", calibration=weekly
    )


def _number(text: str) -> int | float | str:
    """Return what YAML would read."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
