"""``llmobs prompts``: prompts and their versions. One module an action, each with ``add_arguments`` and ``run``.

``ACTIONS`` is the registry: a row there and its module add an action. A module is imported when its action is asked
for. What several share, a prompt's versions above all, is in ``versions``.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from pytest_llmobs.cli.console import Console
from pytest_llmobs.wording import known, nearest


@dataclass(frozen=True)
class Action:
    """One row of the table."""

    module: str
    """Its module, beside this one."""
    help: str
    example: str
    """A command line that does something with it."""


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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options; those of an action are its own parser's, made when it is asked for."""
    width = max(map(len, ACTIONS))
    lines = ["actions:"]
    for name, action in ACTIONS.items():
        lines.append(f"  {name:{width}}  {action.help}")
    lines.append("\n`llmobs prompts ACTION --help` shows what an action takes. Without one: list.")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(lines)
    parser.add_argument(
        "--dir", metavar="PATH", help="the prompts' folder (default: llm_prompt_dir, prompts)"
    )
    parser.add_argument("--json", action="store_true", help="print it for machines")
    parser.add_argument("action", nargs="?", default="list", metavar="ACTION", help="default: list")
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="…", help="what the action takes")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the action.

    Raises:
        NotFoundError: There is no such prompt, commit or tag.
        LlmobsError: What is asked for can't be done.
    """
    action = ACTIONS.get(arguments.action)
    if action is None:
        hint = nearest(arguments.action, ACTIONS)
        console.note(f"llmobs prompts has no action {arguments.action!r}.{hint} {known(ACTIONS)}")
        return 2
    module = import_module(f"{__name__}.{action.module}")
    parser = _parser(arguments.action, action)
    module.add_arguments(parser)
    try:
        # they may be written before the action as well
        parser.parse_args(arguments.words, arguments)
    except SystemExit as stop:  # argparse has printed help or what is wrong
        return int(stop.code or 0)
    if arguments.color != "auto":
        from pytest_llmobs.cli.console import open_console

        console = open_console(arguments.color)
    return int(module.run(arguments, console))


def _parser(name: str, action: Action) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"llmobs prompts {name}",
        description=action.help,
        epilog=f"example: {action.example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    unset = argparse.SUPPRESS
    parser.add_argument("--json", action="store_true", default=unset, help="print it for machines")
    parser.add_argument("--dir", metavar="PATH", default=unset, help="the prompts' folder")
    parser.add_argument("--store", metavar="PATH", default=unset, help="the store that has the experiments")
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default=unset, help="colours (default: on a terminal)"
    )
    return parser
