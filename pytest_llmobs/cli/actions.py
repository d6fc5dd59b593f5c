"""Commands that have actions, ``llmobs prompts diff``: a table of them, one module an action, imported when asked for.

An action's module has ``add_arguments`` and ``run``, as that of a command has. Where a command takes names in the place
of an action, as ``llmobs review support`` does, what is done with them is an action, too.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

from pytest_llmobs.cli.console import Console, open_console
from pytest_llmobs.cli.parsing import Parser, add_common, filled
from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.wording import known, nearest, shell_line

JSON_HELP = "print it for machines"

_HELP = frozenset(("-h", "--help"))


@dataclass(frozen=True)
class Action:
    """One row of a command's table."""

    module: str
    """Its module, beside the table."""
    help: str
    example: str
    """A command line that does something with it."""


@dataclass(frozen=True)
class NamedAction:
    """What a command does with a word that is no action but a name: ``llmobs review support``."""

    what: str
    """What has the name: ``queue``."""
    action: Action
    """Its module's first argument is the name."""
    others: Callable[[argparse.Namespace], Iterable[str] | None]
    """Takes the command's arguments; None where its word is a name, else the names that there are."""
    remedy: str = ""
    """How a name that there isn't comes to be: a sentence."""


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
    named: NamedAction | None = None
    """What is done with a name in the place of an action."""
    default: str = "list"
    """What is done where no action is named."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's options; those of an action are its own parser's, made when it is asked for."""
        rows = {name: action.help for name, action in self.table.items()}
        if self.named is not None:
            rows[self.named.what.upper()] = self.named.action.help
        width = max(map(len, rows)) + 2
        lines = ["actions:"]
        for name, purpose in rows.items():
            lines.append(filled(f"  {name:{width}}{purpose}", indent=width + 2))
        lines.append(
            f"\n`llmobs {self.command} ACTION --help` shows what an action takes. Without one: {self.default}."
        )
        # behind the actions: the exit status and the example of the command as a whole
        parser.epilog = "\n".join([*lines, "", parser.epilog or ""]).rstrip()
        parser.add_argument("--dir", metavar="PATH", help=self.folder_help)
        parser.add_argument("--json", action="store_true", help=JSON_HELP)
        parser.add_argument(
            "action", nargs="?", default=self.default, metavar="ACTION", help=f"default: {self.default}"
        )
        parser.add_argument("words", nargs=argparse.REMAINDER, metavar="…", help="what the action takes")

    def run(self, arguments: argparse.Namespace, console: Console) -> int:
        """Run the action that is asked for; return 2 where there is no such action.

        Raises:
            NotFoundError: It is no action, and no name that the command takes in the place of one.
            ArgumentError: The name stands before the action.
            LlmobsError: What is asked for can't be done, or isn't there.
        """
        name, words = arguments.action, arguments.words
        action = self.table.get(name)
        if action is None and self.named is None:
            hint = nearest(name, self.table)
            console.note(f"llmobs {self.command} has no action {name!r}.{hint} {known(self.table)}")
            return 2
        if action is None:
            action, name, words = self._of_name(arguments)
        module = import_module(f"{self.package}.{action.module}")
        parser = self._parser(name, action)
        module.add_arguments(parser)
        try:
            # they may be written before the action as well
            parser.parse_args(words, arguments)
        except SystemExit as stop:  # argparse has printed help or what is wrong
            return int(stop.code or 0)
        if arguments.color != "auto":
            console = open_console(arguments.color)
        return int(module.run(arguments, console))

    def _of_name(self, arguments: argparse.Namespace) -> tuple[Action, str, Sequence[str]]:
        """Return what is done with a name, what its help calls it, and the words that it takes.

        Raises:
            NotFoundError: There is no such name; the nearest may be one, or an action.
            ArgumentError: An action stands behind the name.
        """
        assert self.named is not None
        word, words = arguments.action, arguments.words
        # help is for whoever has no such thing yet, too
        others = None if _HELP.intersection(words) else self.named.others(arguments)
        if others is not None:
            choices = [*self.table, *others]
            remedy = f" {self.named.remedy}" if self.named.remedy else ""
            raise NotFoundError(
                f"llmobs {self.command} has no action and no {self.named.what} {word!r}."
                f"{nearest(word, choices)} {known(choices)}{remedy}"
            )
        if words and words[0] in self.table:
            line = shell_line(["llmobs", self.command, words[0], word, *words[1:]])
            raise ArgumentError(f"The action {words[0]!r} stands before the {self.named.what}: `{line}`.")
        return self.named.action, self.named.what.upper(), [word, *words]

    def _parser(self, name: str, action: Action) -> Parser:
        # an action for names has them in its usage already
        parser = Parser(
            prog=f"llmobs {self.command} {name}" if name in self.table else f"llmobs {self.command}"
        )
        self._describe(parser, action)
        return parser

    def _describe(self, parser: argparse.ArgumentParser, action: Action) -> None:
        parser.description = filled(f"{action.help[0].upper()}{action.help[1:]}.")
        parser.epilog = f"example: {action.example}"
        unset = argparse.SUPPRESS
        parser.add_argument("--json", action="store_true", default=unset, help=JSON_HELP)
        parser.add_argument("--dir", metavar="PATH", default=unset, help=self.folder_help)
        add_common(parser, keep=True)

    def add_parsers(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command with all its actions, so that everything is known of it: a completion's parser."""
        parser.add_argument("--dir", metavar="PATH", help=self.folder_help)
        parser.add_argument("--json", action="store_true", help=JSON_HELP)
        actions = parser.add_subparsers(dest="action", metavar="ACTION")
        for name, action in self.table.items():
            known = actions.add_parser(name, help=action.help)
            self._describe(known, action)
            import_module(f"{self.package}.{action.module}").add_arguments(known)
