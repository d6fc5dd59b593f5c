"""The detail of a failed ``assert llm_run.score(tone) >= 0.7``: what was measured, why, and on what."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.scores import Score
from pytest_llmobs.reports import cells
from pytest_llmobs.reports.changes import change_lines
from pytest_llmobs.reports.figures import score as figure
from pytest_llmobs.reports.page import Page
from pytest_llmobs.reports.tree import run_tree

MOST_LINES = 4
"""Lines of one block, unless ``verbose``."""
_TITLE = 9
"""Cells of the longest title, ``reference``."""
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a score was made of."""

    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] | None = None
    reference: Mapping[str, Any] = field(default_factory=dict)
    """The example's expected outputs."""
    run: Run | None = None
    """The trace's root with its children, drawn as a tree."""
    show: str = ""
    """The command that opens the trace, or empty where it isn't stored."""


def explain(
    operator: str, left: object, right: object, evidence: Evidence, page: Page, *, verbose: bool = False
) -> list[str] | None:
    """Return the lines that explain a failed comparison, or None where neither side is a score.

    The first line says it all in short; then come reason, inputs, output, reference and trace.

    Args:
        operator: As written in the test: ``>=``, ``==``.
        left: The left operand.
        right: The right operand.
        evidence: What the score was made of.
        page: Its width and colours.
        verbose: Cut nothing.
    """
    if isinstance(left, Score):
        score, bound = left, right
    elif isinstance(right, Score):
        score, bound, operator = right, left, _FLIPPED.get(operator, operator)
    else:
        return None
    return [*_statement(score, operator, bound, page), *_blocks(score, evidence, page, verbose)]


def fields_text(payload: Mapping[str, Any] | None, page: Page) -> str:
    """Return a payload as a person reads it: a lone ``output`` as its text, else ``key: value`` lines."""
    if payload is None:
        return "nothing was recorded"
    if list(payload) == ["output"]:
        return page.value(payload["output"])
    return "\n".join(_field(page.line(key), page.value(value)) for key, value in payload.items())


def _field(key: str, text: str) -> str:
    return (
        f"{key}: {text}"
        if "\n" not in text
        else f"{key}:\n" + "\n".join(f"  {line}" for line in text.split("\n"))
    )


def _statement(score: Score, operator: str, bound: object, page: Page) -> list[str]:
    wanted = bound if isinstance(bound, Score) else None
    named = f"{_number(wanted)} ({wanted.key})" if wanted else repr(bound)
    text = f"{score.key} is {_number(score)}, wanted {operator} {named}"
    return page.wrapped(text, "bold")


def _number(score: Score | None) -> str:
    if score is None or score.unscored:
        return "unscored"
    if score.score is None:
        return repr(score.value)
    return str(score.score) if isinstance(score.score, bool) else figure(score.score)


def _blocks(score: Score, evidence: Evidence, page: Page, verbose: bool) -> Iterator[str]:
    yield from _block("reason", page.text(score.comment or score.error or ""), page, verbose)
    yield from _block("inputs", fields_text(evidence.inputs, page) if evidence.inputs else "", page, verbose)
    yield from _block("output", fields_text(evidence.outputs, page), page, verbose)
    yield from _block(
        "reference", fields_text(evidence.reference, page) if evidence.reference else "", page, verbose
    )
    yield from _titled("diff", list(_difference(evidence, page, verbose)), page)
    if evidence.run is not None:
        yield from _titled("trace", run_tree(evidence.run, _inner(page), everything=verbose), page)
    if evidence.show:
        yield from _titled("open", [evidence.show], page)


def _block(title: str, text: str, page: Page, verbose: bool) -> Iterator[str]:
    text = text.strip("\n")
    if not text:
        return
    lines = [line.rstrip() for line in cells.wrap(text, _inner(page).width)]
    if not verbose and len(lines) > MOST_LINES:
        more = f"{page.signs.ellipsis} {len(lines) - MOST_LINES + 1} more lines, -vv shows all"
        lines = [*lines[: MOST_LINES - 1], page.paint(more, "dim")]
    yield from _titled(title, lines, page)


def _titled(title: str, lines: list[str], page: Page) -> Iterator[str]:
    for number, line in enumerate(lines):
        lead = page.paint(title.ljust(_TITLE), "cyan") if number == 0 else " " * _TITLE
        yield f"{lead}  {line}".rstrip()


def _inner(page: Page) -> Page:
    return Page(width=max(page.width - _TITLE - 2, 20), color=page.color, encoding=page.encoding)


def _difference(evidence: Evidence, page: Page, verbose: bool) -> Iterator[str]:
    """Yield a unified diff of each text of several lines that output and reference both have."""
    for key in (evidence.outputs or {}).keys() & evidence.reference.keys():
        wanted, got = evidence.reference[key], (evidence.outputs or {})[key]
        if isinstance(wanted, str) and isinstance(got, str) and wanted != got and "\n" in wanted + got:
            diff = difflib.unified_diff(
                wanted.split("\n"), got.split("\n"), "reference", "output", lineterm="", n=1
            )
            block = "\n".join([key, *diff]) if key != "output" else "\n".join(diff)
            yield from change_lines(block, page, _inner(page).width, everything=verbose)
