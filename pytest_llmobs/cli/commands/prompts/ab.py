"""``llmobs prompts ab``: the arms of an A/B test side by side, and whether users were dealt out as they should be."""

from __future__ import annotations

import argparse
import math
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.moments import read_moment
from pytest_llmobs.cli.stores import open_store
from pytest_llmobs.records.wire import to_wire

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.experiments.splits.comparison import SplitComparison
    from pytest_llmobs.experiments.splits.metrics import Detect

_PROJECT = "production"
_DETECT = "10%"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("name", metavar="NAME", help="the prompt")
    parser.add_argument(
        "--project", default=_PROJECT, metavar="P", help=f"the project with the runs (default: {_PROJECT})"
    )
    parser.add_argument(
        "--since", metavar="WHEN", help="only runs since: 2h, 7d, 2w, 2026-11-30, '2026-11-30 09:00'"
    )
    parser.add_argument(
        "--metric",
        action="append",
        metavar="KEY",
        help="only this: a key of feedback or scores, latency, cost, 'error rate' (repeatable)",
    )
    parser.add_argument(
        "--detect",
        type=_size,
        default=_DETECT,
        metavar="SIZE",
        help=f"the difference that should be found: 0.05, or a share of control's mean (default: {_DETECT}%)",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the comparison; return 1 where the assignment is broken.

    Raises:
        NotFoundError: No run tells of the A/B test, or the project or a metric is unknown.
        ArgumentError: The time makes no sense.
        StoreError: There is no store, or it can't be read.
    """
    since = read_moment("--since", arguments.since)
    comparison = _compared(arguments, since, console)
    if arguments.json:
        console.json(_as_json(comparison, arguments.project, since))
    else:
        from pytest_llmobs.reports.pages.prompts.ab import comparison_text

        begin = "" if since is None else since.isoformat()
        console.say(comparison_text(comparison, arguments.project, begin, console.page))
    return int(comparison.ratio.broken)


def _compared(arguments: argparse.Namespace, since: datetime | None, console: Console) -> SplitComparison:
    from pytest_llmobs.experiments.splits.assignments import read_assignments
    from pytest_llmobs.experiments.splits.comparison import compare_arms
    from pytest_llmobs.experiments.splits.values import read_values

    store = open_store(arguments.store, console)
    assignments = read_assignments(store, arguments.name, arguments.project, since)
    values = read_values(store, assignments, arguments.project, since)
    return compare_arms(arguments.name, assignments, values, arguments.detect, arguments.metric)


def _as_json(comparison: SplitComparison, project: str, since: datetime | None) -> dict[str, Any]:
    return {
        **to_wire(comparison, sparse=False),
        "project": project,
        "since": since,
        "broken": comparison.ratio.broken,
        "mixed": comparison.is_mixed,
        "findings": list(map(partial(to_wire, sparse=False), comparison.findings)),
    }


def _size(text: str) -> Detect:
    """Return the size that is meant.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    from pytest_llmobs.experiments.splits.metrics import Detect

    number = text.strip().removesuffix("%")
    try:
        size = float(number)
    except ValueError:
        size = math.nan
    if not 0 < size < math.inf:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no size of a difference. Write 0.05, or 5% for a share of the first arm's mean"
        )
    if number == text.strip():
        return Detect(size)
    return Detect(size / 100, relative=True)
