"""Parsers of commands: one house style for their help, and mistakes that name what was probably meant."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from argparse import SUPPRESS
from typing import Any, NoReturn

from pytest_llmobs.cli.registry import COMMANDS, Command
from pytest_llmobs.wording import nearest

COLORS = ("auto", "always", "never")


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes are one line each, and name the nearest option or choice."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take what ``ArgumentParser`` takes; description and epilog are laid out as they stand."""
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*arguments, **options)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; words may go on behind an option, and what is no option is a mistake that names the nearest one."""
        namespace, extra = self.parse_known_args(args, namespace)
        # first: a misspelt option leaves its value among the words
        options = [word for word in extra if word.startswith("-")]
        if options:
            self._stop(self._unknown(options[0]))
        taking = [action for action in self._get_positional_actions() if action.nargs in ("*", "+")]
        if extra and not taking:
            self._stop(f"{self.prog} takes no further argument {extra[0]!r}")
        if extra:
            # argparse gives all words to the first group of them: `report NAME --json html`
            words = taking[0].dest
            setattr(namespace, words, [*getattr(namespace, words), *extra])
        return namespace

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and where the help is; exit with 2."""
        self._stop(f"{self.prog}: {message}")

    def print_help(self, file: Any = None) -> None:
        """Print the help on whatever encoding the stream has."""
        stream = file or sys.stdout
        encoding = stream.encoding or "ascii"
        text = self.format_help()
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            # "..." is what argparse itself writes
            text = text.replace("…", "...").encode(encoding, "backslashreplace").decode(encoding)
        stream.write(text)

    def _stop(self, message: str) -> NoReturn:
        stop = "" if message.endswith((".", "?")) else "."
        self.exit(2, f"{message}{stop} `{self.prog} --help` says what it takes.\n")

    def _unknown(self, option: str) -> str:
        name = option.partition("=")[0]
        return f"{self.prog} has no option {name!r}.{nearest(name, self._option_string_actions)}"

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Name the nearest of the choices, which argparse lists only."""
        if action.choices is not None and value not in action.choices:
            choices = list(map(str, action.choices))
            raise argparse.ArgumentError(
                action, f"{value!r} is none of {', '.join(choices)}.{nearest(str(value), choices)}"
            )


def command_parser(name: str) -> Parser:
    """Return the parser of one of ``COMMANDS``, without the options of its own."""
    parser = Parser(prog=f"llmobs {name}")
    describe(parser, COMMANDS[name])
    add_common(parser)
    return parser


def describe(parser: argparse.ArgumentParser, command: Command) -> None:
    """Let a parser's help say what its command is for, when it fails, and give the example."""
    text = command.purpose
    parser.description = filled(f"{text[0].upper()}{text[1:]}.")
    status = filled(f"exit status: 0 done, 1 where {command.failure}, 2 usage")
    parser.epilog = f"{status}\nexample: {command.example}"


def add_common(parser: argparse.ArgumentParser, *, keep: bool = False) -> None:
    """Declare the options of every command: users write them behind its name, or behind that of an action.

    Args:
        parser: Gets them.
        keep: Let what was given before stand where it isn't given again.
    """
    parser.add_argument(
        "--store",
        metavar="PATH",
        default=SUPPRESS if keep else None,
        help="the store, also a URI (default: LLMOBS_STORE, else .llmobs here or in a folder above)",
    )
    parser.add_argument(
        "--color",
        choices=COLORS,
        default=SUPPRESS if keep else "auto",
        help="colours (default: on a terminal)",
    )


def filled(text: str, indent: int = 0) -> str:
    """Return a text broken at the terminal's width, its further lines indented; commands are broken nowhere else."""
    columns = shutil.get_terminal_size().columns
    return textwrap.fill(
        text,
        max(columns, 40),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
