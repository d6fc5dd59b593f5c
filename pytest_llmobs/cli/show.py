"""``llmobs show``: an experiment as its session ended, or one run with everything below it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.stores import open_store
from pytest_llmobs.errors import StoreError, nearest
from pytest_llmobs.records.experiments import Experiment, Trial
from pytest_llmobs.records.runs import Run
from pytest_llmobs.reports.base import Context
from pytest_llmobs.storage.layout import unescape
from pytest_llmobs.storage.store import Store

NAME = "show"
HELP = "show an experiment as its session ended, or one run with everything below it"
_ID = frozenset("0123456789abcdef-")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "which",
        nargs="?",
        metavar="NAME_OR_ID",
        help="an experiment's name, or a run's id; their beginning is enough (default: the newest experiment)",
    )
    parser.add_argument(
        "--all", action="store_true", help="cut nothing: every suite, example, run and payload"
    )
    parser.add_argument(
        "--broken", action="store_true", help="print the node ids of the broken examples alone"
    )
    parser.add_argument("--json", action="store_true", help="print everything for machines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the experiment or the run; return 1 where there is no such thing.

    Raises:
        StoreError: There is no store, or it can't be read.
    """
    store = open_store(arguments.store, console)
    names = experiment_names(store)
    name = _newest(store) if arguments.which is None else _named(arguments.which, names)
    if name is not None:
        return _show_experiment(_read(name, store), arguments, console)
    try:
        found = _find_run(arguments.which, names, store)
    except StoreError as error:
        console.note(str(error))
        return 1
    return _show_run(found, store, arguments, console)


def experiment_names(store: Store) -> list[str]:
    """Return the names of all experiments, sorted."""
    return sorted(unescape(path.stem) for path in store.layout.experiments.glob("[!.]*.json"))


def _newest(store: Store) -> str | None:
    documents = store.experiments()
    return str(documents[-1]["name"]) if documents else None


def _named(which: str, names: Sequence[str]) -> str | None:
    """Return the experiment of that name, or the only one whose name begins so."""
    if which in names:
        return which
    begun = [name for name in names if name.startswith(which)]
    return begun[0] if len(begun) == 1 else None


def _read(name: str, store: Store) -> Experiment:
    from pytest_llmobs.experiments.summary import experiment_from_dict

    return experiment_from_dict(store.read_experiment(name))


def _find_run(which: str | None, names: Sequence[str], store: Store) -> Run:
    """Return the run of that id.

    Raises:
        StoreError: Neither a run nor an experiment is meant by it, or several may be.
    """
    if which is None:
        raise StoreError(f"No experiment in {str(store.root)!r} yet. `pytest --llm-experiment` makes one.")
    begun = [name for name in names if name.startswith(which)]
    if begun:
        raise StoreError(f"Several experiments' names begin with {which!r}: {', '.join(begun)}.")
    if set(which.lower()) <= _ID:
        return store.read_run(which.lower())
    listed = "`llmobs experiments` lists them." if names else "The store holds none yet."
    raise StoreError(f"Unknown experiment {which!r}, and no run's id either.{nearest(which, names)} {listed}")


def _show_experiment(experiment: Experiment, arguments: argparse.Namespace, console: Console) -> int:
    if arguments.broken:
        return _show_broken(experiment, console)
    if arguments.json:
        console.json({**asdict(experiment), "red": experiment.decision.red})
        return 0
    from pytest_llmobs.reports.terminal import TerminalReport

    context = Context(store=arguments.store or "", everything=arguments.all)
    console.say(TerminalReport().render(experiment, console.page, context))
    return 0


def _show_broken(experiment: Experiment, console: Console) -> int:
    """Print node ids for ``pytest @file``; fail where none broke, so that a chained pytest doesn't run everything."""
    from pytest_llmobs.reports.cases import broken_cases

    nodeids = [case.nodeid for case in broken_cases(experiment) if case.nodeid]
    if not nodeids:
        console.note(f"No example broke in {experiment.name!r}.")
        return 1
    console.say("\n".join(nodeids))
    return 0


def _show_run(found: Run, store: Store, arguments: argparse.Namespace, console: Console) -> int:
    if arguments.broken:
        console.note(f"{found.id!r} is a run; --broken is for an experiment.")
        return 2
    if arguments.json:
        console.json(asdict(found))
        return 0
    from pytest_llmobs.reports.trace import trace_text

    trial = _trial_of(found, store)
    console.say(trace_text(found, console.page, trial=trial, everything=arguments.all))
    return 0


def _trial_of(found: Run, store: Store) -> Trial | None:
    """Return the trial whose root the run is, where its experiment is at hand."""
    if found.parent_id is not None or found.project not in experiment_names(store):
        return None
    experiment = _read(found.project, store)
    trials = (*experiment.trials, *experiment.confirmation)
    return next((trial for trial in trials if trial.run_id == found.id), None)
