"""A new version of a prompt: under the prompt's lock, commit first, then the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_llmobs.committed import LATEST, check_case, check_tag, stated, write
from pytest_llmobs.errors import ConflictError, StoreError
from pytest_llmobs.files import locked
from pytest_llmobs.prompts.content import SUFFIXES, Content, content_of
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.records import PromptCommit, PromptUrl

_BY_HAND = "Edited by hand"
"""Description of the commit that keeps what somebody wrote into the file, before a push replaces it."""


def make(folder: PromptFolder, name: str, about: Mapping[str, Any]) -> None:
    """Make a prompt without content.

    Raises:
        ConflictError: It is there already, or differs from another in capitals alone.
        StoreError: The disk refuses.
    """
    with locked(folder.folder / name):
        if folder.has(name):
            raise ConflictError(
                f"The prompt {name!r} is there already. Use update_prompt() or push_prompt(), or another name."
            )
        check_case(name, folder.names(), "prompt")
        folder.beside.set_about(name, about)


def describe(folder: PromptFolder, name: str, about: Mapping[str, Any]) -> None:
    """Change what is known about a prompt; what is None stays as it was.

    Raises:
        StoreError: The disk refuses.
    """
    changes = stated(about)
    if changes:
        with locked(folder.folder / name):
            folder.beside.set_about(name, {**folder.beside.about(name), **changes})


@dataclass(frozen=True)
class Push:
    """What is to become of a prompt."""

    object: Any
    """A text, messages, or a template of LangChain."""
    parent: str | None = None
    """The commit that it was made from; None or ``latest`` for the newest, whichever that is."""
    tags: str | Sequence[str] | None = None
    """Tags that stand for the commit from now on."""
    description: str | None = None
    """Of the commit."""
    author: str = ""
    """Whoever makes it."""

    @property
    def tag_names(self) -> list[str]:
        """The tags, checked.

        Raises:
            ArgumentError: One can't become a file.
        """
        names = [self.tags] if isinstance(self.tags, str) else self.tags or ()
        return list(map(check_tag, names))


def push(folder: PromptFolder, name: str, wanted: Push) -> PromptUrl:
    """Make an object the prompt's content; where it is that already, there is no new commit.

    Raises:
        ArgumentError: The object is neither a text nor messages nor a template, or a tag can't become a file.
        ConflictError: The prompt has a newer commit than its parent, or differs from another in capitals alone.
        StoreError: The disk refuses.
    """
    content = content_of(wanted.object)
    tags = wanted.tag_names
    with locked(folder.folder / name):
        check_case(name, folder.names(), "prompt")
        latest = folder.commits.latest(name)
        _check_parent(name, wanted.parent, latest)
        for kept, why in _to_commit(folder, name, content, latest, wanted.description):
            latest = folder.commits.add(
                name,
                kept,
                parent=None if latest is None else latest.commit_hash,
                now=folder.now(),
                author=wanted.author,
                description=why,
            )
        file = _write(folder, name, content)
        hash = None if latest is None else latest.commit_hash
        for tag in tags:
            folder.beside.set_tag(name, tag, str(hash))
    return PromptUrl(file.absolute().as_uri(), hash)


def _check_parent(name: str, parent: str | None, latest: PromptCommit | None) -> None:
    if parent is None or parent == LATEST:
        return
    newest = None if latest is None else latest.commit_hash
    if newest is None or not newest.startswith(parent):
        raise ConflictError(
            f"The latest commit of the prompt {name!r} is {newest!r}, not {parent!r}: somebody has pushed since. "
            "Pull it, make your change to that, and push with its commit_hash as parent_commit_hash."
        )


def _to_commit(
    folder: PromptFolder, name: str, content: Content, latest: PromptCommit | None, description: str | None
) -> list[tuple[Content, str | None]]:
    """Return what must be committed, with descriptions: first what the file holds that nobody pushed."""
    before = folder.content(name)
    committed = None if latest is None else latest.content
    commits: list[tuple[Content, str | None]] = []
    if before is not None and before not in (committed, content):
        commits.append((before, _BY_HAND))
        committed = before
    if content != committed:
        commits.append((content, description))
    return commits


def _write(folder: PromptFolder, name: str, content: Content) -> Path:
    """Write the prompt's file, and return it; what it was in another form is gone."""
    old = folder.file(name)
    file = folder.folder / f"{name}{content.suffix}"
    is_text = content.kind == "text"
    if old is not None and (SUFFIXES[old.suffix] == "text") == is_text:
        file = old
    if folder.content(name) != content:
        write(file, content.file_text())
    if old is not None and old != file:
        try:
            old.unlink()
        except OSError as error:
            raise StoreError(f"Can't delete {str(old)!r}: {error.strerror or error}.") from error
    return file
