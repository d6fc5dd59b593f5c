"""``llmobs cassettes stats``: what is recorded, by provider and model."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.cassettes.recordings import open_cassettes, used_requests, uses_here
from pytest_llmobs.clocks import real

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no option beside those of all actions."""


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the figures.

    Raises:
        NotFoundError: There is no folder of cassettes.
        StoreError: What was used can't be read.
    """
    from pytest_llmobs.files import display_path
    from pytest_llmobs.replay.housekeeping.figures import figures_of
    from pytest_llmobs.replay.housekeeping.inventory import take_inventory
    from pytest_llmobs.reports.pages.recordings.housekeeping import stats_page

    folder = open_cassettes(arguments)
    uses = uses_here(arguments)
    ran_whole = bool(uses) and not any(each.partial for each in uses)
    used = used_requests(uses) if ran_whole else None
    figures = figures_of(take_inventory(folder), used, real.now().date())
    if arguments.json:
        console.json({"folder": str(folder.root), **asdict(figures)})
    else:
        console.say("\n".join(stats_page(figures, display_path(folder.root), console.page)))
    return 0
