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
    "LLMOBS_KEEP_MEDIA": "true keeps the images and documents of model calls, each once, below media in the store",
    "LLMOBS_KEEP": "kept whatever the rate, comma-separated: errors, tag:NAME, metadata:KEY=VALUE",
}
"""Every variable that tracing reads, and what it means."""

_ON, _OFF = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


def is_on(environ: Mapping[str, str], name: str = "LLMOBS_TRACING") -> bool:
    """Return True where a variable says yes; ``LLMOBS_TRACING`` switches tracing on.

    Raises:
        SettingsError: Its value is neither a yes nor a no.
    """
    value = environ.get(name, "").strip().lower()
    if value not in (*_ON, *_OFF):
        raise SettingsError(f"{name} is {environ[name]!r}; it must be true or false.")
    return value in _ON


def tracer_options(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the options of a ``Tracer`` that the environment asks for; ``keep_media`` as a yes or no.

    Raises:
        SettingsError: A variable has an impossible value.
    """
    return {
        "project": environ.get("LLMOBS_PROJECT") or "default",
        "redact": _words(environ.get("LLMOBS_REDACT", "secrets")),
        "sample_rate": _rate(environ.get("LLMOBS_SAMPLE_RATE") or "1"),
        "keep": _words(environ.get("LLMOBS_KEEP", "")),
        "keep_media": is_on(environ, "LLMOBS_KEEP_MEDIA"),
    }


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _rate(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SettingsError(f"LLMOBS_SAMPLE_RATE is {text!r}; it must be a number between 0 and 1.") from None
