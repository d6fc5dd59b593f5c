"""``llmobs explain``: what a word of the output means."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from pytest_llmobs.cli.console import Console
from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.reports.glossary import GLOSSARY, PAGE, all_words, find
from pytest_llmobs.reports.glossary.entry import Entry
from pytest_llmobs.reports.text.page import Page, indent
from pytest_llmobs.wording import nearest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("words", nargs="*", metavar="WORD", help="as it is printed, in any case")
    parser.add_argument("--json", action="store_true", help="print them for machines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the meanings.

    Raises:
        NotFoundError: A word is not one of the output's.
    """
    entries = _entries(arguments.words)
    if arguments.json:
        console.json(list(map(asdict, entries)))
        return 0
    if not arguments.words:
        console.say("\n".join(_overview(console.page)))
        return 0
    for entry in entries:
        console.say("\n".join(_entry(entry, console.page)))
    return 0


def _entries(words: Sequence[str]) -> Sequence[Entry]:
    if not words:
        return GLOSSARY
    # `llmobs explain no baseline` is one word to whoever types it
    whole = find(" ".join(words))
    if whole is not None:
        return [whole]
    return list(map(_entry_of, words))


def _entry_of(word: str) -> Entry:
    entry = find(word)
    if entry is None:
        raise NotFoundError(
            f"{word!r} is no word of the output.{_nearest(word)} `llmobs explain` lists them all."
        )
    return entry


def _nearest(word: str) -> str:
    """Return which word was meant, whatever its case."""
    lower = {known.casefold(): known for known in all_words()}
    return nearest(word.casefold(), lower)


def _overview(page: Page) -> list[str]:
    words = []
    for entry in GLOSSARY:
        words.append(entry.words[0])
    lines = page.wrapped(", ".join(words))
    return [*lines, "", f"`llmobs explain WORD` says what one means; all of them: {PAGE}"]


def _entry(entry: Entry, page: Page) -> list[str]:
    title, *others = map(page.text, entry.words)
    heading = page.paint(title, "bold")
    if others:
        heading += page.paint(f" (also: {', '.join(others)})", "dim")
    inner = Page(width=page.width - 2, color=page.color, encoding=page.encoding)
    lines = [heading, *indent(inner.wrapped(entry.meaning))]
    if entry.advice:
        lines += indent(inner.wrapped(entry.advice, "cyan"))
    return lines
