"""What was done to items in a session, for whoever keeps a record of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.review.records import Answer

if TYPE_CHECKING:
    from pytest_llmobs.review.working.current import Current

_WORD = 12
"""Cells of what was done, before the run's id."""
_NARROWEST = 60


@dataclass(frozen=True)
class Done:
    """One thing that was done to an item."""

    do: str
    """``accept``, ``reject``, ``save``, ``skip`` or ``undo``."""
    run_id: str
    question: str
    mode: str | None = None
    """The failure mode of what was rejected."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    correction: Mapping[str, Any] | None = None
    comment: str | None = None


def done_to(current: Current, do: str, mode: str | None = None) -> Done:
    """Return the record of something, taken before it is done: the item under way is another one afterwards."""
    return Done(
        do=do,
        run_id=current.item.run_id,
        question=current.material.question,
        mode=mode,
        answers=dict(current.answers),
        correction=current.correction,
        comment=current.comment,
    )


def done_line(done: Done, page: Page) -> str:
    """Return it as a line: what was said, the run's id, the answers and the question as far as they fit."""
    word = page.line(done.mode or done.do)
    answers = [f"{key} {answer}" for key, answer in done.answers.items()]
    about = page.dotted([page.line(page.dotted(answers)), page.line(done.question)])
    return page.clip(f"{word.ljust(_WORD)} {done.run_id}  {about}", max(page.width, _NARROWEST))


def decision_count(record: Iterable[Done]) -> int:
    """Return how many decisions of a session stand; what it withdrew of earlier ones isn't subtracted."""
    standing: list[Done] = []
    for done in record:
        if done.do != "undo":
            standing.append(done)
        elif standing:
            standing.pop()
    return sum(done.do != "skip" for done in standing)
