"""Knows the prompts of a folder by their texts: what model calls send that nobody has pulled."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_llmobs.clocks import real
from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.prompts.commit_file import hash_of
from pytest_llmobs.prompts.content import Content
from pytest_llmobs.prompts.folder import COMMITS, PromptFolder
from pytest_llmobs.prompts.patterns import Pattern, Patterns, pattern_of
from pytest_llmobs.prompts.records import PromptCommit
from pytest_llmobs.tracing.model_calls.prompt_stamps import PromptStamp, Recognised

_MOST_COMMITS = 400
"""Commits that are read in all, the newest of each prompt: a copy of an older one that stands in the code has no name.
Each takes a millisecond, once a process."""
_FEWEST, _MANY = 5, 50
"""Commits of one prompt, however many prompts there are, and however few."""
_AGAIN = 2.0
"""Seconds after which the folder is looked at again."""
_CURRENT, _TAGGED, _EARLIER = range(3)
Signature = frozenset[tuple[Any, ...]]


class Recognition:
    """Recognises the prompts of one folder: what is current, what is tagged, and earlier commits."""

    def __init__(
        self, folder: Path, *, is_strict: bool = False, seconds: Callable[[], float] = real.seconds
    ) -> None:
        """Name the folder; it need not exist, and nothing is read yet.

        Args:
            folder: Where the prompts lie.
            is_strict: Whether to send a prompt object that was never filled is an error.
            seconds: A clock that never goes back.
        """
        self.is_strict = is_strict
        self._folder = folder
        self._seconds = seconds
        self._next_look = -1.0
        self._signature: Signature = frozenset()
        self._patterns: Patterns | None = None
        self._read: dict[tuple[str, str], list[str]] = {}
        """Prompt and commit -> its texts: commits never change."""

    @property
    def knows_any(self) -> bool:
        """False where the folder holds nothing, as far as anybody has looked."""
        self._look()
        return self._patterns is not None

    def recognise(self, text: str) -> list[Recognised]:
        """Return the prompts that a text is a copy of: a rendering of a template, or the template itself.

        What is known is what ``knows_any`` has seen: one look is enough for a request of many texts.
        """
        recognised: list[Recognised] = []
        if self._patterns is not None:
            for match in self._patterns.matches(text):
                stamp = PromptStamp(match.name, match.commit_hash, matched=True)
                recognised.append(Recognised(stamp, match.unfilled))
        return recognised

    def _look(self) -> None:
        """Read what has changed, at most every two seconds."""
        now = self._seconds()
        if now < self._next_look:
            return
        self._next_look = now + _AGAIN
        signature = frozenset(_states(str(self._folder)))
        if signature != self._signature:
            self._patterns = self._all_patterns() if signature else None
            self._signature = signature

    def _all_patterns(self) -> Patterns:
        patterns = Patterns()
        folder = PromptFolder(self._folder)
        names = folder.names()
        most = min(max(_MOST_COMMITS // max(len(names), 1), _FEWEST), _MANY)
        for name in names:
            for pattern in self._of(name, folder, most):
                patterns.add(pattern)
        return patterns

    def _of(self, name: str, folder: PromptFolder, most: int) -> Iterator[Pattern]:
        """Yield the patterns of a prompt; what can't be read is passed over, since whoever pulls it is told."""
        history = folder.history(name)
        current = ""
        with suppress(LlmobsError):
            content = folder.content(name)
            if content is not None:
                head = history.head_of(content)
                current = hash_of(content, *history.next_parents) if head is None else head.commit_hash
                yield from _patterns(_texts(content), name, current, _CURRENT)
        tagged: set[str] = set()
        with suppress(LlmobsError):
            tagged.update(folder.beside.tags(name).values())
        for place, commit in enumerate(history.commits):
            is_tagged = commit.commit_hash in tagged
            if commit.commit_hash != current and (is_tagged or place < most):
                rank = _TAGGED if is_tagged else _EARLIER + place
                yield from _patterns(self._texts_of(commit), name, commit.commit_hash, rank)

    def _texts_of(self, commit: PromptCommit) -> list[str]:
        key = commit.repo, commit.commit_hash
        if key not in self._read:
            self._read[key] = []
            with suppress(LlmobsError):
                self._read[key] = list(_texts(commit.content))
        return self._read[key]


def _patterns(texts: Iterable[str], name: str, commit_hash: str, rank: int) -> Iterator[Pattern]:
    for text in texts:
        yield pattern_of(text, name, commit_hash, rank)


def _texts(content: Content) -> Iterator[str]:
    """Yield the texts of a content that a request may hold: of messages, each one and each of its blocks."""
    if content.kind == "text":
        yield content.value
    elif content.kind == "messages":
        for message in content.value:
            yield from _of_message(message)
    else:
        from pytest_llmobs.prompts.history.passages import passages  # few prompts are LangChain's

        for passage in passages(content):
            yield passage.text


def _of_message(message: Mapping[str, Any]) -> Iterator[str]:
    body = message["content"]
    if isinstance(body, str):
        yield body
        return
    for block in body or ():
        if isinstance(block.get("text"), str):
            yield block["text"]


def _states(folder: str, below: str = "") -> Iterator[tuple[Any, ...]]:
    """Yield what tells the files of prompts and tags from what they were.

    Commits never change, and there may be ten thousand: of those, only the folder of each prompt that has a file.
    """
    try:
        entries = list(os.scandir(f"{folder}{os.sep}{below}"))
    except OSError:
        return
    for entry in entries:
        name = f"{below}{entry.name}"
        if name == COMMITS:
            continue
        try:
            status = entry.stat()
        except OSError:  # a link to nothing, or gone meanwhile
            continue
        yield name, status.st_mtime_ns, status.st_size, status.st_ino
        if entry.is_dir(follow_symlinks=False):
            yield from _states(folder, f"{name}{os.sep}")
        else:
            yield _state_of_commits(folder, name.rpartition(".")[0])


def _state_of_commits(folder: str, name: str) -> tuple[Any, ...]:
    try:
        status = Path(folder, COMMITS, name).stat()
    except OSError:
        return name, None
    return name, status.st_mtime_ns
