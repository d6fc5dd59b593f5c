"""Decisions as tables of ratings: an item a row, a reviewer a column, one table for each thing that is asked."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.measures.agreement.alpha import Level
from pytest_llmobs.measures.agreement.coefficient import Table
from pytest_llmobs.review.records import AnnotationQueue, Decision
from pytest_llmobs.review.rubric.questions import Question, questions_of
from pytest_llmobs.review.rubric.versions import read_rubric, rubric_version

Subject = Literal["verdict", "answer", "mode", "pair"]
"""What is rated: the whole, a rubric's item, whether a failure mode is there; or by whom: two reviewers."""
Asked = Callable[[str], Sequence[Question]]
"""Version of a rubric -> its questions; none where it is unknown."""

VERDICT = "verdict"
VERDICTS = ("accept", "reject")
_YES_NO = (False, True)


@dataclass(frozen=True, kw_only=True)
class RatedTable:
    """The ratings of one thing."""

    name: str
    """``verdict``, the ``feedback_key`` or the failure mode."""
    subject: Subject
    level: Level
    reviewers: Sequence[str]
    """Whose columns they are."""
    rows: Table
    """A row an item that somebody rated."""
    categories: Sequence[Hashable] | None = None
    """All that may be said, in their order; None for numbers."""
    left_out: int = 0
    """Answers that were given to the question as it was before it changed."""

    @property
    def ordered(self) -> bool:
        """True where near categories differ less than far ones."""
        return self.level == "ordinal"


def independent(decisions: Iterable[Decision]) -> dict[str, dict[str, Decision]]:
    """Return the newest independent decision of each reviewer: run id -> reviewer -> decision."""
    by_run: dict[str, dict[str, Decision]] = {}
    for decision in sorted(decisions, key=attrgetter("at")):
        # an adjudicator has seen what the others said
        if decision.role == "review":
            by_run.setdefault(decision.run_id, {})[decision.reviewer] = decision
    return by_run


def nothing_asked(version: str) -> Sequence[Question]:
    """Return no question: for where earlier versions of the rubric weren't kept."""
    return ()


def asked_under(folder: Path) -> Asked:
    """Return what tells the questions of a queue's earlier rubrics.

    Args:
        folder: The queue's.
    """

    def asked(version: str) -> Sequence[Question]:
        try:
            return questions_of(read_rubric(folder, version))
        except NotFoundError:
            return ()

    return asked


def verdict_table(by_run: Mapping[str, Mapping[str, Decision]], reviewers: Sequence[str]) -> RatedTable:
    """Return the verdicts."""
    return RatedTable(
        name=VERDICT,
        subject="verdict",
        level="nominal",
        reviewers=reviewers,
        rows=_rows(by_run, reviewers, attrgetter("verdict")),
        categories=VERDICTS,
    )


def mode_tables(
    queue: AnnotationQueue, by_run: Mapping[str, Mapping[str, Decision]], reviewers: Sequence[str]
) -> list[RatedTable]:
    """Return, for each failure mode that somebody named, whether it is what is wrong."""
    named: dict[str, None] = dict.fromkeys(queue.failure_modes)
    for decisions in by_run.values():
        for decision in decisions.values():
            if decision.mode is not None:
                named[decision.mode] = None
    tables = []
    for mode in named:
        rows = _rows(by_run, reviewers, partial(_has_mode, mode=mode))
        if any(True in row for row in rows):
            tables.append(
                RatedTable(
                    name=mode,
                    subject="mode",
                    level="nominal",
                    reviewers=reviewers,
                    rows=rows,
                    categories=_YES_NO,
                )
            )
    return tables


def _has_mode(decision: Decision, mode: str) -> bool | None:
    """Return whether a reviewer found a failure mode; None where they said nothing of the whole."""
    # who answered the rubric alone hasn't said that nothing is wrong
    if decision.verdict is None and decision.mode is None:
        return None
    return decision.mode == mode


def answer_tables(
    queue: AnnotationQueue,
    by_run: Mapping[str, Mapping[str, Decision]],
    reviewers: Sequence[str],
    asked: Asked,
) -> list[RatedTable]:
    """Return the answers to each question of the rubric, but for free texts.

    An answer that was given under another version of the rubric is compared where the question was the same, and left
    out where it was another.

    Args:
        queue: Its rubric says what is asked.
        by_run: Run id -> reviewer -> decision.
        reviewers: The columns.
        asked: Tells the questions of earlier rubrics.
    """
    today = rubric_version(queue)
    tables = []
    for question in questions_of(queue):
        # two texts are never the same, however alike what they say
        if question.kind == "text":
            continue
        answers = _Answers(question, today, asked)
        rows = _rows(by_run, reviewers, answers.of)
        tables.append(
            RatedTable(
                name=question.key,
                subject="answer",
                level=_level(question),
                reviewers=reviewers,
                rows=rows,
                categories=answers.categories,
                left_out=answers.left_out,
            )
        )
    return tables


def _level(question: Question) -> Level:
    if question.kind == "number":
        return "interval"
    return "ordinal" if question.is_ordered else "nominal"


class _Answers:
    """The answers to one question as it is asked today."""

    def __init__(self, question: Question, today: str, asked: Asked) -> None:
        self.question = question
        self.left_out = 0
        self.categories: list[Hashable] | None = None
        if question.kind == "choice":
            self.categories = list(map(attrgetter("value"), question.choices))
        self._asked = asked
        self._is_same = {today: True}

    def of(self, decision: Decision) -> Any:
        """Return what a reviewer answered, as one of the categories or a number; None where they didn't."""
        answer = decision.answers.get(self.question.key)
        if answer is None:
            return None
        if not self._same(decision.rubric) or not self._fits(answer):
            self.left_out += 1
            return None
        return answer

    def _same(self, version: str) -> bool:
        if version not in self._is_same:
            self._is_same[version] = False
            for earlier in self._asked(version):
                if earlier.key == self.question.key:
                    self._is_same[version] = _means(earlier) == _means(self.question)
        return self._is_same[version]

    def _fits(self, answer: object) -> bool:
        if self.categories is None:
            return isinstance(answer, int | float)
        return answer in self.categories


def _means(question: Question) -> tuple[object, ...]:
    """Return what answers to a question depend on; when it is asked, or must be answered, is no part of it."""
    return (
        question.description,
        question.kind,
        tuple(question.choices),
        question.is_ordered,
        question.low,
        question.high,
    )


def _rows(
    by_run: Mapping[str, Mapping[str, Decision]],
    reviewers: Sequence[str],
    rating: Callable[[Decision], Any],
) -> list[list[Any]]:
    rows = []
    for decisions in by_run.values():
        row: list[Any] = [None] * len(reviewers)
        for place, reviewer in enumerate(reviewers):
            if reviewer in decisions:
                row[place] = rating(decisions[reviewer])
        if row.count(None) < len(row):
            rows.append(row)
    return rows
