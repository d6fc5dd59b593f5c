"""Which commit came from which: the order of a log, and the heads."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.prompts.commit_file import hash_of
from pytest_llmobs.prompts.content import Content
from pytest_llmobs.prompts.records import PromptCommit


@dataclass(frozen=True)
class Damage:
    """The file of a commit that makes no sense."""

    file: Path
    reason: str


@dataclass(frozen=True)
class History:
    """The commits of one prompt."""

    commits: Sequence[PromptCommit] = ()
    """A commit before its parents; where that leaves a choice, the newest first."""
    heads: Sequence[PromptCommit] = ()
    """Commits that are nobody's parent, in that order. Several: branches that were merged in git."""
    damaged: Sequence[Damage] = ()
    """Files of which not even the parent is known."""

    def check_sound(self) -> None:
        """Refuse a history of which a part can't be read: nobody knows what comes after what.

        Raises:
            StoreError: A file is damaged; the message names it.
        """
        for damage in self.damaged:
            raise StoreError(damage.reason)

    @property
    def latest(self) -> str | None:
        """The hash of the newest head; None where there is no commit."""
        return self.heads[0].commit_hash if self.heads else None

    @property
    def next_parents(self) -> tuple[str | None, Sequence[str]]:
        """The parent of the next commit, and the further ones that it merges.

        In the order of their hashes: two clones whose clocks disagree make one commit of the same merge.
        """
        if not self.heads:
            return None, ()
        first, *others = sorted(head.commit_hash for head in self.heads)
        return first, others

    def head_of(self, content: Content) -> PromptCommit | None:
        """Return the head that holds a content, without reading what heads hold; None where none does."""
        for head in self.heads:
            if hash_of(content, head.parent_commit_hash, head.merges) == head.commit_hash:
                return head
        return None


def history_of(commits: Sequence[PromptCommit], damaged: Sequence[Damage] = ()) -> History:
    """Return commits in their order, whatever the clocks of those who made them said."""
    by_hash = {commit.commit_hash: commit for commit in commits}
    children = dict.fromkeys(by_hash, 0)
    for commit in commits:
        for parent in commit.parents:
            if parent in children:
                children[parent] += 1
    waiting = [_rank(commit) for commit in commits if not children[commit.commit_hash]]
    heapq.heapify(waiting)
    heads = [by_hash[hash] for _, hash in sorted(waiting)]
    ordered: list[PromptCommit] = []
    while waiting:
        _, hash = heapq.heappop(waiting)
        commit = by_hash[hash]
        ordered.append(commit)
        for parent in _without_children(commit, children):
            heapq.heappush(waiting, _rank(by_hash[parent]))
    return History(ordered, heads, damaged)


def _without_children(commit: PromptCommit, children: dict[str, int]) -> Sequence[str]:
    """Return the parents of a commit that have no child left once it is told."""
    ready = []
    for parent in commit.parents:
        if parent in children:
            children[parent] -= 1
            if not children[parent]:
                ready.append(parent)
    return ready


def _rank(commit: PromptCommit) -> tuple[float, str]:
    return -commit.created_at.timestamp(), commit.commit_hash


def missing_parents(history: History) -> Mapping[str, Sequence[str]]:
    """Return, for each commit that has some, the parents that have no file."""
    hashes = {commit.commit_hash for commit in history.commits}
    missing: dict[str, Sequence[str]] = {}
    for commit in history.commits:
        absent = [parent for parent in commit.parents if parent not in hashes]
        if absent:
            missing[commit.commit_hash] = absent
    return missing
