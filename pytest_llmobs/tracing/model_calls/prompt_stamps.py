"""Which prompt a trace used, and which arm of an A/B split: noted on the runs that it concerns."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, cast

from pytest_llmobs.records.prompt_uses import PROMPT_KEY, PromptUse
from pytest_llmobs.tracing.context import current_run, live
from pytest_llmobs.tracing.open_run import OpenRun

_REMEMBERED = 16
"""Filled prompts of a trace that are kept in mind."""


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
        return f"{PROMPT_KEY}{self.name}", str(PromptUse(self.commit_hash, self.matched))


class FilledPrompt(NamedTuple):
    """What a prompt was filled to."""

    text: str
    stamp: PromptStamp


class Recognised(NamedTuple):
    """A prompt that a text is made of."""

    stamp: PromptStamp
    unfilled: Sequence[str] = ()
    """Its variables that still stand in the text, in braces."""


class PromptRecognizer(Protocol):
    """Knows the prompts of a folder by their texts."""

    @property
    def is_strict(self) -> bool:
        """True where to send a prompt that was never filled is an error: in tests, and not in production."""

    @property
    def knows_any(self) -> bool:
        """False where there are no prompts; asked before the texts of each request."""

    def recognise(self, text: str) -> Sequence[Recognised]:
        """Return the prompts that a text is a copy of. May raise: whoever asks takes that for none."""


def stamp_trace(entries: Mapping[str, str]) -> None:
    """Note entries in the metadata of the current run and its open ancestors; outside a run, do nothing.

    Unlike other metadata they aren't inherited: a run that starts later may use another prompt.
    """
    stamp_run(_open_run(), entries)


def stamp_prompt(stamp: PromptStamp) -> None:
    """Note on the current run and its open ancestors that they use a prompt."""
    stamp_run(_open_run(), dict([stamp.entry]))


def remember_filled(text: str, stamp: PromptStamp) -> None:
    """Remember what a prompt was filled to, for as long as the trace goes on.

    So a model call is known that sends it as a part of another text, or as a text of its own that an f-string has made.
    """
    run = _open_run()
    if run is not None:
        # one step, since threads of one trace may fill prompts at once
        filled = vars(run.root).setdefault("filled", deque(maxlen=_REMEMBERED))
        filled.append(FilledPrompt(str.__str__(text), stamp))


def stamp_run(run: OpenRun | None, entries: Mapping[str, str]) -> None:
    """Note entries on a run and its open ancestors; what was written already stays as it is."""
    while run is not None:
        if not run.ended:
            run.add_stamps(entries)
        run = run.parent


def filled_in(run: OpenRun) -> Iterable[FilledPrompt]:
    """Return the prompts that were filled last in a run's trace."""
    return tuple(run.root.filled or ())


def _open_run() -> OpenRun | None:
    return live(cast("OpenRun | None", current_run()))
