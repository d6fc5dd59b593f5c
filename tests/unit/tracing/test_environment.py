"""Tracing a running app: what its environment says, and where its runs go."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.tracing import environment, traceable, tracer
from tests.unit.tracing.memory import MemorySink

step = traceable(name="step")(lambda: None)


@pytest.fixture
def started() -> Iterator[list[tracer.Tracer]]:
    """A sink for the app's runs; the tracers that were started because the app was traced."""
    seen: list[tracer.Tracer] = []
    tracer.set_sink_factory(MemorySink, seen.append)
    yield seen
    tracer.set_sink_factory(None)
    while tracer.installed is not None:
        tracer.uninstall()


def test_the_environment_switches_tracing_on(
    monkeypatch: pytest.MonkeyPatch, started: list[tracer.Tracer]
) -> None:
    monkeypatch.setenv("LLMOBS_TRACING", "true")
    monkeypatch.setenv("LLMOBS_PROJECT", "production")
    monkeypatch.setenv("LLMOBS_REDACT", "secrets, pii")
    monkeypatch.setenv("LLMOBS_SAMPLE_RATE", "1.0")
    step()
    step()
    (only,) = started
    assert isinstance(only.sink, MemorySink)
    assert [run.project for run in only.sink.runs] == ["production", "production"]


def test_without_it_nothing_starts(monkeypatch: pytest.MonkeyPatch, started: list[tracer.Tracer]) -> None:
    monkeypatch.delenv("LLMOBS_TRACING", raising=False)
    step()
    assert started == []
    assert tracer.installed is None


def test_enabled_in_the_code_traces_that_code_alone(
    monkeypatch: pytest.MonkeyPatch, started: list[tracer.Tracer]
) -> None:
    monkeypatch.delenv("LLMOBS_TRACING", raising=False)
    traceable(name="forced", enabled=True)(step)()
    step()
    (only,) = started
    assert isinstance(only.sink, MemorySink)
    assert only.sink.names() == ["step", "forced"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("LLMOBS_TRACING", "ture", "LLMOBS_TRACING is 'ture'; it must be true or false."),
        ("LLMOBS_SAMPLE_RATE", "half", "LLMOBS_SAMPLE_RATE is 'half'; it must be a number between 0 and 1."),
        ("LLMOBS_SAMPLE_RATE", "2", "sample_rate is 2.0; it must be between 0 and 1"),
        ("LLMOBS_REDACT", "pi", "Unknown redactor 'pi'. Did you mean 'pii'?"),
        ("LLMOBS_KEEP", "error", "Unknown rule 'error'"),
    ],
)
def test_a_broken_setting_is_reported_once_and_never_breaks_the_app(
    monkeypatch: pytest.MonkeyPatch,
    started: list[tracer.Tracer],
    caplog: pytest.LogCaptureFixture,
    name: str,
    value: str,
    message: str,
) -> None:
    monkeypatch.setenv("LLMOBS_TRACING", "true")
    monkeypatch.setenv(name, value)
    with caplog.at_level(logging.WARNING, "pytest_llmobs"):
        step()
        step()
    (record,) = caplog.records
    assert record.getMessage().startswith(f"pytest-llmobs traces nothing: {message}")
    assert tracer.installed is None


@pytest.mark.parametrize(
    ("value", "on"), [("1", True), ("True", True), ("on", True), ("", False), ("no", False)]
)
def test_yes_and_no_have_many_names(value: str, on: bool) -> None:
    assert environment.is_on({"LLMOBS_TRACING": value}) is on


def test_the_rate_is_read_once() -> None:
    with pytest.raises(SettingsError):
        environment.tracer_options({"LLMOBS_SAMPLE_RATE": "x"})
    assert environment.tracer_options({}) == {
        "project": "default",
        "redact": ("secrets",),
        "sample_rate": 1.0,
        "keep": (),
        "keep_media": False,
    }


def test_importing_tracing_loads_nothing_heavy() -> None:
    code = (
        "import sys, pytest_llmobs.tracing as t\n"
        "f = t.traceable(lambda: 1); f()\n"
        "heavy = {'anthropic', 'pyarrow', 'pydantic_core', 'pydantic', 'genai_prices', 'asyncio', 'pytest'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_images_are_kept_where_the_environment_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []
    monkeypatch.setenv("LLMOBS_TRACING", "true")
    monkeypatch.setenv("LLMOBS_KEEP_MEDIA", "yes")
    tracer.set_sink_factory(MemorySink, None, lambda name, data: kept.append(name))
    try:
        step()
        assert tracer.installed is not None
        assert tracer.installed.keep_media is not None
        tracer.installed.keep_media("a.png", b"")
    finally:
        tracer.set_sink_factory(None)
        tracer.uninstall()
    assert kept == ["a.png"]


def test_a_word_that_is_neither_yes_nor_no_is_an_error() -> None:
    with pytest.raises(SettingsError, match="LLMOBS_KEEP_MEDIA is 'maybe'; it must be true or false"):
        environment.tracer_options({"LLMOBS_KEEP_MEDIA": "maybe"})
