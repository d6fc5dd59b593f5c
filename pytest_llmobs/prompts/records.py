"""What the client's calls about prompts return."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from pytest_llmobs.prompts.content import Content
from pytest_llmobs.records.models import Model

OWNER = "-"
"""LangSmith's word for one's own."""


class PromptUrl(str):
    """The address of a prompt's file, with the hash of the commit behind it."""

    commit_hash: str | None
    """None where the prompt has no content yet."""

    def __new__(cls, address: str, commit_hash: str | None = None) -> PromptUrl:
        """Return the address of a file, and the commit that is meant."""
        made = super().__new__(cls, f"{address}#{commit_hash}" if commit_hash else address)
        made.commit_hash = commit_hash
        return made


@dataclass(frozen=True, kw_only=True)
class PromptCommit(Model):
    """What a prompt was."""

    commit_hash: str
    """16 hex digits."""
    parent_commit_hash: str | None
    """The commit before; None for the first."""
    created_at: datetime
    """UTC."""
    author: str
    """As git knows whoever made it."""
    description: str | None
    repo: str
    """The prompt's name."""
    merges: Sequence[str] = ()
    """Further parents, where branches were merged."""
    owner: str = OWNER
    read: Callable[[], Content] = field(repr=False, compare=False)
    """Reads the content from the commit's file."""
    _undumped: ClassVar[Collection[str]] = ("read",)

    @cached_property
    def content(self) -> Content:
        """What it holds, read and held against the hash when it is first asked for.

        Raises:
            StoreError: It can't be read, or isn't what was committed.
        """
        return self.read()

    @property
    def parents(self) -> Sequence[str]:
        """All commits that it was made of."""
        if self.parent_commit_hash is None:
            return self.merges
        return (self.parent_commit_hash, *self.merges)

    @property
    def id(self) -> str:
        """The same as ``commit_hash``."""
        return self.commit_hash

    @property
    def manifest(self) -> object:
        """What it holds as plain data: a text, a list of messages, or LangChain's own JSON."""
        return self.content.value


@dataclass(frozen=True, kw_only=True)
class Prompt(Model):
    """What is known about a prompt."""

    repo_handle: str
    """Its name."""
    description: str | None
    readme: str | None
    tags: Sequence[str]
    """Words to find it by; tags of its commits are other ones."""
    created_at: datetime
    """UTC."""
    updated_at: datetime
    """UTC: of the last commit, or of the file where that was edited later."""
    is_archived: bool
    last_commit_hash: str | None
    num_commits: int
    url: str | None
    """The file, or None where it has no content yet."""
    is_public: bool = False
    owner: str = OWNER
    num_likes: int = 0
    num_downloads: int = 0
    num_views: int = 0

    @property
    def id(self) -> str:
        """The same as ``repo_handle``: a prompt's id is its name."""
        return self.repo_handle

    @property
    def full_name(self) -> str:
        """The same as ``repo_handle``."""
        return self.repo_handle


@dataclass(frozen=True)
class PromptList(Model):
    """Prompts, and how many match in all: LangSmith's ``ListPromptsResponse``."""

    repos: Sequence[Prompt]
    total: int

    def __len__(self) -> int:
        return len(self.repos)

    def __iter__(self) -> Iterator[Prompt]:
        return iter(self.repos)
