"""How two contents of a prompt differ: message by message, and in their variables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import filterfalse
from typing import Literal

from pytest_llmobs.prompts.content import Content
from pytest_llmobs.prompts.history.passages import Passage, passages, variables_of

_ALIKE = 0.6
"""From this share of common words on, a message is the same in another role."""

State = Literal["same", "changed", "added", "removed"]


@dataclass(frozen=True)
class PassageChange:
    """One message then and now."""

    before: Passage | None
    """None where it was added."""
    after: Passage | None
    """None where it was removed."""

    @property
    def state(self) -> State:
        """What became of it."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        return "same" if self.before == self.after else "changed"

    @property
    def texts(self) -> tuple[str, str]:
        """Its text then and now; empty where it wasn't there."""
        return (self.before.text if self.before else "", self.after.text if self.after else "")


@dataclass(frozen=True)
class ContentDifference:
    """What became of a content."""

    messages: Sequence[PassageChange]
    """In the order of both; those that stayed among them."""
    variables_added: Sequence[str]
    variables_removed: Sequence[str]
    kinds: tuple[str, str]
    """``text``, ``messages`` or ``langchain``, then and now."""

    @property
    def is_none(self) -> bool:
        """True where nothing changed that a reader could see."""
        return self.kinds[0] == self.kinds[1] and all(change.state == "same" for change in self.messages)


def difference(before: Content | None, after: Content) -> ContentDifference:
    """Compare two contents.

    Args:
        before: None where there was none: everything of the other is new.
        after: The other.
    """
    then = [] if before is None else passages(before)
    now = passages(after)
    added, removed = variable_changes(then, now)
    kind = after.kind if before is None else before.kind
    return ContentDifference(list(_changes(then, now)), added, removed, (kind, after.kind))


def variable_changes(then: Sequence[Passage], now: Sequence[Passage]) -> tuple[list[str], list[str]]:
    """Return the variables that came and those that went, each in the order of its text."""
    old, new = variables_of(then), variables_of(now)
    return list(filterfalse(old.__contains__, new)), list(filterfalse(new.__contains__, old))


def _changes(then: Sequence[Passage], now: Sequence[Passage]) -> Iterator[PassageChange]:
    matcher = SequenceMatcher(None, then, now, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            for passage in then[start:end]:
                yield PassageChange(passage, passage)
        else:
            yield from _paired(list(then[start:end]), now[new_start:new_end])


def _paired(removed: list[Passage], added: Sequence[Passage]) -> Iterator[PassageChange]:
    """Yield messages that stand in the place of each other, in pairs as far as they belong together."""
    for passage in added:
        place = _counterpart(passage, removed)
        if place is None:
            yield PassageChange(None, passage)
            continue
        for gone in removed[:place]:
            yield PassageChange(gone, None)
        yield PassageChange(removed[place], passage)
        del removed[: place + 1]
    for gone in removed:
        yield PassageChange(gone, None)


def _counterpart(passage: Passage, candidates: Sequence[Passage]) -> int | None:
    """Return which message this one was: the first of its role, or of about its text."""
    for place, candidate in enumerate(candidates):
        if candidate.role == passage.role or _share(candidate.text, passage.text) >= _ALIKE:
            return place
    return None


def _share(old: str, new: str) -> float:
    return SequenceMatcher(None, old.split(), new.split(), autojunk=False).ratio()
