"""Which prompts lie below a folder, what each is, and what is known about it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import filterfalse
from operator import attrgetter
from pathlib import Path

from pytest_llmobs.clocks import real
from pytest_llmobs.committed import ABOUT, TAGS, Beside, check_name, read, remove_empty
from pytest_llmobs.errors import ArgumentError, ConflictError, NotFoundError, StoreError
from pytest_llmobs.files import locked
from pytest_llmobs.notices import warn
from pytest_llmobs.prompts.ancestry import History
from pytest_llmobs.prompts.commits import Commits, unknown_commit
from pytest_llmobs.prompts.content import SUFFIXES, Content, content_of_file
from pytest_llmobs.prompts.filling.origin import shown_path
from pytest_llmobs.prompts.records import OWNER, Prompt, PromptCommit
from pytest_llmobs.settings import PROMPT_DIR
from pytest_llmobs.wording import known, nearest, shell_line

COMMITS = ".commits"
_CONFLICT = "<<<<<<<"
"""What git begins a conflict with."""


def split_identifier(identifier: str) -> tuple[str, str | None]:
    """Return a prompt's name, and the commit or tag that is meant, of ``name``, ``name:hash`` or ``name:tag``.

    LangSmith's ``-/`` before a name, which means one's own, is left out; another owner is a folder.

    Raises:
        ArgumentError: The name can't be a file's.
    """
    if not isinstance(identifier, str):
        check_name(identifier, "prompt")
    name, colon, version = identifier.partition(":")
    name = check_name(name.removeprefix(f"{OWNER}/"), "prompt")
    if colon and not version:
        raise ArgumentError(f"{identifier!r} ends in a colon. Name a commit or a tag behind it: '{name}:v1'.")
    return name, version or None


class PromptFolder:
    """The prompts of a workspace. A prompt's id is its name: its path below the folder, without suffix."""

    def __init__(self, folder: Path, *, now: Callable[[], datetime] = real.now) -> None:
        """Name the folder; it need not exist.

        Args:
            folder: Where the prompts lie.
            now: The time, in UTC.
        """
        self.folder = folder
        self.beside = Beside(folder)
        self.commits = Commits(folder / COMMITS)
        self.now = now
        self._warned_of: set[str] = set()

    def warn_once(self, message: str, category: type[Warning]) -> None:
        """Warn, unless the same was said already."""
        if message not in self._warned_of:
            self._warned_of.add(message)
            warn(message, category)

    def names(self) -> list[str]:
        """Return the names of all prompts, sorted; some may have no content yet."""
        names = set(self.commits.names())
        for path, folders, files in os.walk(self.folder):
            # below them lie commits and tags, maybe thousands
            folders[:] = filterfalse(_is_hidden, folders)
            for file in map(Path(path).relative_to(self.folder).joinpath, filterfalse(_is_hidden, files)):
                if file.suffix in SUFFIXES and (self.folder / file).is_file():
                    names.add(file.with_suffix("").as_posix())
        about = self.folder / ABOUT
        for file in about.rglob("*.json"):
            names.add(file.relative_to(about).with_suffix("").as_posix())
        return sorted(names)

    def has(self, name: str) -> bool:
        """Tell whether there is a prompt of that name, with or without content."""
        is_named = (self.folder / ABOUT / f"{name}.json").is_file()
        return is_named or bool(self._files(name)) or bool(self.commits.hashes(name))

    def check_there(self, name: str) -> None:
        """Make sure that there is a prompt.

        Raises:
            NotFoundError: There is none; the message names near ones.
        """
        if not self.has(name):
            names = self.names()
            near = nearest(name, names)
            raise NotFoundError(
                f"No prompt {name!r} in {str(self.folder)!r}.{near} {known(names)}{self._remedy(name, near)}"
            )

    def _remedy(self, name: str, near: str) -> str:
        """Return what to do about a prompt that isn't there: a file called otherwise explains it best."""
        if not self.folder.is_dir():
            return (
                " There is no such folder. It is looked for where the pytest configuration lies, from the current "
                f"folder upwards; {PROMPT_DIR} names another one."
            )
        for suffix in SUFFIXES:
            link = self.folder / f"{name}{suffix}"
            if link.is_symlink():
                return f" {str(link)!r} is a link to {str(link.readlink())!r}, where no file is."
        written = f"{name}.md"
        for file in sorted((self.folder / name).parent.glob("*")):
            if file.is_file() and file.stem == Path(name).name:
                return f" {file.name!r} is none: rename it. A text ends in .md or .txt, messages in .yaml."
        return "" if near else f" Write {written!r} there, or push_prompt({name!r}, object=…)."

    def file(self, name: str) -> Path | None:
        """Return the file of a prompt, or None where it has none.

        Raises:
            ConflictError: It has two, and nobody knows which one counts.
        """
        there = self._files(name)
        if len(there) > 1:
            names = " and ".join(map(repr, map(attrgetter("name"), there)))
            raise ConflictError(f"The prompt {name!r} has two files, {names}. Delete one of them.")
        return next(iter(there), None)

    def _files(self, name: str) -> list[Path]:
        files = []
        for suffix in SUFFIXES:
            file = self.folder / f"{name}{suffix}"
            if file.is_file():
                files.append(file)
        return files

    def content(self, name: str) -> Content | None:
        """Return what the file of a prompt holds, or None where it has none.

        Raises:
            StoreError: It can't be read, or makes no sense.
        """
        file = self.file(name)
        if file is None:
            return None
        return content_of_file(read(file), file.suffix, repr(str(file)))

    def commit(self, name: str, version: str) -> PromptCommit:
        """Return the commit that a hash, its beginning or a tag names.

        Raises:
            NotFoundError: There is no such prompt or commit.
            ArgumentError: Several commits begin with it.
            StoreError: The commit is damaged.
        """
        self.check_there(name)
        meaning = self.beside.tag(name, version)
        found = self.commits.find(name, version if meaning is None else meaning)
        if found is not None:
            return found
        if meaning is not None:
            raise self._dangling(name, version, meaning)
        raise unknown_commit(name, version, list(self.beside.tags(name)), self.commits.hashes(name))

    def _dangling(self, name: str, tag: str, hash: str) -> NotFoundError:
        file = shown_path(str(self.folder / TAGS / name / tag))
        what = (
            f"stands for {hash!r}, and there is no such commit. Fetch the branch that has it, or let the tag stand for "
            "another one"
        )
        if hash.startswith(_CONFLICT):
            what = "is in a conflict: two branches let it stand for different commits. Say which one is meant"
        return NotFoundError(
            f"The tag {tag!r} of the prompt {name!r} {what}: "
            f"`{shell_line(['llmobs', 'prompts', 'tag', name, tag, 'HASH'])}`. Its file is {file!r}."
        )

    def history(self, name: str) -> History:
        """Return the commits of a prompt, whose heads are what a next commit comes after."""
        return self.commits.history(name)

    def prompt(self, name: str) -> Prompt:
        """Return what is known about a prompt.

        Raises:
            NotFoundError: There is no such prompt.
            StoreError: Something about it can't be read.
        """
        self.check_there(name)
        about = self.beside.about(name)
        history = self.history(name)
        file = self.file(name)
        times = self._times(name, history, file)
        return Prompt(
            repo_handle=name,
            description=about.get("description"),
            readme=about.get("readme"),
            tags=about.get("tags") or [],
            created_at=min(times),
            updated_at=max(times),
            is_archived=bool(about.get("is_archived")),
            last_commit_hash=history.latest,
            num_commits=len(history.commits),
            url=None if file is None else file.absolute().as_uri(),
        )

    def _times(self, name: str, history: History, file: Path | None) -> list[datetime]:
        times = list(map(attrgetter("created_at"), history.commits))
        content = self.content(name)
        if file is not None and content is not None and history.head_of(content) is None:
            times.append(datetime.fromtimestamp(file.stat().st_mtime, UTC))
        if not times:
            about = self.folder / ABOUT / f"{name}.json"
            times.append(datetime.fromtimestamp(about.stat().st_mtime, UTC))
        return times

    def delete(self, name: str) -> None:
        """Delete a prompt with its commits and tags.

        Raises:
            NotFoundError: There is no such prompt.
            StoreError: The disk refuses.
        """
        self.check_there(name)
        with locked(self.folder / name):
            try:
                for suffix in SUFFIXES:
                    (self.folder / f"{name}{suffix}").unlink(missing_ok=True)
                self.commits.remove(name)
            except OSError as error:
                raise StoreError(f"Can't delete the prompt {name!r}: {error.strerror or error}.") from error
            self.beside.remove(name)
        remove_empty(self.commits.folder(name), self.folder)
        remove_empty((self.folder / name).parent, self.folder)


def _is_hidden(name: str) -> bool:
    return name.startswith(".")
