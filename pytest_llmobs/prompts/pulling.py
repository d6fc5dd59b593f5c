"""Pulling a prompt: what its file holds, or a commit; from memory as long as no file of it has changed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.clocks import real
from pytest_llmobs.committed import LATEST, TAGS
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.notices import callers_frame
from pytest_llmobs.prompts.committing import current
from pytest_llmobs.prompts.content import SUFFIXES, Content
from pytest_llmobs.prompts.filling.origin import Origin
from pytest_llmobs.prompts.filling.pulled import check_pinned
from pytest_llmobs.prompts.folder import PromptFolder, split_identifier
from pytest_llmobs.tracing.calls.rewriting import replaced_commit

Signature = tuple[Any, ...]
_RECENT_NS = 100_000_000
"""Nanoseconds within which a file may change twice and keep its time."""


@dataclass(frozen=True)
class _Kept:
    """A prompt that was pulled."""

    paths: Sequence[str]
    """The files and folders that it depends on."""
    signature: Signature
    """What they were."""
    content: Content
    origin: Origin

    @property
    def is_current(self) -> bool:
        """False once one of its files has changed."""
        return _signature(self.paths) == self.signature


class Puller:
    """Pulls the prompts of one folder, and remembers them."""

    def __init__(self, folder: PromptFolder) -> None:
        """Take the prompts; nothing is read yet."""
        self._folder = folder
        self._kept: dict[tuple[str, str | None], _Kept] = {}

    def pull(self, identifier: str, commit_hash: str | None = None) -> Any:
        """Return a prompt: ``PromptText``, ``PromptMessages``, or a template of LangChain.

        Args:
            identifier: ``name`` for what its file holds, ``name:hash`` or ``name:tag`` for a commit.
            commit_hash: The commit, if the identifier names none.

        Raises:
            NotFoundError: There is no such prompt, commit or tag.
            ArgumentError: Two commits are named, or one by something else than text.
            PinError: No commit is named, in an experiment that asks for one.
            StoreError: Its file makes no sense, or is a template of LangChain, which isn't installed.
        """
        __tracebackhide__ = True
        name, version = split_identifier(identifier)
        if commit_hash is not None and not isinstance(commit_hash, str):
            raise ArgumentError(
                f"commit_hash is {commit_hash!r}, of type {type(commit_hash).__name__}. Give the hash as text: in YAML "
                "and JSON, digits alone are a number without quotes."
            )
        if version is not None and commit_hash is not None:
            raise ArgumentError(f"{identifier!r} names a commit, and so does commit_hash={commit_hash!r}.")
        version = replaced_commit(name) or version or commit_hash
        if version is None or version == LATEST:
            kept = self._floating(name)
            pulled = kept.origin
            origin = Origin(name, pulled.commit_hash, pulled.file, floats_at=_calling_line())
            check_pinned(origin)
            return kept.content.prompt(origin)
        kept = self._pinned(name, version)
        return kept.content.prompt(kept.origin)

    def _floating(self, name: str) -> _Kept:
        kept = self._kept.get((name, None))
        if kept is not None and kept.is_current:
            return kept
        files = [f"{self._folder.folder}{os.sep}{name}{suffix}" for suffix in SUFFIXES]
        paths = [*files, str(self._folder.commits.folder(name))]
        signature = _signature(paths)
        now = current(self._folder, name)
        origin = Origin(name, now.commit_hash, file=str(now.file))
        return self._keep((name, None), _Kept(paths, signature, now.content, origin))

    def _pinned(self, name: str, version: str) -> _Kept:
        kept = self._kept.get((name, version))
        if kept is not None and kept.is_current:
            return kept
        tag = str(self._folder.folder / TAGS / name / version)
        before = _signature([tag])
        commit = self._folder.commit(name, version)
        file = str(self._folder.commits.file(name, commit.commit_hash))
        signature = (*before, *_signature([file]))
        origin = Origin(name, commit.commit_hash)
        return self._keep((name, version), _Kept([tag, file], signature, commit.content, origin))

    def _keep(self, key: tuple[str, str | None], kept: _Kept) -> _Kept:
        """Remember a prompt, unless its files may change once more without a new time; return it."""
        newest = max((part[0] for part in kept.signature if part is not None), default=0)
        if real.time_ns() - newest > _RECENT_NS:
            self._kept[key] = kept
        else:
            self._kept.pop(key, None)
        return kept


def _signature(paths: Sequence[str]) -> Signature:
    return tuple(map(_state, paths))


def _state(path: str) -> tuple[int, ...] | None:
    """Return what tells a file, or the entries of a folder, from what it was; None where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 (a Path would take as long again)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns


def _calling_line() -> str:
    """Return the line of the user's code that pulls: ``/src/app.py:12``."""
    frame = callers_frame()
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
