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
from pytest_llmobs.reports.text.page import Page, bound
from pytest_llmobs.reports.text.payloads import block, fields_text, inner, titled
from pytest_llmobs.reports.text.tree import run_tree

MOST_LINES, MOST_DIFF = 4, 14
"""Lines of one block, and of the diff, unless ``verbose``."""
_HINT = ", -vv shows all"
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, kw_only=True)
class ScoreEvidence:
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
    operator: str, left: object, right: object, evidence: ScoreEvidence, page: Page, *, verbose: bool = False
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
        score, limit = left, right
    elif isinstance(right, Score):
        score, limit, operator = right, left, _FLIPPED.get(operator, operator)
    else:
        return None
    return [*_statement(score, operator, limit, page), *_blocks(score, evidence, page, verbose)]


def _statement(score: Score, operator: str, limit: object, page: Page) -> list[str]:
    wanted = repr(limit)
    if isinstance(limit, Score):
        wanted = f"{_number(limit)} ({limit.key})"
    return page.wrapped(f"{score.key} is {_number(score)}, wanted {operator} {wanted}", "bold")


def _number(score: Score) -> str:
    if score.unscored:
        return "unscored"
    if score.score is None:
        return repr(score.value)
    if isinstance(score.score, bool):
        return str(score.score)
    return figure(score.score)


def _blocks(score: Score, evidence: ScoreEvidence, page: Page, verbose: bool) -> Iterator[str]:
    most = bound(MOST_LINES, verbose)
    yield from block("reason", page.text(score.comment or score.error or ""), page, most, _HINT)
    if evidence.inputs:
        yield from block("inputs", fields_text(evidence.inputs, page), page, most, _HINT)
    yield from block("output", fields_text(evidence.outputs, page), page, most, _HINT)
    if evidence.reference:
        yield from block("reference", fields_text(evidence.reference, page), page, most, _HINT)
    yield from titled("diff", list(_difference(evidence, page, bound(MOST_DIFF, verbose))), page)
    if evidence.run is not None:
        yield from titled("trace", run_tree(evidence.run, inner(page), everything=verbose), page)
    if evidence.show:
        yield from titled("open", [evidence.show], page)


def _difference(evidence: ScoreEvidence, page: Page, most: int | None) -> Iterator[str]:
    """Yield a unified diff of each text of several lines that has a counterpart in the reference."""
    outputs = evidence.outputs or {}
    for name, reference in counterparts(outputs, evidence.reference):
        wanted, got = evidence.reference[reference], outputs[name]
        if not _worth_a_diff(wanted, got):
            continue
        sides = difflib.unified_diff(
            wanted.split("\n"), got.split("\n"), "reference", "output", lineterm="", n=1
        )
        lines = list(sides)
        # the names tell several texts apart; the usual one needs none
        if name != reference:
            lines.insert(0, f"{reference} {page.signs.to} {name}")
        elif name != "output":
            lines.insert(0, name)
        yield from change_lines("\n".join(lines), page, inner(page).width, most)


def _worth_a_diff(wanted: object, got: object) -> bool:
    if not isinstance(wanted, str) or not isinstance(got, str):
        return False
    return wanted != got and "\n" in wanted + got
