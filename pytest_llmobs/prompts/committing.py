"""What somebody wrote into a prompt's file becomes a commit: at its next use, or when that is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pytest_llmobs.clocks import real
from pytest_llmobs.committed import check_name, write
from pytest_llmobs.errors import ConflictError, NotFoundError, StoreError
from pytest_llmobs.files import locked
from pytest_llmobs.prompts.ancestry import History
from pytest_llmobs.prompts.authors import author_of
from pytest_llmobs.prompts.commit_file import hash_of
from pytest_llmobs.prompts.content import SUFFIXES, Content
from pytest_llmobs.prompts.filling.origin import shown_path
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.records import PromptCommit
from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS
from pytest_llmobs.wording import shell_line

_SETTLED = 0.02
"""Seconds after which a file is taken for written: an editor empties it first."""
_SKEW = 1.0
"""Seconds in the future from which on a file's time says nothing."""
_TRIES = 25
_LOCK_SECONDS = 10.0
"""How long a pull waits for whoever commits; what it returns doesn't depend on it."""


class PromptNotice(UserWarning):
    """Something about a prompt that doesn't keep it from being used."""


@dataclass(frozen=True)
class Current:
    """What a prompt is now."""

    content: Content
    commit_hash: str
    """Of the commit that holds it, or would if it could be written."""
    file: Path


def current(folder: PromptFolder, name: str, *, wait: Callable[[float], None] = time.sleep) -> Current:
    """Return what the file of a prompt holds; what nobody has committed yet becomes a commit now.

    Where that can't be (a read-only disk, several heads), the prompt is used all the same, and its hash is the one that
    the commit would have.

    Args:
        folder: The prompts.
        name: The prompt's.
        wait: Called with seconds, while somebody seems to be saving the file.

    Raises:
        NotFoundError: There is no such prompt, or it has no content.
        StoreError: Its file makes no sense, or a damaged commit may be its parent.
    """
    for _ in range(_TRIES):
        file, content = read_current(folder, name)
        history = folder.history(name)
        head = history.head_of(content)
        if head is not None:
            return Current(content, head.commit_hash, file)
        if _is_settled(file):
            break
        wait(_SETTLED)
    check_usable(name, content, file, history)
    if len(history.heads) > 1:
        folder.warn_once(several_heads(name, history), PromptNotice)
        return Current(content, hash_of(content, *history.next_parents), file)
    made = _committed(folder, name, content, history)
    if made is None:
        return current(folder, name, wait=wait)
    return Current(content, made, file)


def _committed(folder: PromptFolder, name: str, content: Content, history: History) -> str | None:
    """Make a commit of an edit, and return its hash; None where somebody has changed the file since it was read."""
    author = author_of(folder.folder)
    try:
        with locked(folder.folder / name, _LOCK_SECONDS):
            # others may have committed it, or changed it, while this process waited
            if read_current(folder, name)[1] != content:
                return None
            history = folder.history(name)
            head = history.head_of(content)
            if head is None and len(history.heads) < 2:
                head = add(folder, name, content, history, author, None)
            if head is not None:
                return head.commit_hash
    except (OSError, StoreError) as error:
        folder.warn_once(
            f"The prompt {name!r} was edited, and the commit can't be written: {error} It is used all the same, under "
            "the hash that the commit would have.",
            PromptNotice,
        )
    return hash_of(content, *history.next_parents)


def commit(folder: PromptFolder, name: str, description: str | None = None) -> PromptCommit:
    """Make a commit of what the file of a prompt holds, and return it; equal content makes none.

    Raises:
        NotFoundError: There is no such prompt, or it has no content.
        ArgumentError: Its file has a name by which nobody can pull it.
        ConflictError: It has several heads.
        StoreError: Its file makes no sense, a commit is damaged, or the disk refuses.
    """
    check_name(name, "prompt")
    with locked(folder.folder / name):
        file, content = read_current(folder, name)
        history = folder.history(name)
        head = history.head_of(content)
        if head is not None:
            return head
        check_usable(name, content, file, history)
        check_one_head(name, history)
        return add(folder, name, content, history, author_of(folder.folder), description)


