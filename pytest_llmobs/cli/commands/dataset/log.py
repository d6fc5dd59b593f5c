"""``llmobs dataset log``: the versions of a dataset, the newest first, from git and from the store."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.dataset.catalogs import open_catalog
from pytest_llmobs.cli.numbers import limit
from pytest_llmobs.datasets.versions.as_of import commits_of, examples_committed
from pytest_llmobs.datasets.versions.commits import CommittedFile
from pytest_llmobs.datasets.versions.differences import changes_between
from pytest_llmobs.datasets.versions.moments import observe
from pytest_llmobs.datasets.versions.versions import version_of
from pytest_llmobs.errors import DatasetError, NotFoundError, StoreError
from pytest_llmobs.reports.pages.datasets.log import LogEntry, VersionCounts, log_page
from pytest_llmobs.reports.pages.datasets.versions import VersionLine

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console
    from pytest_llmobs.datasets.editing.catalog import Catalog
    from pytest_llmobs.records.examples import Example

_SHOWN = 20
_GONE = "what it held is neither in this store nor in git"


@dataclass(frozen=True, kw_only=True)
class _Step:
    """A version as it became the current one."""

    version: str
    at: datetime
    committed: CommittedFile | None = None


@dataclass(frozen=True, kw_only=True)
class _Uses:
    """The experiments that used a version, the newest first."""

    green: list[str]
    red: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("name", metavar="NAME", help="the dataset, or the path of its file")
    parser.add_argument(
        "--limit", type=limit, default=_SHOWN, metavar="N", help=f"most versions (0: all; default {_SHOWN})"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the versions.

    Raises:
        NotFoundError: There is no such dataset.
        DatasetError: Its file makes no sense.
        StoreError: The store can't be read, or one was named that isn't there.
    """
    catalog = open_catalog(arguments)
    name = catalog.name_of(catalog.file(arguments.name))
    # what was edited by hand is a version from now on
    observe(catalog, name)
    steps = _steps(catalog, name, arguments.limit)
    shown = len(steps) if not arguments.limit else arguments.limit
    entries = list(_entries(catalog, name, steps[: shown + 1], _uses(arguments, console)))[:shown]
    if arguments.json:
        console.json(list(map(_as_json, entries)))
        return 0
    console.say("\n".join(log_page(entries, console.page)))
    if len(steps) > shown:
        console.note(f"There are older versions: llmobs dataset log {name} --limit 0")
    return 0


def _steps(catalog: Catalog, name: str, most: int) -> list[_Step]:
    """Return which version was current since when, the newest first: what git and what the store has seen as one."""
    steps: list[_Step] = []
    for moment in catalog.versions.history(name):
        if moment.version:
            steps.append(_Step(version=moment.version, at=moment.at))
    steps += _commits(catalog, name, most)
    steps.sort(key=attrgetter("at"))
    joined: list[_Step] = []
    for step in steps:
        if joined and joined[-1].version == step.version:
            # the store saw it first, or it was committed again: what git says is told all the same
            if joined[-1].committed is None:
                joined[-1] = replace(joined[-1], committed=step.committed)
        else:
            joined.append(step)
    joined.reverse()
    return joined


def _commits(catalog: Catalog, name: str, most: int) -> Iterator[_Step]:
    """Yield the newest commits that changed the file, the oldest first; where it was no dataset, they are left out."""
    commits = commits_of(catalog, name)
    # two commits may be of the same second, and stay in their order when they are sorted by time
    for committed in reversed(commits[: most + 1 if most else None]):
        with suppress(DatasetError, NotFoundError):
            examples = examples_committed(catalog, name, committed)
            yield _Step(
                version=version_of(examples),
                at=committed.at,
                committed=committed,
            )


def _entries(
    catalog: Catalog, name: str, steps: Sequence[_Step], uses: Mapping[str, _Uses]
) -> Iterator[LogEntry]:
    """Yield an entry a step; the last one is only there for what the one above it changed."""
    tags = catalog.tags(name)
    told: set[str] = set()
    now = None
    for number, step in enumerate(steps):
        if now is None:
            now = _content(catalog, name, step)
        before = None
        if number + 1 < len(steps):
            before = _content(catalog, name, steps[number + 1])
        line = VersionLine(
            version=step.version,
            examples=None if now is None else len(now),
            when=step.at,
            commit="" if step.committed is None else step.committed.commit,
            subject="" if step.committed is None else step.committed.subject,
            tags=[tag for tag, version in tags.items() if version == step.version],
        )
        used = uses.get(step.version, _Uses(green=[], red=[]))
        if step.version in told:  # it came back: what is told of it stands above
            used, line = _Uses(green=[], red=[]), replace(line, tags=())
        told.add(step.version)
        yield LogEntry(
            version=line,
            changes=_counts(before, now),
            green=used.green,
            red=used.red,
            problem=_GONE if now is None else "",
        )
        now = before


def _content(catalog: Catalog, name: str, step: _Step) -> Sequence[Example] | None:
    """Return what a version held; None where neither the store nor git has it any more."""
    # git has it for sure; the store may have lost a part of the chain that tells it
    if step.committed is not None:
        return examples_committed(catalog, name, step.committed)
    try:
        return catalog.versions.examples(step.version)
    except StoreError:
        return None


def _counts(before: Sequence[Example] | None, now: Sequence[Example] | None) -> VersionCounts | None:
    if before is None or now is None:
        return None
    changes = changes_between(before, now)
    return VersionCounts(
        added=len(changes.added), removed=len(changes.removed), modified=len(changes.modified)
    )


def _uses(arguments: argparse.Namespace, console: Console) -> Mapping[str, _Uses]:
    """Return the experiments that used each version; none where there is no store and none was named."""
    from pytest_llmobs.cli.stores import open_store
    from pytest_llmobs.experiments.stored import read_heads

    try:
        store = open_store(arguments.store, console)
    except StoreError:
        if arguments.store is not None:
            raise
        return {}
    uses: dict[str, _Uses] = {}
    for experiment in read_heads(store):
        for version in dict.fromkeys(plan.dataset_version for plan in experiment.suites):
            used = uses.setdefault(version, _Uses(green=[], red=[]))
            names = used.red if experiment.red else used.green
            names.append(experiment.name)
    return uses


def _as_json(entry: LogEntry) -> dict[str, Any]:
    line = asdict(entry.version)
    del line["name"]
    return {
        **line,
        "when": entry.version.when and entry.version.when.isoformat(),
        "changes": entry.changes and asdict(entry.changes),
        "experiments": {"green": entry.green, "red": entry.red},
        "problem": entry.problem or None,
    }
