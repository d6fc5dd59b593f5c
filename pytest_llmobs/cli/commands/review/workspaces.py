"""What the actions share: where a command about queues works, and the queues there."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_llmobs.review.queues import Queues
    from pytest_llmobs.workspace import Workspace


def add_reviewer(parser: argparse.ArgumentParser) -> None:
    """Declare ``--reviewer`` of an action; it may stand before the action as well."""
    from pytest_llmobs.cli.commands.review import REVIEWER_HELP

    parser.add_argument("--reviewer", metavar="NAME", default=argparse.SUPPRESS, help=REVIEWER_HELP)


def find_workspace(arguments: argparse.Namespace) -> Workspace:
    """Return the workspace, with the store and the folder of queues that the user named; neither need exist.

    Raises:
        SettingsError: pytest's configuration can't be read.
        StoreError: The store that was named isn't there.
    """
    from pytest_llmobs.cli.stores import local_root
    from pytest_llmobs.workspace import Workspace

    workspace = Workspace.find()
    if arguments.store is not None:
        workspace = replace(workspace, store_folder=local_root(arguments.store))
    if arguments.dir is not None:
        settings = replace(workspace.settings, queue_dir=str(Path(arguments.dir).absolute()))
        workspace = replace(workspace, settings=settings)
    return workspace


def open_queues(arguments: argparse.Namespace) -> Queues:
    """Return the queues, committed and stored; there need be none.

    Raises:
        SettingsError: pytest's configuration can't be read.
        StoreError: The store that was named isn't there.
    """
    return find_workspace(arguments).open_queues()