def newest(folder: PromptFolder, name: str) -> PromptCommit:
    """Return the newest commit of a prompt; an edit of its file is committed first.

    Raises:
        NotFoundError: There is no such prompt, or nothing of it is committed.
        StoreError: Its file makes no sense, or the newest commit is damaged.
    """
    folder.check_there(name)
    if folder.file(name) is not None:
        current(folder, name)
    history = folder.history(name)
    history.check_sound()
    if not history.heads:
        raise NotFoundError(f"The prompt {name!r} has no commit. push_prompt({name!r}, object=…) makes one.")
    return history.heads[0]


def add(
    folder: PromptFolder,
    name: str,
    content: Content,
    history: History,
    author: str,
    description: str | None,
) -> PromptCommit:
    """Keep a content as the commit that comes after all heads, under the prompt's lock.

    Raises:
        StoreError: The disk refuses.
    """
    parent, merges = history.next_parents
    return folder.commits.add(
        name,
        content,
        parent=parent,
        merges=merges,
        now=folder.now(),
        author=author,
        description=description,
    )


def read_current(folder: PromptFolder, name: str) -> tuple[Path, Content]:
    """Return the file of a prompt and what it holds.

    Raises:
        NotFoundError: There is no such prompt, or it has no content.
        StoreError: Its file makes no sense.
    """
    file = folder.file(name)
    content = None if file is None else folder.content(name)
    if file is None or content is None:
        folder.check_there(name)
        raise NotFoundError(
            f"The prompt {name!r} has no content: there is no file of it in {str(folder.folder)!r}. Write one, bring "
            f"it back with git, or push_prompt({name!r}, object=…)."
        )
    return file, content


def _is_settled(file: Path) -> bool:
    """Tell whether a file was written long enough ago to be all there."""
    try:
        age = real.time_ns() / 1e9 - file.stat().st_mtime
    except OSError:
        return False
    return not -_SKEW < age < _SETTLED


def check_usable(name: str, content: Content, file: Path, history: History) -> None:
    """Refuse an edit that can't be meant, or whose parent nobody knows.

    Raises:
        StoreError: It is one.
    """
    if content.kind == "text" and not content.value.strip():
        shown = shown_path(str(file))
        raise StoreError(
            f"The prompt {name!r} is empty: {shown!r} holds nothing but blanks. Write it, or bring back what was "
            f"there: `{shell_line(['git', 'checkout', '--', shown])}`."
        )
    history.check_sound()


def check_one_head(name: str, history: History) -> None:
    """Refuse what would make a further commit beside several heads.

    Raises:
        ConflictError: There are several.
    """
    if len(history.heads) > 1:
        raise ConflictError(several_heads(name, history))


def several_heads(name: str, history: History) -> str:
    """Return what messages say of several heads."""
    hashes = " and ".join(head.commit_hash[:SHOWN_DIGITS] for head in history.heads)
    return (
        f"The prompt {name!r} has several newest commits, {hashes}: branches that changed it were merged. "
        f"`{shell_line(['llmobs', 'prompts', 'merge', name])}` makes one of them of what its file holds."
    )


def _holds(folder: PromptFolder, name: str, content: Content) -> bool:
    try:
        return folder.content(name) == content
    except StoreError:  # git has left a conflict in it
        return False


def write_content(folder: PromptFolder, name: str, content: Content) -> Path:
    """Write the prompt's file, and return it; what it was in another form is gone.

    Raises:
        StoreError: The disk refuses.
    """
    old = folder.file(name)
    file = folder.folder / f"{name}{content.suffix}"
    is_text = content.kind == "text"
    if old is not None and (SUFFIXES[old.suffix] == "text") == is_text:
        file = old
    if not _holds(folder, name, content):
        write(file, content.file_text())
    if old is not None and old != file:
        try:
            old.unlink()
        except OSError as error:
            raise StoreError(f"Can't delete {str(old)!r}: {error.strerror or error}.") from error
    return file
