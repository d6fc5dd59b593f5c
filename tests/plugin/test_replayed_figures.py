"""What a session says of recorded replies: calls made and replayed, money saved; and what no figure holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpcore2  # noqa: F401 - as in test_openai.py
import openai  # noqa: F401
import pytest

from tests.anthropic_server import Answer, Request, Server
from tests.openai_server import chat, serve, tool_call
from tests.plugin.conftest import Project

APP = """
from pathlib import Path
import openai
from pytest_llmobs import traceable

client = openai.OpenAI(max_retries=0)

@traceable
def answer(name, query):
    prompt = Path(__file__).with_name("prompt.txt").read_text()
    reply = client.chat.completions.create(
        model="gpt-5-mini",
        messages=[{"role": "system", "content": prompt}, {"role": "user", "content": f"{name}: {query}"}],
    )
    return reply.choices[0].message.content
"""
SUITE = """
import pytest
from pytest_llmobs.evaluators import Judge
from pytest_llmobs.evaluators.rules.operational import MaxCost, MaxLatency
from app import answer, client

tone = Judge("tone", rubric="Is it polite?", model="gpt-5-mini", client=client)

@pytest.mark.llm_dataset(
    "golden.jsonl", target=answer, evaluators=[tone, MaxLatency(bound=60), MaxCost(bound=1)]
)
def test_answer(example, llm_run):
    assert llm_run.latency < 60
    assert llm_run.total_tokens == 21_000
    assert llm_run.total_cost < 1
    assert llm_run.score("max_cost").metadata["measured"] > 0
"""


def _reply(request: Request) -> Answer:
    usage = {"prompt_tokens": 20_000, "completion_tokens": 1_000, "total_tokens": 21_000}
    if request.body.get("tools"):
        return tool_call("verdict", {"reason": "It greets.", "score": 1.0}, usage=usage)
    return chat({"content": "Dear you"}, usage=usage)


@pytest.fixture
def server(project: Project, monkeypatch: pytest.MonkeyPatch, openai_key: None) -> Iterator[Server]:
    """A model's, which three examples and their judges ask."""
    project.write(app=APP, test_app=SUITE)
    with serve(_reply) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server


def _experiment(project: Project, *arguments: str) -> tuple[dict[str, Any], str]:
    """Return the JSON report of an experiment, and what was printed."""
    result = project.experiment("--llm-report", "json:report.json", *arguments)
    result.assert_outcomes(passed=3)
    return json.loads(project.path.joinpath("report.json").read_text()), result.stdout.str()


def test_an_unchanged_suite_makes_no_call_and_says_what_that_saved(project: Project, server: Server) -> None:
    report, printed = _experiment(project, "--llm-cassettes=reuse")
    first = report["spending"]["total"]
    assert len(server.requests) == 6
    assert (first["app"]["calls"], first["app"]["replayed"], first["saved"]) == (3, 0, None)
    assert "app $0.0210 (3 calls, 63.0k tokens) · judges $0.0210 (3 calls)\n" in printed

    report, printed = _experiment(project, "--llm-cassettes=reuse")
    again = report["spending"]["total"]
    assert len(server.requests) == 6
    assert (again["app"]["calls"], again["app"]["replayed"], again["app"]["tokens"]) == (0, 3, 63_000)
    assert (again["judges"]["calls"], again["judges"]["replayed"], again["cost"]) == (0, 3, 0.0)
    assert again["saved"] == pytest.approx(first["cost"])
    line = "app $0 (3 calls replayed, 63.0k tokens) · judges $0 (3 calls replayed) · recordings saved $0.0420"
    assert line in " ".join(printed.split())


def test_after_an_edit_only_what_changed_is_called(project: Project, server: Server) -> None:
    _experiment(project, "--llm-cassettes=reuse")
    rows = [{"id": name, "inputs": {"name": name, "query": "Where?"}} for name in ("ada", "grace", "edsger")]
    project.dataset(rows)
    project.path.joinpath("golden.jsonl").open("a").close()
    _experiment(project, "--llm-cassettes=reuse")
    assert len(server.requests) == 12
    rows[1]["inputs"] = {"name": "grace", "query": "When?"}
    project.dataset(rows)
    report, printed = _experiment(project, "--llm-cassettes=reuse")
    assert len(server.requests) == 14
    total = report["spending"]["total"]
    assert (total["app"]["calls"], total["app"]["replayed"], total["judges"]["calls"]) == (1, 2, 1)
    assert "app $0.0070 (1 call, 2 replayed, 63.0k tokens)" in printed


