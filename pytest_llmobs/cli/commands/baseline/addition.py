"""``llmobs baseline add``: further passes for the baselines, from stored experiments of accepted code."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from pytest_llmobs.baselines.paths import baseline_files
from pytest_llmobs.cli.commands.baseline.folder import baseline_directory
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.lookup import none_yet
from pytest_llmobs.cli.stores import open_store
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.experiments.accepted import accepted_code
from pytest_llmobs.experiments.pooling import Pool, PooledExperiment
from pytest_llmobs.experiments.stored import read_heads
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count, listed, shell_line

_NAMED = 5
"""Experiments named with one reason; more are counted."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument(
        "--branch",
        required=True,
        metavar="BRANCH",
        help="has the accepted code, such as main: experiments of its commits are added, red or green",
    )
    parser.add_argument(
        "--since",
        metavar="DATE",
        type=_moment,
        help="leave older experiments out (2026-11-30, UTC), and add also to rows recorded anew since",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be added")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Add what is stored of accepted code to every baseline of a folder, and print what was and what was not.

    Raises:
        StoreError: There is no store, or it can't be read.
        BaselineError: A baseline can't be read or written, or git knows no such branch.
    """
    directory = baseline_directory(arguments.dir)
    store = open_store(arguments.store, console)
    heads = read_heads(store)
    if not heads:
        console.note(none_yet(store))
        return 1
    files = baseline_files(directory)
    if not files:
        raise BaselineError(f"There is no baseline in {str(directory)!r}. --llm-update-baseline records one.")
    pool = Pool(store, heads, accepted_code(directory.resolve(), arguments.branch), arguments.since)
    pooled: list[PooledExperiment] = []
    for path in files:
        pooled += pool.add_to(path, dry_run=arguments.dry_run)
    if arguments.json:
        console.json(list(map(asdict, pooled)))
        return 0
    if pooled:
        console.say("\n".join(_lines(pooled, console.page)))
    _conclude(pooled, directory, arguments, console)
    return 0


def _conclude(
    pooled: Sequence[PooledExperiment], directory: Path, arguments: argparse.Namespace, console: Console
) -> None:
    experiments = {each.experiment for each in pooled if each.examples}
    if not experiments:
        console.note("Nothing was added.")
    elif arguments.dry_run:
        console.note(f"{count(len(experiments), 'experiment')} would be added.")
    else:
        command = shell_line(["git", "add", "-A", os.path.relpath(directory)])
        console.note(f"Added {count(len(experiments), 'experiment')}. Commit this: {command}")


def _lines(pooled: Sequence[PooledExperiment], page: Page) -> Iterator[str]:
    """Yield what was added, an experiment a line, and below it what was not, a reason a line."""
    for suite, experiments in groupby(pooled, attrgetter("suite")):
        yield page.paint(page.clip_start(page.line(suite), page.width), "cyan")
        names: dict[str, list[str]] = {}
        for each in experiments:
            if each.objection:
                names.setdefault(each.objection, []).append(each.experiment)
            else:
                yield from page.item(_added(each), mark="+")
        for objection, having in names.items():
            text = f"{count(len(having), 'experiment')} not added, {objection}: {listed(having, _NAMED)}"
            yield from page.item(text, mark=page.signs.dot)


def _added(each: PooledExperiment) -> str:
    moment = datetime.fromisoformat(each.started).astimezone(UTC)
    verdict = "red" if each.red else "green"
    told = (
        f"{each.experiment}, {moment:%Y-%m-%d %H:%M} UTC, {verdict}: "
        f"{count(each.passes, 'pass', 'passes')} to {count(each.examples, 'example')}"
    )
    if each.left_out:
        told += f"; nothing to {each.left_out}"
    return told


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write one as 2026-11-30") from None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment
