"""Reports of an experiment on the command line, with the option ``--report``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.cli.console import Console
from pytest_llmobs.storage.store import Store

if TYPE_CHECKING:
    from pytest_llmobs.records.experiments import Experiment
    from pytest_llmobs.reports.base import ReportFormat
    from pytest_llmobs.reports.context import Context
    from pytest_llmobs.reports.delivery import ReportOrder

OPTION = "--report"


def add_option(parser: argparse.ArgumentParser) -> None:
    """Declare the option."""
    parser.add_argument(
        OPTION,
        action="append",
        default=[],
        metavar="FORMAT[:PATH]",
        help="also write a report, as --llm-report does: json, or a hook's format; may be given several times",
    )


def read_option(arguments: argparse.Namespace, store: Store) -> Sequence[ReportOrder]:
    """Return what the user asked for.

    Raises:
        SettingsError: There is no such format, or a hook offers what is none.
        EvaluatorError: It may be one of the project's ``conftest.py``, which can't be imported.
    """
    if not arguments.report:
        return ()
    from pytest_llmobs.reports.delivery import read_orders

    return read_orders(arguments.report, _formats(arguments.report, store), Path.cwd(), OPTION)


def _formats(requests: Sequence[str], store: Store) -> Mapping[str, ReportFormat]:
    """Return the formats at hand; those of the project's ``conftest.py`` where no other is meant."""
    from pytest_llmobs.cli.modules import import_file
    from pytest_llmobs.extensions import Extensions, standalone_manager
    from pytest_llmobs.reports.base import named_formats

    formats = dict(Extensions(standalone_manager()).reports)
    names = {request.partition(":")[0] for request in requests}
    conftest = Path(store.place).parent / "conftest.py"
    if not names <= formats.keys() and conftest.is_file():
        # pytest would call it by its name; there is no pytest here
        offered = getattr(import_file(conftest), "pytest_llmobs_reports", list)
        formats.update(named_formats(lambda: [offered()]))
    return formats


def tell(
    experiment: Experiment,
    orders: Sequence[ReportOrder],
    context: Context,
    store: Store,
    console: Console,
) -> None:
    """Print what is printed of an experiment and write what is written; what fails is a note."""
    from pytest_llmobs.reports.delivery import FOLDER, Reports
    from pytest_llmobs.workspace import Workspace

    # the baselines that are committed beside the store
    evidence = Workspace.find(Path(store.place).parent).evidence(store)
    context = replace(context, evidence=evidence)
    reports = Reports(experiment, context, orders)
    for report in reports.printed(console.page):
        if report.problem:
            console.note(report.notice())
        else:
            console.say(report.text)
    folder = None
    if store.is_local:
        folder = store.root / FOLDER
    for report in reports.written(folder):
        console.note(report.notice())
