"""Tracing outside pytest: ``LLMOBS_TRACING=true LLMOBS_PROJECT=production`` turns the same decorators on in an app.

Runs go to the store that ``LLMOBS_STORE`` names (default: ``.llmobs`` in the current folder): spooled at once, sealed
by size and age in the background, and at exit.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.settings import PROMPT_FOLDER, QUEUE_FOLDER, prompt_folder, store_folder
from pytest_llmobs.tracing import active, environment

if TYPE_CHECKING:
    from pytest_llmobs.extensions import Extensions
    from pytest_llmobs.feedback.writing import FeedbackWriter
    from pytest_llmobs.records.feedback import Feedback
    from pytest_llmobs.storage.spool.writer import Spool
    from pytest_llmobs.storage.store import Store
    from pytest_llmobs.storage.upkeep import Exporter
    from pytest_llmobs.tracing.redaction.pipeline import Redaction
    from pytest_llmobs.tracing.redaction.redactors import Redactor
    from pytest_llmobs.tracing.tracer import Tracer

_log = logging.getLogger("pytest_llmobs")


def connect() -> None:
    """Say where runs go once the environment, or the code, asks for tracing. Costs nothing until then."""
    active.set_host(_App())  # made of nothing yet: an app that never traces pays for no import


def flush() -> None:
    """Seal what was traced so far outside pytest, here and by processes that have ended, so that a reader sees it now.

    Not needed for safety: a finished run is on disk before the traced call returns.
    """
    active.flush()


class _App:
    """The running app, for its tracer. Nothing of it is made by two threads at once: see ``active``."""

    _spool: Spool | None = None
    _feedback_writer: FeedbackWriter | None = None

    @cached_property
    def _extensions(self) -> Extensions:
        from pytest_llmobs.extensions import Extensions, standalone_manager

        return Extensions(standalone_manager())

    def redactors(self) -> Sequence[Redactor | Callable[[str], str]]:
        return self._extensions.redactors

    @cached_property
    def _store(self) -> Store:
        from pytest_llmobs.review.sealing import rules_at_sealing
        from pytest_llmobs.storage.store import Store

        folder = store_folder(os.environ)
        on_sealed = rules_at_sealing(Path.cwd() / QUEUE_FOLDER, folder)
        return Store(folder, exporter=_make_exporter(), on_sealed=on_sealed)

    def open_sink(self) -> Spool:
        from pytest_llmobs.storage.spool.rotation import Rotation

        self._spool = self._store.spool(rotation=Rotation())
        return self._spool

    def keep_media(self, name: str, data: bytes) -> str | None:
        return self._store.keep_media(name, data)

    def keep_feedback(self, redaction: Redaction, key: str, **said: Any) -> Feedback:
        if self._feedback_writer is None:
            from pytest_llmobs.feedback.writing import FeedbackWriter

            self._feedback_writer = FeedbackWriter(self._store.feedback, redaction)
        return self._feedback_writer.create(key, **said)

    def flush(self) -> None:
        if self._spool is not None:
            self._spool.rotate()
            self._spool.seal_retired()
        if self._feedback_writer is not None:
            self._store.feedback.flush()
        with suppress(SettingsError):  # the first traced call has said so, or will
            if self._spool is not None or environment.is_on(os.environ):
                self._store.seal()  # of forked children and pools too, which are ended without `atexit`
                self._store.hand_on_sealed()

    def starting(self, tracer: Tracer) -> None:
        folder = prompt_folder(os.environ, Path.cwd() / PROMPT_FOLDER)
        if folder.is_dir():
            from pytest_llmobs.prompts.recognition import Recognition

            tracer.know_prompts(Recognition(folder))
        from pytest_llmobs.providers.imports import instrument_on_import
        from pytest_llmobs.providers.pools import POOLS
        from pytest_llmobs.providers.prices import price_stated

        tracer.know_prices(price_stated)
        instrument_on_import([*self._extensions.providers, *POOLS])


def _make_exporter() -> Exporter | None:
    try:
        if not environment.is_on(os.environ, "LLMOBS_OTEL"):
            return None
        from pytest_llmobs.spans.exporter import checked_exporter

        return checked_exporter("LLMOBS_OTEL")
    except SettingsError as error:  # an app in production must not fall over its tracing
        _log.warning("pytest-llmobs exports nothing: %s", error)
        return None
