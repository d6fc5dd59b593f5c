"""Reports of an experiment on the command line: those of ``llmobs report``, and those of the option ``--report``."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.cli.console import Console
from pytest_llmobs.settings import REPORT_FORMATS
from pytest_llmobs.storage.store import Store

if TYPE_CHECKING:
    from pytest_llmobs.records.experiments import Experiment
    from pytest_llmobs.reports.base import ReportFormat
    from pytest_llmobs.reports.context import Context
    from pytest_llmobs.reports.delivery import ReportOrder, Reports

OPTION = "--report"


def add_option(parser: argparse.ArgumentParser) -> None:
    """Declare the option."""
    parser.add_argument(
        OPTION,
        action="append",
        default=[],
        metavar="FORMAT[:PATH]",
        help=f"also make a report, as --llm-report does: {REPORT_FORMATS}; may be given several times",
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

    formats = known_formats(arguments.report, store)
    return read_orders(arguments.report, formats, Path.cwd(), OPTION)


def known_formats(requests: Sequence[str], store: Store) -> Mapping[str, ReportFormat]:
    """Return the formats at hand; those of the project's ``conftest.py`` where no other is meant.

    Args:
        requests: ``FORMAT`` or ``FORMAT:PATH`` each.
        store: Its folder's parent has the ``conftest.py``.

    Raises:
        SettingsError: A hook offers what is no format.
        EvaluatorError: The ``conftest.py`` can't be imported.
    """
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


def stored_context(
    experiment: Experiment, store: Store, store_option: str | None, *, everything: bool = False
) -> Context:
    """Return the context of a stored experiment's report: what its session knew, where that holds here.

    Args:
        experiment: The experiment.
        store: Where it is stored.
        store_option: The store as the user named it; None where it is found without a name.
        everything: Cut nothing.
    """
    from pytest_llmobs.reports.context import Context

    rootdir = _rootdir(experiment, store)
    context = Context(store=store_option or "", rootdir=rootdir, everything=everything)
    context = context.under(experiment.conditions)
    if rootdir:
        return context
    # as the session printed them, where its paths hold
    told = experiment.commands
    return replace(
        context,
        accept=told.get("accept", context.accept),
        accept_some=told.get("accept_some", context.accept_some),
        rerun=told.get("rerun", context.rerun),
        record=told.get("record", context.record),
    )


def _rootdir(experiment: Experiment, store: Store) -> str:
    """Return the path of the store's rootdir where the tests lie there and not here: a store may be a copy."""
    rootdir = os.path.relpath(Path(store.place).parent)
    if _has_tests(Path(), experiment) or not _has_tests(Path(rootdir), experiment):
        return ""
    return rootdir


def _has_tests(folder: Path, experiment: Experiment) -> bool:
    """Tell whether any test file of an experiment lies below a folder."""
    return any(folder.joinpath(plan.path).exists() for plan in experiment.suites)


def gathered(
    experiment: Experiment, orders: Sequence[ReportOrder], context: Context, store: Store
) -> Reports:
    """Return the reports of an experiment, which look up its traces and the baselines beside the store."""
    from pytest_llmobs.reports.delivery import Reports
    from pytest_llmobs.workspace import Workspace

    # baselines are committed where the store's project lies, wherever the command is called
    evidence = Workspace.find(Path(store.place).parent).evidence(store)
    return Reports(experiment, replace(context, evidence=evidence), orders)


def report_folder(store: Store) -> Path | None:
    """Return where reports without a path of the user's own go; None where the store is on another machine."""
    from pytest_llmobs.reports.delivery import FOLDER

    if not store.is_local:
        return None
    return store.root / FOLDER


def tell(
    experiment: Experiment,
    orders: Sequence[ReportOrder],
    context: Context,
    store: Store,
    console: Console,
    *,
    machines: bool = False,
) -> None:
    """Print what is printed of an experiment and write what is written; what fails is a note.

    Args:
        experiment: The experiment.
        orders: The reports that were asked for.
        context: How its session was started.
        store: Where it is stored.
        console: Gets what is printed.
        machines: Print the document of the report ``json``, and nothing else.
    """
    reports = gathered(experiment, orders, context, store)
    if machines:
        _print_document(reports, console)
    else:
        for report in reports.printed(console.page):
            if report.problem:
                console.note(report.notice())
            else:
                console.say_finished(report.shown(console.page))
    for report in reports.written(report_folder(store)):
        console.note(report.notice())


def _print_document(reports: Reports, console: Console) -> None:
    from pytest_llmobs.reports.delivery import Delivery
    from pytest_llmobs.reports.json import plain_document

    if isinstance(reports.digest, Delivery):
        console.note(reports.digest.notice())
    else:
        console.json(plain_document(reports.digest))
    for order in reports.orders:
        name = order.format.name
        if order.printed:
            console.note(f"! report {name}: --json is printed alone; name a file, {name}:PATH")
