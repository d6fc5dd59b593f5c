"""``llmobs merge``: the shards of several machines as one experiment, gated once."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from pytest_llmobs.cli import reports
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.modules import import_file
from pytest_llmobs.cli.stores import open_store
from pytest_llmobs.errors import BaselineError, EvaluatorError, StoreError
from pytest_llmobs.files import make_private
from pytest_llmobs.settings import STORE_FOLDER, prompt_folder
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import known, listed, nearest

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.suites import BoundSummary
    from pytest_llmobs.experiments.joining import FinishedShard, JoinedShards
    from pytest_llmobs.experiments.references import Source
    from pytest_llmobs.records.experiments import Experiment
    from pytest_llmobs.records.plans import SuitePlan
    from pytest_llmobs.settings import Settings
    from pytest_llmobs.tracing.redaction.pipeline import Redaction

_WHERE = "Its marker names the summary evaluators: merge in the project's folder, with what its tests import installed."
_NAMED = 3
"""Suites named in a message; more are counted."""
_UNLOOKED = "a merge can't run tests again; `pytest --llm-experiment` on one machine can"


@dataclass(frozen=True)
class _StoredShard:
    """A shard, with the store that has its runs."""

    shard: FinishedShard
    store: Store

    @property
    def whole_name(self) -> str:
        """Name of the experiment that it is a part of."""
        from pytest_llmobs.experiments.shards import whole_name

        return whole_name(self.shard.experiment.name)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "stores",
        nargs="+",
        metavar="DIR",
        help=f"a shard's store ({STORE_FOLDER}, or the folder that holds it or several), or the URI of one",
    )
    parser.add_argument(
        "--name", metavar="NAME", help="the experiment to merge, where the stores hold several"
    )
    parser.add_argument(
        "--baseline-dir",
        metavar="PATH",
        help="the committed baselines (default: llm_baseline_dir of the shards, below the current folder)",
    )
    reports.add_option(parser)
    parser.add_argument("--json", action="store_true", help="print the report for machines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Join, gate, keep and print.

    Raises:
        StoreError: The shards don't belong together, or a store can't be read or written.
        BaselineError: There is no such folder of baselines, or none of a suite that the shards had one of.
        SettingsError: There is no such report.
    """
    from pytest_llmobs.experiments.joining import join
    from pytest_llmobs.reports.context import Context

    shards = _chosen(_shards(arguments.stores, arguments.name, console), arguments.name)
    joined = join([stored.shard for stored in shards])
    settings = _settings(joined, arguments.baseline_dir)
    store = Store(arguments.store or STORE_FOLDER, warn=console.note)
    orders = reports.read_option(arguments, store)  # a mistake shows before anything is written
    _bring(shards, joined.experiment.name, store)
    experiment = _concluded(joined, store, settings)
    context = Context(store=arguments.store or "").under(experiment.conditions)
    reports.tell(experiment, orders, context, store, console, machines=arguments.json)
    if experiment.red:
        return 1
    return 0


def _shards(places: Sequence[str], name: str | None, console: Console) -> list[_StoredShard]:
    """Return all shards in the stores that the user named.

    Args:
        places: As the user named them.
        name: Of the experiment that is to be merged, or None for the only one there is.
        console: Gets the notes.
    """
    from pytest_llmobs.experiments.joining import read_shards

    shards: list[_StoredShard] = []
    for place in _stores(places):
        store = open_store(place, console)
        here = read_shards(store, place, name)
        if not here:
            raise StoreError(
                f"There is no shard in {place!r}. `pytest --llm-experiment --llm-name NAME --llm-shard I/N` makes one."
            )
        for shard in here:
            shards.append(_StoredShard(shard, store))
    return shards


def _stores(places: Sequence[str]) -> Iterator[str]:
    """Yield the stores the user named, or those below: artifacts are unpacked into a folder each, all in one."""
    for place in places:
        folders = [Path(place)]
        if folders[0].is_dir() and not _store_of(folders[0]):
            folders = sorted(filter(_store_of, folders[0].iterdir())) or folders
        for folder in folders:
            yield str(_store_of(folder) or place)


def _store_of(folder: Path) -> Path | None:
    """Return the store that a folder holds, or is."""
    for path in (folder / STORE_FOLDER, folder):
        if (path / "experiments").is_dir():
            return path
    return None


