"""Write the completions of ``llmobs`` anew. With ``--check``, only say whether they are old.

shtab makes them of the commands' parsers. It is needed here alone: what it makes is committed, and shipped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import shtab

from pytest_llmobs.cli.commands.completion import SHELLS
from pytest_llmobs.cli.whole_parser import whole_parser

FOLDER = Path(__file__).parents[1] / "pytest_llmobs" / "cli" / "completions"
EXPERIMENT = "_llmobs_experiments"
"""The shell's function that completes names of experiments, without starting Python."""
# names lie in the store as files; where they needed an escape, the beginning is what a person types
PREAMBLES = {
    "bash": f"""\
{EXPERIMENT}() {{
  local folder="$PWD" store="$LLMOBS_STORE"
  while [ -z "$store" ] && [ -n "$folder" ]; do
    [ -d "$folder/.llmobs" ] && store="$folder/.llmobs"
    folder="${{folder%/*}}"
  done
  [ -d "$store/experiments" ] || return
  compgen -W "$(cd "$store/experiments" && ls | sed -n 's/\\.json$//p')" -- "$1"
}}
""",
    "zsh": f"""\
{EXPERIMENT}() {{
  local folder="$PWD" store="$LLMOBS_STORE"
  local -a names
  while [[ -z "$store" && -n "$folder" ]]; do
    [[ -d "$folder/.llmobs" ]] && store="$folder/.llmobs"
    folder="${{folder%/*}}"
  done
  names=("$store"/experiments/*.json(N:t:r))
  compadd -a names
}}
""",
}
_FILES = {"PATH", "FILE", "FILE|NAME", "FOLDER", "DIR", "FILE::NAME", "FORMAT[:PATH]"}
_EXPERIMENTS = {"NAME_OR_ID", "NAME | FORMAT[:PATH]", "EXPERIMENT", "A", "B"}
_COMMENT = ("llmobs comment", "NAME")


def scripts() -> Iterator[tuple[str, str]]:
    """Yield each shell with its script."""
    for shell in SHELLS:
        parser = whole_parser()
        _mark(parser)
        yield shell, shtab.complete(parser, shell, preamble=PREAMBLES)


def _mark(parser: argparse.ArgumentParser) -> None:
    """Say of each argument whether it is a file or an experiment: shtab looks for the attribute ``complete``."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                _mark(below)
        elif action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar in _EXPERIMENTS or (parser.prog, action.metavar) == _COMMENT:
            action.complete = dict.fromkeys(SHELLS, EXPERIMENT)  # type: ignore[attr-defined]


def main() -> int:
    """Write what is old; with ``--check`` fail where something is."""
    old = False
    for shell, script in scripts():
        path = FOLDER / f"llmobs.{shell}"
        if path.exists() and path.read_text(encoding="utf-8") == script:
            continue
        old = True
        if "--check" in sys.argv:
            print(f"{path} is old: make completions")
        else:
            path.write_text(script, encoding="utf-8")
    return int(old and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
