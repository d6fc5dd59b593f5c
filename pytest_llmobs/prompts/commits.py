"""What prompts were: one file a commit, so that two branches that add some merge without a conflict."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from pytest_llmobs.committed import write
from pytest_llmobs.errors import ArgumentError, LlmobsError, NotFoundError, StoreError
from pytest_llmobs.prompts.ancestry import Damage, History, history_of
from pytest_llmobs.prompts.commit_file import DIGITS, Header, file_text, hash_of, read_document, read_header
from pytest_llmobs.prompts.content import Content
from pytest_llmobs.prompts.filling.origin import shown_path
from pytest_llmobs.prompts.records import PromptCommit
from pytest_llmobs.wording import known, nearest, shell_line

_HASH = re.compile(rf"[0-9a-f]{{{DIGITS}}}")
_BEGINNING_OF_HASH = re.compile(rf"[0-9a-f]{{4,{DIGITS}}}")
_SUFFIX = ".yaml"


class Commits:
    """The commits of all prompts below one folder."""

    def __init__(self, folder: Path) -> None:
        """Name the folder ``.commits``; it need not exist."""
        self._folder = folder

    def add(
        self,
        name: str,
        content: Content,
        *,
        parent: str | None,
        merges: Sequence[str] = (),
        now: datetime,
        author: str,
        description: str | None,
    ) -> PromptCommit:
        """Keep what a prompt is now, and return the commit; it may be there already.

        Raises:
            StoreError: The disk refuses.
        """
        hash = hash_of(content, parent, merges)
        file = self.file(name, hash)
        if not file.is_file():
            header = {
                "parent": parent,
                "merges": sorted(merges),
                "time": now.isoformat(),
                "author": author,
                "description": description,
            }
            write(file, file_text(header, content))
        return self._read(name, str(file))

    def history(self, name: str) -> History:
        """Return the commits of a prompt in their order, its heads, and the files that make no sense."""
        folder = str(self._folder / name)
        commits: list[PromptCommit] = []
        damaged: list[Damage] = []
        for file in self._files(name):
            path = f"{folder}{os.sep}{file}"
            try:
                commits.append(self._read(name, path))
            except StoreError as error:
                damaged.append(Damage(Path(path), str(error)))
        history = history_of(commits, damaged)
        if len(history.commits) == len(commits):
            return history
        # a commit is its own ancestor where somebody has written a parent into a file
        sound: list[PromptCommit] = []
        for commit in commits:
            try:
                _ = commit.content
            except StoreError as error:
                damaged.append(Damage(self.file(name, commit.commit_hash), str(error)))
            else:
                sound.append(commit)
        return history_of(sound, damaged)

    def all(self, name: str) -> Sequence[PromptCommit]:
        """Return the commits of a prompt, newest first.

        Raises:
            StoreError: One is damaged; the message names it.
        """
        history = self.history(name)
        history.check_sound()
        return history.commits

    def find(self, name: str, hash: str) -> PromptCommit | None:
        """Return the commit that a hash, or its beginning, names; None where none has it.

        Raises:
            ArgumentError: Several begin with it.
            StoreError: It is damaged.
        """
        if not _BEGINNING_OF_HASH.fullmatch(hash):
            return None
        file = self.file(name, hash)
        if len(hash) < DIGITS:
            hashes = [file.removesuffix(_SUFFIX) for file in self._files(name) if file.startswith(hash)]
            if len(hashes) > 1:
                raise ArgumentError(
                    f"{hash!r} begins several commits of the prompt {name!r}. {known(hashes)}"
                )
            if not hashes:
                return None
            file = self.file(name, hashes[0])
        if not file.is_file():
            return None
        return self._read(name, str(file))

    def hashes(self, name: str) -> list[str]:
        """Return the hashes of a prompt's commits, sorted, without reading any."""
        return sorted(file.removesuffix(_SUFFIX) for file in self._files(name))

    def names(self) -> list[str]:
        """Return the prompts that have commits."""
        names = []
        for path, _, files in os.walk(self._folder):
            if any(file.endswith(_SUFFIX) for file in files):
                names.append(Path(path).relative_to(self._folder).as_posix())
        return sorted(names)

    def remove(self, name: str) -> None:
        """Remove every commit of a prompt.

        Raises:
            OSError: The disk refuses.
        """
        for file in self._files(name):
            (self._folder / name / file).unlink(missing_ok=True)

    def folder(self, name: str) -> Path:
        """Return where the commits of a prompt lie."""
        return self._folder / name

    def file(self, name: str, hash: str) -> Path:
        """Return the file of a commit, which need not exist."""
        return self._folder / name / f"{hash}{_SUFFIX}"

    def _files(self, name: str) -> list[str]:
        try:
            names = os.listdir(self._folder / name)  # noqa: PTH208 (thousands of Paths take as long as the rest)
        except OSError:
            return []
        return [file for file in names if file.endswith(_SUFFIX) and not file.startswith(".")]

    def _read(self, name: str, path: str) -> PromptCommit:
        """Return a commit; its content is read when it is asked for.

        Raises:
            StoreError: It is damaged.
        """
        hash = path.rpartition(os.sep)[2].removesuffix(_SUFFIX)
        try:
            if not _HASH.fullmatch(hash):
                raise ValueError("its name is no hash")
            header = read_header(path)
        except (OSError, ValueError, LlmobsError) as error:
            raise damaged(path, str(error)) from None
        return PromptCommit(
            commit_hash=hash,
            parent_commit_hash=header.parent,
            merges=header.merges,
            created_at=header.time,
            author=header.author,
            description=header.description,
            repo=name,
            read=partial(_read_content, path, hash, header),
        )


def unknown_commit(name: str, wanted: str, tags: Sequence[str], hashes: Sequence[str]) -> NotFoundError:
    """Return the error for a hash or tag that a prompt hasn't.

    Args:
        name: The prompt's.
        wanted: What was asked for.
        tags: The prompt's.
        hashes: Those of its commits.
    """
    hint = nearest(wanted, tags) or nearest(wanted, hashes)
    return NotFoundError(
        f"The prompt {name!r} has no commit or tag {wanted!r}.{hint} Tags: {', '.join(sorted(tags)) or 'none'}. "
        f"`{shell_line(['llmobs', 'prompts', 'log', name])}` or list_prompt_commits() lists the commits."
    )


def damaged(path: str, reason: str) -> StoreError:
    """Return the error for the file of a commit that can't be what was committed."""
    shown = shown_path(path)
    return StoreError(
        f"The commit {shown!r} is damaged: {reason}. Commits never change; "
        f"`{shell_line(['git', 'checkout', '--', shown])}` brings it back."
    )


def _read_content(path: str, hash: str, header: Header) -> Content:
    """Return what a commit holds, held against its hash.

    Raises:
        StoreError: It can't be read, or isn't what was committed.
    """
    try:
        content = Content(header.kind, read_document(path)["content"])
        found = hash_of(content, header.parent, header.merges)
    except (OSError, ValueError, LookupError, TypeError, LlmobsError) as error:
        raise damaged(path, str(error)) from None
    if found != hash:
        raise damaged(path, f"its content has the hash {found}")
    if not content.is_of_its_kind:
        raise damaged(path, f"its content is no prompt of the kind {content.kind!r}")
    return content
