"""What the actions share: the folder of prompts, a prompt's versions, and what experiments say of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import ArgumentError, NotFoundError, StoreError
from pytest_llmobs.files import locked
from pytest_llmobs.prompts.folder import PromptFolder, split_identifier
from pytest_llmobs.prompts.history.blame import UNCOMMITTED, Ancestry
from pytest_llmobs.prompts.history.passages import Passage, passages
from pytest_llmobs.reports.pages.prompts.versions import VersionLine

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.experiments.prompt_verdicts import PromptVerdict
    from pytest_llmobs.prompts.ancestry import History
    from pytest_llmobs.prompts.content import Content
    from pytest_llmobs.prompts.records import PromptCommit

Verdicts = Mapping[str, Sequence["PromptVerdict"]]


def prompts_path(arguments: argparse.Namespace) -> Path:
    """Return the folder of prompts, which need not exist: the one that is named, else the workspace's.

    Raises:
        SettingsError: pytest's configuration can't be read.
    """
    from pytest_llmobs.workspace import Workspace

    return Workspace.find().prompt_folder if arguments.dir is None else Path(arguments.dir)


def open_folder(arguments: argparse.Namespace) -> PromptFolder:
    """Return the folder of prompts.

    Raises:
        NotFoundError: There is none.
        SettingsError: pytest's configuration can't be read.
    """
    path = prompts_path(arguments)
    if not path.is_dir():
        raise NotFoundError(
            f"There is no folder of prompts {str(path)!r}. A file in it is a prompt: {str(path / 'support.md')!r}. "
            "--dir PATH or the key llm_prompt_dir names another folder."
        )
    return PromptFolder(path)


@dataclass(frozen=True)
class Versions:
    """One prompt and its versions."""

    folder: PromptFolder
    name: str

    @cached_property
    def history(self) -> History:
        """The commits, a commit before its parents, and the heads."""
        return self.folder.history(self.name)

    @cached_property
    def by_hash(self) -> Mapping[str, PromptCommit]:
        """The commits by their hashes, in the same order."""
        return {commit.commit_hash: commit for commit in self.history.commits}

    @cached_property
    def heads(self) -> list[str]:
        """The commits that are nobody's parent."""
        return [head.commit_hash for head in self.history.heads]

    @cached_property
    def tags(self) -> Mapping[str, str]:
        """What each tag stands for."""
        return self.folder.beside.tags(self.name)

    def tags_of(self, hash: str) -> list[str]:
        """Return the tags that stand for a commit."""
        return [tag for tag, meaning in self.tags.items() if meaning == hash]

    def known_parents(self, hash: str) -> list[str]:
        """Return the commits that one was made from, as far as they are there."""
        return list(filter(self.by_hash.__contains__, self.by_hash[hash].parents))

    @cached_property
    def file_content(self) -> Content | None:
        """What the file holds; None where there is none."""
        return self.folder.content(self.name)

    @cached_property
    def current(self) -> str | None:
        """The head that holds what the file does; None where none does."""
        if self.file_content is None:
            return None
        head = self.history.head_of(self.file_content)
        return None if head is None else head.commit_hash

    @property
    def is_edited(self) -> bool:
        """True where the file holds what no head does."""
        return self.file_content is not None and self.current is None

    @property
    def newest(self) -> str | None:
        """The current commit, else the newest head, else None."""
        return self.current or next(iter(self.heads), None)

    def find(self, version: str) -> str:
        """Return the hash that a hash, its beginning or a tag names.

        Raises:
            NotFoundError: There is none.
            ArgumentError: Several commits begin with it.
        """
        return self.folder.commit(self.name, version).commit_hash

    def check_served(self, hash: str) -> None:
        """Make sure that whoever pulls a commit gets it, before a tag sends them there.

        Raises:
            StoreError: Its content isn't what was committed.
        """
        _ = self.folder.commit(self.name, hash).content

    def set_tag(self, tag: str, hash: str, notes: Iterable[str] = ()) -> str | None:
        """Let a tag stand for a commit; return what it stood for, None where it is new.

        Args:
            tag: The tag.
            hash: The commit.
            notes: Lines of the tag's file that say why.

        Raises:
            ArgumentError: The tag can't become a file.
            ConflictError: It differs from another in capitals alone.
            StoreError: The disk refuses.
        """
        meaning = "\n".join([hash, *notes])
        with locked(self.folder.folder / self.name):
            before = self.folder.beside.tags(self.name).get(tag)
            self.folder.beside.set_tag(self.name, tag, meaning)
        return before

    def line(self, hash: str | None, verdicts: Verdicts = MappingProxyType({})) -> VersionLine:
        """Return a commit, or the file, as pages show it."""
        if hash is None or hash == UNCOMMITTED:
            return VersionLine(hash=None, description="edited, in no commit yet")
        commit = self.by_hash[hash]
        return VersionLine(
            hash=hash,
            when=commit.created_at,
            author=commit.author,
            description=commit.description,
            tags=self.tags_of(hash),
            verdicts=verdicts.get(hash, ()),
        )

    def ancestry(self) -> Ancestry:
        """Return what the prompt came from: its file, where that is edited, and its commits."""
        parents: dict[str, Sequence[str]] = {}
        for hash, commit in self.by_hash.items():
            parents[hash] = commit.parents
        order = list(self.by_hash)
        if self.is_edited:
            parents[UNCOMMITTED] = self.heads
            order.insert(0, UNCOMMITTED)
        elif self.current is not None:
            order.remove(self.current)
            order.insert(0, self.current)
        return Ancestry(order, parents, self.passages)

    def content(self, hash: str) -> Content | None:
        """Return what a commit, or the file, holds."""
        if hash == UNCOMMITTED:
            return self.file_content
        return self.by_hash[hash].content

    def passages(self, hash: str) -> list[Passage]:
        """Return the same as a reader sees it; nothing where there is no file."""
        content = self.content(hash)
        return [] if content is None else passages(content)


