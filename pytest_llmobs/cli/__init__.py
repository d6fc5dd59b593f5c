"""The command ``llmobs``: one module a command in ``commands``, each with ``add_arguments`` and ``run``.

Exit status: 0 done, 1 red or not found, 2 usage (an unknown command or option, a store that isn't there), or an
output that can't be written.
"""

from __future__ import annotations

import errno
import gc
import os
import shutil
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from pytest_llmobs.cli.help_page import help_page
from pytest_llmobs.cli.registry import COMMANDS as COMMANDS
from pytest_llmobs.errors import AgreementError, LlmobsError, NotFoundError
from pytest_llmobs.wording import known, nearest, shell_line

# 130: what a shell gives for a process that Ctrl-C ended
DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

_OPTIONS = ("--help", "--version")

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of a disk that takes nothing more."""
_RARELY = (10_000, 20, 50)
"""How seldom the garbage collector runs, see ``gc.set_threshold``."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status.

    Args:
        argv: The arguments after ``llmobs``; those of the process by default.
    """
    if argv is None:
        argv = sys.argv[1:]
    _open_closed_streams()
    collecting = gc.get_threshold()
    # what a command reads is kept to its end: the collector would go through all of it again and again
    gc.set_threshold(*_RARELY)
    try:
        status = _run(list(argv))
        sys.stdout.flush()  # here, where a closed pipe is expected
    except BrokenPipeError:
        # the reader (``| head``) has seen enough
        _discard_output()
        return DONE
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _discard_output()
        print(f"llmobs: can't write: {error.strerror}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        gc.set_threshold(*collecting)
    return status


def _open_closed_streams() -> None:
    """Let what a shell has closed (``<&-``, ``>&-``) be empty, and go nowhere: Python has None in its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _discard_output() -> None:
    """Let what is still to be written go nowhere: Python flushes once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(words: list[str]) -> int:
    asked = words[0] if words else ""
    if asked in COMMANDS:
        return _run_command(asked, words[1:])
    # as git, cargo and docker have it
    if asked == "help" and words[1:]:
        return _run([*words[1:], "--help"])
    if asked in ("", "help", "-h", "--help"):
        print(help_page(shutil.get_terminal_size().columns), file=sys.stdout if asked else sys.stderr)
        return DONE if asked else USAGE
    if asked == "--version":
        from pytest_llmobs import __version__

        print(f"llmobs {__version__}")
        return DONE
    print(_misplaced(words), file=sys.stderr)
    return USAGE


def _misplaced(words: Sequence[str]) -> str:
    """Return what is wrong with a first word that is no command."""
    first = words[0]
    if not first.startswith("-"):
        return f"Unknown command {first!r}.{nearest(first, COMMANDS)} {known(COMMANDS)}"
    for number, word in enumerate(words):
        # whoever knows git writes some options before the command
        if word in COMMANDS:
            line = shell_line(["llmobs", word, *words[:number], *words[number + 1 :]])
            return f"Options stand behind the command: `{line}`."
    return f"Unknown option {first!r}.{nearest(first, _OPTIONS)} `llmobs --help` lists the commands."


def _run_command(name: str, words: Sequence[str]) -> int:
    # here: the page of all commands needs neither
    from pytest_llmobs.cli.console import open_console
    from pytest_llmobs.cli.parsing import command_parser

    parser, module = command_parser(name), load(name)
    module.add_arguments(parser)
    try:
        arguments = parser.parse_args(words)
    except SystemExit as stop:  # argparse has printed help or what is wrong
        return int(stop.code or DONE)
    console = open_console(arguments.color)
    try:
        return int(module.run(arguments, console))
    except (AgreementError, NotFoundError) as error:
        console.note(str(error))
        return FAILED
    except LlmobsError as error:
        console.note(f"llmobs: {error}")
        return USAGE


def load(name: str) -> ModuleType:
    """Return the module of a command: the others, and what they need, are not even imported."""
    return import_module(f"{__name__}.commands.{name}")
