"""``llmobs baseline prune``: baselines of gone test files, and rows of gone examples, dropped."""

from __future__ import annotations

import argparse

from pytest_llmobs.cli.commands.baseline.changes import prune
from pytest_llmobs.cli.commands.baseline.folder import baseline_directory
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.stores import open_local_store
from pytest_llmobs.errors import StoreError
from pytest_llmobs.experiments.stored import read_heads
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.settings import BASELINE_FOLDER
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("--dry-run", action="store_true", help="say what would be dropped")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Drop what is gone, and print what was.

    Raises:
        StoreError: There is no store, or what it has can't all be read.
        BaselineError: There is no such folder, or a baseline can't be read or written.
    """
    store = open_local_store(arguments.store, console)
    rootdir = store.root.parent
    directory = rootdir / BASELINE_FOLDER
    if arguments.dir is not None:
        directory = baseline_directory(arguments.dir)
    dropped = list(prune(directory, rootdir, _all_heads(store), dry_run=arguments.dry_run))
    if arguments.json:
        console.json({"dry_run": arguments.dry_run, "dropped": dropped})
        return 0
    verb = "would drop" if arguments.dry_run else "dropped"
    for what in dropped:
        console.say(console.page.text(f"{verb} {what}"))
    if not dropped:
        console.note("Nothing to drop: every baseline has its test file, every row its example.")
    return 0


def _all_heads(store: Store) -> list[Experiment]:
    """Return all experiments, the newest first; refuse where one can't be read: what it had is not gone."""
    heads = read_heads(store)
    unread = len(store.experiment_names()) - len(heads)
    if unread:
        raise StoreError(
            f"{count(unread, 'experiment')} of {store.place!r} can't be read, so nobody knows what is gone: nothing "
            "was dropped. Restore or delete what is named above, and prune again."
        )
    return heads
