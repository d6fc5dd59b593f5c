"""How far the reviewers of a queue agree, as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from pytest_llmobs.measures.agreement.coefficient import Coefficient
from pytest_llmobs.reports.text.page import Page, joined
from pytest_llmobs.reports.text.table import (
    Table,
    TextColumn,
    column,
    draw_painted,
    drop,
    fitted,
    squeeze,
    swap,
)
from pytest_llmobs.review.agreement.gate import AgreementGate, figures
from pytest_llmobs.review.agreement.measuring import Measured, QueueAgreement
from pytest_llmobs.wording import count, listed

_MOST_NAMES = 6
_COEFFICIENTS = (
    ("raw", "raw"),
    ("cohen", "Cohen's κ"),
    ("fleiss", "Fleiss' κ"),
    ("alpha", "α"),
    ("gwet", "AC1"),
)
"""Field of ``Measured`` -> title, in the order of the columns."""


def agreement_page(agreement: QueueAgreement, gate: AgreementGate, page: Page) -> str:
    """Return what was measured, the verdict of the gate, and what to know about the figures."""
    return joined(
        [
            _head(agreement, page),
            _table(agreement, page),
            page.wrapped(gate.sentence, "bold", "green" if gate.passes else "red"),
            chain.from_iterable(page.item(note, mark="!", style="yellow") for note in _notes(agreement)),
            _how_to_read(agreement, page),
        ]
    )


def _head(agreement: QueueAgreement, page: Page) -> list[str]:
    reviewed = f"{page.line(agreement.queue)}: {count(agreement.reviewed, 'reviewed item')}"
    lines = page.flow(
        [reviewed, f"{agreement.shared:,} by two or more", page.line(_names(agreement.reviewers))]
    )
    return page.painted(lines, "bold")


def _names(reviewers: Sequence[str]) -> str:
    if not reviewers:
        return "no reviewer yet"
    return f"{count(len(reviewers), 'reviewer')} ({listed(reviewers, _MOST_NAMES)})"


def _table(agreement: QueueAgreement, page: Page) -> list[str]:
    """Return a row for each thing that two reviewers judged; none where there is no such thing.

    What gives way, in this order: intervals of Fleiss' kappa and AC1, the level, the interval of raw agreement, Fleiss'
    kappa, the middle of names, at last the other intervals.
    """
    rows = [agreement.verdict, *agreement.answers, *agreement.modes]
    # two reviewers are one pair, of which the rows above tell all
    if len(agreement.pairs) > 1:
        rows += agreement.pairs
    rows = [measured for measured in rows if measured.n]
    if not rows:
        return []
    short = {field: _column(field, title, rows, page, with_interval=False) for field, title in _COEFFICIENTS}
    table: list[TextColumn] = [
        column("name", "", rows, lambda measured: _name(measured, page)),
        column("level", "level", rows, lambda measured: measured.level),
        column("n", "n", rows, lambda measured: f"{measured.n:,}", right=True),
    ]
    for field, title in _COEFFICIENTS:
        table.append(_column(field, title, rows, page, with_interval=True))
    steps = [
        swap(short["fleiss"]),
        swap(short["gwet"]),
        drop("level"),
        swap(short["raw"]),
        drop("fleiss"),
        _without_twin,
        squeeze("name", 12, page.width, page),
        swap(short["alpha"]),
        swap(short["cohen"]),
    ]
    heading, lines = draw_painted(fitted(table, page.width, steps), page)
    return [*heading, *lines]


def _column(
    field: str, title: str, rows: Sequence[Measured], page: Page, *, with_interval: bool
) -> TextColumn:
    def cell(measured: Measured) -> str:
        coefficient: Coefficient | None = getattr(measured, field)
        if coefficient is None:
            return ""
        if coefficient.value is None:
            return "undefined"
        return figures(coefficient) if with_interval else f"{coefficient.value:.2f}"

    return column(field, page.text(title), rows, cell)


def _without_twin(table: Table) -> Table:
    """Leave alpha out where every row has a kappa of two reviewers, which says the same there."""
    for each in table:
        if each.key == "cohen" and all(each.cells):
            return drop("alpha")(table)
    return table


def _name(measured: Measured, page: Page) -> str:
    if measured.subject == "pair":
        return f"  {page.line(measured.name)}"
    if measured.subject == "mode":
        return f"  is {page.line(measured.name)!r}"
    return page.line(measured.name)


def _notes(agreement: QueueAgreement) -> Iterator[str]:
    """Yield what a reader of the figures has to know."""
    for measured in (agreement.verdict, *agreement.answers, *agreement.modes):
        if measured.is_paradox:
            yield paradox(measured)
        if measured.n and measured.deciding.value is None:
            yield f"{measured.name}: {measured.sign} is undefined: {measured.deciding.reason}"
    left_out = [
        f"{measured.left_out:,} of {measured.name}" for measured in agreement.answers if measured.left_out
    ]
    if left_out:
        yield f"left out: answers to questions that were others then ({', '.join(left_out)})"


def paradox(measured: Measured) -> str:
    """Return why kappa is low where reviewers nearly always agree, and what AC1 is there."""
    raw, value, gwet = measured.raw.value or 0.0, measured.deciding.value or 0.0, measured.gwet
    name = "AC2" if measured.level == "ordinal" else "AC1"
    ac1 = (
        "" if gwet is None or gwet.value is None else f" Gwet's {name}, which bears that, is {figures(gwet)}."
    )
    common = {True: "yes", False: "no"}.get(measured.common, measured.common)
    return (
        f"{measured.name}: the paradox of kappa: raw agreement {raw:.2f}, {measured.sign} {value:.2f}. "
        f"{100 * measured.common_share:.0f} % of the ratings are {common!r}, so that chance alone would agree nearly "
        f"as often, and a few differences weigh much.{ac1}"
    )


def _how_to_read(agreement: QueueAgreement, page: Page) -> Iterator[str]:
    if not agreement.shared:
        return
    yield from page.wrapped(
        f"{agreement.overall.name} decides, by Cohen's κ of two reviewers, by Krippendorff's α of more or of numbers. "
        "Where the level is ordinal, κ is weighted, and AC1 is AC2. Intervals: 95 %, over items; "
        "--json has all figures.",
        "dim",
    )
