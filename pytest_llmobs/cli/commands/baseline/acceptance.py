"""``llmobs baseline accept``: the suites of an experiment, recorded anew."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import replace

from pytest_llmobs.cli import reports
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.lookup import find_experiment
from pytest_llmobs.cli.stores import open_local_store
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.decisions import Decision, ExampleState
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import count, shell_line

_TELLING: tuple[ExampleState, ...] = ("new", "edited", "broken", "fixed")
"""States of examples whose rows a new baseline would change; what is known or flaky it has already."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("which", nargs="?", metavar="EXPERIMENT", help="default: the newest")
    parser.add_argument(
        "--all", action="store_true", help="every suite, not only those with something to accept"
    )
    parser.add_argument(
        "--failing", action="store_true", help="also where most examples never passed (--llm-accept-failing)"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the command and run nothing")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run pytest, because a run that made somebody accept is never itself the baseline: fresh repeats are.

    Returns 1 where there is nothing to accept, or the new baseline is red.

    Raises:
        ArgumentError: A folder is named: pytest's settings say where baselines are recorded.
        NotFoundError: The experiment is unknown.
        StoreError: There is no store, or it can't be read.
        BaselineError: A baseline can't be read or written.
    """
    if arguments.dir is not None:
        raise ArgumentError("`accept` records where the ini key llm_baseline_dir says; leave --dir out.")
    store = open_local_store(arguments.store, console)
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
    status = None
    if not arguments.dry_run:
        status = _pytest(words, store, arguments, console)
    if arguments.json:
        console.json(
            {"experiment": experiment.name, "tests": tests, "command": ["pytest", *words], "status": status}
        )
    # pytest's 2 to 5 mean other things than this command's 2
    return min(status or 0, 1)


def _pytest(words: Sequence[str], store: Store, arguments: argparse.Namespace, console: Console) -> int:
    """Run pytest in the rootdir and return its exit status; what it prints is no part of a document."""
    console.out.flush()  # before pytest, which writes to the same terminal
    out = console.err if arguments.json else None
    return subprocess.call([sys.executable, "-m", "pytest", *words], cwd=store.root.parent, stdout=out)


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
        if arguments.json:
            console.json({"experiment": experiment.name, "trials": len(experiment.trials)})
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
    reports.tell(conclusion.experiment, (), context, store, console, machines=arguments.json)
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
