"""``llmobs replay --dataset``: the source run of every example once more, old and new compared as the gate does."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli import reports
from pytest_llmobs.cli.commands.replay.session import read_request
from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.objects import find_evaluators, find_object
from pytest_llmobs.cli.stores import open_local_store
from pytest_llmobs.errors import ArgumentError, IncompleteExperiment, NotFoundError
from pytest_llmobs.experiments.replays.source_runs import SourceRuns, reasons, source_runs
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.client.client import Client
    from pytest_llmobs.client.results.experiment import ExperimentResults
    from pytest_llmobs.experiments.evaluation.data import Data
    from pytest_llmobs.experiments.replays.replaying import Replay, ReplayRequest
    from pytest_llmobs.storage.store import Store

_MOST = 5
"""Examples that are left out and named, unless everything is asked for."""
_RED, _INTERRUPTED = 1, 130


def replay(arguments: argparse.Namespace, console: Console) -> int:
    """Score what each source run put out and what it puts out now, and print the gate's verdict; 1 where it is red.

    Raises:
        ArgumentError: There is nothing to score by, or no such dataset.
        NotFoundError: No example has a run that can be made again.
        LlmobsError: An evaluator is misdeclared, the store can't be written …
    """
    from pytest_llmobs.client.client import Client
    from pytest_llmobs.evaluators import builtin

    evaluators = find_evaluators(arguments.evaluators, builtin())
    if not evaluators:
        raise ArgumentError(
            "--dataset compares old and new by scores: name what gives them, --evaluators MODULE:NAME,NAME."
        )
    if arguments.target is not None:
        find_object(arguments.target, "function", callable)  # a mistake in it is none of the examples'
    store = open_local_store(arguments.store, console)
    client = Client(store=store.root)
    request = read_request(arguments, store, client.workspace)
    data = _data(client, arguments)
    found = source_runs(data.dataset.examples, partial(_replay, store, request, arguments.target))
    _tell_left_out(found, console, everything=arguments.all)
    if not found.examples:
        raise NotFoundError(
            f"No example of {arguments.dataset!r} was made of a run that can be made again. `llmobs curate` makes "
            "examples of runs, and notes of which."
        )
    try:
        before = _evaluated(found.before, found, data, evaluators, client, arguments, repeat=1)
        after = _evaluated(found.after, found, data, evaluators, client, arguments, repeat=arguments.repeat)
    except IncompleteExperiment as error:
        console.note(f"llmobs: {error}")
        return _INTERRUPTED if isinstance(error.__cause__, KeyboardInterrupt) else _RED
    return _judged(before, after, client, arguments, console)


def _data(client: Client, arguments: argparse.Namespace) -> Data:
    from pytest_llmobs.client.evaluation_setup.start import data_places
    from pytest_llmobs.datasets.editing.chosen import ChosenExamples
    from pytest_llmobs.datasets.selection import select
    from pytest_llmobs.experiments.evaluation.data import read_data
    from pytest_llmobs.extensions import Extensions, standalone_manager

    places = data_places(client.workspace, lambda: Extensions(standalone_manager()).formats)
    try:
        whole = read_data(arguments.dataset, places).dataset
    except NotFoundError as error:  # whose exit status would say that the gate is red
        raise ArgumentError(str(error)) from error
    chosen = select(whole, split=arguments.split, limit=arguments.limit)
    splits = [] if arguments.split is None else [arguments.split]
    return read_data(ChosenExamples(tuple(chosen.examples), whole, splits), places)


def _replay(store: Store, request: ReplayRequest, target: str | None, id: str) -> Replay:
    from pytest_llmobs.cli.commands.replay.runs import replay_of

    return replay_of(store.read_run(id), request, target)


def _tell_left_out(found: SourceRuns, console: Console, *, everything: bool) -> None:
    if not found.left_out:
        return
    total = len(found.left_out) + len(found.examples)
    console.note(f"llmobs: {len(found.left_out)} of {count(total, 'example')} can't be replayed:")
    told = reasons(found.left_out)
    shown = told if everything else told[:_MOST]
    for reason in shown:
        console.note(f"  {reason}")
    if len(shown) < len(told):
        console.note(f"  … {len(told) - len(shown)} more: --all")


def _evaluated(
    target: Any,
    found: SourceRuns,
    data: Data,
    evaluators: Sequence[Any],
    client: Client,
    arguments: argparse.Namespace,
    *,
    repeat: int,
) -> ExperimentResults:
    from pytest_llmobs.client.evaluate import evaluate
    from pytest_llmobs.datasets.editing.chosen import ChosenExamples

    def replay(inputs: dict[str, Any]) -> Any:
        return target(inputs)

    # by this both sides are one suite, whose name is the command's
    replay.__module__, replay.__qualname__ = "llmobs", "replay"
    side = "was" if target == found.before else "now"
    results: ExperimentResults = evaluate(
        replay,
        data=ChosenExamples(tuple(found.examples), data.whole or data.dataset, data.splits),
        evaluators=list(evaluators),
        experiment_prefix=f"replay-{side}",
        metadata={"replay": client_metadata(arguments)},
        max_concurrency=client.workspace.settings.concurrency,
        num_repetitions=repeat,
        cassettes=arguments.cassettes,
        client=client,
    )
    return results


def client_metadata(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what is changed, as the metadata of both experiments say it."""
    named = ("dataset", "model", "system", "set", "prompt", "var")
    return {name: getattr(arguments, name) for name in named if getattr(arguments, name)}


def _judged(
    before: ExperimentResults,
    after: ExperimentResults,
    client: Client,
    arguments: argparse.Namespace,
    console: Console,
) -> int:
    from pytest_llmobs.client.results.experiment import conclude_as
    from pytest_llmobs.client.results.gating import GateRequest, Reference, report_context

    gate = GateRequest(lenient=True, accept="")
    reference = Reference(name=before.experiment_name, option="--dataset")
    conclusion = conclude_as(after, reference, gate)
    context = replace(report_context(gate, conclusion), store=arguments.store or "")
    if arguments.json:
        from pytest_llmobs.reports.digest.experiment import digest
        from pytest_llmobs.reports.json import JsonReport

        document = JsonReport().render(digest(conclusion.experiment, context), console.page, context)
        print(document, file=console.out)
    else:
        reports.tell(conclusion.experiment, (), context, client.store, console)
    return _RED if conclusion.experiment.red or conclusion.experiment.interrupted else 0
