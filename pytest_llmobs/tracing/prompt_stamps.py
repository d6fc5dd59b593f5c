"""Which prompt a trace used, and which arm of an A/B split: noted on the runs that it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from pytest_llmobs.tracing.context import current_run, live
from pytest_llmobs.tracing.open_run import OpenRun

PROMPT_KEY = "prompt."
"""Begins the key of the metadata that names the commit of a prompt."""


@dataclass(frozen=True)
class PromptStamp:
    """The commit of a prompt that a text was made of."""

    name: str
    """The prompt's."""
    commit_hash: str
    """16 hex digits."""
    matched: bool = False
    """True where only the text tells: a copy of the prompt that stands in the code."""

    @property
    def entry(self) -> tuple[str, str]:
        """The key and the value that stand for it in a run's metadata."""
        told = f"{self.commit_hash} (matched)" if self.matched else self.commit_hash
        return f"{PROMPT_KEY}{self.name}", told


def stamp_trace(entries: Mapping[str, str]) -> None:
    """Note entries in the metadata of the current run and its open ancestors; outside a run, do nothing.

    Unlike other metadata they aren't inherited: a run that starts later may use another prompt.
    """
    run = live(cast("OpenRun | None", current_run()))
    while run is not None:
        if not run.ended:
            run.add_stamps(entries)
        run = run.parent


def stamp_prompt(stamp: PromptStamp) -> None:
    """Note on the current run and its open ancestors that they use a prompt."""
    key, told = stamp.entry
    stamp_trace({key: told})
