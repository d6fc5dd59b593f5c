"""``llmobs prompts list``: every prompt as it is now."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.prompts.versions import Versions, open_folder
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
        lines.append(_line(Versions(folder, name)))
    if arguments.json:
        console.json(list(map(_as_json, lines)))
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


def _as_json(line: PromptLine) -> dict[str, Any]:
    return {**asdict(line), "when": line.when and line.when.isoformat(), "problem": line.problem or None}


def _line(versions: Versions) -> PromptLine:
    try:
        return _readable_line(versions)
    except LlmobsError as error:
        return PromptLine(name=versions.name, commit=None, heads=0, problem=str(error))


def _readable_line(versions: Versions) -> PromptLine:
    content = versions.file_content
    newest = None if versions.newest is None else versions.by_hash[versions.newest]
    versions.history.check_sound()
    return PromptLine(
        name=versions.name,
        commit=versions.newest,
        heads=len(versions.heads),
        edited=versions.is_edited,
        tags=list(versions.tags),
        variables=None if content is None else len(variables_of(passages(content))),
        when=None if newest is None else newest.created_at,
    )
