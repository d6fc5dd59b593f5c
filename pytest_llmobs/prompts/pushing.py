"""A new version of a prompt: under the prompt's lock, the file first, then its commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.committed import LATEST, check_case, check_tag, stated
from pytest_llmobs.errors import ConflictError
from pytest_llmobs.files import locked
from pytest_llmobs.prompts.ancestry import History
from pytest_llmobs.prompts.committing import add, check_one_head, write_content
from pytest_llmobs.prompts.content import Content, content_of
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.records import PromptUrl

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

    The file is written before its commit: after a crash between the two, its next use makes that very commit.

    Raises:
        ArgumentError: The object is neither a text nor messages nor a template, or a tag can't become a file.
        ConflictError: The prompt has a newer commit than its parent, several heads, or differs from another in capitals
            alone.
        StoreError: The disk refuses, or a commit is damaged.
    """
    content = content_of(wanted.object)
    tags = wanted.tag_names
    with locked(folder.folder / name):
        check_case(name, folder.names(), "prompt")
        history = folder.history(name)
        history.check_sound()
        check_one_head(name, history)
        _check_parent(name, wanted.parent, history)
        history = _with_edit(folder, name, content, wanted.author, history)
        file = write_content(folder, name, content)
        head = history.head_of(content)
        if head is None:
            head = add(folder, name, content, history, wanted.author, wanted.description)
        for tag in tags:
            folder.beside.set_tag(name, tag, head.commit_hash)
    return PromptUrl(file.absolute().as_uri(), head.commit_hash)


def _check_parent(name: str, parent: str | None, history: History) -> None:
    if parent is None or parent == LATEST:
        return
    newest = history.latest
    if newest is None:
        raise ConflictError(
            f"The prompt {name!r} has no commit yet, and so no parent {parent!r}. Leave it out."
        )
    if not newest.startswith(parent):
        raise ConflictError(
            f"The latest commit of the prompt {name!r} is {newest!r}, not {parent!r}: somebody has pushed since. "
            "Pull it, make your change to that, and push with its commit_hash as parent_commit_hash."
        )


def _with_edit(folder: PromptFolder, name: str, content: Content, author: str, history: History) -> History:
    """Keep what somebody wrote into the file and nobody has used yet, before a push replaces it; return the history."""
    before = folder.content(name)
    if before is None or before == content or history.head_of(before) is not None:
        return history
    add(folder, name, before, history, author, _BY_HAND)
    return folder.history(name)
