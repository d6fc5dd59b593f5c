"""``llmobs completion``: what a shell needs to complete commands, options and the names of experiments."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from pytest_llmobs.cli.console import Console
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.wording import nearest

SHELLS = ("bash", "zsh")
_SCRIPTS = Path(__file__).parents[1] / "completions"
_INSTALLED = """\
to install it:
  llmobs completion bash > ~/.local/share/bash-completion/completions/llmobs
  llmobs completion zsh > "${fpath[1]}/_llmobs"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "shell", nargs="?", metavar="SHELL", help=f"{' or '.join(SHELLS)} (default: the one that SHELL names)"
    )
    parser.add_argument("--json", action="store_true", help="print it for machines")
    parser.epilog = f"{_INSTALLED}\n{parser.epilog}"


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the script.

    Raises:
        ArgumentError: There is none for such a shell.
    """
    # the login shell's path; nobody completes in another one without naming it
    shell = arguments.shell or Path(os.environ.get("SHELL", "")).name
    if shell not in SHELLS:
        raise ArgumentError(
            f"There is no completion for the shell {shell!r}.{nearest(shell, SHELLS)} Known: {', '.join(SHELLS)}."
        )
    script = _SCRIPTS.joinpath(f"llmobs.{shell}").read_text(encoding="utf-8")
    if arguments.json:
        console.json({"shell": shell, "script": script})
    else:
        # as it is: it is a program, and no page
        print(script, end="", file=console.out)
    return 0
