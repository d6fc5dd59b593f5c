"""How a judge agrees with people, and how its word has moved since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from pytest_llmobs.reports.terminal.suite_scores import matrix_lines
from pytest_llmobs.reports.text import cells, figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.payloads import TITLE, titled
from pytest_llmobs.wording import count

MOST = 10
"""Cases shown."""


class Case(Protocol):
    """A labelled case with the judge's word on it."""

    @property
    def id(self) -> str:
        """Names the case."""
        ...

    @property
    def label(self) -> Any:
        """What people said."""
        ...

    @property
    def judged(self) -> Any:
        """What the judge said; None where it gave no verdict."""
        ...

    @property
    def comment(self) -> str:
        """The judge's reason."""
        ...

    @property
    def output(self) -> str:
        """What was judged."""
        ...

    @property
    def note(self) -> str:
        """The people's reason."""
        ...


class Agreement(Protocol):
    """What two raters' words amount to; see ``evaluators.judging.agreement``."""

    @property
    def n(self) -> int:
        """Cases."""
        ...

    @property
    def agreement(self) -> float:
        """Share of equal words."""
        ...

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa."""
        ...

    @property
    def low(self) -> float | None:
        """Lower end of its 95 % interval."""
        ...

    @property
    def high(self) -> float | None:
        """Upper end."""
        ...

    @property
    def confusion(self) -> Mapping[str, Mapping[str, int]]:
        """Label -> judge's word -> cases."""
        ...


class Drift(Protocol):
    """How a judge's word has moved; see ``evaluators.judging.calibration``."""

    @property
    def n(self) -> int:
        """Cases scored then and now."""
        ...

    @property
    def changed(self) -> Sequence[Case]:
        """Cases in another category than then."""
        ...

    @property
    def shift(self) -> float | None:
        """Mean of the numbers now minus then."""
        ...

    @property
    def before(self) -> float | None:
        """Kappa then."""
        ...

    @property
    def now(self) -> float | None:
        """Kappa now."""
        ...

    @property
    def missing(self) -> Sequence[str]:
        """Calibrated cases that were not scored again."""
        ...


def calibration_text(judge: str, result: Agreement, worst: Sequence[Case], page: Page) -> str:
    """Return agreement, kappa, the confusion table, and the worst disagreements side by side."""
    lines = [page.paint(f"{judge}: {count(result.n, 'case')}", "bold"), *_agreement(result), ""]
    lines += matrix_lines(
        result.confusion, page, before=result.confusion, title=f"people, then the judge {page.signs.to}"
    )
    if worst:
        lines += ["", page.paint("worst disagreements", "bold"), *_cases(worst, page)]
    return "\n".join(lines)


def drift_text(judge: str, drift: Drift, page: Page) -> str:
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
    interval = (
        f" (95 % interval {_number(result.low)} to {_number(result.high)})"
        if result.kappa is not None
        else ""
    )
    yield f"kappa      {_number(result.kappa)}{interval}"


def _number(value: float | None) -> str:
    if value is None:
        return "undefined"
    return f"{value:.2f}"


def _cases(cases: Sequence[Case], page: Page) -> Iterator[str]:
    """Yield each case with its output, and what people and judge say of it, one below the other."""
    for case in cases[:MOST]:
        judged = "no verdict" if case.judged is None else str(case.judged)
        output = page.line(case.output)
        yield page.clip(f"  {page.line(case.id)}" + (f"  {output}" if output else ""), page.width)
        for who, said, why in (("people", str(case.label), case.note), ("judge", judged, case.comment)):
            text = page.line(said) + (f": {page.line(why)}" if why else "")
            yield from (f"    {line}" for line in titled(who, cells.wrap(text, page.width - TITLE - 6), page))
    if len(cases) > MOST:
        yield f"  {page.signs.ellipsis} {len(cases) - MOST:,} more: --json"
