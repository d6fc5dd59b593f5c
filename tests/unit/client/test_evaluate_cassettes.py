"""``evaluate()`` with recorded replies: what was asked once is not asked again, by apps and judges alike."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import openai
import pytest

from pytest_llmobs import aevaluate, evaluate
from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.evaluators import Judge
from pytest_llmobs.replay.housekeeping.uses import read_uses
from tests.anthropic_server import Answer, Request, Server
from tests.openai_server import chat, serve, tool_call

DATA = [{"id": name, "inputs": {"name": name}} for name in ("ada", "grace")]


def _reply(request: Request) -> Answer:
    if request.body.get("tools"):
        return tool_call("verdict", {"reason": "It greets.", "score": 1.0})
    return chat({"content": "Dear you"})


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A model's; the current folder has a pytest configuration."""
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("pytest.ini").write_text("[pytest]\n")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with serve(_reply) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server


def _app(inputs: dict[str, Any]) -> str:
    with openai.OpenAI(max_retries=0) as client:
        reply = client.chat.completions.create(
            model="gpt-5-mini", messages=[{"role": "user", "content": inputs["name"]}]
        )
    return str(reply.choices[0].message.content)


def _evaluate(server: Server, **options: Any) -> list[Any]:
    with openai.OpenAI(max_retries=0) as client:
        judge = Judge("tone", rubric="Is it polite?", model="gpt-5-mini", client=client)
        results = evaluate(_app, DATA, [judge], client=Client(), **options)
    rows = list(results)
    assert [row["evaluation_results"]["results"][0].score for row in rows] == [1.0, 1.0]
    return rows


def test_the_configuration_says_how_replies_are_used_and_a_keyword_says_otherwise(
    server: Server, tmp_path: Path
) -> None:
    tmp_path.joinpath("pytest.ini").write_text("[pytest]\nllm_cassettes = reuse\n")
    _evaluate(server)
    assert len(server.requests) == 4
    rows = _evaluate(server)
    assert len(server.requests) == 4
    assert [row["run"].replayed for row in rows] == [True, True]
    assert [row["run"].latency for row in rows] == [None, None]
    _evaluate(server, cassettes="only", disable_evaluator_tracing=True)
    assert len(server.requests) == 4
    rows = _evaluate(server, cassettes="refresh")
    assert len(server.requests) == 8
    assert [row["run"].replayed for row in rows] == [False, False]


def test_one_that_goes_on_replays_what_was_asked(server: Server) -> None:
    first = evaluate(_app, DATA[:1], cassettes="reuse", client=Client())
    again = evaluate(_app, DATA[:1], experiment=first.experiment_name, cassettes="only", client=Client())
    assert len(list(again)) == 1
    assert len(server.requests) == 1


def test_an_unknown_mode_names_the_known_ones(server: Server) -> None:
    with pytest.raises(
        ArgumentError, match=r"Unknown cassettes='reus'\. Did you mean 'reuse'\? Known: .*only"
    ):
        _evaluate(server, cassettes="reus")


def test_no_percentile_holds_a_replayed_run(server: Server) -> None:
    client = Client()
    live = evaluate(_app, DATA, cassettes="reuse", client=client).experiment_name
    replayed = evaluate(_app, DATA, cassettes="only", client=client).experiment_name

    def stats(name: str) -> Any:
        return client.get_run_stats(project_names=[name], filter='eq(run_type, "llm")')

    assert stats(live)["latency_p50"] > 0
    assert (stats(replayed)["run_count"], stats(replayed)["latency_p50"]) == (2, None)
    assert (stats(replayed)["total_cost"], stats(replayed)["total_tokens"]) == (0.0, 60)
    runs = list(client.list_runs(project_name=[live, replayed], run_type="llm", filter="eq(replayed, true)"))
    assert [run.project for run in runs] == [replayed, replayed]
    assert [run.saved_cost for run in runs] == pytest.approx([stats(live)["total_cost"] / 2] * 2)
    assert len({run.recording for run in runs}) == 2
    frame = evaluate(_app, DATA, cassettes="only", client=client).to_pandas()
    assert list(frame["execution_time"]) == [None, None]


async def _async_app(inputs: dict[str, Any]) -> str:
    async with openai.AsyncOpenAI(max_retries=0) as client:
        reply = await client.chat.completions.create(
            model="gpt-5-mini", messages=[{"role": "user", "content": inputs["name"]}]
        )
    return str(reply.choices[0].message.content)


def test_async_targets_that_run_at_once_are_replayed_too(server: Server) -> None:
    async def replayed(mode: Any) -> list[bool]:
        results = await aevaluate(_async_app, DATA, max_concurrency=2, cassettes=mode, client=Client())
        return [row["run"].replayed async for row in results]

    assert asyncio.run(replayed("reuse")) == [False, False]
    assert asyncio.run(replayed("only")) == [True, True]
    assert len(server.requests) == 2


def test_what_an_evaluation_used_is_known_until_it_runs_whole_again(server: Server, tmp_path: Path) -> None:
    def used() -> list[int]:
        return [len(uses.requests) for uses in read_uses(tmp_path / ".llmobs")]

    evaluate(_app, DATA, cassettes="reuse", client=Client())
    assert used() == [2]
    evaluate(_app, DATA, cassettes="only", client=Client(), experiment=_first_name(tmp_path))
    assert used() == [2]  # nothing was left to run, and nothing is forgotten
    evaluate(_app, DATA[:1], cassettes="only", client=Client())
    assert used() == [1]


def _first_name(folder: Path) -> str:
    [document] = folder.joinpath(".llmobs", "experiments").glob("*.json")
    return document.stem


def test_a_recorded_baseline_is_committed_with_its_recordings(server: Server, tmp_path: Path) -> None:
    def said(cassettes: str) -> str:
        out = StringIO()
        results = evaluate(_app, DATA, client=Client(), cassettes=cassettes)
        assert results.gate(update_baseline=True, out=out) == 0
        return out.getvalue()

    assert "git add -A llm-baselines llm-cassettes\n" in said("reuse")
    assert "git add -A llm-baselines\n" in said("only")
