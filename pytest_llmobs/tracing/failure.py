"""What a run keeps of an exception: the traceback as Python prints it, without our own frames."""

from __future__ import annotations

import logging
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType

_log = logging.getLogger("pytest_llmobs")
_OURS = str(Path(__file__).resolve().parent.parent)
MAX_CHARACTERS = 100_000
"""Longer tracebacks lose their middle."""


def describe(error: str | BaseException) -> str:
    """Return the text that is logged for ``error``; never raises, whatever its ``__str__`` does."""
    if isinstance(error, str):
        return _cut(error)
    try:
        printed = traceback.TracebackException(type(error), error, _without_our_frames(error.__traceback__))
        _leave_out_carets(printed)
        return _cut("".join(printed.format()).rstrip())
    except Exception as failed:
        return f"{type(error).__qualname__} (its traceback can't be shown: {type(failed).__qualname__})"


def headline(error: BaseException) -> str:
    """Return what was raised, in a line: ``ValueError: no plan``; never raises, whatever its ``__str__`` does."""
    try:
        message = str(error)
    except Exception as failed:
        message = f"(its message can't be shown: {type(failed).__name__})"
    return f"{type(error).__name__}: {message}".partition("\n")[0]


def report(name: object, error: Exception) -> None:
    """Say that a call could not be logged, or not as a whole; never raises, be it at the end of the stack."""
    with suppress(Exception):
        _log.warning(
            "pytest-llmobs could not log a call of %r as a whole: %s. The call itself was made.",
            name,
            type(error).__qualname__,
        )


def report_callback(name: object, error: Exception) -> None:
    """Say that what was to be called at the end of a run has failed; never raises."""
    with suppress(Exception):
        _log.warning(
            "on_end of a call of %r raised %s. The call itself was made, and logged.", name, headline(error)
        )


def _without_our_frames(trace: TracebackType | None) -> TracebackType | None:
    inner = trace
    while inner is not None and inner.tb_frame.f_code.co_filename.startswith(_OURS):
        inner = inner.tb_next
    return inner or trace


def _leave_out_carets(printed: traceback.TracebackException) -> None:
    """Leave out the carets below lines of code.

    To place them Python parses the line, and before 3.12 no two threads may parse at once: pytest, which parses the
    source of a failed test meanwhile, would end the session with a ``SystemError``.
    """
    left: list[traceback.TracebackException | None] = [printed]
    while left:
        each = left.pop()
        if each is not None:
            for frame in each.stack:
                frame.colno = None
            left += [each.__cause__, each.__context__, *(each.exceptions or ())]


def _cut(text: str) -> str:
    if len(text) <= MAX_CHARACTERS:
        return text
    half = MAX_CHARACTERS // 2
    return f"{text[:half]}\n<cut: {len(text) - 2 * half:,} of {len(text):,} characters>\n{text[-half:]}"
