"""``llm_otel``: the runs of an experiment leave as spans, whichever process made them."""

from __future__ import annotations

import pytest

from tests.otlp_server import Collector, attributes
from tests.plugin.conftest import Project


def _scored(collector: Collector) -> dict[str, tuple[str, list[float]]]:
    """Example -> status and scores of its trial, as the collector knows them."""
    roots = [span for span in collector.spans if not span.parent_span_id]
    return {
        attributes(root)["llmobs.example_id"]: (
            attributes(root)["llmobs.trial_status"],
            [attributes(event)["gen_ai.evaluation.score.value"] for event in root.events],
        )
        for root in roots
    }


def test_every_run_of_an_experiment_is_a_span(project: Project, collector: Collector) -> None:
    result = project.experiment("-o", "llm_otel=true", "--llm-name", "spring", "-n1")
    result.assert_outcomes(passed=3)
    assert "can't be exported" not in result.stdout.str() + result.stderr.str()
    assert sorted(span.name for span in collector.spans if span.parent_span_id) == ["complete"] * 3
    assert _scored(collector) == {name: ("passed", [1.0]) for name in ("ada", "grace", "edsger")}
    assert {attributes(span)["llmobs.project"] for span in collector.spans} == {"spring"}
    assert len({span.trace_id for span in collector.spans}) == 3


def test_a_collector_that_is_down_is_one_warning(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
    result = project.process("--llm-experiment", "-o", "llm_otel=true")
    result.assert_outcomes(passed=3)
    said = result.stdout.str() + result.stderr.str()
    assert said.count("Runs can't be exported to 'http://127.0.0.1:1/v1/traces'") == 1
    assert "Traceback" not in said


def test_another_protocol_is_refused_at_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    result = project.experiment("-o", "llm_otel=true")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'; llm_otel exports with 'http/protobuf' alone*"]
    )
