"""``llmobs show``: an experiment as its session ended, or one run with everything below it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from pytest_llmobs.cli import reports
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.lookup import match_name, newest_experiment, remedy, stopped_early
from pytest_llmobs.cli.stores import open_store
from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.experiments.stored import find_readable, read_experiment, stored_experiments
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.records.wire import to_wire
from pytest_llmobs.reports.context import Context
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import nearest_beginning, shell_line

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
    # where reports were made once: it says where they are now
    parser.add_argument("--report", action="append", default=[], help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the experiment or the run.

    Raises:
        NotFoundError: There is no such thing.
        StoreError: There is no store, or it can't be read.
    """
    store = open_store(arguments.store, console)
    which = arguments.which
    if which is None:
        return _show_experiment(newest_experiment(store), store, arguments, console)
    names = store.experiment_names()
    name = match_name(which, names)
    if name is not None:
        return _show_experiment(read_experiment(name, store), store, arguments, console)
    return _show_run(_find_run(which, names, store), store, arguments, console)


def _find_run(which: str, names: Sequence[str], store: Store) -> Run:
    from pytest_llmobs.experiments.evaluation.journal import stopped_evaluations

    if which in stopped_evaluations(store):
        raise NotFoundError(stopped_early(which, store))
    if not set(which.lower()) <= _ID:  # no beginning of an id: a name was meant
        raise NotFoundError(
            f"Unknown experiment {which!r}, and no run's id either.{nearest_beginning(which, names)} {remedy(names)}"
        )
    from pytest_llmobs.storage.parquet.lookup import UnknownRunError

    try:
        return store.read_run(which.lower())
    except UnknownRunError as error:
        raise NotFoundError(_why_unstored(which.lower(), store) or str(error)) from error
    except StoreError as error:  # several, or too few letters to tell
        raise NotFoundError(str(error)) from error


def _why_unstored(which: str, store: Store) -> str | None:
    """Return what is known of a run whose trace isn't stored, or None where nothing is."""
    for stored in stored_experiments(store, mentioning=which):
        experiment = stored.experiment
        for trial in experiment.all_trials:
            if trial.run_id is not None and trial.run_id.startswith(which):
                return (
                    f"The trace of {trial.run_id!r} isn't stored. It is the trial {trial.nodeid} ({trial.status}) of "
                    f"{experiment.name!r}. An llm_sample_rate below 1 leaves out traces of trials that passed; "
                    "llm_keep says which of them to store all the same."
                )
    return None


def _show_experiment(
    experiment: Experiment, store: Store, arguments: argparse.Namespace, console: Console
) -> int:
    if arguments.report:
        console.note(_gave_way(experiment, arguments))
        return 2
    context = reports.stored_context(experiment, store, arguments.store, everything=arguments.all)
    if arguments.broken:
        return _show_broken(experiment, context, console)
    if arguments.json:
        console.json({**to_wire(experiment, sparse=False), "red": experiment.red})
        return 0
    reports.tell(experiment, (), context, store, console)
    return 0


def _gave_way(experiment: Experiment, arguments: argparse.Namespace) -> str:
    """Return what to type in the place of ``--report``."""
    words = ["llmobs", "report"]
    if arguments.which is not None:
        words.append(experiment.name)
    words += arguments.report
    if arguments.store:
        words += ["--store", arguments.store]
    return f"`llmobs show` prints; reports are made with `{shell_line(words)}`."


def _show_broken(experiment: Experiment, context: Context, console: Console) -> int:
    """Print node ids for ``pytest @file``; fail where none broke, so that a chained pytest doesn't run everything."""
    from pytest_llmobs.reports.digest.commands import located_nodeids
    from pytest_llmobs.reports.digest.examples import digest_examples

    nodeids = located_nodeids(digest_examples(experiment.decision.examples).rerun, context)
    if not nodeids:
        console.note(f"No example broke in {experiment.name!r}.")
        return 1
    console.say("\n".join(nodeids))
    return 0


def _show_run(run: Run, store: Store, arguments: argparse.Namespace, console: Console) -> int:
    for option in ("broken", "report"):
        if getattr(arguments, option):
            console.note(f"{run.id!r} is a run; --{option} is for an experiment.")
            return 2
    if arguments.json:
        console.json(asdict(run))
        return 0
    from pytest_llmobs.reports.pages.trace import trace_text

    trial = _trial_of(run, store)
    console.say(trace_text(run, console.page, trial=trial, everything=arguments.all))
    return 0


def _trial_of(run: Run, store: Store) -> Trial | None:
    """Return the trial whose root the run is, where its experiment is at hand."""
    if run.parent_id is not None or run.project not in store.experiment_names():
        return None
    experiment = find_readable(run.project, store)
    if experiment is None:
        return None
    for trial in experiment.all_trials:
        if trial.run_id == run.id:
            return trial
    return None
