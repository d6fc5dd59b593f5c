"""Calls that belong together: a batch that is made, polled until it is done, and fetched."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import anthropic
import openai

from tests import openai_server
from tests.anthropic_server import Answer, Request, serve, text
from tests.unit.providers.replaying.surfaces import listed, plain, settled
from tests.unit.providers.replaying.tape import Tape
from tests.unit.tracing.memory import MemorySink

PARAMS: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "Hi"}],
}
COUNTS = {"processing": 1, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}


class _Api:
    """Both APIs' batches: done when they are asked for the third time."""

    def __init__(self) -> None:
        self.polls = 0

    def anthropic(self, request: Request) -> Answer:
        if request.path.endswith("/results"):
            rows = [
                {
                    "custom_id": f"c{n}",
                    "result": {
                        "type": "succeeded",
                        "message": text(f"reply {n}", model="claude-sonnet-5").body,
                    },
                }
                for n in range(2)
            ]
            lines = "\n".join(json.dumps({**row, "n": 1}) for row in rows)
            return Answer(lines.encode() + b"\n", headers={"content-type": "application/x-jsonl"})
        if "?" in request.path:
            batches = [self._anthropic_batch(f"msgbatch_{n}", "ended") for n in range(4)]
            page = batches[2:] if "after_id=msgbatch_1" in request.path else batches[:2]
            more = {"has_more": page == batches[:2], "first_id": page[0]["id"], "last_id": page[-1]["id"]}
            return Answer({"data": page, **more})
        if request.method == "GET":
            self.polls += 1
        return Answer(self._anthropic_batch("msgbatch_1", "ended" if self.polls > 2 else "in_progress"))

    def _anthropic_batch(self, id: str, status: str) -> dict[str, Any]:
        return {
            "id": id,
            "type": "message_batch",
            "processing_status": status,
            "request_counts": COUNTS,
            "created_at": "2026-01-01T00:00:00Z",
            "expires_at": "2026-01-02T00:00:00Z",
            "results_url": f"/v1/messages/batches/{id}/results" if status == "ended" else None,
        }

    def openai(self, request: Request) -> Answer:
        if request.path.endswith("/content"):
            row = {
                "custom_id": "c1",
                "response": {"status_code": 200, "body": openai_server.chat({"content": "hi"}).body},
            }
            return Answer(
                json.dumps(row).encode() + b"\n", headers={"content-type": "application/octet-stream"}
            )
        if request.path.endswith("/files"):
            return Answer(
                {
                    "id": "file-in",
                    "object": "file",
                    "bytes": 3,
                    "created_at": 1,
                    "filename": "in.jsonl",
                    "purpose": "batch",
                    "status": "processed",
                }
            )
        if request.method == "GET":
            self.polls += 1
        done = self.polls > 2
        batch = {
            "id": "batch_1",
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "input_file_id": "file-in",
        }
        batch |= {
            "completion_window": "24h",
            "created_at": 1,
            "status": "completed" if done else "in_progress",
        }
        return Answer({**batch, "output_file_id": "file-out" if done else None})


async def _anthropics(client: Any) -> list[Any]:
    batches = client.messages.batches
    seen = [plain(await settled(batches.create(requests=[{"custom_id": "c0", "params": PARAMS}])))]
    while seen[-1]["processing_status"] != "ended":
        seen.append(plain(await settled(batches.retrieve("msgbatch_1"))))
    seen += await listed(await settled(batches.results("msgbatch_1")))
    page = batches.list(limit=2)
    return seen + await listed(page if hasattr(page, "__aiter__") else await settled(page))


async def _openais(client: Any) -> list[Any]:
    file = await settled(client.files.create(file=("in.jsonl", b"{}\n"), purpose="batch"))
    made: dict[str, Any] = {
        "input_file_id": file.id,
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
    }
    seen = [plain(await settled(client.batches.create(**made)))]
    while seen[-1]["status"] != "completed":
        seen.append(plain(await settled(client.batches.retrieve("batch_1"))))
    content = await settled(client.files.content("file-out"))
    return [plain(file), *seen, json.loads(content.text)]


def _recorded(tape: Tape) -> tuple[list[Any], MemorySink, str]:
    with (
        serve(_Api().anthropic) as server,
        tape.recording() as sink,
        anthropic.Anthropic(base_url=server.url, api_key="k") as client,
    ):
        return asyncio.run(_anthropics(client)), sink, server.url


def test_a_batch_of_anthropics(tape: Tape) -> None:
    expected, recorded, url = _recorded(tape)
    assert (len(expected), len(tape.files)) == (10, 8)
    with tape.replaying() as replayed, anthropic.Anthropic(base_url=url, api_key="k") as client:
        assert asyncio.run(_anthropics(client)) == expected
    assert [run.name for run in replayed.runs] == [run.name for run in recorded.runs]


def test_a_batch_of_anthropics_in_async_code(tape: Tape) -> None:
    async def ask(url: str) -> list[Any]:
        async with anthropic.AsyncAnthropic(base_url=url, api_key="k") as client:
            return await _anthropics(client)

    with serve(_Api().anthropic) as server, tape.recording():
        expected = asyncio.run(ask(server.url))
    with tape.replaying():
        assert asyncio.run(ask(server.url)) == expected


def test_a_batch_of_openais(tape: Tape) -> None:
    with (
        openai_server.serve(_Api().openai) as server,
        tape.recording(),
        openai.OpenAI(base_url=server.url, api_key="k") as client,
    ):
        expected = asyncio.run(_openais(client))
    with tape.replaying(), openai.OpenAI(base_url=server.url, api_key="k") as client:
        assert asyncio.run(_openais(client)) == expected


def test_replayed_results_of_a_batch_cost_nothing(tape: Tape) -> None:
    _, recorded, url = _recorded(tape)
    with tape.replaying() as replayed, anthropic.Anthropic(base_url=url, api_key="k") as client:
        asyncio.run(_anthropics(client))
    fetched = [run for run in replayed.runs if run.name == "anthropic.messages"]
    before = [run for run in recorded.runs if run.name == "anthropic.messages"]
    assert [(run.replayed, run.usage.total_cost) for run in fetched] == [(True, 0)] * 2
    assert [run.saved_cost for run in fetched] == [run.usage.total_cost for run in before]
    assert [run.recording for run in fetched] == [run.recording for run in before] != [None] * 2
