"""A session for one evaluation: the workspace's settings and extensions become what it runs with."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.errors import ConflictError, StoreError
from pytest_llmobs.experiments.evaluation.setup import Setup
from pytest_llmobs.extensions import Extensions, standalone_manager
from pytest_llmobs.records.identity import Identity, new_identity
from pytest_llmobs.session import Session
from pytest_llmobs.tracing.context import current, leave
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.callers_thread import CallersThread
from pytest_llmobs.trials.runner import Runner
from pytest_llmobs.trials.workers import Workers

if TYPE_CHECKING:
    import asyncio

    from pytest_llmobs.baselines.records import Baseline
    from pytest_llmobs.experiments.evaluation.planning import EvaluationRequest
    from pytest_llmobs.settings import Settings
    from pytest_llmobs.storage.sessions import SessionMarker
    from pytest_llmobs.workspace import Workspace


class EvaluationSession:
    """Everything that one evaluation needs, from its name to its end."""

    def __init__(
        self,
        workspace: Workspace,
        identity: Identity,
        *,
        stores: bool = True,
        traces_evaluators: bool = True,
    ) -> None:
        """Compose it; nothing is written yet.

        Args:
            workspace: Where it is kept.
            identity: The experiment's.
            stores: False keeps everything in a folder that is thrown away at the end.
            traces_evaluators: False keeps no trace of evaluators' calls.

        Raises:
            SettingsError: The settings make no sense.
        """
        self._workspace = workspace
        self._stores = stores
        self._traces_evaluators = traces_evaluators
        self._throwaway: tempfile.TemporaryDirectory[str] | None = None
        self._runner: Runner | None = None
        self._uses_not_kept = ""
        self._not_kept = ""
        """What kept the examples from being kept, if anything did."""
        # a baseline is recorded where somebody says so: results.gate(update_baseline=True)
        settings = replace(workspace.settings, experiment=True, shard="", update_baseline="", report=())
        self.session = Session(
            settings,
            Extensions(standalone_manager()),
            identity,
            workspace.rootdir,
            store_folder=self._store_folder(),
            beside=True,
        )
        self.session.check()
        self._marker: SessionMarker | None = None

    def take_name(self) -> None:
        """Hold the experiment's name for as long as this goes on; call it before ``begin``.

        Raises:
            ConflictError: An evaluation or a session of that name is under way.
            StoreError: The store can't be made.
        """
        if not self._stores:
            return
        identity, store = self.session.identity, self.session.store
        self._marker = store.begin_session(identity.name, identity.session, identity.started)
        if self._marker is None:
            raise ConflictError(
                f"The experiment {identity.name!r} is under way already, in this process or another one that uses "
                f"{store.place!r}. Wait for its end, or leave experiment= out for a new one."
            )

    def begin(
        self,
        concurrency: int | None,
        trials: int,
        *,
        always_stored: Sequence[str] = (),
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> Setup:
        """Switch its tracing on, and return what it runs with.

        Args:
            concurrency: Trials at once: 0 for one after the other in the thread that waits, None for all.
            trials: How many there are.
            always_stored: Suites whose traces are stored whatever the sampling rate.
            loop: The caller's, for async targets; None for one of the workers' own.
        """
        session = self.session
        in_turn = concurrency == 0 and loop is None
        at_once = trials if concurrency is None else concurrency
        session.start(always_stored, max(1, at_once))
        self._runner = self._new_runner(session.settings, in_turn=in_turn, loop=loop)
        return self._setup(self._runner, in_turn=in_turn)

    def _new_runner(
        self, settings: Settings, *, in_turn: bool, loop: asyncio.AbstractEventLoop | None
    ) -> Runner:
        with _outside_of_runs():
            workers = Workers(settings.concurrency, loop=loop)
            if in_turn:
                workers = CallersThread(settings.timeout)
        return Runner(
            self.session.tracer,
            workers,
            timeout=settings.timeout,
            window=max(4 * settings.concurrency, 32),
            budget=self.session.budget,
            evaluator_tracer=self._evaluator_tracer(),
            announces=not in_turn,
        )

    def _setup(self, runner: Runner, *, in_turn: bool) -> Setup:
        session = self.session
        return Setup(
            name=session.identity.name,
            started=session.identity.started,
            rootdir=session.rootdir,
            settings=session.settings,
            store=session.store,
            stored=self._stores,
            redaction=session.redaction,
            runner=runner,
            in_turn=in_turn,
            baseline_of=self._baseline_of,
            baseline_folder=session.baseline_folder,
            prompt_folder=session.prompt_folder,
            remote=session.remote,
            bind=session.bind,
            prepare=session.prepare,
            keep_dataset=self._keep_dataset,
            keep_uses=self._keep_uses,
            seal=self._seal,
            remarks=self._remarks,
            loss=self._loss,
        )

    def close(self) -> None:
        """Let go of the name, and throw away what isn't kept; a second call changes nothing."""
        self._seal()
        self.session.clear_messages()
        if self._marker is not None:
            self._marker.end()
            self._marker = None
        if self._throwaway is not None:
            self._throwaway.cleanup()
            self._throwaway = None

    def _baseline_of(self, suite: str) -> Baseline | None:
        return self.session.baseline_of(suite)  # asking for the source loads the gate

    def _keep_dataset(self, request: EvaluationRequest) -> None:
        """Keep the examples that it uses, so that it can be run again on them."""
        if request.used is None or not self._stores:
            return
        from pytest_llmobs.experiments.dataset_versions import keep_versions

        catalog = self._workspace.open_catalog(lambda: self.session.extensions.formats)
        clean = self.session.redaction.clean_if_suspect
        self._not_kept = keep_versions(catalog, [request.used], clean)

    def _keep_uses(self, suite: str, whole: bool) -> None:
        recorder = self.session.recorder
        if recorder is None or not self._stores:
            return
        from pytest_llmobs.replay.housekeeping.uses import note_uses

        try:
            note_uses(self.session.store_folder, suite, recorder.used, whole=whole)
        except (OSError, StoreError) as error:
            self._uses_not_kept = f"Which recordings it used isn't kept, so that none can be pruned: {error}"

    def _seal(self) -> None:
        if self._runner is not None:
            self._runner.close()
        self.session.stop()

    def _remarks(self) -> Sequence[str]:
        notes = (self._not_kept, self._uses_not_kept, self.session.unclaimed.note() or "")
        return tuple(filter(None, notes))

    def _loss(self) -> str:
        return self.session.loss

    def _store_folder(self) -> Path:
        if self._stores:
            return self._workspace.store_folder
        self._throwaway = tempfile.TemporaryDirectory(prefix="pytest-llmobs-", ignore_cleanup_errors=True)
        return Path(self._throwaway.name, "store")

    def _evaluator_tracer(self) -> Tracer | None:
        """Return a tracer that keeps nothing where evaluators leave no trace; None for the session's."""
        if self._traces_evaluators:
            return None
        session = self.session
        tracer = Tracer(project=session.identity.name, sink=None, redaction=session.redaction)
        tracer.recordings = session.recorder
        return tracer


def new_name(prefix: str) -> Identity:
    """Return the identity of a new experiment."""
    return new_identity("", prefix=prefix)


def name_again(name: str) -> Identity:
    """Return the identity of an experiment that goes on, or is scored again."""
    return new_identity(name)


@contextmanager
def _outside_of_runs() -> Iterator[None]:
    """Leave the run that is going on: an evaluation inside it is no part of its trace."""
    token = current.set(None)
    try:
        yield
    finally:
        leave(token)
