"""Tracing a running app: what its environment says, and where its runs go."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.tracing import active, environment, traceable
from tests.unit.tracing.memory import MemoryHost

step = traceable(name="step")(lambda: None)


def masked(text: str) -> str:
    """A redactor that ``LLMOBS_REDACT`` may name."""
    return text.replace("Ann", "[name]")


@pytest.fixture
def app() -> Iterator[MemoryHost]:
    """A running app: its tracers, once something in it was traced."""
    host = MemoryHost()
    active.set_host(host)
    yield host
    active.set_host(None)
    while active.installed is not None:
        active.uninstall()


def test_the_environment_switches_tracing_on(monkeypatch: pytest.MonkeyPatch, app: MemoryHost) -> None:
    monkeypatch.setenv("LLMOBS_TRACING", "true")
    monkeypatch.setenv("LLMOBS_PROJECT", "production")
    monkeypatch.setenv("LLMOBS_SAMPLE_RATE", "1.0")
    step()
    step()
    assert [run.project for run in app.sink.runs] == ["production", "production"]


def test_a_switch_of_langsmiths_is_no_silent_no(
    monkeypatch: pytest.MonkeyPatch, app: MemoryHost, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("LLMOBS_TRACING", raising=False)
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"):
        monkeypatch.setenv(name, "true")
    step()
    step()
    assert app.tracers == []
    assert [record.getMessage() for record in caplog.records] == [
        "pytest-llmobs doesn't read LANGSMITH_TRACING; LLMOBS_TRACING=true does what it says. "
        "Setting that, to whatever value, ends this notice."
    ]
    caplog.clear()
    monkeypatch.setenv("LLMOBS_TRACING", "false")  # traced by LangSmith alone, and meant so
    active.set_host(app)
    step()
    assert caplog.text == ""


def test_an_option_of_langsmiths_that_is_not_read_is_told(
    monkeypatch: pytest.MonkeyPatch, app: MemoryHost, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("LLMOBS_TRACING", "LANGSMITH_HIDE_INPUTS", "LANGSMITH_HIDE_OUTPUTS", "LANGSMITH_PROJECT"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("LLMOBS_PROJECT", "production")
    step()
    assert [record.args for record in caplog.records] == [
        ("LANGSMITH_HIDE_INPUTS", "LLMOBS_REDACT=pii, or a function of your own,")
    ]


def test_without_it_nothing_starts(monkeypatch: pytest.MonkeyPatch, app: MemoryHost) -> None:
    monkeypatch.delenv("LLMOBS_TRACING", raising=False)
    step()
    assert app.tracers == []
    assert active.installed is None


def test_enabled_in_the_code_traces_that_code_alone(monkeypatch: pytest.MonkeyPatch, app: MemoryHost) -> None:
    monkeypatch.delenv("LLMOBS_TRACING", raising=False)
    traceable(name="forced", enabled=True)(step)()
    step()
    assert app.sink.names() == ["step", "forced"]


@pytest.mark.parametrize("switched_on_by", ["environment", "code"])
def test_named_redactors_and_offered_ones_are_at_work_whatever_switches_tracing_on(
    monkeypatch: pytest.MonkeyPatch, switched_on_by: str
) -> None:
    host = MemoryHost(lambda text: text.replace("T-1", "[ticket]"))
    active.set_host(host)
    monkeypatch.setenv("LLMOBS_TRACING", str(switched_on_by == "environment"))
    monkeypatch.setenv("LLMOBS_REDACT", f"pii, {__name__}:masked")
    try:
        leak = traceable(name="leak", enabled=True if switched_on_by == "code" else None)(
            lambda *texts: list(texts)
        )
        leak("Ann has T-1", "ann@example.com", "sk-ant-api03-AbCdEfGhIjKlMnOp")
    finally:
        active.set_host(None)
        active.uninstall()
    cleaned = ["[name] has [ticket]", "[redacted: email]", "[redacted: anthropic key]"]
    assert host.sink.run("leak").inputs == {"texts": cleaned}
    assert host.sink.run("leak").outputs == {"output": cleaned}


def test_payloads_are_cut_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, app: MemoryHost
) -> None:
    monkeypatch.setenv("LLMOBS_TRACING", "true")
    monkeypatch.setenv("LLMOBS_MAX_PAYLOAD", "1000")
    assert len(traceable(name="big")(lambda: "x" * 5000)()) == 5000
    kept = app.sink.run("big").outputs
    assert kept is not None
    assert len(kept["output"]) < 1100
    assert kept["output"].endswith("of 5,000 characters>")


def test_where_the_environment_makes_no_sense_the_code_still_runs_and_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, app: MemoryHost, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LLMOBS_REDACT", "pi")
    with caplog.at_level(logging.WARNING, "pytest_llmobs"):
        assert traceable(name="forced", enabled=True)(lambda: 1)() == 1
    assert app.tracers == []
    assert [record.getMessage()[:61] for record in caplog.records] == [
        "pytest-llmobs traces nothing: Unknown redactor 'pi' in LLMOBS"
    ]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("LLMOBS_TRACING", "ture", "LLMOBS_TRACING is 'ture'; it must be true or false."),
        ("LLMOBS_SAMPLE_RATE", "half", "LLMOBS_SAMPLE_RATE is 'half'; it must be a number between 0 and 1."),
        ("LLMOBS_SAMPLE_RATE", "2", "LLMOBS_SAMPLE_RATE is '2'; it must be a number between 0 and 1."),
        (
            "LLMOBS_REDACT",
            "pi",
            "Unknown redactor 'pi' in LLMOBS_REDACT. Did you mean 'pii'? Known: pii, secrets.",
        ),
        (
            "LLMOBS_REDACT",
            "no.such:clean",
            "LLMOBS_REDACT names the redactor 'no.such:clean', which can't be",
        ),
        ("LLMOBS_KEEP", "error", "Unknown rule 'error' in LLMOBS_KEEP."),
        (
            "LLMOBS_MAX_PAYLOAD",
            "12",
            "LLMOBS_MAX_PAYLOAD is '12'; it must be a number of bytes, 1000 or more.",
        ),
    ],
)
def test_a_broken_setting_is_reported_once_and_never_breaks_the_app(
    monkeypatch: pytest.MonkeyPatch,
    app: MemoryHost,
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
    assert active.installed is None


def test_an_unknown_variable_is_named_once_with_what_it_may_have_meant(
    monkeypatch: pytest.MonkeyPatch, app: MemoryHost, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (
        "LLMOBS_TRACING",
        "LLMOBS_REDACTION",
        "LLMOBS_CONFIRMING",
        "LLMOBS_CONTROL",
        "LLMOBS_EXPECT_LANGCHAIN",
        "LLMOBS_AXE",
        "LLMOBS_SCREENSHOTS",
    ):
        monkeypatch.setenv(name, "true")
    with caplog.at_level(logging.WARNING, "pytest_llmobs"):
        step()
        step()
    (record,) = caplog.records
    assert record.getMessage().startswith(
        "pytest-llmobs ignores the variable LLMOBS_REDACTION. Did you mean 'LLMOBS_REDACT'? Known: LLMOBS_KEEP, "
    )
    assert app.sink.names() == ["step", "step"]


def test_a_variable_in_small_letters_is_unknown(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "pytest_llmobs"):
        environment.tracer_options({"llmobs_redact": "pii", **dict.fromkeys(environment.VARIABLES, "")})
    (record,) = caplog.records
    assert "variable llmobs_redact. Did you mean 'LLMOBS_REDACT'?" in record.getMessage()


@pytest.mark.parametrize(
    ("value", "on"), [("1", True), ("True", True), ("on", True), ("", False), ("no", False)]
)
def test_yes_and_no_have_many_names(value: str, on: bool) -> None:
    assert environment.is_on({"LLMOBS_TRACING": value}) is on


def test_importing_tracing_loads_nothing_heavy() -> None:
    code = (
        "import sys, pytest_llmobs.tracing as t\n"
        "f = t.traceable(lambda: 1); f()\n"
        "heavy = {'anthropic', 'opentelemetry', 'pyarrow', 'pydantic_core', 'pydantic', 'genai_prices', 'asyncio'}\n"
        "heavy |= {'pytest', 'decimal', 'pytest_llmobs.records.feedback'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_images_are_kept_where_the_environment_says_so(
    monkeypatch: pytest.MonkeyPatch, app: MemoryHost
) -> None:
    monkeypatch.setenv("LLMOBS_TRACING", "true")
    monkeypatch.setenv("LLMOBS_KEEP_MEDIA", "yes")
    step()
    assert active.installed is not None
    assert active.installed.keep_media is not None
    active.installed.keep_media("a.png", b"")
    assert app.kept == ["a.png"]


def test_a_word_that_is_neither_yes_nor_no_is_an_error() -> None:
    with pytest.raises(SettingsError, match="LLMOBS_KEEP_MEDIA is 'maybe'; it must be true or false"):
        environment.tracer_options({"LLMOBS_KEEP_MEDIA": "maybe"})
