"""The review queues that a command takes items from."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmobs.cli.numbers import coefficient
from pytest_llmobs.wording import shell_line

if TYPE_CHECKING:
    from pytest_llmobs.review.queues import Queues


def queues_beside(store: str | None) -> Queues:
    """Return the queues of a store, and those that are committed; of a store beyond this machine the workspace's own.

    Args:
        store: As the user gave it, also a URI; or None.

    Raises:
        SettingsError: pytest's configuration can't be read.
        StoreError: The store that was named isn't there.
    """
    from pytest_llmobs.cli.stores import local_root
    from pytest_llmobs.workspace import Workspace

    workspace = Workspace.find()
    # an object store has runs alone
    if store is not None and "://" not in store:
        workspace = replace(workspace, store_folder=local_root(store))
    return workspace.open_queues()


def nothing_reviewed(queue: str) -> str:
    """Return what is said of a queue of which nothing can be taken yet."""
    opening = shell_line(["llmobs", "review", queue])
    return f"Nobody has reviewed anything in {queue!r} yet. `{opening}` opens it."


def add_queue_options(parser: argparse.ArgumentParser, help: str) -> None:
    """Declare the options of a command that takes what a queue's reviewers agree about.

    Args:
        parser: The command's.
        help: What the command does with the queue.
    """
    parser.add_argument("--from-queue", metavar="QUEUE", help=help)
    parser.add_argument(
        "--least-agreement",
        type=coefficient,
        metavar="KAPPA",
        help="with --from-queue: write nothing where its reviewers agree less (default: the queue's own, 0.7)",
    )
