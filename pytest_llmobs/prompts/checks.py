"""All that is wrong with a prompt, as records: nothing is used, committed or mended here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pytest_llmobs.committed import TAGS, check_name
from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.prompts.ancestry import History, missing_parents
from pytest_llmobs.prompts.commit_file import has_conflict
from pytest_llmobs.prompts.committing import several_heads
from pytest_llmobs.prompts.content import Content
from pytest_llmobs.prompts.filling.messages import MessageTexts
from pytest_llmobs.prompts.filling.mistakes import variable_mistakes
from pytest_llmobs.prompts.filling.origin import Origin, shown_path
from pytest_llmobs.prompts.filling.problems import Part, brace_lines
from pytest_llmobs.prompts.filling.variables import parse
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.wording import shell_line

Kind = Literal[
    "file",
    "braces",
    "variables",
    "uncommitted",
    "damaged",
    "conflict",
    "missing parent",
    "several heads",
    "dangling tag",
]


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a prompt, or will surprise somebody."""

    prompt: str
    kind: Kind
    file: Path
    message: str
    """What is wrong, and the remedy."""

    @property
    def is_harmless(self) -> bool:
        """True for an edit that its next use commits."""
        return self.kind == "uncommitted"


def check(folder: PromptFolder, name: str) -> list[Finding]:
    """Return all that is wrong with a prompt.

    Raises:
        NotFoundError: There is no such prompt.
    """
    folder.check_there(name)
    history = folder.history(name)
    return [
        *_check_file(folder, name, history),
        *_check_commits(folder, name, history),
        *_check_tags(folder, name),
    ]


def _check_file(folder: PromptFolder, name: str, history: History) -> Iterator[Finding]:
    try:
        check_name(name, "prompt")
        file = folder.file(name)
        content = folder.content(name)
    except LlmobsError as error:
        yield Finding(name, "file", folder.folder / name, str(error))
        return
    if file is None or content is None:
        return
    origin, parts = Origin(name, file=str(file)), _parts(content)
    for line in brace_lines(origin, parts):
        yield Finding(name, "braces", file, line.strip())
    for mistake in variable_mistakes(origin, parts):
        yield Finding(name, "variables", file, mistake)
    if history.head_of(content) is None:
        shown = shown_path(str(file))
        command = shell_line(["llmobs", "prompts", "commit", name])
        yield Finding(
            name, "uncommitted", file, f"{shown!r} holds what is in no commit. `{command}` makes one."
        )


def _parts(content: Content) -> list[Part]:
    if content.kind == "text":
        return [Part(content.value, parse(content.value))]
    if content.kind == "messages":
        return MessageTexts(content.value).parts
    return []


def _check_commits(folder: PromptFolder, name: str, history: History) -> Iterator[Finding]:
    for damage in history.damaged:
        yield Finding(name, "damaged", damage.file, damage.reason)
    for commit in history.commits:
        file = folder.commits.file(name, commit.commit_hash)
        try:
            _ = commit.content
        except LlmobsError as error:
            yield Finding(name, "damaged", file, str(error))
            continue
        if has_conflict(str(file)):
            yield Finding(name, "conflict", file, _conflict(file))
    for hash, parents in missing_parents(history).items():
        file = folder.commits.file(name, hash)
        yield Finding(name, "missing parent", file, _missing(file, parents[0]))
    if len(history.heads) > 1:
        yield Finding(name, "several heads", folder.commits.folder(name), several_heads(name, history))


def _conflict(file: Path) -> str:
    shown = shown_path(str(file))
    return (
        f"git has left a conflict in {shown!r}. Both sides are the same commit, made twice: delete one of them, and "
        f"the lines of <, = and >; then `{shell_line(['git', 'add', '--', shown])}`."
    )


def _missing(file: Path, parent: str) -> str:
    shown = shown_path(str(file.with_name(f"{parent}{file.suffix}")))
    return (
        f"{shown_path(str(file))!r} came from {parent}, which has no file. "
        f"`{shell_line(['git', 'checkout', '--', shown])}` brings it back, if it was committed to git."
    )


def _check_tags(folder: PromptFolder, name: str) -> Iterator[Finding]:
    try:
        tags = folder.beside.tags(name)
    except LlmobsError as error:
        yield Finding(name, "dangling tag", folder.folder / TAGS / name, str(error))
        return
    for tag, hash in tags.items():
        try:
            folder.commit(name, tag)
        except LlmobsError as error:
            file = folder.folder / TAGS / name / tag
            is_damage = folder.commits.file(name, hash).is_file()
            if not is_damage:
                yield Finding(name, "dangling tag", file, str(error))
