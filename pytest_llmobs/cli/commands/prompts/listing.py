"""``llmobs prompts list``: every prompt as it is now."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.prompts.registry import History, open_folder
from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.prompts.history.passages import passages, variables_of
from pytest_llmobs.reports.pages.prompts.listing import PromptLine, prompt_listing

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: what every action takes is enough."""


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the table; a prompt that can't be read is a line of it, not the end.

    Raises:
        NotFoundError: There is no folder of prompts.
    """
    folder = open_folder(arguments)
    lines = []
    for name in folder.names():
        lines.append(_line(History(folder, name)))
    if arguments.json:
        console.json(list(map(asdict, lines)))
    elif not lines:
        console.note(
            f"No prompt in {str(folder.folder)!r} yet. A file in it is one: {str(folder.folder / 'support.md')!r}."
        )
    else:
        console.say("\n".join(prompt_listing(lines, console.page)))
    for line in lines:
        if line.problem and not arguments.json:
            console.note(line.problem)
    return 0


def _line(history: History) -> PromptLine:
    try:
        return _readable_line(history)
    except LlmobsError as error:
        return PromptLine(name=history.name, commit=None, heads=0, problem=str(error))


def _readable_line(history: History) -> PromptLine:
    content = history.file_content
    newest = history.log[0] if history.log else None
    commit = history.current or (newest.commit_hash if newest else None)
    return PromptLine(
        name=history.name,
        commit=commit,
        heads=len(history.heads),
        edited=history.is_edited,
        tags=list(history.tags),
        variables=None if content is None else len(variables_of(passages(content))),
        when=newest.created_at if newest else None,
    )
