"""``llmobs baseline``: what changed in the committed baselines, accept anew, add passes, tidy up."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Collection, Container, Iterator
from dataclasses import replace
from pathlib import Path

from pytest_llmobs.cli import reports
from pytest_llmobs.cli.commands import baseline_addition
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.lookup import find_experiment, newest_experiment
from pytest_llmobs.cli.stores import open_local_store
from pytest_llmobs.errors import BaselineError, StoreError
from pytest_llmobs.experiments.stored import read_heads
from pytest_llmobs.records.decisions import Decision, ExampleState
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.settings import BASELINE_FOLDER
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import count, shell_line

_TELLING: tuple[ExampleState, ...] = ("new", "edited", "broken", "fixed")
"""States of examples whose rows a new baseline would change; what is known or flaky it has already."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own commands and their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    diff = actions.add_parser("diff", help="compare the baselines on disk with those of a git commit")
    diff.add_argument(
        "ref", nargs="?", default="HEAD", metavar="REF", help="commit, branch or tag (default HEAD)"
    )
    diff.add_argument("--all", action="store_true", help="name every example")
    accept = actions.add_parser(
        "accept",
        help="record the suites of an experiment anew, by fresh repeats in pytest; of an evaluation its own trials",
    )
    accept.add_argument("which", nargs="?", metavar="EXPERIMENT", help="default: the newest")
    accept.add_argument(
        "--all", action="store_true", help="every suite, not only those with something to accept"
    )
    accept.add_argument(
        "--failing", action="store_true", help="also where most examples never passed (--llm-accept-failing)"
    )
    accept.add_argument("--dry-run", action="store_true", help="print the command and run nothing")
    prune = actions.add_parser("prune", help="drop baselines of gone test files, and rows of gone examples")
    prune.add_argument("--dry-run", action="store_true", help="say what would be dropped")
    add = actions.add_parser("add", help="add passes from stored experiments of accepted code")
    baseline_addition.add_arguments(add)
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
    actions = {"diff": _diff, "accept": _accept, "prune": _prune, "add": _add}
    return actions[arguments.action](arguments, console)


def _diff(arguments: argparse.Namespace, console: Console) -> int:
    from pytest_llmobs.cli.commands.baseline_changes import changes_since
    from pytest_llmobs.reports.pages.baseline_diff import baseline_diff

    directory = baseline_directory(arguments.dir)
    changes = changes_since(directory, arguments.ref)
    console.say("\n".join(baseline_diff(changes, arguments.ref, console.page, everything=arguments.all)))
    return 0


def _accept(arguments: argparse.Namespace, console: Console) -> int:
    """Run pytest, because a run that made somebody accept is never itself the baseline: fresh repeats are."""
    store = open_local_store(arguments.store, console)
    if arguments.which is None:
        experiment = newest_experiment(store)
    else:
        experiment = find_experiment(arguments.which, store)
    if not any(plan.path for plan in experiment.suites):
        return _accept_evaluation(experiment, store, arguments, console)
    tests = _tests_to_accept(experiment, arguments.all)
    if not tests:
        console.note(
            f"Nothing to accept in {experiment.name!r}: every suite is as its baseline. --all records anyway."
        )
        return 1
    words = [*tests, "--llm-experiment", "--llm-update-baseline"]
    if arguments.failing:
        words.append("--llm-accept-failing")
    console.note(shell_line(["pytest", *words]))
    if arguments.dry_run:
        return 0
    console.out.flush()  # before pytest, which writes to the same terminal
    # pytest's 2 to 5 mean other things than this command's 2
    return min(subprocess.call([sys.executable, "-m", "pytest", *words], cwd=store.root.parent), 1)


def _accept_evaluation(
    experiment: Experiment, store: Store, arguments: argparse.Namespace, console: Console
) -> int:
    """Record what an evaluation measured: no test belongs to it that could run it again."""
    from pytest_llmobs.client.results.gating import GateRequest, Reference, judged
    from pytest_llmobs.experiments.conclude import keep
    from pytest_llmobs.experiments.stored_trials import recalled
    from pytest_llmobs.reports.context import Context
    from pytest_llmobs.workspace import Workspace

    if arguments.dry_run:
        console.note(f"records the {count(len(experiment.trials), 'trial')} of {experiment.name!r}")
        return 0
    every = {(trial.suite, trial.example_id) for trial in experiment.trials}
    # documents hold no texts, and a baseline keeps the prompts for its diffs
    trials = recalled(experiment.trials, store, experiment.name, every)
    experiment = replace(experiment, trials=trials)
    workspace = replace(Workspace.find(store.root.parent), store_folder=store.root)
    how = "add --failing"
    request = GateRequest(update_baseline=True, accept_failing=arguments.failing, accept_failing_how=how)
    conclusion = keep(*judged(experiment, workspace, Reference(), request))
    context = Context(store=arguments.store or "", recorded=conclusion.recorded)
    reports.tell(conclusion.experiment, (), context, store, console)
    return int(conclusion.red)


def _tests_to_accept(experiment: Experiment, everything: bool) -> list[str]:
    """Return the tests of all suites that a new baseline would change, as pytest takes them."""
    examples = _telling_examples(experiment.decision)
    telling = _telling_suites(experiment.decision, examples)
    chosen = []
    other_functions = set()
    for plan in experiment.suites:
        if everything or plan.name in telling:
            chosen.append(plan)
        else:
            other_functions.add(plan.name.partition("[")[0])
    tests: dict[str, None] = {}
    for plan in chosen:
        tests.update(dict.fromkeys(_tests(plan, other_functions)))
    for plan in experiment.suites:
        if plan not in chosen:
            tests.update(examples.get(plan.name, {}))
    return list(tests)


def _telling_examples(decision: Decision) -> dict[str, dict[str, None]]:
    """Return the node ids of the examples that a new baseline would have otherwise, by suite."""
    nodeids: dict[str, dict[str, None]] = {}
    for row in decision.examples:
        if row.nodeid and (row.red or row.state in _TELLING):
            nodeids.setdefault(row.suite, {})[row.nodeid] = None
    return nodeids


def _telling_suites(decision: Decision, examples: Container[str]) -> set[str]:
    """Return the suites of which a metric changed, so that single examples don't say it."""
    suites = set()
    for row in decision.metrics:
        few = row.verdict == "INSUFFICIENT_DATA" and row.suite in examples
        if not few and (row.red or row.verdict not in ("NEUTRAL", "INCONCLUSIVE")):
            suites.add(row.suite)
    return suites


def _tests(plan: SuitePlan, others: Collection[str]) -> Iterator[str]:
    """Yield the tests of a suite as pytest takes them.

    A suite with parameters of the user's is its whole test function, unless ``others`` has suites of that too: then its
    examples are named. A module's suite names its tests one by one.
    """
    function, bracket, _ = plan.name.partition("[")
    if bracket and function in others:
        for trial in plan.expected:
            if trial.repeat == 1:
                yield trial.nodeid
    elif "::" in plan.name:
        yield function
    else:
        for trial in plan.expected:
            yield trial.nodeid.partition("[")[0]


def _prune(arguments: argparse.Namespace, console: Console) -> int:
    from pytest_llmobs.cli.commands.baseline_changes import prune

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
    return baseline_addition.add(arguments, baseline_directory(arguments.dir), console)


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
