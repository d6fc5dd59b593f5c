"""``llmobs prompts``: prompts and their versions. One module an action, each with ``add_arguments`` and ``run``.

``ACTIONS`` is the registry: a row there and its module add an action. A module is imported when its action is asked
for. What several share, a prompt's versions above all, is in ``versions``.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from pytest_llmobs.cli.actions import Action, Actions
from pytest_llmobs.cli.console import Console

ACTIONS: Mapping[str, Action] = {
    "list": Action("listing", "list prompts with their current commits and tags", "llmobs prompts"),
    "log": Action(
        "log",
        "list the commits of a prompt, the newest first, with the experiments that used each",
        "llmobs prompts log support --limit 5",
    ),
    "show": Action("show", "print a version of a prompt", "llmobs prompts show support:production"),
    "diff": Action(
        "diff",
        "compare two versions of a prompt word by word",
        "llmobs prompts diff support production staging",
    ),
    "blame": Action(
        "blame",
        "name the commit that brought each line, or a phrase",
        'llmobs prompts blame support "never promise a refund"',
    ),
    "check": Action(
        "check",
        "look for whatever is wrong with prompts; exit status 1 where something is",
        "llmobs prompts check",
    ),
    "commit": Action(
        "commit",
        "make commits of files edited by hand",
        'llmobs prompts commit support -m "Say the tier first"',
    ),
    "tag": Action("tag", "set, list or delete a prompt's tags", "llmobs prompts tag support v2 0123456789ab"),
    "promote": Action(
        "promote",
        "let a tag stand for a commit that a green experiment used",
        "llmobs prompts promote support:0123456789ab production",
    ),
    "ab": Action(
        "ab",
        "compare the arms of an A/B test; exit status 1 where users weren't dealt out as they should be",
        "llmobs prompts ab support --since 7d",
    ),
    "merge": Action(
        "merge", "join two heads, as a git merge leaves them behind", "llmobs prompts merge support"
    ),
    "import": Action(
        "importing", "make prompts of a folder of text files", "llmobs prompts import old_prompts --dry-run"
    ),
}
"""Every action, in the order of the help."""


COMMAND = Actions("prompts", __name__, ACTIONS, "the prompts' folder (default: llm_prompt_dir, prompts)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    COMMAND.add_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the action.

    Raises:
        NotFoundError: There is no such prompt, commit or tag.
        LlmobsError: What is asked for can't be done.
    """
    return COMMAND.run(arguments, console)
