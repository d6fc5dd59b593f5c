"""Where a prompt is from: what its messages name, and what is noted on a trace each time it is filled."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS

if TYPE_CHECKING:
    from pytest_llmobs.tracing.model_calls.prompt_stamps import PromptStamp


@dataclass(frozen=True)
class Origin:
    """Where a prompt is from."""

    name: str = ""
    """The prompt's; empty where code made it."""
    commit_hash: str | None = None
    """16 hex digits; None where it was never committed."""
    file: str | None = None
    """The file whose lines are the text's; None for an older commit."""
    arm: str | None = None
    """The arm of an A/B split that it stands for."""
    stamps: Mapping[str, str] = field(default_factory=dict)
    """Further metadata for the runs that use it: that of an A/B split."""
    floats_at: str | None = None
    """Where code pulled it without a commit, such as ``/src/app.py:12``; None where it named one."""

    @property
    def stamp(self) -> PromptStamp | None:
        """What stands for it on a run; None for one without a commit."""
        from pytest_llmobs.tracing.model_calls.prompt_stamps import PromptStamp

        if not self.name or self.commit_hash is None:
            return None
        return PromptStamp(self.name, self.commit_hash)

    @property
    def title(self) -> str:
        """What messages call it: ``The prompt 'support' (commit 0123456789ab)``."""
        if not self.name:
            return "A prompt without a name"
        if self.commit_hash is None:
            return f"The prompt {self.name!r}"
        return f"The prompt {self.name!r} (commit {self.commit_hash[:SHOWN_DIGITS]})"

    @property
    def place(self) -> str:
        """Its file as messages show it, or ``support:0123456789ab``."""
        if self.file is not None:
            return shown_path(self.file)
        if self.commit_hash is not None:
            return f"{self.name}:{self.commit_hash[:SHOWN_DIGITS]}"
        return self.name or "the text"


def shown_path(path: str) -> str:
    """Return a path from the current folder on, where it lies below it."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):  # the folder is gone, or lies on another drive
        return path
    return path if relative.startswith("..") else relative
