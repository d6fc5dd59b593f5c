"""The detail of a failed comparison of a score."""

from __future__ import annotations

import os
from typing import Any

import pytest

from pytest_llmobs.plugin.reporting import store_here
from pytest_llmobs.plugin.state import Lab, find_lab
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.commands import show_command
from pytest_llmobs.reports.pages.assertion import Evidence, explain
from pytest_llmobs.reports.text.page import Page

_PYTEST_SHOWS = 8
"""Lines of an explanation that pytest shows unless it is very verbose or on CI."""
_WE_SHOW = 5
_WIDTH = 80
_MARGIN = 4


def explain_comparison(config: pytest.Config, op: str, left: Any, right: Any) -> list[str] | None:
    """Return the explanation's lines; what pytest would cut goes into a section of the test's report."""
    lab = find_lab(config)
    if lab is None:
        return None
    verbose = config.get_verbosity() >= 2
    page = Page(width=_width(config) - _MARGIN, color=False)
    lines = explain(op, left, right, _evidence(lab, config), page, verbose=verbose)
    if lines is None or verbose or len(lines) <= _PYTEST_SHOWS or "CI" in os.environ:
        return lines
    if lab.current_item is not None:
        lab.current_item.add_report_section("call", "llm_run", "\n".join(lines))
    shown = [page.clip(line, page.width) for line in lines[:_WE_SHOW]]
    return [*shown, "(the whole of it: section 'Captured llm_run call' below)"]


def _evidence(lab: Lab, config: pytest.Config) -> Evidence:
    run = lab.current_run
    if run is None or run.root is None:
        return Evidence()
    return Evidence(
        inputs=run.inputs,
        outputs=run.outputs,
        reference=run.reference_outputs,
        run=run.root.tree(),
        show=show_command(run.id, Context(store=store_here(config))) if lab.experiment else "",
    )


def _width(config: pytest.Config) -> int:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        return int(terminal._tw.fullwidth)
    return _WIDTH
