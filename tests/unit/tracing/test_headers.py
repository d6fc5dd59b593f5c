"""A run carried to another process by a request's headers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from pytest_llmobs.tracing import RunTree, active, trace, traceable, tracing_context
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink

RUN = "01a213b3-2c93-7450-b5cf-e7057e71c948"


def test_the_headers_are_w3cs_our_own_and_langsmiths(sink: MemorySink) -> None:
    with trace("caller", project_name="shop & more") as run:
        headers = run.to_headers()
    plain = run.id.replace("-", "")
    assert headers == {
        "traceparent": f"00-{plain}-{plain[16:]}-01",
        "llmobs-run": f"{run.id}/{run.id};project=shop%20%26%20more",
        "langsmith-trace": f"{run.start_time:%Y%m%dT%H%M%S%fZ}{run.id}",
        "baggage": f"langsmith-project=shop%20%26%20more,langsmith-metadata=%7B%22llmobs_run%22%3A%22{run.id}%22%7D",
    }


def test_runs_of_the_service_stay_under_the_caller(sink: MemorySink) -> None:
    with trace("caller", project_name="shop"), trace("request") as request:
        headers = {name.title(): value for name, value in request.to_headers().items()}
    with tracing_context(parent=headers):
        traceable(name="service")(lambda: None)()
    with trace("block", parent=headers):
        pass
    caller = sink.run("caller")
    for name in ("service", "block"):
        run = sink.run(name)
        assert (run.parent_id, run.trace_id, run.project) == (request.id, caller.id, "shop")


def test_headers_that_come_back_to_the_process_of_a_trial_stay_in_the_trial(sink: MemorySink) -> None:
    assert active.installed is not None
    root = start_root(active.installed, "trial", collect=True)
    with root.activate(), trace("request") as request:
        headers = request.to_headers()
    with tracing_context(parent=headers, enabled=True):  # as in the thread of a server of the test itself
        traceable("llm", name="model")(lambda: None)()
    root.end()
    (call,) = root.finished_runs("llm")
    assert (call.parent_id, call.trace_id) == (request.id, root.id)


def test_a_strangers_traceparent_gives_the_trace_its_id(sink: MemorySink) -> None:
    headers = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"}
    with tracing_context(parent=headers):
        traceable(name="service")(lambda: None)()
    run = sink.run("service")
    assert (run.trace_id, run.parent_id) == ("4bf92f35-77b3-4da6-a3ce-929d0e0e4736", None)


def test_metadata_and_tags_reach_the_service_redacted(sink: MemorySink) -> None:
    with trace("caller", metadata={"tier": "gold", "key": "sk-ant-api03-abcdefgh"}, tags=["vip"]) as run:
        headers = run.to_headers()
    assert "abcdefgh" not in str(headers)
    with tracing_context(parent={**headers, "baggage": f"other=1, {headers['baggage']}"}):
        traceable(name="service", metadata={"own": 1})(lambda: None)()
    service = sink.run("service")
    assert service.metadata == {"tier": "gold", "key": "[redacted: anthropic key]", "own": 1}
    assert service.tags == ["vip"]


def test_baggage_too_long_for_a_header_stays_at_home(sink: MemorySink) -> None:
    with trace("caller", metadata={"long": "x" * 5000}, tags=["y" * 5000]) as run:
        assert run.to_headers()["baggage"] == "langsmith-project=unit"


def langsmiths(*runs: str, **baggage: str) -> dict[str, str]:
    """Return the headers of a service that is still on LangSmith."""
    entries = [f"langsmith-{name}={quote(value, safe='')}" for name, value in baggage.items()]
    path = ".".join(f"20260930T120000000000Z{run}" for run in runs)
    return {"langsmith-trace": path, "baggage": ",".join(entries)}


OTHER = "01a213b3-2c93-7450-b5cf-e7057e71c949"


def test_a_service_on_langsmith_hands_its_trace_on(sink: MemorySink) -> None:
    headers = langsmiths(RUN, OTHER, project="shop", metadata='{"tier":"gold"}', tags="vip,de")
    with tracing_context(parent=headers):
        traceable(name="service")(lambda: None)()
    run = sink.run("service")
    # The caller's runs are in LangSmith: here this is where the trace begins.
    assert (run.trace_id, run.parent_id, run.project) == (RUN, None, "shop")
    assert (run.metadata, run.tags) == ({"tier": "gold"}, ["vip", "de"])
    with tracing_context(parent=headers["langsmith-trace"]), trace("by its text") as named:
        assert named.trace_id == RUN
        assert named.dotted_order.startswith(f"{headers['langsmith-trace']}.2")
        assert named.to_headers()["langsmith-trace"] == named.dotted_order


def test_a_service_on_langsmith_between_two_of_ours_does_not_part_them(sink: MemorySink) -> None:
    with trace("caller", metadata={"tier": "gold"}) as caller:
        metadata = unquote(caller.to_headers()["baggage"].partition("langsmith-metadata=")[2])
    with tracing_context(parent=langsmiths(caller.id, OTHER, project="unit", metadata=metadata)):
        traceable(name="service")(lambda: None)()
    run = sink.run("service")
    assert (run.trace_id, run.parent_id) == (caller.id, caller.id)
    assert run.metadata == {"tier": "gold"}


def test_the_path_of_a_run_is_told_across_processes(sink: MemorySink) -> None:
    with trace("caller") as caller, trace("request") as request:
        headers = request.to_headers()
    with tracing_context(parent=headers), trace("service") as service:
        steps = service.dotted_order.split(".")
    assert [step[22:] for step in steps] == [caller.id, request.id, service.id]
    del headers["langsmith-trace"]
    with tracing_context(parent=headers), trace("service") as service:
        steps = service.dotted_order.split(".")
    assert [step[22:] for step in steps] == [caller.id, request.id, service.id]


@pytest.mark.parametrize(
    "headers",
    [
        {"langsmith-trace": "nonsense"},
        {"langsmith-trace": f"20260930T120000000000Z{RUN}." * 90},
        {"langsmith-trace": f"20260930T120000Z{RUN}"},
    ],
)
def test_a_broken_header_of_langsmiths_is_as_good_as_none(sink: MemorySink, headers: dict[str, str]) -> None:
    with tracing_context(parent=headers):
        traceable(name="service")(lambda: None)()
    run = sink.run("service")
    assert run.trace_id == run.id


def test_broken_metadata_of_langsmiths_is_left_behind(sink: MemorySink) -> None:
    with tracing_context(parent=langsmiths(RUN, metadata="{", tags="")):
        traceable(name="service")(lambda: None)()
    assert (sink.run("service").trace_id, sink.run("service").metadata) == (RUN, {})


ENORMOUS = quote(json.dumps({"metadata": {"a": "x" * 5000}, "tags": []}), safe="")


@pytest.mark.parametrize(
    "baggage",
    [
        "llmobs=%7B",
        "llmobs=1",
        "llmobs=%5B%5D",
        "llmobs",
        "",
        "a=b;c",
        "llmobs=" + "[" * 4000,
        "llmobs=" + '{"a":' * 800,
        f"llmobs={ENORMOUS}",
    ],
)
def test_broken_baggage_is_left_behind(sink: MemorySink, baggage: str) -> None:
    with trace("caller") as run:
        headers = {**run.to_headers(), "baggage": baggage}
    with tracing_context(parent=headers):
        traceable(name="service")(lambda: None)()
    assert (sink.parent_of("service"), sink.run("service").metadata) == ("caller", {})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"traceparent": "nonsense"},
        {"traceparent": "00-00000000000000000000000000000000-00f067aa0ba902b7-01"},
        {"llmobs-run": "1/2"},
        {"llmobs-run": "'; drop table runs"},
        {"llmobs-run": f"{RUN}/{RUN};project={'p' * 5000}"},
        {"traceparent": "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
        {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"},
        {"traceparent": "00-" + "4" * 100_000},
    ],
    ids=lambda headers: str(headers)[:60],
)
def test_broken_headers_are_as_good_as_none(sink: MemorySink, headers: dict[str, str]) -> None:
    assert RunTree.from_headers(headers) is None
    with tracing_context(parent=headers):
        traceable(name="service")(lambda: None)()
    assert sink.run("service").parent_id is None


def test_a_trace_that_was_not_sampled_is_not_sampled_elsewhere(sink: MemorySink) -> None:
    install(Tracer(project="unit", sink=sink, sample_rate=0.0))
    with trace("caller") as run:
        headers = run.to_headers()
    uninstall()
    assert headers["traceparent"].endswith("-00")
    assert "langsmith-trace" not in headers  # it couldn't say so
    with tracing_context(parent=headers):
        traceable(name="service")(lambda: None)()
    assert sink.lines == []


def test_a_traceparent_that_somebody_on_the_way_replaced_decides_nothing(sink: MemorySink) -> None:
    with trace("caller") as run:
        headers = {
            **run.to_headers(),
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        }
    with tracing_context(parent=headers):
        traceable(name="service")(lambda: None)()
    assert sink.parent_of("service") == "caller"


@pytest.mark.parametrize(("flags", "kept"), [("01", True), ("03", True), ("00", False), ("02", False)])
def test_the_last_bit_of_the_flags_says_sampled(sink: MemorySink, flags: str, kept: bool) -> None:
    with trace("caller") as run:
        headers = run.to_headers()
    headers["traceparent"] = headers["traceparent"][:-2] + flags
    with tracing_context(parent=headers):
        traceable(name="service")(lambda: None)()
    assert ("service" in sink.names()) is kept


def test_headers_may_be_bytes_as_in_asgi(sink: MemorySink) -> None:
    with trace("caller") as run:
        headers = {name.encode(): value.encode() for name, value in run.to_headers().items()}
    with trace("service", parent=headers):
        pass
    assert sink.parent_of("service") == "caller"


def test_a_caller_that_is_not_traced_leaves_the_service_its_own_choice(sink: MemorySink) -> None:
    with tracing_context(enabled=False), trace("caller") as run:
        assert run.to_headers() == {}


def test_the_remote_run_itself_is_never_written_here(sink: MemorySink) -> None:
    with trace("caller") as run:
        remote = RunTree.from_headers(run.to_headers())
    assert remote is not None
    remote.end()
    assert sink.names() == ["caller"]


def test_headers_do_not_switch_tracing_on(sink: MemorySink) -> None:
    with trace("caller") as run:
        headers = run.to_headers()
    install(Tracer(project="unit", sink=sink, enabled=False))
    try:
        with tracing_context(parent=headers):
            traceable(name="off")(lambda: None)()
        with trace("off", parent=headers):
            pass
        with tracing_context(parent=headers, enabled=True):
            traceable(name="on")(lambda: None)()
    finally:
        uninstall()
    assert sink.names() == ["caller", "on"]
    assert sink.parent_of("on") == "caller"


SERVICE = """
import sys

