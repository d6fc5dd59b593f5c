"""The composition root: settings and extensions become a tracer, a store and a runner."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import SettingsError, StoreError
from pytest_llmobs.extensions import Extensions
from pytest_llmobs.records.identity import Identity
from pytest_llmobs.settings import STORE_FOLDER, Settings, prompt_folder

if TYPE_CHECKING:  # what a session is made of is imported as it is made: collecting needs little of it
    from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator
    from pytest_llmobs.evaluators.judging.cache import JudgeCache
    from pytest_llmobs.experiments.references import Source
    from pytest_llmobs.replay.recorder import Recorder
    from pytest_llmobs.reports.delivery import ReportOrder
    from pytest_llmobs.storage.remote.filesystem import RemoteFiles
    from pytest_llmobs.storage.sessions import SessionMarker
    from pytest_llmobs.storage.spool.writer import Spool
    from pytest_llmobs.storage.store import Store
    from pytest_llmobs.storage.upkeep import Exporter
    from pytest_llmobs.tracing.redaction.pipeline import Redaction
    from pytest_llmobs.tracing.sampling import Sampled
    from pytest_llmobs.tracing.tracer import Tracer
    from pytest_llmobs.trials.budget import Budget
    from pytest_llmobs.trials.runner import Runner
    from pytest_llmobs.trials.unclaimed import UnclaimedCalls


class Session:
    """Everything one process of a session needs, made when it is first asked for."""

    def __init__(
        self,
        settings: Settings,
        extensions: Extensions,
        identity: Identity,
        rootdir: Path,
        processes: int = 1,
        cautious: bool = False,
        fresh: bool = False,
        *,
        store_folder: Path | None = None,
        beside: bool = False,
    ) -> None:
        """Compose a session.

        Args:
            settings: The validated settings.
            extensions: The registries.
            identity: The session's name and id.
            rootdir: Where ``.llmobs`` and the baselines lie.
            processes: How many workers share ``settings.concurrency``.
            fresh: Ask judges afresh: a baseline is recorded, or the gate looks again.
            cautious: Run ahead no further than the workers reach, since the session may stop at the next failure.
            store_folder: The store; by default it lies in ``rootdir``.
            beside: Trace what its own runner starts alone, beside whoever else traces in this process.
        """
        self.settings, self.extensions = settings, extensions
        self.identity, self.rootdir = identity, rootdir
        self.store_folder = store_folder or rootdir / STORE_FOLDER
        self._beside, self._processes = beside, processes
        self._cautious = cautious
        self._started = False
        self._tracer: Tracer | None = None
        self._spool: Spool | None = None
        self._judge_cache: JudgeCache | None = None
        self._marker: SessionMarker | None = None
        self.fresh = fresh
        """True where repeats must be fresh, judges' verdicts included: their spread is what is measured."""
        if settings.experiment and settings.require_pinned_prompts:
            self._ask_for_pins()

    def _ask_for_pins(self) -> None:
        """Refuse prompts that float from now on: the app may pull some as it is imported, before anything is traced."""
        from pytest_llmobs.tracing.active import ask_for_pins

        ask_for_pins(self)

    @cached_property
    def store(self) -> Store:
        """The store below rootdir; opening it recovers what a crashed session left."""
        from pytest_llmobs.review.sealing import rules_at_sealing
        from pytest_llmobs.storage.store import Store

        on_sealed = rules_at_sealing(self.rootdir / self.settings.queue_dir, self.store_folder, self.rootdir)
        return Store(self.store_folder, exporter=self.exporter, on_sealed=on_sealed)

    @cached_property
    def exporter(self) -> Exporter | None:
        """Exports what is stored; raises ``SettingsError`` where the extra for that isn't installed."""
        if not (self.settings.experiment and self.settings.otel):
            return None
        from pytest_llmobs.spans.exporter import checked_exporter

        return checked_exporter("llm_otel")

    def check(self) -> None:
        """Refuse tracing settings that make no sense, before anything is traced.

        Raises:
            SettingsError: ``llm_redact`` or ``llm_report`` names what nobody offers, or ``llm_keep`` holds no rule.
        """
        settings, usual = self.settings, Settings()
        # an ordinary session with usual settings loads neither rules nor redactors
        if settings.experiment or (settings.redact, settings.keep) != (usual.redact, usual.keep):
            from pytest_llmobs.tracing.sampling import read_rules

            read_rules(settings.keep, "llm_keep")
            self.read_redaction()
        if settings.experiment:
            _ = self.report_orders

    @cached_property
    def report_orders(self) -> Sequence[ReportOrder]:
        """The reports that are to be made besides the terminal's; raises ``SettingsError`` for an unknown one."""
        if not self.settings.report:
            return ()
        from pytest_llmobs.reports.delivery import read_orders

        where = "--llm-report or llm_report"
        return read_orders(self.settings.report, self.extensions.reports, Path.cwd(), where)

    @cached_property
    def redaction(self) -> Redaction:
        """What takes sensitive parts out of everything that is written; made once every ``conftest.py`` is loaded."""
        return self.read_redaction()

    def read_redaction(self) -> Redaction:
        """Return the same as far as it is known now."""
        from pytest_llmobs.tracing.redaction.pipeline import Redaction
        from pytest_llmobs.tracing.redaction.redactors import choose_redactors

        return Redaction(choose_redactors(self.settings.redact, self.extensions.redactors, "llm_redact"))

    @property
    def tracer(self) -> Tracer:
        """The tracer, once the session has started; it writes to the store in experiments only."""
        assert self._tracer is not None, "the session has not started"
        return self._tracer

    def _new_tracer(self, always_stored: Collection[str]) -> Tracer:
        from pytest_llmobs.tracing.sampling import read_rules
        from pytest_llmobs.tracing.tracer import Tracer

        suites = frozenset(always_stored)

        def is_always_stored(run: Sampled) -> bool:
            return (run.own_columns or {}).get("suite") in suites

        settings = self.settings
        keep_media = self.store.keep_media if settings.experiment and settings.keep_media else None
        if settings.experiment:
            self._spool = self.store.spool(self.identity.session)
        return Tracer(
            project=self.identity.name,
            sink=self._spool,
            redaction=self.redaction,
            session=self.identity.session,
            sample_rate=settings.sample_rate,
            keep=(*read_rules(settings.keep, "llm_keep"), is_always_stored),
            max_payload=settings.max_payload,
            keep_media=keep_media,
            unclaimed=self.unclaimed.take if settings.experiment else None,
        )

    @cached_property
    def recorder(self) -> Recorder | None:
        """Replays and records model calls; None where cassettes are off."""
        if self.settings.cassettes == "off":
            return None
        from pytest_llmobs.replay.recorder import open_recorder
        from pytest_llmobs.reports.misses import telling

        return open_recorder(self.settings, self.rootdir, self.redaction, telling(self.rootdir))

    @cached_property
    def runner(self) -> Runner:
        """Runs targets and evaluators ahead of the tests."""
        from pytest_llmobs.trials.runner import Runner
        from pytest_llmobs.trials.workers import Workers

        concurrency = max(1, self.settings.concurrency // self._processes)
        window = max(4 * concurrency, 32)
        if self._cautious:
            window = concurrency
        return Runner(
            self.tracer,
            Workers(concurrency),
            timeout=self.settings.timeout,
            window=window,
            budget=self.budget,
        )

    @property
    def left_hanging(self) -> bool:
        """True where a target, an evaluator or a test was given up as hung."""
        return "runner" in self.__dict__ and self.runner.left_hanging  # asking makes none

    @property
    def folder(self) -> Path:
        """Where the processes of this session leave messages for each other."""
        return self.store_folder / "sessions" / self.identity.session

    def clear_messages(self) -> None:
        """Remove what the processes of this session have left for each other."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @cached_property
    def budget(self) -> Budget | None:
        """What all processes of this session may spend together; None for no limit."""
        cost, calls = self.settings.max_cost, self.settings.max_calls
        if not self.settings.experiment or (cost is None and calls is None):
            return None
        from pytest_llmobs.trials.budget import Budget

        return Budget(self.folder / "spent.json", max_cost=cost, max_calls=calls)

    @cached_property
    def unclaimed(self) -> UnclaimedCalls:
        """The model calls of this process that belong to no trial."""
        from pytest_llmobs.trials.unclaimed import UnclaimedCalls

        return UnclaimedCalls(self.budget)

    @cached_property
    def remote(self) -> RemoteFiles | None:
        """Where the store is uploaded to, or None for nowhere; raises ``StoreError`` where that makes no sense."""
        if not self.settings.store:
            return None
        from pytest_llmobs.storage.remote.filesystem import RemoteFiles

        return RemoteFiles(self.settings.store, self.rootdir)

    def bind(self, spec: Any) -> BoundEvaluator:
        """Return the evaluator that ``spec`` names or is.

        Raises:
            EvaluatorError: It is unknown or misdeclared.
        """
        __tracebackhide__ = True
        from pytest_llmobs.evaluators.binding.declaration import bind

        if isinstance(spec, str):
            return bind(spec, self.extensions.evaluators)
        return bind(spec, {})  # asking for the registry imports every plugin's evaluators

    def probe(self) -> None:
        """Try whether the store can be uploaded.

        Raises:
            StoreError: It can't be reached, or refuses.
        """
        if self.remote is not None:
            self.remote.probe()

    def begin(self) -> str | None:
        """Take the experiment's name for as long as this session lives; return what to note of it, if anything.

        Raises:
            SettingsError: Another session of that name is under way.
        """
        session, started = self.identity.session, self.identity.started
        try:
            self._marker = self.store.begin_session(self._document_name, session, started)
            is_free = self._marker is not None
        except (OSError, StoreError):  # the spool meets the same obstacle and reports it
            return None
        replaced = self.store.experiment_file(self._document_name).exists()
        if self.settings.name:
            if not is_free:
                raise SettingsError(
                    f"Another session that is under way in {self.store.place!r} has the name {self.identity.name!r}: "
                    "the later one would overwrite the other. Give each its own --llm-name, or wait."
                )
            if replaced:
                return (
                    f"replaces the experiment {self._document_name!r} of before; its runs stay in the store"
                )
        elif replaced or not is_free:  # drawn by lot in the same second
            self.identity = replace(self.identity, name=f"{self.identity.name}-{self.identity.session[:6]}")
            self.end()
            self._marker = self.store.begin_session(self._document_name, session, started)
        return None

    @property
    def _document_name(self) -> str:
        """The name of the experiment's document."""
        if not self.settings.shard:
            return self.identity.name
        from pytest_llmobs.experiments.shards import Shard

        return Shard.parse(self.settings.shard).name(self.identity.name)

    def end(self) -> None:
        """Let go of the experiment's name: the session has ended as it should."""
        if self._marker is not None:
            self._marker.end()
            self._marker = None

    def start(self, always_stored: Collection[str] = (), concurrency: int | None = None) -> None:
        """Switch tracing on: install the tracer and instrument the providers as they are imported.

        Args:
            always_stored: Suites whose trials are stored whatever the sampling rate.
            concurrency: Trials at once, 1 at least; None for as many as the settings say.
        """
        from pytest_llmobs.evaluators.judging import cache
        from pytest_llmobs.providers.imports import instrument_on_import
        from pytest_llmobs.providers.pools import POOLS
        from pytest_llmobs.providers.prices import price_stated
        from pytest_llmobs.tracing.active import install, work_beside

        self._started = True
        self.settings = replace(self.settings, concurrency=concurrency or self.settings.concurrency)
        self._tracer = self._new_tracer(always_stored)
        self._tracer.know_prices(price_stated)
        self._tracer.recordings = self.recorder
        if self.prompt_folder.is_dir():
            from pytest_llmobs.prompts.recognition import Recognition

            self._tracer.know_prompts(Recognition(self.prompt_folder, is_strict=True))
        begin = work_beside if self._beside else install
        begin(self._tracer)
        wants_cache = self.settings.experiment and self.settings.judge_cache and not self.fresh
        if wants_cache and self.recorder is None and not (self._beside and cache.installed):
            self._judge_cache = cache.FileCache(self.store_folder / "judgements", self.redaction)
            cache.install(self._judge_cache)
        instrument_on_import([*self.extensions.providers, *POOLS])

    def prepare(self, target: Callable[..., Any]) -> None:
        """Load what the first model call of a target needs: its clock, and its neighbours, needn't wait for it."""
        from pytest_llmobs.trials.warming import warm_up

        warm_up(target, [provider.module for provider in self.extensions.providers])

    def stop(self) -> None:
        """Switch tracing off and seal this process's spool; a second call changes nothing."""
        if self.settings.require_pinned_prompts:
            from pytest_llmobs.tracing.active import release_pins

            release_pins(self)
        if not self._started:
            return
        from pytest_llmobs.evaluators.judging import cache
        from pytest_llmobs.providers.imports import uninstrument
        from pytest_llmobs.tracing.active import end_beside, is_idle, uninstall

        self._started = False
        # the reverse of starting: what still runs is traced to its end, and the spool is sealed once nothing writes
        if "runner" in self.__dict__:
            self.runner.close()
        if self._beside:
            end_beside(self.tracer)
        else:
            uninstall()
        if is_idle() or not self._beside:
            uninstrument()
        if cache.installed is self._judge_cache:
            cache.install(None)
        if self._spool is not None:
            self._spool.close()

    @property
    def loss(self) -> str:
        """How many runs of this process the disk didn't take, for the user, once the session has stopped."""
        return "" if self._spool is None else self._spool.loss()

    @property
    def baseline_folder(self) -> Path:
        """The folder of the committed baselines."""
        return self.rootdir / self.settings.baseline_dir

    @property
    def prompt_folder(self) -> Path:
        """The folder of the prompts, which need not exist."""
        return prompt_folder(os.environ, self.rootdir / self.settings.prompt_dir)

    @property
    def baseline_places(self) -> Sequence[Path]:
        """Where this session reads baselines from, without links: their folder, and what ``--llm-baseline`` names."""
        places = [self.baseline_folder]
        if self.settings.baseline:
            places.append(self.rootdir / self.settings.baseline)
        return list(map(Path.resolve, places))

    @cached_property
    def baseline_of(self) -> Source:
        """Returns the baseline of a suite, or None where there is none; raises ``BaselineError``."""
        from pytest_llmobs.experiments.references import baseline_source

        return baseline_source(self.settings.baseline, self.baseline_folder, self.rootdir, lambda: self.store)
