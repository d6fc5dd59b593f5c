"""``llmobs prompts show``: a version of a prompt, as it is."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.prompts.registry import History, open_history
from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.prompts.history.passages import passages, variables_of
from pytest_llmobs.reports.pages.prompts.versions import version_title
from pytest_llmobs.reports.text.page import Page

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.prompts.content import Content


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument(
        "name", metavar="NAME[:VERSION]", help="the prompt; a commit or a tag of it (default: its file)"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the text; what is to be said of it goes to standard error, so that the text can be piped.

    Raises:
        NotFoundError: There is no such prompt, commit or tag, or the prompt has no text.
        StoreError: It can't be read.
    """
    history, version = open_history(arguments, arguments.name)
    hash, content = _version(history, version)
    shown = passages(content)
    line = history.version(hash, {})
    if arguments.json:
        console.json(
            {
                "name": history.name,
                "hash": hash,
                "parents": history.parents(hash) if hash else [],
                "when": line.when,
                "author": line.author or None,
                "description": line.description if hash else None,
                "tags": line.tags,
                "variables": variables_of(shown),
                "kind": content.kind,
                "content": content.value,
            }
        )
        return 0
    console.note(f"{history.name}  {version_title(line, Page())}")
    if line.description:
        console.note(f"  {line.description}")
    names = ", ".join(variables_of(shown))
    console.note(f"  variables: {names or 'none'}\n")
    for number, passage in enumerate(shown, 1):
        if passage.role is not None:
            title = f"message {number} ({console.page.line(passage.role)})"
            console.say(console.page.paint(title, "bold"))
        console.say(console.page.text(passage.text))
    return 0


def _version(history: History, version: str | None) -> tuple[str | None, Content]:
    """Return the hash, None for a file that was edited, and the content."""
    if version is not None:
        hash = history.find(version)
        return hash, history.content(hash)
    if history.file_content is None:
        raise NotFoundError(
            f"The prompt {history.name!r} has no file. llmobs prompts show {history.name}:HASH shows a commit."
        )
    return history.current, history.file_content
