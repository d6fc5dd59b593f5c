"""The parser of everything at once, every command and action: what completions are made of, and examples checked with.

The command line never makes it, since it imports every command.
"""

from __future__ import annotations

from pytest_llmobs.cli import load
from pytest_llmobs.cli.actions import Actions
from pytest_llmobs.cli.parsing import Parser, add_common, describe
from pytest_llmobs.cli.registry import COMMANDS


def whole_parser() -> Parser:
    """Return the parser; of a command with actions, each of these is a command of its own."""
    parser = Parser(prog="llmobs")
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, command in COMMANDS.items():
        known = commands.add_parser(name, help=command.summary)
        describe(known, command)
        add_common(known)
        module = load(name)
        # what asks for an action at run time has its parsers made here, all at once
        actions = getattr(module, "COMMAND", None)
        if isinstance(actions, Actions):
            actions.add_parsers(known)
        else:
            module.add_arguments(known)
    return parser
