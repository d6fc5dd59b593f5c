"""Prompts of a folder of text files: each is taken, or it is said why not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_llmobs.committed import check_name, read
from pytest_llmobs.errors import LlmobsError, NotFoundError
from pytest_llmobs.prompts.authors import author_of
from pytest_llmobs.prompts.content import Content, content_of_file
from pytest_llmobs.prompts.filling.origin import Origin, shown_path
from pytest_llmobs.prompts.filling.problems import Part, brace_lines
from pytest_llmobs.prompts.filling.styles import Unclear, check_style, converted
from pytest_llmobs.prompts.filling.variables import parse
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.pushing import Push, push

_SUFFIXES = (".md", ".txt", ".prompt", ".tmpl", ".template", ".mustache")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:[^\n]*\n)*?---[ \t]*\n")
_NO_PROMPTS = ("readme", "license", "changelog", "contributing", "requirements")


@dataclass(frozen=True)
class Taken:
    """A file that is a prompt now."""

    file: Path
    name: str
    commit_hash: str
    variables: Sequence[str]
    is_new: bool
    """False where the prompt was there already and held the same."""


@dataclass(frozen=True)
class Skipped:
    """A file that was left where it is."""

    file: Path
    reason: str
    """Why, and what to do."""


@dataclass(frozen=True)
class ImportReport:
    """What became of the files."""

    taken: Sequence[Taken]
    skipped: Sequence[Skipped]


def import_folder(folder: PromptFolder, path: Path, style: str | None = None) -> ImportReport:
    """Make a prompt of each text file below a folder, or of one file; nothing that is there is overwritten.

    Args:
        folder: Where the prompts go.
        path: The folder, or a file.
        style: How the files write variables, one of ``filling.styles.STYLES``; None to take those whose variables are
            ``{name}`` and no other.

    Raises:
        NotFoundError: There is no such folder or file.
        ArgumentError: There is no such style.
        StoreError: The disk refuses.
    """
    if style is not None:
        check_style(style)
    if not path.exists():
        raise NotFoundError(f"There is no folder or file {str(path)!r} to import prompts from.")
    taken: dict[str, Taken] = {}
    skipped: list[Skipped] = []
    for file, name in _candidates(path):
        try:
            if name in taken:
                raise Unclear(f"{shown_path(str(taken[name].file))!r} became the prompt {name!r} already")
            taken[name] = _take(folder, file, name, style)
        except (Unclear, LlmobsError) as error:
            skipped.append(Skipped(file, f"{str(error).rstrip('.')}."))
    return ImportReport(list(taken.values()), skipped)


def _candidates(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files, hidden ones left out, and the names that their prompts would have."""
    if path.is_file():
        yield path, path.stem
        return
    for file in sorted(path.rglob("*")):
        below = file.relative_to(path)
        if file.is_file() and not any(part.startswith(".") for part in below.parts):
            yield file, below.with_suffix("").as_posix()


def _take(folder: PromptFolder, file: Path, name: str, style: str | None) -> Taken:
    """Make a prompt of a file.

    Raises:
        Unclear: It isn't clear what it is to be.
        LlmobsError: It can't be read, or can't be a prompt.
    """
    if file.suffix not in _SUFFIXES:
        raise Unclear(f"a prompt's file ends in {', '.join(_SUFFIXES)}")
    if file.stem.lower() in _NO_PROMPTS:
        raise Unclear("its name says that it is no prompt. Rename it if it is one")
    check_name(name, "prompt")
    text = content_of_file(read(file), ".txt", repr(shown_path(str(file)))).value
    if not text.strip():
        raise Unclear("it is empty")
    if _FRONT_MATTER.match(text):
        raise Unclear(
            "it begins with settings between two lines of ---, which would be sent to the model. Cut them out"
        )
    content = Content("text", converted(text, style))
    _check_braces(content, file)
    is_new = not folder.has(name)
    if not is_new and folder.content(name) != content:
        raise Unclear(f"there is a prompt {name!r} already, and it says something else. Rename one of them")
    description = f"Imported from {shown_path(str(file))}"
    url = push(folder, name, Push(content.value, description=description, author=author_of(folder.folder)))
    variables = list(parse(content.value).spots)
    return Taken(file, name, str(url.commit_hash), variables, is_new)


def _check_braces(content: Content, file: Path) -> None:
    parsed = parse(content.value)
    lines = brace_lines(Origin(file=str(file)), [Part(content.value, parsed)])
    if lines:
        more = f" ({len(parsed.problems)} such places)" if len(parsed.problems) > 1 else ""
        raise Unclear(
            f"{lines[0].strip().rstrip('.')}{more}; style plain doubles every brace of a text without variables"
        )
