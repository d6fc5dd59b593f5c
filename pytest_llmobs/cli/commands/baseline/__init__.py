"""``llmobs baseline``: what changed in the committed baselines, accept anew, add passes, tidy up.

One module an action, as ``llmobs prompts`` has them; ``ACTIONS`` is the registry. ``changes`` compares with a git
commit and drops what is gone, ``folder`` finds the baselines.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from pytest_llmobs.cli.actions import Action, Actions
from pytest_llmobs.cli.console import Console
from pytest_llmobs.settings import BASELINE_FOLDER

ACTIONS: Mapping[str, Action] = {
    "diff": Action(
        "diff", "compare the baselines on disk with those of a git commit", "llmobs baseline diff main --all"
    ),
    "accept": Action(
        "acceptance",
        "record the suites of an experiment anew, by fresh repeats in pytest; of an evaluation its own trials",
        "llmobs baseline accept quiet-falcon --dry-run",
    ),
    "prune": Action(
        "prune",
        "drop baselines of gone test files, and rows of gone examples",
        "llmobs baseline prune --dry-run",
    ),
    "add": Action(
        "addition",
        "add passes from stored experiments of accepted code",
        "llmobs baseline add --branch main --dry-run",
    ),
}
"""Every action, in the order of the help."""

COMMAND = Actions(
    "baseline", __name__, ACTIONS, f"the baselines' folder (default: {BASELINE_FOLDER})", default="diff"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    COMMAND.add_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the action.

    Raises:
        NotFoundError: The experiment is unknown.
        StoreError: There is no store, or it can't be read.
        BaselineError: A baseline can't be read or written, or git knows no such commit.
    """
    return COMMAND.run(arguments, console)
