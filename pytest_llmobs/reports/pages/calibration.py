"""How a judge agrees with people, and how its word has moved since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.measures.agreement import Agreement
from pytest_llmobs.reports.terminal.suite_scores import matrix_lines
from pytest_llmobs.reports.text import cells, figures
from pytest_llmobs.reports.text.page import Page, indent
from pytest_llmobs.reports.text.payloads import TITLE_WIDTH, titled
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.judging.calibration import JudgedCase, JudgeDrift

MOST = 10
"""Labelled cases shown."""


def calibration_text(judge: str, result: Agreement, worst: Sequence[JudgedCase], page: Page) -> str:
    """Return agreement, kappa, the confusion table, and the worst disagreements side by side."""
    title = f"people, then the judge {page.signs.to}"
    lines = [page.paint(f"{judge}: {count(result.n, 'case')}", "bold"), *_agreement(result), ""]
    lines += matrix_lines(result.confusion, page, before=result.confusion, title=title)
    if worst:
        lines += ["", page.paint("worst disagreements", "bold"), *_cases(worst, page)]
    return "\n".join(lines)


def drift_text(judge: str, drift: JudgeDrift, page: Page) -> str:
    """Return how many cases changed, by how much, and which."""
    kappa = f"kappa {_number(drift.before)} then, {_number(drift.now)} now"
    changed = f"{len(drift.changed)} of {count(drift.n, 'case')} judged otherwise than then"
    lines = [page.paint(f"{judge}: {changed}", "bold"), kappa]
    if drift.shift is not None:
        lines.append(f"mean shift {figures.signed(drift.shift, page)}")
    if drift.missing:
        lines += page.item(f"not scored again: {', '.join(drift.missing)}", mark="!", style="yellow")
    return "\n".join([*lines, *_cases(drift.changed, page)])


def _agreement(result: Agreement) -> Iterator[str]:
    yield f"agreement  {figures.rate(result.agreement)}"
    kappa = f"kappa      {_number(result.kappa)}"
    # where people and judge always say one and the same thing, chance explains it all
    if result.kappa is not None:
        kappa = f"{kappa} (95 % interval {_number(result.low)} to {_number(result.high)})"
    yield kappa


def _number(value: float | None) -> str:
    if value is None:
        return "undefined"
    return f"{value:.2f}"


def _cases(judged: Sequence[JudgedCase], page: Page) -> Iterator[str]:
    """Yield each case with its output, and what people and judge say of it, one below the other."""
    for case in judged[:MOST]:
        head = f"  {page.line(case.id)}  {page.line(case.output)}"
        yield page.clip(head.rstrip(), page.width)
        yield from _opinion("people", str(case.label), case.note, page)
        word = "no verdict"
        if case.judged is not None:
            word = str(case.judged)
        yield from _opinion("judge", word, case.comment, page)
    if len(judged) > MOST:
        yield f"  {page.signs.ellipsis} {len(judged) - MOST:,} more: --json"


def _opinion(who: str, word: str, reason: str, page: Page) -> list[str]:
    text = page.line(word)
    reason = page.line(reason)
    if reason:
        text = f"{text}: {reason}"
    return indent(titled(who, cells.wrap(text, page.width - TITLE_WIDTH - 6), page), 4)
