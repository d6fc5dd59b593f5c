"""``evaluate()`` and ``aevaluate()``: an experiment outside pytest, under the names that LangSmith gave them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterable, Callable
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Literal

from pytest_llmobs.client.results import ExperimentResults
from pytest_llmobs.workspace import Workspace

if TYPE_CHECKING:
    from pytest_llmobs.client.base import ClientBase
    from pytest_llmobs.client.evaluating.arguments import EvaluationArguments
    from pytest_llmobs.client.evaluating.comparison import ComparativeExperimentResults
    from pytest_llmobs.client.evaluating.start import ReadyEvaluation

_GIVEN = (
    "data",
    "evaluators",
    "summary_evaluators",
    "metadata",
    "experiment_prefix",
    "description",
    "max_concurrency",
    "num_repetitions",
    "client",
    "blocking",
    "experiment",
    "upload_results",
    "disable_evaluator_tracing",
    "error_handling",
)


def evaluate(  # noqa: PLR0913, PLR0917 (LangSmith's signature)
    target: Any,
    /,
    data: Any = None,
    evaluators: Any = None,
    summary_evaluators: Any = None,
    metadata: Any = None,
    experiment_prefix: str | None = None,
    description: str | None = None,
    max_concurrency: int | None = 0,
    num_repetitions: int = 1,
    client: ClientBase | None = None,
    blocking: bool = True,
    experiment: Any = None,
    upload_results: bool = True,
    disable_evaluator_tracing: bool = False,
    error_handling: Literal["log", "ignore"] = "log",
    **unknown: Any,
) -> Any:
    """Run a target over a dataset, score what it answers, and keep it as an experiment.

    Args:
        target: A function of ``inputs``, or of the inputs' keys, sync or async; a LangChain Runnable. Or the name of
            a stored experiment, which is scored again without a call of its app; or a pair of names, whose outputs
            pairwise evaluators compare.
        data: A dataset's name (``golden``, ``golden@VERSION``), a file, a Dataset, a data frame, what
            ``list_examples`` returns, or examples: a list or generator of dicts with ``inputs``, or of Examples. Of a
            stored experiment: the examples to score again; by default all.
        evaluators: Functions, objects or names; None for runs alone.
        summary_evaluators: The same for the whole experiment.
        metadata: Kept with the experiment and with each run.
        experiment_prefix: What the experiment's name begins with.
        description: Kept with the experiment.
        max_concurrency: Trials at once; 0 runs one after the other in this thread, None all at once.
        num_repetitions: Trials an example.
        client: Whose workspace to use; by default the current folder's.
        blocking: False returns at once, and goes on in the background.
        experiment: The name of an experiment that ended early, to go on where it stopped.
        upload_results: False keeps nothing in the store.
        disable_evaluator_tracing: True keeps no trace of what evaluators call.
        error_handling: ``ignore`` leaves failed runs out of the rows; they stay in the denominator of every mean.
        **unknown: ``randomize_order``, for a pair: False always shows the first experiment's output first.

    Returns:
        ``ExperimentResults``; of a pair ``ComparativeExperimentResults``.

    Raises:
        ArgumentError: An argument makes no sense, or is unknown.
        DatasetError: The data holds no example, or what is none.
        TargetError: The target's parameters don't fit the inputs.
        EvaluatorError: An evaluator is unknown or misdeclared.
        NotFoundError: Nothing has the name of the dataset, or of the experiment.
        ConflictError: The experiment is under way in another process.
        IncompleteExperiment: It was interrupted, by Ctrl-C, a full disk, the budget or a provider that refuses;
            ``results`` has what was finished.
    """
    arguments = _checked(target, locals(), unknown)
    workspace = _workspace(client)
    if arguments.kind == "pair":
        return _compared(arguments, workspace)
    from pytest_llmobs.client.evaluating.start import ready

    prepared = ready(arguments, workspace)
    results = ExperimentResults(prepared.evaluation, workspace)
    if not blocking:
        _in_background(prepared, lambda: None)
        return results
    from pytest_llmobs.client.progress import shown_progress

    with shown_progress(prepared.evaluation):
        prepared.carry_out()
    results.wait()
    return results


async def aevaluate(  # noqa: PLR0913, PLR0917 (LangSmith's signature)
    target: Any,
    /,
    data: Any = None,
    evaluators: Any = None,
    summary_evaluators: Any = None,
    metadata: Any = None,
    experiment_prefix: str | None = None,
    description: str | None = None,
    max_concurrency: int | None = 0,
    num_repetitions: int = 1,
    client: ClientBase | None = None,
    blocking: bool = True,
    experiment: Any = None,
    upload_results: bool = True,
    disable_evaluator_tracing: bool = False,
    error_handling: Literal["log", "ignore"] = "log",
    **unknown: Any,
) -> Any:
    """Do as ``evaluate`` without holding up the event loop; async targets and evaluators run on this very loop.

    Sessions, locks and clients that belong to the loop work. Sync targets run in threads. ``data`` may be an async
    iterable.

    Args:
        target: See ``evaluate``, and so all others.
        data: The examples.
        evaluators: Evaluators of runs.
        summary_evaluators: Evaluators of the whole.
        metadata: Kept with the experiment and with each run.
        experiment_prefix: What the experiment's name begins with.
        description: Kept with the experiment.
        max_concurrency: Trials at once; 0 for one after the other, None for all.
        num_repetitions: Trials an example.
        client: Whose workspace to use.
        blocking: False returns at once.
        experiment: The name of an experiment that is to go on.
        upload_results: False keeps nothing in the store.
        disable_evaluator_tracing: True keeps no trace of what evaluators call.
        error_handling: ``ignore`` leaves failed runs out of the rows.
        **unknown: See ``evaluate``.

    Returns:
        What ``evaluate`` returns.

    Raises:
        LlmobsError: As in ``evaluate``. A cancellation too raises ``IncompleteExperiment``, with what was finished.
    """
    if isinstance(data, AsyncIterable):
        data = [example async for example in data]
    arguments = _checked(target, locals(), unknown)
    workspace = _workspace(client)
    if arguments.kind == "pair":
        return await asyncio.to_thread(_compared, arguments, workspace)
    from pytest_llmobs.client.evaluating.start import ready

    loop = asyncio.get_running_loop()
    prepared = ready(arguments, workspace, loop)
    results = ExperimentResults(prepared.evaluation, workspace)
    ended = asyncio.Event()
    _in_background(prepared, lambda: loop.call_soon_threadsafe(ended.set))
    if blocking:
        from pytest_llmobs.client.progress import shown_progress

        with shown_progress(prepared.evaluation):
            await _until(ended, prepared)
        results.wait()
    return results


def _checked(target: Any, local: dict[str, Any], unknown: dict[str, Any]) -> EvaluationArguments:
    from pytest_llmobs.client.evaluating.arguments import check_arguments

    return check_arguments(target, {name: local[name] for name in _GIVEN}, unknown)


def _workspace(client: ClientBase | None) -> Workspace:
    if client is None:
        return Workspace.find()
    return client.workspace


def _compared(arguments: EvaluationArguments, workspace: Workspace) -> ComparativeExperimentResults:
    from pytest_llmobs.client.evaluating.arguments import experiment_name
    from pytest_llmobs.client.evaluating.comparison import ComparativeExperimentResults
    from pytest_llmobs.experiments.evaluation.comparing import compare_pair
    from pytest_llmobs.experiments.evaluation.resuming import find_earlier

    store = workspace.open_store()
    before, after = (find_earlier(experiment_name(each), store) for each in arguments.target)
    comparison = compare_pair(
        before,
        after,
        arguments.evaluators,
        store,
        draw_order=arguments.draws_order,
        concurrency=arguments.max_concurrency or 1,
    )
    return ComparativeExperimentResults(comparison)


def _in_background(prepared: ReadyEvaluation, ended: Callable[[], Any]) -> None:
    """Carry it out in a thread for which Python waits at its exit: nothing is truncated."""

    def carry_out() -> None:
        try:
            prepared.carry_out()
        finally:
            with suppress(RuntimeError):  # the caller's loop has been closed meanwhile
                ended()

    threading.Thread(target=copy_context().run, args=(carry_out,), name="llmobs-evaluate").start()


async def _until(ended: asyncio.Event, prepared: ReadyEvaluation) -> None:
    """Wait for the end; a cancellation ends it early, and yet as it should."""
    try:
        await ended.wait()
    except asyncio.CancelledError:
        prepared.evaluation.cancel()
        await ended.wait()
