"""Subjects to score, and a scripted stand-in for the Messages API on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.judging import cache
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.runs import Run
from pytest_llmobs.tracing import active

START = datetime(2026, 1, 1, tzinfo=UTC)


def make_run(name: str = "app", **fields: Any) -> Run:
    known = {
        "id": f"run-{name}",
        "trace_id": "trace",
        "parent_id": None,
        "run_type": "chain",
        "project": "test",
        "start_time": START,
        "end_time": START + timedelta(seconds=2),
    }
    return Run(**{**known, "name": name, **fields})


def make_subject(outputs: Any = None, reference: Any = None, **fields: Any) -> Subject:
    given = fields.pop("inputs", {})
    metadata = fields.pop("metadata", {})
    example = None if reference is None else Example("e1", given, reference, metadata)
    return Subject(make_run(inputs=given, outputs=outputs, **fields), example, given, outputs, reference)


@pytest.fixture
def subject() -> Callable[..., Subject]:
    return make_subject


@pytest.fixture
def run() -> Callable[..., Run]:
    return make_run


@pytest.fixture(autouse=True)
def _nothing_installed() -> Iterator[None]:
    yield
    cache.install(None)
    active.uninstall()


class Messages:
    """Answers POST /v1/messages with the next scripted verdict and keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.replies: list[Any] = []
        self.lock = threading.Lock()
        self.url = ""

    def reply(self, request: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self.requests.append(request)
            scripted = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        content = scripted
        if isinstance(scripted, dict):
            content = [{"type": "tool_use", "id": "tool_1", "name": "verdict", "input": scripted}]
        elif isinstance(scripted, str):
            content = [{"type": "text", "text": scripted}]
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": request["model"],
            "content": content,
            "stop_reason": "tool_use" if isinstance(scripted, dict) else "refusal",
            "stop_sequence": None,
            "usage": {"input_tokens": 100, "output_tokens": 10},
        }


@pytest.fixture
def messages() -> Iterator[Messages]:
    script = Messages()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 65536

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = json.dumps(script.reply(json.loads(body))).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield script
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def claude(messages: Messages) -> Iterator[Any]:
    from anthropic import Anthropic

    with Anthropic(api_key="test", base_url=messages.url, max_retries=0) as client:
        yield client


@pytest.fixture
def score() -> Callable[..., Any]:
    def score_one(spec: Any, judged: Subject) -> Any:
        (result,) = bind(spec, {}).score(judged)
        return result

    return score_one
