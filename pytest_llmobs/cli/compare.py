"""``llmobs compare``: two experiments side by side."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.lookup import find_experiment
from pytest_llmobs.cli.stores import open_store

NAME = "compare"
HELP = (
    "compare two experiments, the first in the place of the baseline; exit status 1 where the second is worse"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "before", metavar="A", help="the name of the first experiment; its beginning is enough"
    )
    parser.add_argument("after", metavar="B", help="the name of the second")
    parser.add_argument("--all", action="store_true", help="name every example that moved")
    parser.add_argument("--json", action="store_true", help="print everything for machines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the comparison; return 1 where a metric is red.

    Raises:
        NotFoundError: An experiment is unknown.
        StoreError: There is no store, or it can't be read.
    """
    from pytest_llmobs.experiments.compare import compare_experiments
    from pytest_llmobs.reports.comparison import comparison_text

    store = open_store(arguments.store, console)
    before, after = (find_experiment(which, store) for which in (arguments.before, arguments.after))
    comparison = compare_experiments(before, after)
    if arguments.json:
        console.json({"before": before.name, "after": after.name, **asdict(comparison)})
    else:
        console.say(comparison_text(before, after, comparison, console.page, everything=arguments.all))
    return int(any(row.red for row in comparison.metrics))
