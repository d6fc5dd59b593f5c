"""``llmobs dataset``: datasets and their versions. One module an action, each with ``add_arguments`` and ``run``.

``ACTIONS`` is the registry: a row there and its module add an action. What several share is in ``catalogs``: how a
dataset is named, which may be a file anywhere, and what a version of it held.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from pytest_llmobs.cli.actions import Action, Actions
from pytest_llmobs.cli.console import Console

ACTIONS: Mapping[str, Action] = {
    "list": Action("listing", "list datasets with their examples, splits and tags", "llmobs dataset"),
    "log": Action(
        "log",
        "list the versions of a dataset, the newest first, with the experiments that used each",
        "llmobs dataset log support_golden --limit 5",
    ),
    "diff": Action(
        "diff",
        "say what changed in a dataset since the last commit, or between two versions",
        "llmobs dataset diff support_golden origin/main",
    ),
    "show": Action(
        "show",
        "print examples of a dataset, or of a version of it",
        "llmobs dataset show support_golden --split hard",
    ),
    "tag": Action("tag", "set, list or delete a dataset's tags", "llmobs dataset tag support_golden v1"),
    "validate": Action(
        "validate",
        "look for whatever is wrong with datasets; exit status 1 where something is",
        "llmobs dataset validate",
    ),
    "import": Action(
        "importing",
        "add what other tools wrote: tables, Hugging Face folders, LangSmith's exports, lines of messages",
        "llmobs dataset import faq.jsonl --name faq --dry-run",
    ),
    "schema": Action(
        "schema",
        "print or set the JSON schemas of a dataset's inputs and outputs",
        "llmobs dataset schema support_golden --inputs inputs.schema.json",
    ),
}
"""Every action, in the order of the help."""

COMMAND = Actions("dataset", __name__, ACTIONS, "the datasets' folder (default: llm_dataset_dir, datasets)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    COMMAND.add_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the action.

    Raises:
        NotFoundError: There is no such dataset, version, tag, split or example.
        LlmobsError: What is asked for can't be done.
    """
    return COMMAND.run(arguments, console)
