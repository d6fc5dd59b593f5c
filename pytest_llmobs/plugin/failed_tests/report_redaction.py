"""Pytest's own reports without what the session's redactors take out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import pytest

from pytest_llmobs.files import encodable
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.wording import inert, without_commands

_SHAPE = ("style", "path", "lineno")
"""Parts of a traceback that say where and how, which no data reaches."""


def clean_report(report: pytest.TestReport, redaction: Redaction) -> None:
    """Clean what the terminal, JUnit and xdist get of a test: traceback, captured output, properties.

    What UTF-8 has no form for goes as well: it would end pytest's JUnit file and xdist's worker. And what a model
    said is to act on no terminal and on no CI system.
    """
    report.sections = [
        (name, without_commands(text)) for name, text in _clean_pairs(report.sections, redaction)
    ]
    report.user_properties = _clean_pairs(report.user_properties, redaction)
    reason = getattr(report, "wasxfail", None)
    if isinstance(reason, str):
        report.wasxfail = inert(redaction.clean_if_suspect(reason))
    if report.longrepr is None:
        return
    if redaction.suspects(capture.encode(str(report.longrepr))):
        _clean_traceback(report, redaction.clean_value)
    for clean in (encodable, inert):
        _clean_traceback(report, clean)


def clean_warning(warning: warnings.WarningMessage, redaction: Redaction) -> None:
    """Clean what the summary of warnings shows of one."""
    message = str(warning.message)
    cleaned = inert(redaction.clean_if_suspect(message))
    if cleaned != message:
        warning.message = Warning(cleaned)


def _clean_traceback(report: pytest.TestReport, clean: Callable[[str], Any]) -> None:
    """Clean the parts of a traceback; make plain text of one that is another plugin's and shows none."""
    traceback = str(report.longrepr)
    cleaned = clean(traceback)
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:  # on CI the short summary has all its lines, without the "E" before them
        crash.message = clean(crash.message)
    if cleaned == traceback:
        return
    with suppress(Exception):
        report.longrepr = _clean_parts(report.longrepr, clean)
        if str(report.longrepr) != traceback:
            return
    report.longrepr = cleaned


def _clean_pairs(pairs: Iterable[tuple[str, Any]], redaction: Redaction) -> list[tuple[str, Any]]:
    """Clean captured output, or properties, whose values may be numbers."""
    cleaned = []
    for name, value in pairs:
        text = value
        if isinstance(value, str):
            text = encodable(redaction.clean_if_suspect(value))
        cleaned.append((encodable(str(name)), text))
    return cleaned


def _clean_parts(part: Any, clean: Callable[[str], Any]) -> Any:
    """Clean the texts in a traceback's parts, which pytest keeps apart so that it can colour them."""
    if isinstance(part, str):
        return clean(part)
    if isinstance(part, list | tuple):
        return _clean_sequence(part, clean)
    for name, value in list(getattr(part, "__dict__", {}).items()):
        if name not in _SHAPE:
            setattr(part, name, _clean_parts(value, clean))
    return part


def _clean_sequence(parts: Any, clean: Callable[[str], Any]) -> Any:
    is_text = isinstance(parts, list) and all(isinstance(line, str) for line in parts)
    if is_text and parts:  # as one text, since a secret may stretch over several lines
        return clean("\n".join(parts)).split("\n")
    return type(parts)(_clean_parts(part, clean) for part in parts)
