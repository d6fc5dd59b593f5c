"""``llmobs experiments``: what was measured, the newest first."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.stores import open_store, read_experiments
from pytest_llmobs.reports.figures import count

NAME = "experiments"
HELP = "list the experiments of a store with their means, cost and verdict, the newest first"
_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--limit", type=int, default=_SHOWN, metavar="N", help=f"show the newest N (default {_SHOWN}; 0: all)"
    )
    parser.add_argument("--json", action="store_true", help="print them for machines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the table.

    Raises:
        StoreError: There is no store, or it can't be read.
    """
    from pytest_llmobs.reports.listing import digest, listing

    store = open_store(arguments.store, console)
    digests = [digest(experiment) for experiment in read_experiments(store)]
    shown = digests[: arguments.limit] if arguments.limit > 0 else digests
    if arguments.json:
        console.json([asdict(each) for each in shown])
    elif not digests:
        console.note(f"No experiment in {str(store.root)!r} yet. `pytest --llm-experiment` makes one.")
    else:
        console.say("\n".join(listing(shown, console.page)))
        if len(shown) < len(digests):
            more = count(len(digests) - len(shown), "older experiment")
            console.note(f"{more}: llmobs experiments --limit 0")
    return 0
