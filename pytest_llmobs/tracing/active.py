"""Which tracer is at work in this process: that is kept here alone."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.tracing import capture, environment, first_use
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.redaction.redactors import Redactor, choose_redactors
from pytest_llmobs.tracing.threads import carry_into_threads, stop_carrying
from pytest_llmobs.tracing.tracer import Sink, Tracer

if TYPE_CHECKING:  # an app that leaves no feedback does without
    from pytest_llmobs.records.feedback import Feedback

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

    def keep_feedback(self, redaction: Redaction, key: str, **said: Any) -> Feedback:
        """Keep what the app says of a run, cleaned.

        Args:
            redaction: What cleans it.
            key: What is told.
            **said: See ``feedback.writing.NewFeedback``.
        """

    def starting(self, tracer: Tracer) -> None:
        """Take note that ``tracer`` is about to be at work."""

    def flush(self) -> None:
        """Seal what was traced so far."""


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

_experiments_with_pins: WeakSet[object] = WeakSet()
"""Experiments of this process that ask for pinned prompts; one that was dropped before it ended asks no more."""
_outer: list[Tracer | None] = []
_beside: list[Tracer] = []
"""Tracers at work beside the installed one: each writes the traces that were started with it, and no others."""
_host: Host | None = None
_app_tracer: Tracer | None = None
"""The tracer whose runs go where the host keeps them, or None."""
_asked_environment = False
_is_starting = False
"""True while a thread makes the tracer; the others wait, or their first calls would be lost."""

OFF = Tracer(project="default", sink=None, enabled=False)
"""Owns the runs that ``trace`` hands out where tracing is off; they are never written."""


def install(tracer: Tracer) -> None:
    """Trace with ``tracer`` from now on, until ``uninstall``."""
    global installed
    _outer.append(installed)
    carry_into_threads()
    installed = tracer  # last: other threads trace as soon as they see it


def uninstall() -> None:
    """Undo the last ``install``: trace as before it."""
    global installed
    installed = _outer.pop() if _outer else None
    _rest()


def ask_for_pins(experiment: object) -> None:
    """Let a prompt that is pulled without a commit be an error from now on, until the experiment releases that."""
    _experiments_with_pins.add(experiment)


def release_pins(experiment: object) -> None:
    """Undo ``ask_for_pins``."""
    _experiments_with_pins.discard(experiment)


def asks_for_pins() -> bool:
    """Return True while an experiment is under way that asks for pinned prompts."""
    return bool(_experiments_with_pins)


def work_beside(tracer: Tracer) -> None:
    """Let a tracer's own traces go on in threads, beside whatever is installed, until ``end_beside``.

    What starts outside its traces is none of its business: another cell of a notebook, a test around it.
    """
    _beside.append(tracer)
    carry_into_threads()


def end_beside(tracer: Tracer) -> None:
    """Undo ``work_beside``."""
    _beside.remove(tracer)
    _rest()


def is_idle() -> bool:
    """Return True where no tracer is at work in this process."""
    return installed is None and not _beside


def collector_of(trace_id: str) -> Tracer | None:
    """Return the tracer in whose trace of this id runs are collected, or None: it is another process's."""
    for tracer in (installed, *_beside):
        if tracer is not None and trace_id in tracer.collecting:
            return tracer
    return None


def _rest() -> None:
    if is_idle():
        stop_carrying()


def set_host(new: Host | None) -> None:
    """Say where runs go that are traced outside a session, because the environment or the code says so.

    Args:
        new: Asked at the first traced call; None keeps nothing.
    """
    global _host, _asked_environment, _app_tracer
    _host, _asked_environment, _app_tracer = new, False, None


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
    """Return the installed tracer; where there is none, install one that is off but for ``enabled=True``.

    The environment is asked first: what traces everything is not to be replaced by what traces next to nothing.
    """
    if installed is None and not _asked_environment:
        _ask_environment()
    with _start_alone() as is_ours:
        if is_ours and installed is None and not _begin(enabled=False):
            install(Tracer(project="default", sink=None, enabled=False))
    return installed or OFF


def flush() -> None:
    """Seal what was traced so far outside a session."""
    if _host is not None:
        _host.flush()


def keep_feedback(tracer: Tracer, key: str, **said: Any) -> Feedback | None:
    """Keep what a running app says of one of its runs; return None where it is no app's run.

    Args:
        tracer: The run's.
        key: What is told.
        **said: See ``feedback.writing.NewFeedback``.
    """
    if _host is None or tracer is not _app_tracer:
        return None
    return _host.keep_feedback(tracer.redaction, key, **said)


def _ask_environment() -> None:
    global _asked_environment
    with _start_alone() as is_ours:
        if not is_ours or _asked_environment:
            return
        try:
            if environment.is_on(os.environ):
                _begin(enabled=True)
            else:
                environment.tell_unheard_switch(os.environ)
        except SettingsError as error:
            _log.warning(_NOTHING, error)
        finally:
            _asked_environment = True  # last: who sees it doesn't wait


@contextmanager
def _start_alone() -> Iterator[bool]:
    """Let one thread at a time make the tracer.

    The block gets False where it must not: what makes the tracer calls a traced function itself, or waiting for another
    thread took too long.
    """
    global _is_starting
    with first_use.alone() as is_alone:
        if not is_alone:
            _log.warning(
                "pytest-llmobs is still being started by another thread: a traced call is made without being logged."
            )
        if not is_alone or _is_starting:
            yield False
            return
        _is_starting = True
        try:
            yield True
        finally:
            _is_starting = False


def _begin(*, enabled: bool) -> bool:
    """Install a tracer as the environment describes it; return False where that makes no sense."""
    global _app_tracer
    try:
        capture.preload()
        tracer = _make_tracer(enabled)
        if _host is not None:
            _host.starting(tracer)
            _app_tracer = tracer
    except Exception as error:  # an app in production must not fall over its tracing
        _log.warning(_NOTHING, error)
        return False
    install(tracer)
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


def _forget_start() -> None:
    # In a forked child whose parent was making a tracer in another thread, nobody goes on with it.
    global _is_starting
    _is_starting = False


os.register_at_fork(after_in_child=_forget_start)