def line_as_json(line: VersionLine) -> dict[str, Any]:
    """Return a version for machines: times as ISO 8601, whole hashes."""
    verdicts = []
    for verdict in line.verdicts:
        verdicts.append({**asdict(verdict), "created_at": verdict.created_at.isoformat()})
    when = None if line.when is None else line.when.isoformat()
    return {**asdict(line), "when": when, "verdicts": verdicts}


def open_prompt(arguments: argparse.Namespace, identifier: str) -> tuple[Versions, str | None]:
    """Return a prompt, and the version that ``name:version`` names.

    Raises:
        NotFoundError: There is no such prompt.
        ArgumentError: The name can't be one.
    """
    folder = open_folder(arguments)
    name, version = split_identifier(identifier)
    folder.check_there(name)
    return Versions(folder, name), version


def verdicts_of(arguments: argparse.Namespace, name: str, console: Console) -> Verdicts:
    """Return what experiments say of each commit; nothing where there is no store and none was named.

    Raises:
        StoreError: The store that was named isn't there.
    """
    from pytest_llmobs.cli.stores import open_store
    from pytest_llmobs.experiments.prompt_verdicts import verdicts_by_commit

    try:
        store = open_store(arguments.store, console)
    except StoreError:
        if arguments.store is not None:
            raise
        return {}
    return verdicts_by_commit(store, name)


def named(arguments: argparse.Namespace, folder: PromptFolder) -> list[str]:
    """Return the prompts that are named, or all.

    Raises:
        NotFoundError: One isn't there.
    """
    for name in arguments.names:
        folder.check_there(name)
    return arguments.names or folder.names()


def only_name(identifier: str, what: str) -> str:
    """Return a prompt's name, where a version makes no sense.

    Raises:
        ArgumentError: One is named all the same.
    """
    name, version = split_identifier(identifier)
    if version is not None:
        raise ArgumentError(f"{identifier!r} names a version. {what}: {name!r}.")
    return name
