"""What was traced arrives at an OTLP endpoint: whole, once, redacted, and never at the caller's expense."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status as StatusMessage

from pytest_llmobs import production
from pytest_llmobs.errors import SettingsError
from pytest_llmobs.providers.anthropic import Anthropic
from pytest_llmobs.providers.imports import instrument_on_import, uninstrument
from pytest_llmobs.spans.exporter import OtlpExporter, check
from pytest_llmobs.storage.spool.writer import Spool
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing import trace, traceable, tracing_context
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.run_tree import RunTree
from pytest_llmobs.tracing.sampling import read_rules
from pytest_llmobs.tracing.tracer import Tracer
from tests.anthropic_server import serve, tool_use
from tests.otlp_server import Collector, attributes

KEY = "sk-ant-api03-" + "a" * 40


class Exporting:
    """A store that exports, and what it had to say."""

    def __init__(self, folder: Path) -> None:
        self.warnings: list[str] = []
        self.exporter = OtlpExporter(self.warnings.append)
        self.store = Store(folder, exporter=self.exporter)
        self.spool: Spool = self.store.spool("unit")

    def send(self) -> None:
        """What the background thread of a running app does about once a second."""
        assert self.spool.segment is not None
        self.exporter.send(self.spool.segment)


@pytest.fixture
def exporting(tmp_path: Path) -> Iterator[Exporting]:
    """Tracing switched on, into a store that exports."""
    exporting = Exporting(tmp_path / "store")
    install(Tracer(project="shop", sink=exporting.spool))
    yield exporting
    uninstall()
    exporting.spool.close()


@traceable(run_type="tool")
def look_up(order: int) -> dict[str, int]:
    return {"order": order}


def test_a_trace_is_a_trace_there_too(collector: Collector, exporting: Exporting) -> None:
    with trace("answer", inputs={"query": "Where?"}, metadata={"tier": "gold"}, tags=["a"]) as root:
        look_up(7)
        headers = root.to_headers()
        root.end(outputs={"text": "Here."})
    exporting.spool.close()
    answer, tool = collector.span("answer"), collector.span("look_up")
    assert headers["traceparent"] == f"00-{answer.trace_id.hex()}-{answer.span_id.hex()}-01"
    assert (tool.trace_id, tool.parent_span_id) == (answer.trace_id, answer.span_id)
    assert answer.parent_span_id == b""
    assert (answer.kind, answer.status.code) == (SpanMessage.SPAN_KIND_INTERNAL, StatusMessage.STATUS_CODE_OK)
    (run,) = [run for run in exporting.store.runs() if run.name == "answer"]
    assert answer.start_time_unix_nano == round(run.start_time.timestamp() * 1e6) * 1000
    assert answer.end_time_unix_nano - answer.start_time_unix_nano == round((run.latency or 0) * 1e6) * 1000
    told = attributes(answer)
    assert (told["input.value"], told["output.value"]) == ('{"query":"Where?"}', '{"text":"Here."}')
    assert (told["llmobs.metadata.tier"], told["llmobs.tags"], told["llmobs.project"]) == (
        "gold",
        ["a"],
        "shop",
    )
    told = attributes(tool)
    assert (told["gen_ai.operation.name"], told["gen_ai.tool.name"]) == ("execute_tool", "look_up")
    assert (told["gen_ai.tool.call.arguments"], told["gen_ai.tool.call.result"]) == (
        '{"order":7}',
        '{"order":7}',
    )


def test_a_trace_through_several_processes_is_one_there_too(
    collector: Collector, exporting: Exporting
) -> None:
    with trace("caller") as caller:
        headers = caller.to_headers()
    with tracing_context(parent=headers):  # as the service does with the request's headers
        look_up(7)
    exporting.spool.close()
    assert collector.span("look_up").trace_id == collector.span("caller").trace_id
    assert collector.span("look_up").parent_span_id == collector.span("caller").span_id


def test_a_model_call_speaks_the_semantic_conventions(collector: Collector, exporting: Exporting) -> None:
    instrument_on_import([Anthropic()])
    usage = {"input_tokens": 100, "cache_read_input_tokens": 300, "output_tokens": 40}
    try:
        with serve(tool_use("weather", {"city": "Oslo"}, usage=usage)) as server:
            client = anthropic.Anthropic(base_url=server.url, api_key=KEY)
            client.messages.create(
                model="claude-haiku-4-5",
                max_tokens=50,
                system="Be kind.",
                messages=[{"role": "user", "content": "hi"}],
            )
            client.close()
    finally:
        uninstrument()
    exporting.spool.close()
    span = collector.span("anthropic.messages")
    assert span.kind == SpanMessage.SPAN_KIND_CLIENT
    expected: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-haiku-4-5",
        "gen_ai.request.max_tokens": 50,
        "gen_ai.response.id": "msg_scripted",
        "gen_ai.response.finish_reasons": ["tool_use"],
        "gen_ai.usage.input_tokens": 400,
        "gen_ai.usage.cache_read.input_tokens": 300,
        "gen_ai.usage.output_tokens": 40,
        "gen_ai.system_instructions": '[{"type":"text","content":"Be kind."}]',
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]',
        "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"tool_call","id":"toolu_scripted",'
        '"name":"weather","arguments":{"city":"Oslo"}}]}]',
        "llmobs.request_id": "req_scripted",
    }
    told = attributes(span)
    assert {name: told.get(name) for name in expected} == expected
    assert told["llmobs.total_cost"] == pytest.approx((100 + 300 * 0.1 + 40 * 5) / 1e6)


def test_an_error_is_an_exception_event(collector: Collector, exporting: Exporting) -> None:
    with pytest.raises(ValueError), trace("broken"):
        raise ValueError("two\nlines")
    with trace("told") as run:
        run.end(error="the bank is closed")
    exporting.spool.close()
    broken, told = collector.span("broken"), collector.span("told")
    assert (broken.status.code, broken.status.message) == (StatusMessage.STATUS_CODE_ERROR, "two\nlines")
    (event,) = broken.events
    raised = attributes(event)
    assert (event.name, raised["exception.type"]) == ("exception", "ValueError")
    assert raised["exception.stacktrace"].startswith("Traceback")
    assert attributes(broken)["error.type"] == "ValueError"
    assert told.status.message == "the bank is closed"
    assert attributes(told)["error.type"] == "_OTHER"


def test_scores_that_came_after_the_run_are_in_its_span(collector: Collector, exporting: Exporting) -> None:
    with trace("trial") as run:
        pass
    run.patch(trial_status="passed", scores={"tone": 0.5, "pass": 1.0})
    exporting.spool.close()
    trial = collector.span("trial")
    assert attributes(trial)["llmobs.trial_status"] == "passed"
    scores = [(event.name, attributes(event)) for event in trial.events]
    assert scores == [
        ("gen_ai.evaluation.result", {"gen_ai.evaluation.name": key, "gen_ai.evaluation.score.value": score})
        for key, score in (("tone", 0.5), ("pass", 1.0))
    ]


def test_secrets_leave_neither_here(collector: Collector, exporting: Exporting) -> None:
    with pytest.raises(ValueError), trace("call", inputs={"key": KEY}, metadata={"header": f"Bearer {KEY}"}):
        raise ValueError(KEY)
    exporting.spool.close()
    (request,) = collector.requests
    assert KEY.encode() not in request.SerializeToString()


def test_an_app_exports_where_its_environment_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert production._make_exporter() is None
    monkeypatch.setenv("LLMOBS_OTEL", "true")
    assert production._make_exporter() is not None
    monkeypatch.setenv("LLMOBS_OTEL", "maybe")
    assert production._make_exporter() is None
    assert "exports nothing: LLMOBS_OTEL is 'maybe'; it must be true or false." in caplog.text


def test_what_sampling_drops_is_not_exported(collector: Collector, exporting: Exporting) -> None:
    install(
        Tracer(
            project="shop", sink=exporting.spool, sample_rate=0.0, keep=read_rules(("tag:vip",), "llm_keep")
        )
    )
    with trace("dropped"):
        pass
    with trace("kept", tags=["vip"]):
        pass
    uninstall()
    exporting.spool.close()
    assert [span.name for span in collector.spans] == ["kept"]


def test_a_running_app_sends_as_it_goes_and_nothing_twice(collector: Collector, exporting: Exporting) -> None:
    look_up(1)
    exporting.send()
    assert len(collector.spans) == 1
    exporting.send()
    look_up(2)
    exporting.send()
    look_up(3)
    exporting.spool.close()
    sent = [attributes(span)["gen_ai.tool.call.arguments"] for span in collector.spans]
    assert sent == ['{"order":1}', '{"order":2}', '{"order":3}']


def test_a_line_in_the_middle_of_its_write_waits_for_the_next_look(
    collector: Collector, exporting: Exporting
) -> None:
    look_up(1)
    segment = exporting.spool.segment
    assert segment is not None
    line = Path(segment.path).read_bytes().replace(b'"order":1', b'"order":2')
    segment.file.write(line[:50])
    exporting.send()
    segment.file.write(line[50:])
    exporting.send()
    assert [attributes(span)["gen_ai.tool.call.arguments"] for span in collector.spans] == [
        '{"order":1}',
        '{"order":2}',
    ]


def test_the_background_thread_sends(collector: Collector, tmp_path: Path) -> None:
    from pytest_llmobs.storage.spool.rotation import Rotation, Rotator

    spool = Store(tmp_path / "store", exporter=OtlpExporter()).spool(rotation=Rotation(interval=3600))
    install(Tracer(project="shop", sink=spool))
    look_up(1)
    uninstall()
    assert isinstance(spool._watcher, Rotator)
    spool._watcher.look()
    assert len(collector.spans) == 1
    spool.close()
    assert len(collector.spans) == 1


def test_what_a_killed_process_left_is_sent_by_who_recovers_it(collector: Collector, tmp_path: Path) -> None:
    spool = Store(tmp_path).spool("killed")
    install(Tracer(project="shop", sink=spool))
    look_up(1)
    uninstall()
    assert spool.segment is not None
    spool.segment.close()  # lets go of the lock, as the end of a process does
    assert Store(tmp_path, exporter=OtlpExporter()).seal() == 1
    assert [span.name for span in collector.spans] == ["look_up"]


def test_an_endpoint_that_fails_is_told_of_once_and_gets_the_rest_later(
    collector: Collector, exporting: Exporting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    collector.status = 401
    look_up(1)
    exporting.send()
    look_up(2)
    exporting.send()
    assert collector.requests == []
    (warning,) = exporting.warnings
    assert warning.startswith(f"Runs can't be exported to '{collector.url}/v1/traces': ")
    assert "401" in warning
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in warning
    assert "opentelemetry" not in {record.name.partition(".")[0] for record in caplog.records}
    collector.status = 200
    exporting.spool.close()
    assert len(collector.spans) == 2
    assert len(list(exporting.store.runs())) == 2


def test_an_endpoint_that_nobody_listens_at(exporting: Exporting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
    look_up(1)
    exporting.spool.close()
    assert len(exporting.warnings) == 1
    assert "'http://127.0.0.1:1/v1/traces'" in exporting.warnings[0]
    assert len(list(exporting.store.runs())) == 1


def test_the_missing_extra_is_told_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_llmobs.spans.exporter._EXPORTER", "opentelemetry.nowhere.to_be_found")
    with pytest.raises(SettingsError, match=r"llm_otel needs .* pip install 'pytest-llmobs\[otel\]'"):
        check("llm_otel")


def test_a_file_that_was_sealed_meanwhile_is_no_failure(collector: Collector, exporting: Exporting) -> None:
    look_up(1)
    segment = exporting.spool.segment
    exporting.spool.close()
    assert segment is not None
    exporting.exporter.send(segment)
    assert exporting.warnings == []
    assert len(collector.spans) == 1


@pytest.mark.parametrize("name", ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"])
def test_another_protocol_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "grpc")
    with pytest.raises(SettingsError, match=f"{name} is 'grpc'; llm_otel exports with 'http/protobuf' alone"):
        check("llm_otel")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")
    check("llm_otel")


def test_the_standard_variables_count(
    collector: Collector, exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-token=abc")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "support-bot")
    look_up(1)
    exporting.spool.close()
    assert collector.headers[0]["x-token"] == "abc"
    assert attributes(collector.requests[0].resource_spans[0].resource)["service.name"] == "support-bot"


def test_our_own_requests_are_hidden_from_instrumentations(
    collector: Collector, exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    import requests
    from opentelemetry import context

    seen = []
    send = requests.Session.send

    def instrumented(*args: Any, **kwargs: Any) -> Any:
        seen.append(context.get_value(context._SUPPRESS_INSTRUMENTATION_KEY))
        return send(*args, **kwargs)

    monkeypatch.setattr(requests.Session, "send", instrumented)
    look_up(1)
    exporting.spool.close()
    assert seen == [True]


def test_a_forked_child_exports_its_own(collector: Collector, exporting: Exporting) -> None:
    look_up(1)
    exporting.send()
    child = os.fork()
    if child == 0:
        look_up(2)
        exporting.spool.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    look_up(3)
    exporting.spool.close()
    assert len(collector.spans) == 3
    assert exporting.warnings == []


def test_every_column_reaches_the_span(collector: Collector, exporting: Exporting) -> None:
    """Nothing that is stored stays behind: what OpenTelemetry has no name for goes under ours."""
    from pytest_llmobs.storage.parquet.schema import COLUMNS, DERIVED

    values: dict[str, Any] = {"integer": 3, "number": 0.5, "word": "w", "text": "t", "words": ["w"]}
    given = {
        column.name: values[column.kind]
        for column in COLUMNS
        if column.kind in values
        and column.name
        not in (*DERIVED, "id", "trace_id", "parent_id", "name", "run_type", "status", "error", "tags")
    }
    run = RunTree(Tracer(project="shop", sink=exporting.spool), "full", "llm")
    run.columns.update(given)
    run.end()
    exporting.spool.close()
    told = attributes(collector.span("full"))
    missing = [
        column.name
        for column in COLUMNS
        if column.name in given and (column.otel or f"llmobs.{column.name}") not in told
    ]
    assert missing == []