def _chosen(shards: Sequence[_StoredShard], name: str | None) -> list[_StoredShard]:
    """Return the shards of one experiment: of that name, or of the only one there is."""
    shards_by_name: dict[str, list[_StoredShard]] = {}
    for stored in shards:
        shards_by_name.setdefault(stored.whole_name, []).append(stored)
    if name is None:
        if len(shards_by_name) > 1:
            held = "; ".join(f"{stored.shard} is of {stored.whole_name!r}" for stored in shards)
            raise StoreError(f"These are shards of several experiments: {held}. Choose one with --name.")
        return list(shards)
    if name not in shards_by_name:
        near = f"{nearest(name, shards_by_name)} {known(shards_by_name)}"
        raise StoreError(f"No shard is of the experiment {name!r}.{near}")
    return shards_by_name[name]


def _settings(joined: JoinedShards, baseline_dir: str | None) -> Settings:
    """Return what the shards' sessions were told, as far as the gate asks; there is no ini file here."""
    from pytest_llmobs.settings import read_settings

    if baseline_dir is not None and not Path(baseline_dir).is_dir():
        raise BaselineError(
            f"There is no folder {baseline_dir!r}. --llm-update-baseline writes baselines to one."
        )
    given = dict(joined.settings)
    if baseline_dir is not None:
        given["baseline_dir"] = baseline_dir
    plain = read_settings(lambda option: (option.default, option.ini), os.environ)
    # one look: there is no pytest here that could run a test again
    return replace(plain, experiment=True, confirm=0, **given)


def _bring(shards: Sequence[_StoredShard], project: str, store: Store) -> None:
    """Bring the shards' runs, what these refer to, and what was said of them."""
    from pytest_llmobs.storage.feedback.bringing import bring

    store.layout.create()
    folder = store.layout.partition(project)
    try:
        make_private(folder)  # of a merge before: the same files are copied once more
        for stored in shards:
            stored.store.copy_runs(project, folder)
            stored.store.copy_media(store.layout.media)
            bring(stored.store.feedback, store.feedback, store.layout)
    except OSError as error:
        raise StoreError(f"Can't bring the shards' runs and feedback to {str(folder)!r}: {error}.") from error


def _concluded(joined: JoinedShards, store: Store, settings: Settings) -> Experiment:
    """Gate all shards at once, and keep the experiment."""
    from pytest_llmobs.experiments.conclude import Surroundings, conclude
    from pytest_llmobs.experiments.references import baseline_source
    from pytest_llmobs.records.decisions import Decision

    here = Path.cwd()
    folder = here / settings.baseline_dir
    # asked twice: whether all are here, and by the gate
    baseline_of = cache(baseline_source(settings.baseline, folder, here, lambda: store))
    _check_baselines(joined, baseline_of, settings)
    surroundings = Surroundings(
        settings=settings,
        store=store,
        baseline_of=baseline_of,
        baseline_folder=folder,
        prompt_folder=prompt_folder(os.environ, here / settings.prompt_dir),
        find_summaries=_find_summaries,
        redaction=_redaction(settings),
        unlooked=_UNLOOKED,
        recall=True,  # documents hold no texts
    )
    unjudged = replace(joined.experiment, decision=Decision(errors=tuple(joined.errors)))
    return conclude(unjudged, surroundings).experiment


def _redaction(settings: Settings) -> Redaction:
    from pytest_llmobs.extensions import Extensions, standalone_manager
    from pytest_llmobs.tracing.redaction.pipeline import Redaction
    from pytest_llmobs.tracing.redaction.redactors import choose_redactors

    offered = Extensions(standalone_manager()).redactors
    return Redaction(choose_redactors(settings.redact, offered, "llm_redact"))


def _check_baselines(joined: JoinedShards, source: Source, settings: Settings) -> None:
    """Make sure that the baselines are at hand by which the shards left their failed assertions to the gate."""
    from pytest_llmobs.experiments.references import baselines_of

    here = baselines_of(joined.experiment.suites, source)
    lost = sorted(joined.baselines.keys() - here.keys())
    if lost:
        raise BaselineError(
            f"The shards left their failed assertions to the gate, by a baseline of {listed(lost, _NAMED)} that is not "
            f"in {settings.baseline or settings.baseline_dir!r} here. Merge where it is committed, or name its folder "
            "with --baseline-dir."
        )


def _find_summaries(plan: SuitePlan) -> Sequence[BoundSummary]:
    from pytest_llmobs.experiments.suite_scores import find_again

    try:
        return find_again(plan, _imported)
    except EvaluatorError as error:
        raise EvaluatorError(f"{error} {_WHERE}") from error


@cache
def _imported(path: str) -> ModuleType:
    return import_file(Path(path))
