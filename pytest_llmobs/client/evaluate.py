"""``evaluate()`` and ``aevaluate()``: an experiment outside pytest, under the names that LangSmith gave them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterable, Callable
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Unpack, overload

from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.client.evaluation_setup.options import DEFAULTS, CallOptions
from pytest_llmobs.client.parameters import accept
from pytest_llmobs.client.results.experiment import ExperimentResults
from pytest_llmobs.client.signatures import spelled_out
from pytest_llmobs.workspace import Workspace

if TYPE_CHECKING:
    import asyncio

    from pytest_llmobs.client.evaluation_setup.arguments import EvaluationArguments
    from pytest_llmobs.client.evaluation_setup.start import ReadyEvaluation
    from pytest_llmobs.client.results.pair import ComparativeExperimentResults


@overload
def evaluate(
    target: tuple[Any, Any] | list[Any],
    /,
    data: Any = None,
    evaluators: Any = None,
    **options: Unpack[CallOptions],
) -> ComparativeExperimentResults: ...
@overload
def evaluate(
    target: Any, data: Any = None, evaluators: Any = None, **options: Unpack[CallOptions]
) -> ExperimentResults: ...
@spelled_out(CallOptions, DEFAULTS)
def evaluate(target: Any, data: Any = None, evaluators: Any = None, **options: Unpack[CallOptions]) -> Any:
    """Run a target over a dataset, score what it answers, and keep it as an experiment.

    Args:
        target: A function of ``inputs``, or of the inputs' keys, sync or async; a LangChain Runnable. Or the name of
            a stored experiment, which is scored again without a call of its app; or a pair of names, whose outputs
            pairwise evaluators compare.
        data: A dataset's name (``golden``, ``golden@VERSION``), a file, a Dataset, a data frame, what
            ``list_examples`` returns, or examples: a list or generator of dicts with ``inputs``, or of Examples. Of a
            stored experiment: the examples to score again; by default all.
        evaluators: Functions, objects or names; None for runs alone.
        **options: ``max_concurrency``: trials at once, 0 for one after the other in this thread, None for all at
            once. ``num_repetitions``: trials an example. ``summary_evaluators``: of the whole experiment.
            ``experiment_prefix``: what its name begins with. ``metadata``, ``description``: kept with it.
            ``experiment``: the name of one that ended early, to go on where it stopped. ``blocking=False``: return at
            once. ``upload_results=False`` (``upload_runs``): keep nothing; ``disable_evaluator_tracing``: no trace of
            evaluators. ``error_handling="ignore"``: leave failed runs out of the rows, not out of the means.
            ``cassettes``: ``--llm-cassettes``. ``randomize_order=False``: no draw. ``load_nested``. ``client``: where.

    Returns:
        ``ExperimentResults``; of a pair ``ComparativeExperimentResults``.

    Raises:
        LlmobsError: Data, target, an evaluator or an option makes no sense, nothing has a name (``NotFoundError``),
            or the experiment is under way already (``ConflictError``).
        IncompleteExperiment: It was interrupted (Ctrl-C, the disk, the budget, a refusal); see ``results``.
    """
    arguments, workspace = _checked(evaluate, target, data, evaluators, options)
    if arguments.kind == "pair":
        return _compared(arguments, workspace)
    prepared, results = _prepared(arguments, workspace, None)
    if not options.get("blocking", True):
        _in_background(prepared, lambda: None)
        return results
    from pytest_llmobs.client.evaluation_setup.progress import shown_progress

    with shown_progress(prepared.evaluation):
        prepared.carry_out()
    results.wait()
    return results


@overload
async def aevaluate(
    target: tuple[Any, Any] | list[Any],
    /,
    data: Any = None,
    evaluators: Any = None,
    **options: Unpack[CallOptions],
) -> ComparativeExperimentResults: ...
@overload
async def aevaluate(
    target: Any, data: Any = None, evaluators: Any = None, **options: Unpack[CallOptions]
) -> ExperimentResults: ...
@spelled_out(CallOptions, DEFAULTS)
async def aevaluate(
    target: Any, data: Any = None, evaluators: Any = None, **options: Unpack[CallOptions]
) -> Any:
    """Do as ``evaluate`` without holding up the event loop; async targets and evaluators run on this very loop.

    Sessions, locks and clients that belong to the loop work. Sync targets run in threads.

    Args:
        target: See ``evaluate``.
        data: The same, or an async iterable of examples.
        evaluators: See ``evaluate``.
        **options: See ``EvaluationOptions`` and ``CallOptions``.

    Raises:
        LlmobsError: As in ``evaluate``. A cancellation too raises ``IncompleteExperiment``, with what was finished.
    """
    import asyncio  # 30 ms that a script without a loop does without

    if isinstance(data, AsyncIterable):
        data = [example async for example in data]
    arguments, workspace = _checked(aevaluate, target, data, evaluators, options)
    if arguments.kind == "pair":
        return await asyncio.to_thread(_compared, arguments, workspace)
    loop = asyncio.get_running_loop()
    prepared, results = _prepared(arguments, workspace, loop)
    ended = asyncio.Event()
    _in_background(prepared, lambda: loop.call_soon_threadsafe(ended.set))
    if options.get("blocking", True):
        from pytest_llmobs.client.evaluation_setup.progress import shown_progress

        with shown_progress(prepared.evaluation):
            await _until(ended, prepared)
        results.wait()
    return results


def _checked(
    function: Callable[..., Any], target: Any, data: Any, evaluators: Any, options: CallOptions
) -> tuple[EvaluationArguments, Workspace]:
    accept(function, options)
    from pytest_llmobs.client.evaluation_setup.arguments import check_arguments

    arguments = check_arguments(target, data, evaluators, options)
    client = options.get("client")
    if client is None:
        return arguments, Workspace.find()
    return arguments, client.workspace


def _prepared(
    arguments: EvaluationArguments, workspace: Workspace, loop: asyncio.AbstractEventLoop | None
) -> tuple[ReadyEvaluation, ExperimentResults]:
    from pytest_llmobs.client.evaluation_setup.start import ready

    prepared = ready(arguments, workspace, loop)
    return prepared, ExperimentResults(prepared.evaluation, workspace)


def _compared(arguments: EvaluationArguments, workspace: Workspace) -> ComparativeExperimentResults:
    from pytest_llmobs.client.evaluation_setup.arguments import experiment_name
    from pytest_llmobs.client.results.pair import ComparativeExperimentResults
    from pytest_llmobs.experiments.evaluation.comparing import compare_pair
    from pytest_llmobs.experiments.evaluation.comparison_feedback import keep_comparison
    from pytest_llmobs.experiments.evaluation.resuming import find_earlier
    from pytest_llmobs.feedback.writing import FeedbackWriter

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
    redaction = ClientBase(workspace=workspace).redaction
    keep_comparison(comparison, FeedbackWriter(store.feedback, redaction))
    return ComparativeExperimentResults(
        comparison,
        prefix=arguments.experiment_prefix,
        description=arguments.description,
        metadata=arguments.metadata,
    )


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
    import asyncio

    try:
        await ended.wait()
    except asyncio.CancelledError:
        prepared.evaluation.cancel()
        await ended.wait()
