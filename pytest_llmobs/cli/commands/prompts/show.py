"""``llmobs prompts show``: a version of a prompt, as it is."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.prompts.versions import Versions, open_prompt
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
    versions, version = open_prompt(arguments, arguments.name)
    hash, content = _version(versions, version)
    shown = passages(content)
    line = versions.line(hash)
    if arguments.json:
        console.json(_as_json(versions, hash, content))
        return 0
    console.note(f"{versions.name}  {version_title(line, Page())}")
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


def _as_json(versions: Versions, hash: str | None, content: Content) -> dict[str, Any]:
    commit = None if hash is None else versions.by_hash[hash]
    return {
        "name": versions.name,
        "hash": hash,
        "parents": commit and commit.parents,
        "when": commit and commit.created_at.isoformat(),
        "author": commit and commit.author,
        "description": commit and commit.description,
        "tags": [] if hash is None else versions.tags_of(hash),
        "variables": variables_of(passages(content)),
        "kind": content.kind,
        "content": content.value,
    }


def _version(versions: Versions, version: str | None) -> tuple[str | None, Content]:
    """Return the hash, None for a file that was edited, and the content."""
    if version is not None:
        hash = versions.find(version)
        return hash, versions.by_hash[hash].content
    if versions.file_content is None:
        raise NotFoundError(
            f"The prompt {versions.name!r} has no file. llmobs prompts show {versions.name}:HASH shows a commit."
        )
    return versions.current, versions.file_content
