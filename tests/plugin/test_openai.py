"""An app on the openai SDK: compared, explained and stopped like one on anthropic's."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpcore2  # noqa: F401 - here, because pytester forgets what a test imports: httpx2, which loads it late,
import openai  # noqa: F401 - would wait for the exceptions of another copy
import pytest

from tests.anthropic_server import Answer, Request, Server
from tests.openai_server import chat, failure, serve
from tests.plugin.conftest import Project

APP = """
from pathlib import Path
import openai

client = openai.OpenAI(max_retries=0)

def answer(name, query):
    prompt = Path(__file__).with_name("prompt.txt").read_text()
    reply = client.chat.completions.create(
        model="gpt-5-mini",
        messages=[{"role": "system", "content": prompt.format(name=name)}, {"role": "user", "content": query}],
    )
    return reply.choices[0].message.content
"""


def _obedient(request: Request) -> Answer:
    """Greet whom the system prompt names."""
    system = request.body["messages"][0]["content"]
    return chat({"content": f"Dear {system.partition('Greet ')[2].partition('.')[0]}"})


@pytest.fixture
def ask(project: Project, monkeypatch: pytest.MonkeyPatch, openai_key: None) -> Callable[[Server], None]:
    """Make the project's app ask a server."""
    project.write(app=APP)
    return lambda server: monkeypatch.setenv("OPENAI_BASE_URL", server.url)


def test_a_broken_prompt_is_red_and_its_line_is_shown(
    project: Project, ask: Callable[[Server], None]
) -> None:
    with serve(_obedient) as server:
        ask(server)
        project.prompt("You answer customers.\nGreet {name}.\nBe brief.\n")
        project.record("-o", "llm_baseline_repeat=3").assert_outcomes(passed=9)
        project.prompt("You answer customers.\nGreet {{name}}.\nBe brief.\n")
        result = project.experiment("--llm-confirm=0")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*same change in all 3 examples*",
            "*system prompt*",
            "*You answer customers.",
            "*- Greet ⟨name⟩.",
            "*+ Greet {name}.",
            "app <$0.0001 (3 calls, 90 tokens)",
        ]
    )


@pytest.mark.parametrize(
    ("status", "code"), [(401, "invalid_api_key"), (429, "insufficient_quota")], ids=["key", "quota"]
)
def test_a_refusal_for_good_stops_the_suite(
    project: Project, ask: Callable[[Server], None], status: int, code: str
) -> None:
    project.prompt("Greet {name}.")
    with serve(failure(status, code, "Look at your plan")) as server:
        ask(server)
        result = project.experiment("--llm-concurrency=1")
    assert len(server.requests) == 1
    result.stdout.fnmatch_lines(["*not run: Error code*Look at your plan*"])
    assert result.ret == 1


def test_a_cost_that_leaves_something_out_is_a_bound_wherever_it_is_printed(
    project: Project, ask: Callable[[Server], None]
) -> None:
    def script(request: Request) -> Answer:
        usage = {"prompt_tokens": 10_000, "completion_tokens": 1000, "total_tokens": 11_000}
        if "Tom" in request.body["messages"][0]["content"]:
            usage["bonus_tokens"] = 5
        return chat({"content": "Dear you"}, usage=usage)

    project.prompt("Greet {name}.")
    project.dataset({"id": name, "inputs": {"name": name, "query": "?"}} for name in ("Ann", "Tom"))
    project.write(
        test_app="""
        import pytest
        from app import answer

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(example, llm_run):
            assert (llm_run.total_cost is None) == (example.id == "Tom")
        """
    )
    with serve(script) as server:
        ask(server)
        result = project.experiment("--llm-report", "json:report.json", "--llm-name", "bonus")
    result.assert_outcomes(passed=2)
    text = " ".join(result.stdout.str().split())
    assert "app at least $0.0045 (2 calls, 22.0k tokens)" in text
    assert "no price is known for gpt-5-mini (usage.bonus_tokens)" in text
    sums = json.loads(project.path.joinpath("report.json").read_text())["spending"]
    assert (sums["total"]["cost"], sums["total"]["at_least"]) == (pytest.approx(0.0045), True)
    assert sums["unpriced_models"] == ["gpt-5-mini (usage.bonus_tokens)"]
    for words in (["show", "bonus"], ["experiments"]):
        assert "at least $0.0045" in project.llmobs(*words).stdout
