"""Commands that have actions, ``llmobs prompts diff``: a table of them, one module an action, imported when asked for.

An action's module has ``add_arguments`` and ``run``, as that of a command has.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from pytest_llmobs.cli.console import Console, open_console
from pytest_llmobs.wording import known, nearest


@dataclass(frozen=True)
class Action:
    """One row of a command's table."""

    module: str
    """Its module, beside the table."""
    help: str
    example: str
    """A command line that does something with it."""


@dataclass(frozen=True)
class Actions:
    """The actions of one command."""

    command: str
    """Its name: ``prompts``."""
    package: str
    """Where the actions' modules are."""
    table: Mapping[str, Action]
    """By name, in the order of the help."""
    folder_help: str
    """What ``--dir`` names."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's options; those of an action are its own parser's, made when it is asked for."""
        width = max(map(len, self.table))
        lines = ["actions:"]
        for name, action in self.table.items():
            lines.append(f"  {name:{width}}  {action.help}")
        lines.append(
            f"\n`llmobs {self.command} ACTION --help` shows what an action takes. Without one: list."
        )
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = "\n".join(lines)
        parser.add_argument("--dir", metavar="PATH", help=self.folder_help)
        parser.add_argument("--json", action="store_true", help="print it for machines")
        parser.add_argument("action", nargs="?", default="list", metavar="ACTION", help="default: list")
        parser.add_argument("words", nargs=argparse.REMAINDER, metavar="…", help="what the action takes")

    def run(self, arguments: argparse.Namespace, console: Console) -> int:
        """Run the action that is asked for; return 2 where there is no such action.

        Raises:
            LlmobsError: What is asked for can't be done, or isn't there.
        """
        action = self.table.get(arguments.action)
        if action is None:
            hint = nearest(arguments.action, self.table)
            console.note(
                f"llmobs {self.command} has no action {arguments.action!r}.{hint} {known(self.table)}"
            )
            return 2
        module = import_module(f"{self.package}.{action.module}")
        parser = self._parser(arguments.action, action)
        module.add_arguments(parser)
        try:
            # they may be written before the action as well
            parser.parse_args(arguments.words, arguments)
        except SystemExit as stop:  # argparse has printed help or what is wrong
            return int(stop.code or 0)
        if arguments.color != "auto":
            console = open_console(arguments.color)
        return int(module.run(arguments, console))

    def _parser(self, name: str, action: Action) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(
            prog=f"llmobs {self.command} {name}",
            description=action.help,
            epilog=f"example: {action.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        unset = argparse.SUPPRESS
        parser.add_argument("--json", action="store_true", default=unset, help="print it for machines")
        parser.add_argument("--dir", metavar="PATH", default=unset, help=self.folder_help)
        parser.add_argument(
            "--store", metavar="PATH", default=unset, help="the store that has the experiments"
        )
        parser.add_argument(
            "--color",
            choices=("auto", "always", "never"),
            default=unset,
            help="colours (default: on a terminal)",
        )
        return parser
