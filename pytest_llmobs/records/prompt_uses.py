"""Which commits of a prompt were used, as a run's metadata, a trial and a document name them: ``h1, h2 (matched)``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whoever pulls a prompt has no trials
    from pytest_llmobs.records.trials import Trial

PROMPT_KEY = "prompt."
"""Begins the key of a run's metadata that names the commits of a prompt."""
UNFILLED_KEY = "unfilled."
"""Begins the key that names the variables of a prompt which were sent in braces."""
_MATCHED = " (matched)"
_BETWEEN = ", "
SHOWN_DIGITS = 12
"""Digits of a commit's hash, where people read it."""


@dataclass(frozen=True, slots=True)
class PromptUse:
    """One commit of a prompt that something used."""

    commit_hash: str
    """16 hex digits."""
    matched: bool = False
    """True where only the text tells: a copy of the prompt that stands in the code."""

    def __str__(self) -> str:
        """Return ``0123456789abcdef``, with ``(matched)`` behind it where only the text tells."""
        return f"{self.commit_hash}{_MATCHED}" if self.matched else self.commit_hash


def read_uses(written: str) -> tuple[PromptUse, ...]:
    """Return the commits that ``h1, h2 (matched)`` names."""
    uses = []
    for part in filter(None, written.split(_BETWEEN)):
        uses.append(PromptUse(part.removesuffix(_MATCHED), part.endswith(_MATCHED)))
    return tuple(uses)


def shown_uses(written: str) -> str:
    """Return the same commits as people read them: twelve digits each."""
    shown = []
    for use in read_uses(written):
        shown.append(str(PromptUse(use.commit_hash[:SHOWN_DIGITS], use.matched)))
    return _BETWEEN.join(shown)


def write_uses(uses: Iterable[PromptUse]) -> str:
    """Return commits as ``read_uses`` reads them, each once; that an object tells of one beats that a text does."""
    matched: dict[str, bool] = {}
    for use in uses:
        matched[use.commit_hash] = use.matched and matched.get(use.commit_hash, True)
    return _BETWEEN.join(map(str, map(PromptUse, matched.keys(), matched.values())))


def prompts_of(stamps: Mapping[str, str], beginning: str = PROMPT_KEY) -> dict[str, str]:
    """Return what a run's stamps say of each prompt, by the prompt's name.

    Args:
        stamps: The run's.
        beginning: Of the keys: ``PROMPT_KEY`` for the commits, ``UNFILLED_KEY`` for variables that nobody filled.
    """
    prompts = {}
    for key, written in stamps.items():
        if key.startswith(beginning):
            prompts[key.removeprefix(beginning)] = written
    return prompts


def suites_prompts(trials: Iterable[Trial]) -> dict[str, dict[str, str]]:
    """Return the commits that the trials of each suite used: suite -> prompt -> commits; sorted, whoever ended first.

    Suites that used none are left out.
    """
    uses: dict[str, dict[str, list[PromptUse]]] = {}
    for trial in trials:
        for name, written in trial.prompts.items():
            uses.setdefault(trial.suite, {}).setdefault(name, []).extend(read_uses(written))
    suites: dict[str, dict[str, str]] = {}
    for suite, named in sorted(uses.items()):
        suites[suite] = dict(_written(named))
    return suites


def all_prompts(suites: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the commits of each prompt that any suite used: prompt -> commits; sorted."""
    uses: dict[str, list[PromptUse]] = {}
    for prompts in suites.values():
        for name, written in prompts.items():
            uses.setdefault(name, []).extend(read_uses(written))
    return dict(_written({name: sorted(used, key=str) for name, used in uses.items()}))


def _written(named: Mapping[str, Iterable[PromptUse]]) -> Iterator[tuple[str, str]]:
    for name, uses in sorted(named.items()):
        yield name, write_uses(sorted(uses, key=str))
