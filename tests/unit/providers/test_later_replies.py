"""Answers that are fetched later are priced once, by whoever fetches them first, and missed until then."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anthropic
import openai
import pytest

from pytest_llmobs.measures.model_calls import spending
from tests import anthropic_server
from tests.anthropic_server import Answer, Request, Server
from tests.openai_server import chat, events_of, response, serve, spoken
from tests.unit.tracing.memory import MemorySink

MODEL = "gpt-5-mini"
USAGE = {"input_tokens": 5000, "output_tokens": 2000, "total_tokens": 7000}
COST = (5000 * 0.25 + 2000 * 2) / 1e6
DONE = response([spoken("the answer")], usage=USAGE, model=MODEL, extra={"background": True})
QUEUED = response([], usage=None, model=MODEL, extra={"status": "queued", "background": True})
CANCELLED = response([], usage=None, model=MODEL, extra={"status": "cancelled", "background": True})
WITH_LINES = {"content-type": "application/x-jsonl"}


@contextmanager
def _client(script: list[Answer] | Callable[[Request], Answer]) -> Iterator[openai.OpenAI]:
    with serve(script) as server, openai.OpenAI(base_url=f"{server.url}/v1", api_key="k") as client:
        yield client


def _ask(client: openai.OpenAI, **more: Any) -> Any:
    return client.responses.create(model=MODEL, input="q", background=True, **more)


def test_until_it_is_fetched_the_cost_of_a_background_response_is_unknown(sink: MemorySink) -> None:
    with _client([QUEUED, QUEUED]) as client:
        client.responses.retrieve(_ask(client).id)
    made, polled = sink.runs
    assert made.metadata == {"cost_unknown": "its answer is fetched later"}
    assert (polled.name, polled.run_type) == ("openai.responses.retrieve", "tool")
    spent = spending(sink.runs)
    assert (spent.calls, spent.cost, spent.known_cost) == (1, None, None)
    assert spent.unpriced == {"gpt-5-mini (its answer is fetched later)"}


def test_it_is_priced_once_however_often_it_is_fetched(sink: MemorySink) -> None:
    with _client([QUEUED, QUEUED, DONE, DONE]) as client:
        id = _ask(client).id
        for _ in range(3):
            client.responses.retrieve(id)
    assert [run.run_type for run in sink.runs] == ["llm", "tool", "llm", "tool"]
    spent = spending(sink.runs)
    assert (spent.tokens, spent.unpriced) == (7000, frozenset())
    assert spent.cost == pytest.approx(COST)


def test_what_was_answered_at_once_costs_nothing_to_fetch(sink: MemorySink) -> None:
    with _client([response([spoken("a")], usage=USAGE, model=MODEL)] * 2) as client:
        client.responses.retrieve(client.responses.create(model=MODEL, input="q").id)
    assert spending(sink.runs).cost == pytest.approx(COST)
    assert sink.runs[1].usage.total_tokens is None
    assert sink.runs[1].outputs is not None


def test_one_that_another_process_asked_for_is_priced_here(sink: MemorySink) -> None:
    with _client([DONE, DONE]) as client:
        client.responses.retrieve("resp_scripted")
        client.responses.retrieve("resp_scripted")
    assert spending(sink.runs).cost == pytest.approx(COST)


def test_one_that_is_cancelled_never_tells_what_it_cost(sink: MemorySink) -> None:
    with _client([QUEUED, CANCELLED]) as client:
        client.responses.cancel(_ask(client).id)
    assert sink.runs[1].name == "openai.responses.cancel"
    assert spending(sink.runs).unpriced == {"gpt-5-mini (the reply says nothing of its usage)"}


def test_a_background_stream_that_is_taken_up_again(sink: MemorySink) -> None:
    events = events_of(DONE.body)
    broken = Answer(events=events[:3])
    with _client([broken, Answer(events=events[3:])]) as client:
        for _ in _ask(client, stream=True):
            pass
        list(client.responses.retrieve("resp_scripted", stream=True, starting_after=2))
    spent = spending(sink.runs)
    assert (spent.tokens, spent.unpriced) == (7000, frozenset())
    assert spent.cost == pytest.approx(COST)


def _batch(**more: Any) -> Answer:
    return Answer({"id": "batch_1", "object": "batch", "status": "completed", **more})


def test_a_batchs_answers_are_model_calls_at_half_the_price(sink: MemorySink) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    bodies = [chat({"content": text}, usage=usage, model=MODEL).body for text in ("a\u2028b", "c\x85d")]
    entries = [
        {"custom_id": f"c{n}", "response": {"status_code": 200, "body": body}}
        for n, body in enumerate(bodies)
    ]
    entries.append({"custom_id": "c9", "response": None, "error": {"code": "x"}})  # fmt: skip
    lines = "\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries).encode()

    def script(request: Request) -> Answer:
        if request.path.endswith("/content"):
            return Answer(lines, headers={"content-type": "application/octet-stream"})
        return _batch(output_file_id="file-out" if request.method == "GET" else None)

    with _client(script) as client:
        client.batches.create(
            input_file_id="file-in", endpoint="/v1/chat/completions", completion_window="24h"
        )
        assert spending(sink.runs).unpriced == {"openai.batches.create (its answer is fetched later)"}
        client.files.content("file-other")
        file = client.batches.retrieve("batch_1").output_file_id
        for _ in range(2):
            assert "c9" in client.files.content(file or "").text
    calls = [run for run in sink.runs if run.name == "openai.batch_result"]
    assert [call.inputs["custom_id"] for call in calls] == ["c0", "c1"]
    spent = spending(sink.runs)
    assert spent.unpriced == frozenset()
    assert spent.cost == pytest.approx(2 * (1000 * 0.25 + 100 * 2) / 1e6 / 2)
    assert sink.names().count("openai.batches.results") == 2


def test_anthropics_batches_are_missed_until_their_results_are_there(sink: MemorySink) -> None:
    batch = {
        "id": "b1",
        "type": "message_batch",
        "processing_status": "ended",
        "request_counts": {},
        "created_at": "2026-01-01T00:00:00Z",
    }
    message = anthropic_server.text("hi\u2028there", model="claude-sonnet-5").body
    entry = {"custom_id": "c", "result": {"type": "succeeded", "message": message}}

    def script(request: Request) -> Answer:
        if request.path.endswith("/results"):
            return Answer(json.dumps(entry, ensure_ascii=False).encode(), headers=WITH_LINES)
        return Answer({**batch, "results_url": f"{server.url}/v1/messages/batches/b1/results"})

    server: Server
    with (
        anthropic_server.serve(script) as server,
        anthropic.Anthropic(base_url=server.url, api_key="k") as client,
    ):
        client.messages.batches.create(requests=[])
        assert spending(sink.runs).known_cost is None
        assert [each.custom_id for each in client.messages.batches.results("b1")] == ["c"]
        once = spending(sink.runs)
        assert [each.custom_id for each in client.messages.batches.results("b1")] == ["c"]
    spent = spending(sink.runs)
    assert spent.unpriced == frozenset()
    assert spent.cost is not None
    assert spent == once
    assert sink.run("anthropic.messages").outputs["content"][0]["text"] == "hi\u2028there"  # type: ignore[index]
