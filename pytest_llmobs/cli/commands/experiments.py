"""``llmobs experiments``: what was measured, the newest first."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.lookup import none_yet, stopped_early
from pytest_llmobs.cli.numbers import limit
from pytest_llmobs.cli.stores import open_store
from pytest_llmobs.experiments.stored import find_readable, read_heads
from pytest_llmobs.measures.proposals import FEWEST_EXPERIMENTS
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.experiments.accepted import Objection
    from pytest_llmobs.experiments.history import Trend
    from pytest_llmobs.records.experiments import Experiment
    from pytest_llmobs.reports.digest.experiment_line import ExperimentLine
    from pytest_llmobs.storage.store import Store

_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--limit",
        type=limit,
        metavar="N",
        help=f"only the newest N (0: all; default {_SHOWN}, with --history all)",
    )
    parser.add_argument(
        "--history",
        action="store_true",
        help="show each metric's means over time, and the min_mean they would support",
    )
    parser.add_argument(
        "--branch",
        metavar="BRANCH",
        help="has the accepted code, whose means support a min_mean (default: the remote's, or main or master)",
    )
    parser.add_argument("--json", action="store_true", help="print them for machines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the table, or the course of each metric.

    Raises:
        StoreError: There is no store, or it can't be read.
        BaselineError: Git doesn't know the branch that was named.
    """
    from pytest_llmobs.experiments.history import trends

    store = open_store(arguments.store, console)
    _tell_of_stopped(store, console)
    heads = read_heads(store)
    shown = heads
    limit = _limit(arguments)
    if limit > 0:
        shown = heads[:limit]
    if arguments.history:
        objection = _objection(arguments.branch)
        _history(trends(shown, objection), arguments, console)
        if objection is None and len(shown) >= FEWEST_EXPERIMENTS:
            console.note("No min_mean is proposed: git names no branch of accepted code here. --branch does.")
    elif arguments.json:
        console.json(list(map(asdict, _lines(shown, store))))
    elif not heads:
        console.note(none_yet(store))
    else:
        _list(_lines(shown, store), len(heads), trends(heads), console)
    return 0


def _tell_of_stopped(store: Store, console: Console) -> None:
    """Name the evaluations that can go on; opening the store has told of those that were found just now."""
    from pytest_llmobs.experiments.evaluation.journal import stopped_evaluations

    told = [marked.name for marked in store.ended_early]
    for name in stopped_evaluations(store):
        if name not in told:
            console.note(stopped_early(name, store))


def _limit(arguments: argparse.Namespace) -> int:
    """Return how many experiments to show; 0 for all."""
    if arguments.limit is not None:
        return int(arguments.limit)
    if arguments.history:  # a course over time is cut nowhere unless asked
        return 0
    return _SHOWN


def _objection(branch: str | None) -> Objection | None:
    """Return what tells experiments of accepted code; None where nothing says which code that is."""
    from pytest_llmobs.experiments.accepted import accepted_code, usual_branch

    branch = branch or usual_branch(Path.cwd())
    if branch is None:
        return None
    return accepted_code(Path.cwd(), branch)


def _history(courses: Sequence[Trend], arguments: argparse.Namespace, console: Console) -> None:
    from pytest_llmobs.reports.pages.history import history_section

    if arguments.json:
        console.json(list(map(asdict, courses)))
    else:
        console.say("\n".join(history_section(courses, console.page)))


def _list(shown: Sequence[ExperimentLine], total: int, courses: Sequence[Trend], console: Console) -> None:
    from pytest_llmobs.reports.pages.experiments import listing
    from pytest_llmobs.reports.pages.history import slides

    console.say("\n".join([*listing(shown, console.page), *slides(courses, console.page)]))
    if len(shown) < total:
        console.note(f"{count(total - len(shown), 'older experiment')}: llmobs experiments --limit 0")


def _lines(heads: Sequence[Experiment], store: Store) -> list[ExperimentLine]:
    from pytest_llmobs.reports.digest.experiment_line import experiment_line

    # means and costs need the trials, which heads lack: only what is shown is read whole
    lines = []
    for head in heads:
        experiment = find_readable(head.name, store, summed=True)
        if experiment is not None:
            lines.append(experiment_line(experiment))
    return lines
