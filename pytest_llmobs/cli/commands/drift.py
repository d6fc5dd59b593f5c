"""``llmobs drift``: how far the same code moves from one session to another."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pytest_llmobs.baselines.file import load_baseline
from pytest_llmobs.baselines.paths import baseline_files
from pytest_llmobs.cli.commands.baseline.folder import baseline_directory
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.stores import open_store
from pytest_llmobs.errors import BaselineError, StoreError
from pytest_llmobs.experiments.stored import read_heads
from pytest_llmobs.gate.drift import SuiteDrift, drift_of
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.settings import BASELINE_FOLDER


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("suite", nargs="?", metavar="SUITE", help="only suites whose name holds this text")
    parser.add_argument("--dir", metavar="PATH", help=f"the baselines' folder (default {BASELINE_FOLDER})")
    parser.add_argument("--json", action="store_true", help="print it for machines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the figures.

    Raises:
        BaselineError: There is no baseline, or it can't be read.
        StoreError: The store that was named isn't there.
    """
    from pytest_llmobs.reports.pages.drift import drift_page

    directory = baseline_directory(arguments.dir)
    drifts = _drifts(directory, arguments.suite or "", _plans(arguments.store, console))
    if arguments.json:
        console.json(list(map(_wire, drifts)))
    else:
        console.say("\n".join(drift_page(drifts, console.page)))
    return 0


def _drifts(directory: Path, wanted: str, plans: Mapping[str, SuitePlan]) -> list[SuiteDrift]:
    drifts = []
    suites = []
    for path in baseline_files(directory):
        baseline = load_baseline(path)
        if baseline is not None:
            suites.append(baseline.suite)
            if wanted in baseline.suite:
                drifts.append(drift_of(baseline, plans.get(baseline.suite)))
    if not suites:
        raise BaselineError(f"There is no baseline in {str(directory)!r}. --llm-update-baseline records one.")
    if not drifts:
        raise BaselineError(f"No suite's name holds {wanted!r}. Known: {', '.join(suites)}.")
    return drifts


def _plans(store: str | None, console: Console) -> Mapping[str, SuitePlan]:
    """Return the newest plan of each suite, for its clusters and the metrics that gate; none without a store."""
    plans: dict[str, SuitePlan] = {}
    try:
        heads = read_heads(open_store(store, console))
    except StoreError:
        if store is not None:
            raise
        return plans  # a fresh clone has baselines and no store
    for head in heads:
        for plan in head.suites:
            plans.setdefault(plan.name, plan)
    return plans


def _wire(drift: SuiteDrift) -> dict[str, Any]:
    return {**asdict(drift), "has_days": drift.has_days, "verdict": drift.verdict}
