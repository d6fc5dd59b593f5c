"""``llmobs replay``: a stored run once more, with the inputs that the model saw, or with something of them changed.

One run, a whole trace, or the source run of every example of a dataset (``examples``).
"""

from __future__ import annotations

import argparse

from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.numbers import positive
from pytest_llmobs.errors import ArgumentError

_MODES = ("off", "reuse", "refresh", "only")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "run",
        nargs="?",
        metavar="RUN_ID",
        help="a model call, a trace or a trial, by its id or the beginning of it",
    )
    _add_overrides(parser)
    parser.add_argument("--repeat", metavar="K", type=positive, default=1, help="replies (default: 1)")
    parser.add_argument(
        "--cassettes",
        metavar="MODE",
        choices=_MODES,
        default="off",
        help="recorded replies: off (default), reuse, refresh, or only, which sends nothing",
    )
    parser.add_argument(
        "--target",
        metavar="MODULE:FUNCTION",
        help="what is called with the run's inputs (default: the function that its trace began with)",
    )
    parser.add_argument(
        "--redacted", action="store_true", help="send the marks of what redaction took out of the inputs"
    )
    _add_dataset(parser)
    parser.add_argument("--all", action="store_true", help="cut nothing of the texts that are compared")
    parser.add_argument("--json", action="store_true", help="print everything for machines")


def _add_overrides(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="M", help="another model of the same provider")
    parser.add_argument("--system", metavar="FILE", help="another system prompt")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the request, such as temperature=0; the value is JSON or a word, null takes it "
        "out; may be given several times",
    )
    parser.add_argument(
        "--prompt",
        metavar="NAME:HASH",
        help="another commit of the prompt that the run used, or a tag, filled with the same values",
    )
    parser.add_argument(
        "--var",
        action="append",
        default=[],
        metavar="NAME=TEXT",
        help="the value of a variable that --prompt's commit has and the run hasn't",
    )


def _add_dataset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dataset",
        metavar="FILE|NAME",
        help="replay the source run of every example, and compare old and new as the gate does",
    )
    parser.add_argument("--split", metavar="NAME", help="only the examples of this split")
    parser.add_argument("--limit", metavar="N", type=positive, help="only the first N examples")
    parser.add_argument(
        "--evaluators",
        action="append",
        default=[],
        metavar="NAMES",
        help="what scores old and new: MODULE:NAME,NAME or ready-made ones; may be given several times",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Replay and print.

    Raises:
        ArgumentError: Both a run and a dataset are given, or neither, or options that don't go together.
        NotFoundError: There is no such run, commit or example.
        LlmobsError: The run can't be made again; the message says why.
    """
    if arguments.dataset is None:
        for option in ("split", "limit", "evaluators"):
            if getattr(arguments, option):
                raise ArgumentError(f"--{option} goes with --dataset, which chooses among examples.")
    if arguments.run is None and arguments.dataset is None:
        raise ArgumentError("Say what to replay: RUN_ID, which `llmobs runs` lists, or --dataset FILE|NAME.")
    if arguments.run is not None and arguments.dataset is not None:
        raise ArgumentError(
            f"Both the run {arguments.run!r} and --dataset {arguments.dataset!r} are given: which is meant?"
        )
    if arguments.dataset is not None:
        from pytest_llmobs.cli.commands.replay import examples

        return examples.replay(arguments, console)
    from pytest_llmobs.cli.commands.replay import runs

    return runs.replay(arguments, console)
