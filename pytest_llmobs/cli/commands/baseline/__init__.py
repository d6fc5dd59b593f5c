"""``llmobs baseline``: what changed in the committed baselines, accept anew, add passes, tidy up.

Here lie the options and the short actions; ``acceptance`` records anew, ``addition`` adds passes, ``changes`` compares
with a git commit and drops what is gone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pytest_llmobs.cli.commands.baseline import addition
from pytest_llmobs.cli.commands.baseline.acceptance import accept
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.stores import open_local_store
from pytest_llmobs.errors import BaselineError, StoreError
from pytest_llmobs.experiments.stored import read_heads
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.settings import BASELINE_FOLDER
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own commands and their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    diff = actions.add_parser("diff", help="compare the baselines on disk with those of a git commit")
    diff.add_argument(
        "ref", nargs="?", default="HEAD", metavar="REF", help="commit, branch or tag (default HEAD)"
    )
    diff.add_argument("--all", action="store_true", help="name every example")
    acceptance = actions.add_parser(
        "accept",
        help="record the suites of an experiment anew, by fresh repeats in pytest; of an evaluation its own trials",
    )
    acceptance.add_argument("which", nargs="?", metavar="EXPERIMENT", help="default: the newest")
    acceptance.add_argument(
        "--all", action="store_true", help="every suite, not only those with something to accept"
    )
    acceptance.add_argument(
        "--failing", action="store_true", help="also where most examples never passed (--llm-accept-failing)"
    )
    acceptance.add_argument("--dry-run", action="store_true", help="print the command and run nothing")
    prune = actions.add_parser("prune", help="drop baselines of gone test files, and rows of gone examples")
    prune.add_argument("--dry-run", action="store_true", help="say what would be dropped")
    add = actions.add_parser("add", help="add passes from stored experiments of accepted code")
    addition.add_arguments(add)
    for action in (diff, prune, add):
        action.add_argument(
            "--dir", metavar="PATH", help=f"the baselines' folder (default {BASELINE_FOLDER})"
        )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the action.

    Raises:
        NotFoundError: The experiment is unknown.
        StoreError: There is no store, or it can't be read.
        BaselineError: A baseline can't be read or written, or git knows no such commit.
    """
    actions = {"diff": _diff, "accept": accept, "prune": _prune, "add": _add}
    return actions[arguments.action](arguments, console)


def _diff(arguments: argparse.Namespace, console: Console) -> int:
    from pytest_llmobs.cli.commands.baseline.changes import changes_since
    from pytest_llmobs.reports.pages.baseline_diff import baseline_diff

    directory = baseline_directory(arguments.dir)
    changes = changes_since(directory, arguments.ref)
    console.say("\n".join(baseline_diff(changes, arguments.ref, console.page, everything=arguments.all)))
    return 0


def _prune(arguments: argparse.Namespace, console: Console) -> int:
    from pytest_llmobs.cli.commands.baseline.changes import prune

    store = open_local_store(arguments.store, console)
    rootdir = store.root.parent
    directory = rootdir / BASELINE_FOLDER
    if arguments.dir is not None:
        directory = baseline_directory(arguments.dir)
    dropped = list(prune(directory, rootdir, _all_heads(store), dry_run=arguments.dry_run))
    verb = "dropped"
    if arguments.dry_run:
        verb = "would drop"
    for what in dropped:
        console.say(console.page.text(f"{verb} {what}"))
    if not dropped:
        console.note("Nothing to drop: every baseline has its test file, every row its example.")
    return 0


def _add(arguments: argparse.Namespace, console: Console) -> int:
    return addition.add(arguments, baseline_directory(arguments.dir), console)


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


def baseline_directory(given: str | None) -> Path:
    """Return the folder of the baselines.

    Raises:
        BaselineError: There is none.
    """
    if given is not None:
        if not Path(given).is_dir():
            raise BaselineError(
                f"There is no folder {given!r}. --llm-update-baseline writes baselines to one."
            )
        return Path(given)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / BASELINE_FOLDER).is_dir():
            return folder / BASELINE_FOLDER
    raise BaselineError(
        f"There is no folder {BASELINE_FOLDER!r} in {str(here)!r} nor in a folder above it. "
        "`pytest --llm-experiment --llm-update-baseline` makes one; --dir PATH names one elsewhere."
    )
