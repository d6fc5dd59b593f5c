"""Tracing outside pytest: ``LLMOBS_TRACING=true LLMOBS_PROJECT=production`` in a running app."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.settings import LEAST_PAYLOAD, MAX_PAYLOAD, PROMPT_DIR, QUEUE_DIR, words
from pytest_llmobs.tracing.sampling import read_rules
from pytest_llmobs.wording import known, nearest

REDACT = "LLMOBS_REDACT"
VARIABLES = {
    "LLMOBS_TRACING": "true traces every call; false, or unset, traces none",
    "LLMOBS_PROJECT": "the project of the traces (default: default)",
    "LLMOBS_STORE": "folder the runs go to (default: .llmobs in the current folder)",
    PROMPT_DIR: "folder the prompts lie in (default: prompts at pytest's rootdir, or what llm_prompt_dir says)",
    QUEUE_DIR: "folder of the committed review queues (default: queues, or what llm_queue_dir says)",
    REDACT: "redactors beside `secrets`, comma-separated: pii, or a function of your own as module:function",
    "LLMOBS_SAMPLE_RATE": "share of traces that is kept, 0 to 1 (default: 1)",
    "LLMOBS_OTEL": "true exports every run as an OpenTelemetry span; OTEL_EXPORTER_OTLP_ENDPOINT says where to",
    "LLMOBS_KEEP_MEDIA": "true keeps the images and documents of model calls, each once, below media in the store",
    "LLMOBS_KEEP": "kept whatever the rate, comma-separated: errors, tag:NAME, metadata:KEY=VALUE",
    "LLMOBS_MAX_PAYLOAD": f"bytes an input or output may take before it is cut (default: {MAX_PAYLOAD})",
}
"""Every variable that tracing reads, and what it means."""

_PREFIX = "LLMOBS_"
_NOT_OF_AN_APP = (
    "AXE",
    "CONFIRMING",
    "CONTROL",
    "EXPECT_",
    "GOLDEN",
    "LOCAL_",
    "REVIEWER",
    "SCREENSHOTS",
    "SESSION_",
    "UPDATE_",
)
"""How the variables go on that pytest sessions and our own tests read."""
_log = logging.getLogger("pytest_llmobs")
_ON, _OFF = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


_LANGSMITHS_SWITCHES = {
    "LANGSMITH_TRACING": "LLMOBS_TRACING=true",
    "LANGSMITH_TRACING_V2": "LLMOBS_TRACING=true",
    "LANGCHAIN_TRACING_V2": "LLMOBS_TRACING=true",
}
_LANGSMITHS_OPTIONS = {
    "LANGSMITH_PROJECT": "LLMOBS_PROJECT=NAME",
    "LANGCHAIN_PROJECT": "LLMOBS_PROJECT=NAME",
    "LANGSMITH_TRACING_SAMPLING_RATE": "LLMOBS_SAMPLE_RATE=RATE",
    "LANGSMITH_HIDE_INPUTS": "LLMOBS_REDACT=pii, or a function of your own,",
    "LANGSMITH_HIDE_OUTPUTS": "LLMOBS_REDACT=pii, or a function of your own,",
}
"""LangSmith's variable -> what to set in its place. None of them has an effect: both may trace one app."""


def tell_unheard_switch(environ: Mapping[str, str]) -> None:
    """Log that a switch of LangSmith's traces nothing here, where ours says neither yes nor no."""
    _tell_unheard(environ, _LANGSMITHS_SWITCHES)


def _tell_unheard(environ: Mapping[str, str], instead: Mapping[str, str]) -> None:
    told: set[str] = set()
    for name, ours in instead.items():
        variable = ours.partition("=")[0]
        if variable in environ or variable in told or environ.get(name, "").strip().lower() in _OFF:
            continue
        told.add(variable)
        _log.warning(
            "pytest-llmobs doesn't read %s; %s does what it says. Setting that, to whatever value, ends this notice.",
            name,
            ours,
        )


def is_on(environ: Mapping[str, str], switch: str = "LLMOBS_TRACING") -> bool:
    """Return True where the variable ``switch`` says yes.

    Raises:
        SettingsError: Its value is neither a yes nor a no.
    """
    value = environ.get(switch, "").strip().lower()
    if value not in (*_ON, *_OFF):
        raise SettingsError(f"{switch} is {environ[switch]!r}; it must be true or false.")
    return value in _ON


def tracer_options(environ: Mapping[str, str]) -> tuple[Sequence[str], dict[str, Any]]:
    """Return the names of the redactors, and what else the environment asks of a ``Tracer`` (``keep_media`` as a bool).

    A variable that would be ours but for its name is logged: a misspelt ``LLMOBS_REDACT`` redacts nothing.

    Raises:
        SettingsError: A variable has an impossible value.
    """
    _tell_unheard(environ, _LANGSMITHS_OPTIONS)
    for name in _unknown(environ):
        meant = nearest(name.upper(), VARIABLES)
        _log.warning("pytest-llmobs ignores the variable %s.%s %s", name, meant, known(VARIABLES))
    return words(environ.get(REDACT, "")), {
        "project": environ.get("LLMOBS_PROJECT", "").strip() or "default",
        "sample_rate": _number(environ, "LLMOBS_SAMPLE_RATE", 1.0, "a number between 0 and 1", 0.0, 1.0),
        "keep": read_rules(words(environ.get("LLMOBS_KEEP", "")), "LLMOBS_KEEP"),
        "max_payload": int(
            _number(
                environ, "LLMOBS_MAX_PAYLOAD", MAX_PAYLOAD, "a number of bytes, 1000 or more", LEAST_PAYLOAD
            )
        ),
        "keep_media": is_on(environ, "LLMOBS_KEEP_MEDIA"),
    }


def _unknown(environ: Mapping[str, str]) -> list[str]:
    unknown: list[str] = []
    for name in environ:
        if not name.upper().startswith(_PREFIX) or name in VARIABLES:
            continue
        if not name.removeprefix(_PREFIX).startswith(_NOT_OF_AN_APP):
            unknown.append(name)
    return sorted(unknown)


def _number(
    environ: Mapping[str, str], name: str, default: float, what: str, low: float, high: float = math.inf
) -> float:
    text = environ.get(name, "").strip()
    try:
        number = float(text or default)
    except ValueError:
        number = math.nan
    if not low <= number <= high or math.isinf(number):
        raise SettingsError(f"{name} is {text!r}; it must be {what}.")
    return number
