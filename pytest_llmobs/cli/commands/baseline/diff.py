"""``llmobs baseline diff``: the baselines on disk against those of a git commit."""

from __future__ import annotations

import argparse

from pytest_llmobs.cli.commands.baseline.changes import changes_since
from pytest_llmobs.cli.commands.baseline.folder import baseline_directory
from pytest_llmobs.cli.console import Console
from pytest_llmobs.reports.pages.baseline_diff import baseline_diff, baseline_diff_document


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument(
        "ref", nargs="?", default="HEAD", metavar="REF", help="commit, branch or tag (default HEAD)"
    )
    parser.add_argument("--all", action="store_true", help="name every example")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print how they differ.

    Raises:
        BaselineError: There is no folder of them, one can't be read, or git knows no such commit.
    """
    changes = changes_since(baseline_directory(arguments.dir), arguments.ref)
    if arguments.json:
        console.json(list(map(baseline_diff_document, changes)))
    else:
        console.say("\n".join(baseline_diff(changes, arguments.ref, console.page, everything=arguments.all)))
    return 0
