"""From the arguments of ``evaluate()`` to an evaluation that is ready to be carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.client.evaluation_setup.arguments import (
    EvaluationArguments,
    bound_evaluators,
    bound_summaries,
    experiment_name,
)
from pytest_llmobs.client.evaluation_setup.session import EvaluationSession, name_again, new_name
from pytest_llmobs.datasets.base import DatasetFormat
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.experiments.evaluation.data import Data, DataPlaces, read_data
from pytest_llmobs.experiments.evaluation.evaluating import TargetEvaluation
from pytest_llmobs.experiments.evaluation.planning import EvaluationRequest
from pytest_llmobs.experiments.evaluation.results_data import Evaluation
from pytest_llmobs.experiments.evaluation.suite_names import suite_name
from pytest_llmobs.records.examples import UsedDataset
from pytest_llmobs.trials.targets import EVALUATE, bind_target
from pytest_llmobs.workspace import Workspace

if TYPE_CHECKING:
    import asyncio

    from pytest_llmobs.datasets.editing.catalog import Catalog
    from pytest_llmobs.experiments.evaluation.resuming import Resumption


@dataclass(frozen=True)
class ReadyEvaluation:
    """An evaluation that somebody has yet to carry out, in whatever thread."""

    evaluation: Evaluation
    _work: Callable[[], None]
    _session: EvaluationSession

    def carry_out(self) -> None:
        """Run it to its end; what went wrong is known to the handle.

        Raises:
            KeyboardInterrupt: The user interrupted even the ending.
        """
        try:
            self._work()
        finally:
            self._session.close()


def ready(
    arguments: EvaluationArguments, workspace: Workspace, loop: asyncio.AbstractEventLoop | None = None
) -> ReadyEvaluation:
    """Return the evaluation that is asked for; bad input is told before anything is written.

    Args:
        arguments: Of a target, or of a stored experiment that is to be scored again.
        workspace: Where it is kept.
        loop: The caller's, for async targets.

    Raises:
        LlmobsError: The data, the target, an evaluator or a name makes no sense.
    """
    if arguments.cassettes:
        settings = replace(workspace.settings, cassettes=arguments.cassettes)
        workspace = replace(workspace, settings=settings)
    if arguments.kind == "experiment":
        return _ready_to_rescore(arguments, workspace, loop)
    return _ready_to_run(arguments, workspace, loop)


def _ready_to_run(
    arguments: EvaluationArguments, workspace: Workspace, loop: asyncio.AbstractEventLoop | None
) -> ReadyEvaluation:
    identity = new_name(arguments.experiment_prefix)
    if arguments.experiment:
        identity = name_again(arguments.experiment)
    session = EvaluationSession(
        workspace, identity, stores=arguments.stores, traces_evaluators=arguments.traces_evaluators
    )
    with _closed_on_failure(session):
        request = _request(arguments, session, workspace, prefer_async=loop is not None)
        _take_known_name(session, arguments.experiment)
        resumption = None
        if arguments.experiment:
            request, resumption = _resumed(request, arguments.experiment, session)
        trials = len(request.dataset.examples) * request.repetitions
        # summary evaluators read the runs back, whatever the sampling rate
        read_back = [request.suite] if request.summaries else []
        setup = session.begin(arguments.max_concurrency, trials, always_stored=read_back, loop=loop)
        evaluation = TargetEvaluation(request, setup, resumption)
    return ReadyEvaluation(evaluation.evaluation, evaluation.carry_out, session)


def _resumed(
    request: EvaluationRequest, name: str, session: EvaluationSession
) -> tuple[EvaluationRequest, Resumption]:
    from pytest_llmobs.experiments.evaluation.resuming import as_before, find_earlier, resume

    earlier = find_earlier(name, session.session.store)
    request = as_before(request, earlier)
    return request, resume(earlier, request)


def _request(
    arguments: EvaluationArguments, session: EvaluationSession, workspace: Workspace, *, prefer_async: bool
) -> EvaluationRequest:
    data = _data(arguments.data, session, workspace)
    target = bind_target(arguments.target, data.dataset, EVALUATE, prefer_async=prefer_async)
    evaluators = bound_evaluators(arguments.evaluators, session.session.bind)
    return EvaluationRequest(
        suite=suite_name(arguments.target, data.dataset),
        target=target,
        dataset=data.dataset,
        splits=data.splits,
        all_ids=data.all_ids,
        used=UsedDataset(data.whole or data.dataset, data.name),
        evaluators=evaluators,
        summaries=bound_summaries(arguments.summary_evaluators, evaluators),
        repetitions=arguments.num_repetitions,
        metadata=arguments.metadata,
        description=arguments.description,
        ignores_errors=arguments.ignores_errors,
    )


def _ready_to_rescore(
    arguments: EvaluationArguments, workspace: Workspace, loop: asyncio.AbstractEventLoop | None
) -> ReadyEvaluation:
    from pytest_llmobs.experiments.evaluation.rescoring import Rescoring, RescoringRequest
    from pytest_llmobs.experiments.evaluation.resuming import find_earlier

    name = experiment_name(arguments.target)
    if not arguments.evaluators and not arguments.summary_evaluators:
        raise ArgumentError(
            f"evaluate({name!r}) is about a stored experiment: give evaluators=[…] that are to score it, or a "
            "function in place of the name."
        )
    session = EvaluationSession(workspace, name_again(name), traces_evaluators=arguments.traces_evaluators)
    with _closed_on_failure(session):
        evaluators = bound_evaluators(arguments.evaluators, session.session.bind)
        ids = None
        if arguments.data is not None:
            ids = {example.id for example in _data(arguments.data, session, workspace).dataset.examples}
        _take_known_name(session, name)
        request = RescoringRequest(
            experiment=find_earlier(name, session.session.store),
            evaluators=evaluators,
            summaries=bound_summaries(arguments.summary_evaluators, evaluators),
            example_ids=ids,
            metadata=arguments.metadata,
            description=arguments.description,
        )
        setup = session.begin(arguments.max_concurrency, len(request.trials()), loop=loop)
        rescoring = Rescoring(request, setup)
    return ReadyEvaluation(rescoring.evaluation, rescoring.carry_out, session)


def _data(data: Any, session: EvaluationSession, workspace: Workspace) -> Data:
    return read_data(data, data_places(workspace, lambda: session.session.extensions.formats))


def data_places(workspace: Workspace, load_formats: Callable[[], Sequence[DatasetFormat]]) -> DataPlaces:
    """Return where an evaluation's dataset is looked for."""

    def open_catalog() -> Catalog:
        return workspace.open_catalog(load_formats)

    return DataPlaces(open_catalog, (Path.cwd(), workspace.rootdir), workspace.rootdir, load_formats)


def _take_known_name(session: EvaluationSession, name: str) -> None:
    """Hold the name of an experiment; one that is unknown makes no store. An empty name is a new one's."""
    if name and not session.session.store_folder.is_dir():
        from pytest_llmobs.experiments.evaluation.resuming import find_earlier

        find_earlier(name, session.session.store)
    session.take_name()


@contextmanager
def _closed_on_failure(session: EvaluationSession) -> Iterator[None]:
    try:
        yield
    except BaseException:
        session.close()
        raise
