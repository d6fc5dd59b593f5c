"""``llmobs prompts blame``: the commit that brought each line, or a phrase."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.prompts.versions import Versions, open_prompt
from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.prompts.history.blame import Ancestry, blame_lines, blame_phrase
from pytest_llmobs.prompts.history.passages import lines_of
from pytest_llmobs.reports.pages.prompts.blame import LineOrigin, PhraseStep, blame_page, phrase_page
from pytest_llmobs.wording import nearest

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("name", metavar="NAME", help="the prompt")
    parser.add_argument(
        "phrase",
        nargs="?",
        metavar="PHRASE",
        help="words of it, in quotes; how lines are broken doesn't matter",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print which commit brought what.

    Raises:
        NotFoundError: There is no such prompt, or no version ever had the phrase.
        ArgumentError: The phrase is blank.
        StoreError: A commit can't be read.
    """
    versions, _ = open_prompt(arguments, arguments.name)
    ancestry = versions.ancestry()
    if not ancestry.order:
        raise NotFoundError(f"The prompt {versions.name!r} has neither a file nor a commit.")
    if arguments.phrase is None:
        return _lines(versions, ancestry, arguments, console)
    return _phrase(versions, ancestry, arguments, console)


def _lines(versions: Versions, ancestry: Ancestry, arguments: argparse.Namespace, console: Console) -> int:
    lines = []
    for blamed in blame_lines(ancestry):
        version = versions.line(blamed.hash, {})
        lines.append(LineOrigin(blamed.role, blamed.message, blamed.text, version))
    if arguments.json:
        rows = []
        for line in lines:
            rows.append(
                {"message": line.message + 1, "role": line.role, "text": line.text, "hash": line.version.hash}
            )
        console.json(rows)
    else:
        console.say("\n".join(blame_page(lines, console.page)))
    return 0


def _phrase(versions: Versions, ancestry: Ancestry, arguments: argparse.Namespace, console: Console) -> int:
    phrase = arguments.phrase
    if not phrase.strip():
        raise ArgumentError(f"The phrase {phrase!r} is blank. Give some words of the prompt.")
    history = blame_phrase(ancestry, phrase)
    if not history.events:
        raise NotFoundError(
            f"No version of {versions.name!r} has ever said {phrase!r}.{_nearest(versions, ancestry, phrase)}"
        )
    origin = None if history.origin is None else versions.line(history.origin, {})
    if arguments.json:
        events = []
        for event in history.events:
            events.append({"hash": event.hash or None, "kind": event.kind})
        console.json(
            {
                "phrase": phrase,
                "hash": history.origin or None,
                "is_there": origin is not None,
                "events": events,
            }
        )
        return 0
    steps = []
    for event in history.events:
        steps.append(PhraseStep(event.kind, versions.line(event.hash, {})))
    console.say("\n".join(phrase_page(phrase, origin, steps, console.page)))
    return 0


def _nearest(versions: Versions, ancestry: Ancestry, phrase: str) -> str:
    lines = list(_stripped(versions, ancestry.order[0]))
    # a phrase is a part of a line: what differs in capitals alone is found as well
    for line in lines:
        if phrase.casefold() in line.casefold():
            return f" A line of it is {line!r}."
    return nearest(phrase, lines)


def _stripped(versions: Versions, hash: str) -> Iterator[str]:
    for _, line in lines_of(versions.passages(hash)):
        yield " ".join(line.split())
