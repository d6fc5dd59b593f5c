"""The command ``llmobs``: one module a command in ``commands``, each with ``add_arguments`` and ``run``.

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

from pytest_llmobs import __version__
from pytest_llmobs.cli.console import open_console
from pytest_llmobs.errors import AgreementError, LlmobsError, NotFoundError
from pytest_llmobs.wording import known, nearest

COMMANDS: Mapping[str, str] = {
    "experiments": "list the experiments of a store with their means, cost and verdict, the newest first",
    "show": "show an experiment as its session ended, or one run with everything below it",
    "report": (
        "make reports of an experiment: a page for a browser, Markdown, JSON or JUnit, pictures of its plots"
    ),
    "comment": (
        "post an experiment on the pull request that a CI job runs for, as one comment that is edited in place"
    ),
    "compare": (
        "compare two experiments, the first in the place of the baseline, their outputs side by side with "
        "--pairwise; exit status 1 where the second is worse"
    ),
    "eval": (
        "run a target over a dataset, score it and gate it, without a test; exit status 1 where it is red"
    ),
    "merge": (
        "join the shards of several machines into one experiment and gate it; exit status 1 where it is red"
    ),
    "runs": "list the runs that a filter chooses, the newest first",
    "replay": (
        "run a stored run again, with another model, prompt or parameter if you like, beside what it was; with "
        "--dataset every example's, gated; exit status 1 where that is red"
    ),
    "feedback": (
        "list what was said of runs, the newest first, and sum it by key, label or the runs' metadata"
    ),
    "curate": (
        "make bad runs examples of a dataset, without duplicates and leaks, after a look at the clusters of failures"
    ),
    "doctor": "look a store over: what is damaged, left behind, can't be sealed, and what to do about it",
    "upload": "upload what a store has sealed and what isn't there yet, each file once",
    "purge": (
        "erase everything of a person, or what is older than it may be, and search the bytes for what is left; "
        "exit status 1 where something is, or nothing was found"
    ),
    "baseline": (
        "what changed in the committed baselines (diff), record them anew (accept), add passes of "
        "accepted code (add), drop what is gone (prune)"
    ),
    "drift": (
        "how far accepted code moves between the sessions of its baseline, and whether that is more than "
        "chance"
    ),
    "judge": (
        "calibrate a judge against labels, or measure its drift; exit status 1 where it is worse than "
        "asked for"
    ),
    "dataset": (
        "list datasets and their versions; log, diff, show, tag and validate them, and set their schemas"
    ),
    "prompts": (
        "list prompts and their versions; log, show, diff, blame, check, commit, tag, promote, merge and "
        "import them; compare the arms of an A/B test (ab)"
    ),
    "cassettes": (
        "count what model replies are recorded (stats), look for what can't be relied on (check), delete what nobody "
        "asks for any more (prune)"
    ),
    "review": (
        "judge what waits in a review queue, one key each; list and create queues, add runs by rule (route), measure "
        "agreement"
    ),
    "export": (
        "write a dataset in another tool's form, preference pairs, lines to fine-tune with, or everything about a "
        "person"
    ),
    "explain": "say what a word of the output means (MDE, REBASELINE, edited); without a word, list them",
}
"""Every command and what it is for, in the order of the help. Each has the module of its name in ``commands``."""

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
    _open_closed_streams()
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


def _open_closed_streams() -> None:
    """Let what a shell has closed (``<&-``, ``>&-``) be empty, and go nowhere: Python has None in its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _run(words: list[str]) -> int:
    parser = _parser(words[0] if words else "")
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
        return int(load(arguments.command).run(arguments, console))
    except (AgreementError, NotFoundError) as error:
        console.note(str(error))
        return FAILED
    except LlmobsError as error:
        console.note(f"llmobs: {error}")
        return USAGE


def load(name: str) -> ModuleType:
    """Return the module of a command: the others, and what they need, are not even imported."""
    return import_module(f"{__name__}.commands.{name}")


def _parser(wanted: str) -> argparse.ArgumentParser:
    """Return a parser that knows all commands by name, and the options of the one that is wanted."""
    parser = argparse.ArgumentParser(prog="llmobs", description="Look at experiments, baselines and traces.")
    parser.add_argument("--version", action="version", version=f"llmobs {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, purpose in COMMANDS.items():
        if name != wanted:
            commands.add_parser(name, help=purpose)
            continue
        # each command takes the common options too: users write them behind its name
        command = commands.add_parser(name, help=purpose, description=purpose, parents=[_common()])
        load(name).add_arguments(command)
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
