"""What the actions share: the folder of prompts, a prompt's versions, and what experiments say of them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.prompts.folder import PromptFolder, split_identifier
from pytest_llmobs.prompts.history.blame import UNCOMMITTED, Ancestry
from pytest_llmobs.prompts.history.passages import Passage, passages
from pytest_llmobs.reports.pages.prompts.versions import VersionLine

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.experiments.prompt_verdicts import PromptVerdict
    from pytest_llmobs.prompts.content import Content
    from pytest_llmobs.prompts.records import PromptCommit

Verdicts = Mapping[str, Sequence["PromptVerdict"]]


def open_folder(arguments: argparse.Namespace) -> PromptFolder:
    """Return the folder of prompts: the one that is named, else the workspace's.

    Raises:
        NotFoundError: There is none.
        SettingsError: pytest's configuration can't be read.
    """
    from pytest_llmobs.workspace import Workspace

    path = Workspace.find().prompt_folder if arguments.dir is None else Path(arguments.dir)
    if not path.is_dir():
        raise NotFoundError(
            f"There is no folder of prompts {str(path)!r}. A file in it is a prompt: {str(path / 'support.md')!r}. "
            "--dir PATH or the key llm_prompt_dir names another folder."
        )
    return PromptFolder(path)


@dataclass(frozen=True)
class History:
    """One prompt and its versions."""

    folder: PromptFolder
    name: str

    @cached_property
    def log(self) -> Sequence[PromptCommit]:
        """The commits, a commit before its parents."""
        return self.folder.commits.all(self.name)

    @cached_property
    def by_hash(self) -> Mapping[str, PromptCommit]:
        """The same by their hashes."""
        return {commit.commit_hash: commit for commit in self.log}

    @cached_property
    def heads(self) -> list[str]:
        """The commits that are nobody's parent."""
        inner: set[str] = set()
        for commit in self.log:
            inner.update(self.parents(commit.commit_hash))
        return [commit.commit_hash for commit in self.log if commit.commit_hash not in inner]

    @cached_property
    def tags(self) -> Mapping[str, str]:
        """What each tag stands for."""
        return self.folder.beside.tags(self.name)

    def tags_of(self, hash: str) -> list[str]:
        """Return the tags that stand for a commit."""
        return [tag for tag, meaning in self.tags.items() if meaning == hash]

    def parents(self, hash: str) -> list[str]:
        """Return the commits that one was made from."""
        return list(self.by_hash[hash].parents)

    def content(self, hash: str) -> Content:
        """Return what a commit holds."""
        return self.by_hash[hash].content

    @cached_property
    def file_content(self) -> Content | None:
        """What the file holds; None where there is none."""
        return self.folder.content(self.name)

    @cached_property
    def current(self) -> str | None:
        """The newest commit, where it holds what the file does; None where the file was edited since."""
        if self.file_content is None:
            return None
        head = self.folder.history(self.name).head_of(self.file_content)
        return None if head is None else head.commit_hash

    @property
    def is_edited(self) -> bool:
        """True where the file holds what is in no commit."""
        return self.file_content is not None and self.current is None

    def find(self, version: str) -> str:
        """Return the hash that a hash, its beginning or a tag names.

        Raises:
            NotFoundError: There is none.
            ArgumentError: Several commits begin with it.
        """
        return self.folder.commit(self.name, version).commit_hash

    def version(self, hash: str | None, verdicts: Verdicts) -> VersionLine:
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
        parents = {hash: self.parents(hash) for hash in self.by_hash}
        order = list(self.by_hash)
        if self.is_edited:
            parents[UNCOMMITTED] = self.heads
            order.insert(0, UNCOMMITTED)
        return Ancestry(order, parents, self.passages)

    def passages(self, hash: str) -> list[Passage]:
        """Return what a commit, or the file, holds, as a reader sees it."""
        content = self.file_content if hash == UNCOMMITTED else self.content(hash)
        return [] if content is None else passages(content)


def open_history(arguments: argparse.Namespace, identifier: str) -> tuple[History, str | None]:
    """Return a prompt, and the version that ``name:version`` names.

    Raises:
        NotFoundError: There is no such prompt.
        ArgumentError: The name can't be one.
    """
    folder = open_folder(arguments)
    name, version = split_identifier(identifier)
    folder.check_there(name)
    return History(folder, name), version


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
