"""The command ``llmobs``: one module a command in ``commands``, each with ``HELP``, ``add_arguments`` and ``run``.

Exit status: 0 done, 1 red or not found, 2 usage (an unknown command or option, a store that isn't there).
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType

from pytest_llmobs.cli.console import open_console
from pytest_llmobs.errors import LlmobsError, NotFoundError
from pytest_llmobs.wording import known, nearest

_NAMES = (
    "experiments",
    "show",
    "compare",
    "eval",
    "merge",
    "runs",
    "feedback",
    "doctor",
    "upload",
    "baseline",
    "drift",
    "judge",
    "prompts",
    "explain",
)
"""Every command, in the order of the help. Each has the module of its name."""

COMMANDS: Mapping[str, ModuleType] = {name: import_module(f"{__name__}.commands.{name}") for name in _NAMES}

# 130: what a shell gives for a process that Ctrl-C ended
DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


_RARELY = (10_000, 20, 50)
"""How seldom the garbage collector runs, see ``gc.set_threshold``."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status.

    Args:
        argv: The arguments after ``llmobs``; those of the process by default.
    """
    if argv is None:
        argv = sys.argv[1:]
    collecting = gc.get_threshold()
    # what a command reads is kept to its end: the collector would go through all of it again and again
    gc.set_threshold(*_RARELY)
    try:
        status = _run(list(argv))
        sys.stdout.flush()  # here, where a closed pipe is expected
    except BrokenPipeError:
        # The reader (``| head``) has seen enough. Python flushes once more at exit: let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        gc.set_threshold(*collecting)
    return status


def _run(words: list[str]) -> int:
    parser = _parser()
    if not words:
        parser.print_help(sys.stderr)
        return USAGE
    # argparse would list what there is, and not say which of them was meant
    if not words[0].startswith("-") and words[0] not in COMMANDS:
        print(
            f"Unknown command {words[0]!r}.{nearest(words[0], COMMANDS)} {known(COMMANDS)}", file=sys.stderr
        )
        return USAGE
    try:
        arguments = parser.parse_args(words)
    except SystemExit as stop:  # argparse has printed help or what is wrong
        return int(stop.code or DONE)
    console = open_console(arguments.color)
    try:
        return int(COMMANDS[arguments.command].run(arguments, console))
    except NotFoundError as error:
        console.note(str(error))
        return FAILED
    except LlmobsError as error:
        console.note(f"llmobs: {error}")
        return USAGE


def _parser() -> argparse.ArgumentParser:
    from importlib.metadata import version

    parser = argparse.ArgumentParser(prog="llmobs", description="Look at experiments, baselines and traces.")
    parser.add_argument("--version", action="version", version=f"llmobs {version('pytest-llmobs')}")
    # each command takes the common options too: users write them behind its name
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        command = commands.add_parser(name, help=module.HELP, description=module.HELP, parents=[_common()])
        module.add_arguments(command)
    return parser


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--store",
        metavar="PATH",
        help="the store, also a URI (default: LLMOBS_STORE, else .llmobs here or in a folder above)",
    )
    common.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours (default: on a terminal)",
    )
    return common
