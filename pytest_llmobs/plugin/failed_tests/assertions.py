"""The detail of a failed comparison of a score."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.plugin.pytest_internals import screen_of
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.commands import show_command
from pytest_llmobs.reports.pages import assertion
from pytest_llmobs.reports.text.page import Page

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import ProcessState
    from pytest_llmobs.trials.llm_run import LlmRun

_PYTEST_SHOWS = 8
"""Lines of an explanation that pytest shows unless it is very verbose or on CI."""
_WE_SHOW = 5
_MARGIN = 4


def explain(
    state: ProcessState, item: pytest.Item | None, run: LlmRun | None, op: str, left: Any, right: Any
) -> list[str] | None:
    """Return the explanation's lines; what pytest would cut goes into a section of the test's report.

    Args:
        state: The process.
        item: The test that runs now, if it is a trial.
        run: Its run.
        op: The comparison, such as ``>=``.
        left: What is compared; one of the two is a score.
        right: The other one.
    """
    verbose = state.config.get_verbosity() >= 2
    page = Page(width=screen_of(state.config).width - _MARGIN, color=False)
    lines = assertion.explain(op, left, right, _evidence(state, run), page, verbose=verbose)
    if lines is None or verbose or len(lines) <= _PYTEST_SHOWS or "CI" in os.environ:
        return lines
    if item is not None:
        item.add_report_section("call", "llm_run", "\n".join(lines))
    shown = [page.clip(line, page.width) for line in lines[:_WE_SHOW]]
    return [*shown, "(the whole of it: section 'Captured llm_run call' below)"]


def _evidence(state: ProcessState, run: LlmRun | None) -> assertion.ScoreEvidence:
    if run is None or run.root is None:
        return assertion.ScoreEvidence()
    command = ""
    if state.experiment:
        from pytest_llmobs.plugin.reporting import store_here  # what failed is told; reports come later

        command = show_command(run.id, Context(store=store_here(state.config)))
    return assertion.ScoreEvidence(
        inputs=run.inputs,
        outputs=run.outputs,
        reference=run.reference_outputs,
        run=run.root.tree(),
        show=command,
    )
