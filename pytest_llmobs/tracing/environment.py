"""Tracing outside pytest: ``LLMOBS_TRACING=true LLMOBS_PROJECT=production`` in a running app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_llmobs.errors import SettingsError

VARIABLES = {
    "LLMOBS_TRACING": "true traces every call; false, or unset, traces none",
    "LLMOBS_PROJECT": "the project of the traces (default: default)",
    "LLMOBS_REDACT": "redactors, comma-separated (default: secrets)",
    "LLMOBS_SAMPLE_RATE": "share of traces that is kept, 0 to 1 (default: 1)",
    "LLMOBS_KEEP": "kept whatever the rate, comma-separated: errors, tag:NAME, metadata:KEY=VALUE",
}
"""Every variable that tracing reads, and what it means."""

_ON, _OFF = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


def is_on(environ: Mapping[str, str]) -> bool:
    """Return True where ``LLMOBS_TRACING`` switches tracing on.

    Raises:
        SettingsError: Its value is neither a yes nor a no.
    """
    value = environ.get("LLMOBS_TRACING", "").strip().lower()
    if value not in (*_ON, *_OFF):
        raise SettingsError(f"LLMOBS_TRACING is {environ['LLMOBS_TRACING']!r}; it must be true or false.")
    return value in _ON


def tracer_options(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the keyword arguments of a ``Tracer`` that the environment asks for.

    Raises:
        SettingsError: A variable has an impossible value.
    """
    return {
        "project": environ.get("LLMOBS_PROJECT", "").strip() or "default",
        "redact": _words(environ.get("LLMOBS_REDACT", "secrets")),
        "sample_rate": _rate(environ.get("LLMOBS_SAMPLE_RATE") or "1"),
        "keep": _words(environ.get("LLMOBS_KEEP", "")),
    }


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _rate(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SettingsError(f"LLMOBS_SAMPLE_RATE is {text!r}; it must be a number between 0 and 1.") from None
