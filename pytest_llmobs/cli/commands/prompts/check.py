"""``llmobs prompts check``: whatever is wrong with prompts, for people, CI and pre-commit."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.prompts.versions import named, open_folder
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.prompts.checks import Finding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="the prompts (default: all)")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what is wrong.

    Returns 1 where anything is.

    Raises:
        NotFoundError: There is no such prompt.
    """
    from pytest_llmobs.prompts.checks import check

    folder = open_folder(arguments)
    names = named(arguments, folder)
    findings: list[Finding] = []
    for name in names:
        findings += check(folder, name)
    if arguments.json:
        console.json(list(map(_as_json, findings)))
    elif findings:
        _print(findings, console)
    else:
        console.say(f"{count(len(names), 'prompt')}: nothing is wrong")
    return int(bool(findings))


def _print(findings: list[Finding], console: Console) -> None:
    page = console.page
    name = None
    for finding in findings:
        if finding.prompt != name:
            name = finding.prompt
            console.say(page.paint(page.line(name), "cyan"))
        style = "yellow" if finding.is_harmless else "red"
        lines = page.item(f"{finding.kind}: {finding.message}", mark=f"  {page.signs.cross}", style=style)
        console.say("\n".join(lines))
    prompts = {finding.prompt for finding in findings}
    console.note(f"{count(len(findings), 'problem')} in {count(len(prompts), 'prompt')}")


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "prompt": finding.prompt,
        "kind": finding.kind,
        "file": str(finding.file),
        "message": finding.message,
        "is_harmless": finding.is_harmless,
    }
