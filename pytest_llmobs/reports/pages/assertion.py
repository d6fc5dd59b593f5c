"""The detail of a failed ``assert llm_run.score(tone) >= 0.7``: what was measured, why, and on what."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.evaluators.rules.outputs import counterparts
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.scores import Score
from pytest_llmobs.reports.text.diffs import change_lines
from pytest_llmobs.reports.text.figures import score as figure
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.payloads import block, fields_text, inner, titled
from pytest_llmobs.reports.text.tree import run_tree

MOST_LINES, MOST_DIFF = 4, 14
"""Lines of one block, and of the diff, unless ``verbose``."""
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
    if isinstance(score.score, bool):
        return str(score.score)
    return figure(score.score)


def _blocks(score: Score, evidence: Evidence, page: Page, verbose: bool) -> Iterator[str]:
    yield from _cut("reason", page.text(score.comment or score.error or ""), page, verbose)
    yield from _cut("inputs", fields_text(evidence.inputs, page) if evidence.inputs else "", page, verbose)
    yield from _cut("output", fields_text(evidence.outputs, page), page, verbose)
    yield from _cut(
        "reference", fields_text(evidence.reference, page) if evidence.reference else "", page, verbose
    )
    yield from titled("diff", list(_difference(evidence, page, verbose)), page)
    if evidence.run is not None:
        yield from titled("trace", run_tree(evidence.run, inner(page), everything=verbose), page)
    if evidence.show:
        yield from titled("open", [evidence.show], page)


def _cut(title: str, text: str, page: Page, verbose: bool) -> Iterator[str]:
    return block(title, text, page, None if verbose else MOST_LINES, ", -vv shows all")


def _difference(evidence: Evidence, page: Page, verbose: bool) -> Iterator[str]:
    """Yield a unified diff of each text of several lines that has a counterpart in the reference."""
    outputs = evidence.outputs or {}
    for name, reference in counterparts(outputs, evidence.reference):
        wanted, got = evidence.reference[reference], outputs[name]
        if isinstance(wanted, str) and isinstance(got, str) and wanted != got and "\n" in wanted + got:
            sides = difflib.unified_diff(
                wanted.split("\n"), got.split("\n"), "reference", "output", lineterm="", n=1
            )
            title = name if name == reference else f"{reference} {page.signs.to} {name}"
            text = "\n".join(sides if title == "output" else [title, *sides])
            yield from change_lines(text, page, inner(page).width, None if verbose else MOST_DIFF)