import uvicorn
from fastapi import FastAPI, Request

from pytest_llmobs.tracing import traceable, tracing_context
from pytest_llmobs.tracing.active import set_host


class Sink:
    def append(self, line):
        with open(sys.argv[1], "ab") as file:
            file.write(line)


class Host:
    def redactors(self):
        return ()

    def open_sink(self):
        return Sink()

    def keep_feedback(self, redaction, key, **said):
        raise NotImplementedError

    def starting(self, tracer):
        pass


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


set_host(Host())
app = FastAPI()


@traceable
async def answer(question: str) -> str:
    return "pong " + question


@app.get("/ask/{question}")
async def ask(question: str, request: Request):
    with tracing_context(parent=request.headers):
        return {"answer": await answer(question)}


Server(uvicorn.Config(app, port=0, log_level="error")).run()
"""


def test_a_fastapi_service_in_another_process(sink: MemorySink, tmp_path: Path) -> None:
    spool = tmp_path / "service.spool"
    environment = {**os.environ, "LLMOBS_TRACING": "true"}
    command = [sys.executable, "-c", SERVICE, str(spool)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as service:
        try:
            assert service.stdout is not None
            port = int(service.stdout.readline())
            with trace("test") as run:
                request = urllib.request.Request(
                    f"http://127.0.0.1:{port}/ask/ping", headers=run.to_headers()
                )
                with urllib.request.urlopen(request, timeout=10) as response:
                    assert response.read() == b'{"answer":"pong ping"}'
        finally:
            service.terminate()
    sink.append(spool.read_bytes())
    assert sink.parent_of("answer") == "test"
    assert (sink.run("answer").trace_id, sink.run("answer").project) == (run.id, "unit")
