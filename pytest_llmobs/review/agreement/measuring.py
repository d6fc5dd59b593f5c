"""How far reviewers agree: on the verdict, on each item of the rubric, two by two, and on each failure mode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from pytest_llmobs.measures.agreement.alpha import Level, alpha
from pytest_llmobs.measures.agreement.coefficient import Coefficient, without_gaps
from pytest_llmobs.measures.agreement.fleiss import fleiss_kappa
from pytest_llmobs.measures.agreement.gwet import gwet
from pytest_llmobs.measures.agreement.kappa import cohen_kappa
from pytest_llmobs.measures.agreement.raw import raw_agreement
from pytest_llmobs.review.agreement.tables import (
    Asked,
    RatedTable,
    Subject,
    answer_tables,
    independent,
    mode_tables,
    nothing_asked,
    verdict_table,
)
from pytest_llmobs.review.records import AnnotationQueue, Decision

KAPPA, ALPHA = "κ", "α"
PARADOX_RAW, PARADOX_KAPPA = 0.9, 0.4
"""From this raw agreement on, a coefficient below that is the paradox of kappa."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How far reviewers agree on one thing."""

    name: str
    """``verdict``, a ``feedback_key``, a failure mode, or two reviewers: ``ada, bob``."""
    subject: Subject
    level: Level
    raters: int
    """Reviewers who rated an item that another one rated, too."""
    raw: Coefficient
    """Of numbers, too: how often they are exactly the same."""
    alpha: Coefficient
    """Krippendorff's."""
    cohen: Coefficient | None = None
    """Of two raters in categories, weighted where they are ordered."""
    fleiss: Coefficient | None = None
    """Of categories, weighted where they are ordered."""
    gwet: Coefficient | None = None
    """Of categories: AC1, or AC2 where they are ordered."""
    common: Any = None
    """The category that was given most often."""
    common_share: float = 0.0
    """How large a part of the ratings that is."""
    left_out: int = 0
    """Answers to the question as it was before it changed."""

    @property
    def n(self) -> int:
        """Items that two or more rated."""
        return self.raw.n

    @property
    def deciding(self) -> Coefficient:
        """Cohen's kappa of two reviewers, else Krippendorff's alpha: of more of them, with gaps, or of numbers."""
        return self.alpha if self.cohen is None else self.cohen

    @property
    def sign(self) -> str:
        """What stands for that coefficient: κ or α."""
        return ALPHA if self.cohen is None else KAPPA

    @property
    def is_paradox(self) -> bool:
        """True where the reviewers nearly always agree and kappa is low: one category is that common."""
        value = self.deciding.value
        if self.raw.value is None or value is None or self.gwet is None:
            return False
        return self.raw.value >= PARADOX_RAW and value < PARADOX_KAPPA


@dataclass(frozen=True, kw_only=True)
class QueueAgreement:
    """How far the reviewers of a queue agree."""

    queue: str
    """Its name."""
    least: float
    """What the queue asks for."""
    reviewers: Sequence[str]
    """By name; adjudicators are none."""
    reviewed: int
    """Items that somebody reviewed."""
    shared: int
    """Items that two or more reviewed."""
    verdict: Measured
    answers: Sequence[Measured]
    """Of each item of the rubric but free texts, in its order."""
    modes: Sequence[Measured]
    """Of each failure mode that somebody named."""
    pairs: Sequence[Measured]
    """Of each two reviewers who share an item, about what ``overall`` is about."""

    @property
    def overall(self) -> Measured:
        """What the gate looks at: the verdict; where no two gave one, the rubric's item that they agree least on."""
        shared = [measured for measured in self.answers if measured.n]
        if self.verdict.n or not shared:
            return self.verdict
        return min(shared, key=_least)


def _least(measured: Measured) -> float:
    value = measured.deciding.value
    return 1.0 if value is None else value


def measure(
    queue: AnnotationQueue, decisions: Iterable[Decision], asked: Asked = nothing_asked
) -> QueueAgreement:
    """Measure how far the reviewers of a queue agree.

    Args:
        queue: Its rubric and its failure modes say what is compared.
        decisions: The standing ones; an adjudicator's count for nothing.
        asked: Tells the questions of earlier rubrics (``tables.asked_under``). Without it only answers to the rubric
            of today are compared.

    Raises:
        StoreError: An earlier rubric can't be read.
    """
    by_run = independent(decisions)
    names: set[str] = set()
    shared = 0
    for each in by_run.values():
        names.update(each)
        shared += len(each) > 1
    reviewers = sorted(names)
    verdicts = verdict_table(by_run, reviewers)
    answers = answer_tables(queue, by_run, reviewers, asked)
    agreement = QueueAgreement(
        queue=queue.name,
        least=queue.least_agreement,
        reviewers=reviewers,
        reviewed=len(by_run),
        shared=shared,
        verdict=measure_table(verdicts),
        answers=list(map(measure_table, answers)),
        modes=list(map(measure_table, mode_tables(queue, by_run, reviewers))),
        pairs=(),
    )
    # pairs are compared by what decides, which is known only now
    for table in (verdicts, *answers):
        if table.name == agreement.overall.name and table.subject == agreement.overall.subject:
            return replace(agreement, pairs=_pairs(table))
    return agreement


def measure_table(table: RatedTable) -> Measured:
    """Measure how far the reviewers of one thing agree."""
    rows, raters = _of_raters(table)
    measured = Measured(
        name=table.name,
        subject=table.subject,
        level=table.level,
        raters=raters,
        raw=raw_agreement(rows),
        alpha=alpha(rows, table.level, table.categories if table.ordered else None),
        left_out=table.left_out,
    )
    if table.categories is None:
        return measured
    numbers: Counter[Any] = Counter()
    for row in rows:
        numbers.update(without_gaps(row))
    (common, count), *_ = [*numbers.most_common(1), (None, 0)]
    return replace(
        measured,
        cohen=cohen_kappa(rows, table.categories, table.ordered) if raters == 2 else None,
        fleiss=fleiss_kappa(rows, table.categories, table.ordered),
        gwet=gwet(rows, table.categories, table.ordered),
        common=common,
        common_share=count / max(numbers.total(), 1),
    )


def _of_raters(table: RatedTable) -> tuple[list[list[Any]], int]:
    """Return the columns of those who share an item with somebody, and how many they are; all where nobody does."""
    sharing: set[int] = set()
    for row in table.rows:
        places = [place for place, value in enumerate(row) if value is not None]
        if len(places) > 1:
            sharing.update(places)
    # a reviewer who shares nothing must not make three raters of two
    columns = sorted(sharing) or list(range(len(table.reviewers)))
    rows = []
    for row in table.rows:
        rows.append(list(map(row.__getitem__, columns)))
    return rows, len(sharing)


def _pairs(table: RatedTable) -> list[Measured]:
    pairs = []
    for (first, name), (second, other) in combinations(enumerate(table.reviewers), 2):
        both = []
        for row in table.rows:
            if row[first] is not None and row[second] is not None:
                both.append((row[first], row[second]))
        if both:
            pair = replace(
                table,
                name=f"{name}, {other}",
                subject="pair",
                reviewers=(name, other),
                rows=both,
                left_out=0,
            )
            pairs.append(measure_table(pair))
    return pairs