def test_no_figure_of_time_holds_a_replayed_run(
    project: Project, server: Server, parquet: Callable[[Project, str], list[tuple[Any, ...]]]
) -> None:
    project.record("--llm-cassettes=reuse", "-o", "llm_baseline_repeat=1").assert_outcomes(passed=3)
    report, printed = _experiment(project, "--llm-cassettes=only", "--llm-name=second")
    assert "max_latency" not in printed  # it applies to no trial: neither missing nor worse
    assert report["verdict"]["word"] == "green"
    named = "FROM RUNS WHERE project = 'second'"
    assert parquet(project, f"SELECT count(*), count(latency), bool_and(replayed) {named}") == [(15, 0, True)]
    figures = (
        f"SELECT count(*), sum(total_cost), sum(saved_cost), sum(total_tokens) {named} AND run_type = 'llm'"
    )
    calls, cost, saved, tokens = parquet(project, figures)[0]
    assert (calls, cost, tokens) == (6, 0.0, 126_000)
    assert saved == pytest.approx(0.042)
    assert "recordings saved $0.0420" in project.llmobs("show", "second").stdout
    listed = project.llmobs("runs", "eq(replayed, true)", "--project=second", "--root", "--json")
    roots = json.loads(listed.stdout)
    assert len(roots) == 3
    shown = " ".join(project.llmobs("show", roots[0]["id"]).stdout.split())
    assert "· replayed · 1 model call · 21.0k tokens · $0 " in shown
    assert "$0.0070 when it was recorded" in shown


def test_a_recording_asks_nobody_whose_reply_is_recorded(project: Project, server: Server) -> None:
    """Judges' verdicts lie beside the app's replies: what is committed is whole, whatever a judge cache has."""
    _experiment(project)
    assert len(server.requests) == 6
    _experiment(project, "--llm-cassettes=reuse")
    assert len(server.requests) == 12
    project.record("--llm-cassettes=reuse", "-o", "llm_baseline_repeat=1").assert_outcomes(passed=3)
    _experiment(project, "--llm-cassettes=only")
    assert len(server.requests) == 12


@pytest.mark.parametrize("workers", [(), ("-n1", "-n2")], ids=["alone", "workers"])
def test_a_plain_session_says_in_a_line_what_was_replayed(
    project: Project, server: Server, workers: tuple[str, ...]
) -> None:
    project.write(
        test_plain="from app import answer\n\ndef test_it():\n    assert answer('Eve', 'Who?') == 'Dear you'"
    )
    first = project.run("--llm-cassettes=reuse", *workers)
    first.assert_outcomes(passed=4)
    first.stdout.fnmatch_lines(["model calls: 7 made and recorded, none replayed from llm-cassettes"])
    again = project.run("--llm-cassettes=reuse", *workers[:1])
    again.assert_outcomes(passed=4)
    again.stdout.fnmatch_lines(["model calls: none made, 7 replayed from llm-cassettes ($0.0490 saved)"])
    assert len(server.requests) == 7


def test_a_call_without_its_recording_was_not_made(project: Project, server: Server) -> None:
    _experiment(project, "--llm-cassettes=reuse")
    project.prompt("Dear {name}, we read this twice.")
    result = project.experiment("--llm-cassettes=only", "--llm-report", "json:report.json")
    assert result.ret == 1
    total = json.loads(project.path.joinpath("report.json").read_text())["spending"]["total"]
    assert (total["app"]["calls"], total["app"]["replayed"], total["judges"]["calls"]) == (0, 0, 0)
    assert "no model calls, no cost" in result.stdout.str()
    plain = project.run("--llm-cassettes=only")
    assert plain.ret == 1
    said = "model calls: none made, none replayed from llm-cassettes, 3 without a recording"
    plain.stdout.fnmatch_lines([said])
    assert len(server.requests) == 6


def test_a_budget_counts_the_calls_that_are_made(project: Project, server: Server) -> None:
    _experiment(project, "--llm-cassettes=reuse")
    _experiment(project, "--llm-cassettes=reuse", "-o", "llm_max_calls=1", "--llm-max-cost=0.001")
