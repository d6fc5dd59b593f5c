"""Which tracer is at work in this process: that is kept here alone."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.tracing import environment
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.redaction.redactors import Redactor, choose_redactors
from pytest_llmobs.tracing.threads import carry_into_threads, stop_carrying
from pytest_llmobs.tracing.tracer import Sink, Tracer

_log = logging.getLogger("pytest_llmobs")
_NOTHING = "pytest-llmobs traces nothing: %s"


class Host(Protocol):
    """What a running app's tracer needs of the layers above it."""

    def redactors(self) -> Sequence[Redactor | Callable[[str], str]]:
        """Return what ``LLMOBS_REDACT`` may name, and what is at work unnamed."""

    def open_sink(self) -> Sink:
        """Return where the runs go."""

    def keep_media(self, name: str, data: bytes) -> str | None:
        """Keep an image or a document of a model call; return where it is."""

    def started(self) -> None:
        """Take note that tracing is on."""


class ForeignTracer(Protocol):
    """Another tracer in this process, whose spans are runs of ours too."""

    @property
    def is_listening(self) -> bool:
        """True while its spans are heard of."""

    def parent_of(self, run: Any) -> Any:
        """Return the run that what starts now belongs under: that of the span going on below ``run``, or ``run``.

        Args:
            run: The current ``RunTree``, or None.
        """


installed: Tracer | None = None
"""The tracer of this process, or None: nothing is traced."""

foreign: ForeignTracer | None = None
"""The other tracer that is listened to, or None."""

_outer: list[Tracer | None] = []
_host: Host | None = None
_asked_environment = False

OFF = Tracer(project="default", sink=None, enabled=False)
"""Owns the runs that ``trace`` hands out where tracing is off; they are never written."""


def install(tracer: Tracer) -> None:
    """Trace with ``tracer`` from now on, until ``uninstall``."""
    global installed
    _outer.append(installed)
    installed = tracer
    carry_into_threads()


def uninstall() -> None:
    """Undo the last ``install``: trace as before it."""
    global installed
    installed = _outer.pop() if _outer else None
    if installed is None:
        stop_carrying()


def set_host(new: Host | None) -> None:
    """Say where runs go that are traced outside a session, because the environment or the code says so.

    Args:
        new: Asked at the first traced call; None keeps nothing.
    """
    global _host, _asked_environment
    _host, _asked_environment = new, False


def listen_to(tracer: ForeignTracer | None) -> None:
    """Let the spans of another tracer be parents of runs; None for no other tracer."""
    global foreign
    foreign = tracer


def find(enabled: bool | None) -> Tracer | None:
    """Return the installed tracer; where there is none, the one that environment or ``enabled=True`` asks for."""
    if installed is None and not _asked_environment:
        _ask_environment()
    if installed is None and enabled:
        return require()
    return installed


def require() -> Tracer:
    """Return the installed tracer; where there is none, install one that is off but for ``enabled=True``."""
    if installed is None and not _begin(enabled=False):
        install(Tracer(project="default", sink=None, enabled=False))
    assert installed is not None
    return installed


def _ask_environment() -> None:
    global _asked_environment
    _asked_environment = True
    try:
        if environment.is_on(os.environ):
            _begin(enabled=True)
    except SettingsError as error:
        _log.warning(_NOTHING, error)


def _begin(*, enabled: bool) -> bool:
    """Install a tracer as the environment describes it; return False where that makes no sense."""
    try:
        install(_make_tracer(enabled))
    except Exception as error:  # an app in production must not fall over its tracing
        _log.warning(_NOTHING, error)
        return False
    if _host is not None:
        _host.started()
    return True


def _make_tracer(enabled: bool) -> Tracer:
    names, options = environment.tracer_options(os.environ)
    wants_media = options.pop("keep_media")
    if _host is None:
        redaction = Redaction(choose_redactors(names, (), environment.REDACT))
        return Tracer(sink=None, redaction=redaction, enabled=enabled, **options)
    if wants_media:
        options["keep_media"] = _host.keep_media
    redaction = Redaction(choose_redactors(names, _host.redactors(), environment.REDACT))
    return Tracer(sink=_host.open_sink(), redaction=redaction, enabled=enabled, **options)
