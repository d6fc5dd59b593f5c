"""``llmobs replay`` of one model call."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.cli.conftest import Outcome
from tests.unit.cli.replay.conftest import Workplace

Llmobs = Callable[..., Outcome]


def test_the_model_is_asked_the_same_once_more(workplace: Workplace, llmobs: Llmobs) -> None:
    _, call = workplace.stored(lambda: workplace.app.answer("Why twice?"))
    result = llmobs("replay", call.id[:18])
    first, again = workplace.anthropic.requests
    assert again.body == first.body
    assert again.path == first.path
    assert result.returncode == 0
    assert "changed: nothing" in result.stdout
    assert "Dear Ada, [-it was paid twice and we are sorry-]{+we refunded it at once+}." in result.stdout
    (new,) = workplace.replays(call)
    assert (new.name, new.run_type, new.parent_id, new.tags) == (
        "anthropic.messages",
        "llm",
        None,
        ("replay",),
    )
    assert f"output · run {new.id} · 8 words gone, 5 new" in result.stdout


def test_model_and_parameters_are_changed_and_told(workplace: Workplace, llmobs: Llmobs) -> None:
    _, call = workplace.stored(lambda: workplace.app.answer("Why twice?"))
    result = llmobs(
        "replay", call.id, "--model", "claude-opus-4-6", "--set", "temperature=0", "--repeat", "2"
    )
    for request in workplace.anthropic.requests[1:]:
        assert request.body == {
            **workplace.anthropic.requests[0].body,
            "model": "claude-opus-4-6",
            "temperature": 0,
        }
    assert "changed: model claude-opus-4-6, temperature 0" in result.stdout
    assert "now 1  claude-opus-4-6" in result.stdout
    assert "now 2  claude-opus-4-6" in result.stdout
    for run in workplace.replays(call):
        assert run.metadata["replay"] == {"model": "claude-opus-4-6", "set": {"temperature": 0}}
    assert len(workplace.replays(call)) == 2


def test_the_table_has_the_figures_of_both_sides(workplace: Workplace, llmobs: Llmobs) -> None:
    _, call = workplace.stored(lambda: workplace.app.answer("Why twice?"))
    lines = llmobs("replay", call.id).stdout.splitlines()
    (titles,) = [line for line in lines if "tokens in" in line]
    assert titles.split() == ["model", "tokens", "in", "out", "cost", "latency", "stopped", "by"]
    for title in ("was", "now"):
        (row,) = [line for line in lines if line.startswith(f"{title} ")]
        assert "claude-sonnet-4-6         20   10  $0.0002" in row
        assert row.endswith("end_turn")
    assert max(map(len, lines)) <= 80


def test_another_commit_of_the_prompt_gets_the_values_of_the_run(
    workplace: Workplace, llmobs: Llmobs
) -> None:
    _, call = workplace.stored(lambda: workplace.app.answer("Why twice?"))
    brief = workplace.hashes["brief"]
    result = llmobs("replay", call.id, "--prompt", f"support:{brief[:12]}")
    system = "You are the support agent of Acme.\nBe brief. Greet Ada, who has the pro plan."
    assert workplace.anthropic.requests[-1].body["system"] == system
    assert "{+Be brief. +}Greet Ada, who has the pro plan." in result.stdout
    (new,) = workplace.replays(call)
    assert new.metadata["prompt.support"] == brief


def test_a_variable_that_the_run_has_not_is_named_and_can_be_given(
    workplace: Workplace, llmobs: Llmobs
) -> None:
    _, call = workplace.stored(lambda: workplace.app.answer("Why twice?"))
    german = f"support:{workplace.hashes['german'][:12]}"
    result = llmobs("replay", call.id, "--prompt", german)
    assert result.returncode == 2
    assert f"{german!r} needs {{language}}, and its value isn't known: " in result.stderr
    assert "which the run used, has no such variable. Give it: --var language=TEXT." in result.stderr
    assert len(workplace.anthropic.requests) == 1
    assert llmobs("replay", call.id, "--prompt", german, "--var", "language=German").returncode == 0
    assert "Greet Ada in German, who" in workplace.anthropic.requests[-1].body["system"]


def test_a_copy_of_the_prompt_in_the_code_is_known_by_its_text(workplace: Workplace, llmobs: Llmobs) -> None:
    copy = "You are the support agent of Acme.\nGreet Bob, who has the free plan."
    (call,) = workplace.stored(lambda: workplace.app.ask("Hi", system=copy))
    llmobs("replay", call.id, "--prompt", f"support:{workplace.hashes['brief']}")
    assert workplace.anthropic.requests[-1].body["system"] == copy.replace("Greet", "Be brief. Greet")


def test_a_run_without_the_prompt_says_so(workplace: Workplace, llmobs: Llmobs) -> None:
    (call,) = workplace.stored(lambda: workplace.app.ask("Hi"))
    result = llmobs("replay", call.id, "--prompt", f"support:{workplace.hashes['brief']}")
    assert result.returncode == 2
    assert "sent holds no text that came of the prompt 'support'" in result.stderr


def test_another_system_prompt_of_openais_chats(workplace: Workplace, llmobs: Llmobs) -> None:
    (call,) = workplace.stored(lambda: workplace.app.chat("Hi"))
    (workplace.folder / "rude.md").write_text("Be rude.\n")
    result = llmobs("replay", call.id, "--system", "rude.md")
    assert workplace.openai.requests[-1].body["messages"][0] == {"role": "system", "content": "Be rude."}
    assert "Be [-nice-]{+rude+}." in result.stdout


def test_a_stream_is_streamed_again(workplace: Workplace, llmobs: Llmobs) -> None:
    (call,) = workplace.stored(lambda: workplace.app.stream("Hi"))
    result = llmobs("replay", call.id)
    assert workplace.anthropic.requests[-1].body["stream"] is True
    (new,) = workplace.replays(call)
    assert new.stop_reason == "end_turn"
    assert "{+we refunded it at once+}" in result.stdout


def test_replies_are_recorded_and_replayed_without_key_and_network(
    workplace: Workplace, llmobs: Llmobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    (call,) = workplace.stored(lambda: workplace.app.chat("Hi"))
    llmobs("replay", call.id, "--cassettes", "reuse", "--repeat", "2")
    asked = len(workplace.openai.requests)
    monkeypatch.delenv("OPENAI_API_KEY")
    result = llmobs("replay", call.id, "--cassettes", "only", "--repeat", "2")
    assert result.returncode == 0, result.stderr
    assert len(workplace.openai.requests) == asked
    assert result.stdout.count("$0  replayed") == 2
    missing = llmobs("replay", call.id, "--cassettes", "only", "--set", "temperature=0")
    assert missing.returncode == 1
    assert len(workplace.openai.requests) == asked


def test_json_has_both_runs_and_the_diff(workplace: Workplace, llmobs: Llmobs) -> None:
    (call,) = workplace.stored(lambda: workplace.app.chat("Hi"))
    document = json.loads(llmobs("replay", call.id, "--set", "temperature=0", "--json").stdout)
    assert document["replay_of"]["id"] == call.id
    assert document["overrides"] == {"set": {"temperature": 0}}
    (reply,) = document["replies"]
    assert reply["run"]["columns"]["replay_of"] == call.id
    kept = "".join(part["text"] for part in reply["diff"] if part["kind"] != "insert")
    assert kept == "Dear Ada, it was paid twice and we are sorry."


def test_a_failed_call_is_shown_and_fails(workplace: Workplace, llmobs: Llmobs, monkeypatch: Any) -> None:
    (call,) = workplace.stored(lambda: workplace.app.chat("Hi"))
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("openai._constants.DEFAULT_MAX_RETRIES", 0)
    result = llmobs("replay", call.id)
    assert result.returncode == 1
    assert "✗ openai.APIConnectionError: Connection error." in result.stdout


def test_the_runs_of_a_run_are_found_by_a_filter(workplace: Workplace, llmobs: Llmobs) -> None:
    (call,) = workplace.stored(lambda: workplace.app.chat("Hi"))
    llmobs("replay", call.id)
    (new,) = workplace.replays(call)
    assert new.id[:13] in llmobs("runs", f'eq(replay_of, "{call.id}")').stdout


def test_mistakes_are_told_before_anything_is_sent(workplace: Workplace, llmobs: Llmobs) -> None:
    (call,) = workplace.stored(lambda: workplace.app.chat("Hi"))
    (workplace.folder / "rude.md").write_text("Be rude.")
    cases = [
        (["--model", "claude-opus-4-6"], 2, "'claude-opus-4-6' is a model of anthropic, and"),
        (["--set", "temperature"], 2, "Write NAME=VALUE, such as temperature=0."),
        (["--system", "gone.md"], 2, "--system 'gone.md': there is no such file."),
        (["--prompt", "support"], 2, "names no commit. Write support:HASH or support:TAG; there are"),
        (["--prompt", "support:abc"], 1, "The prompt 'support' has no commit or tag 'abc'."),
        (["--prompt", "suport:abc"], 1, "Did you mean 'support'?"),
        (["--prompt", "support:x", "--system", "rude.md"], 2, "--prompt and --system both replace"),
        (["--split", "hard"], 2, "--split goes with --dataset"),
        (["--dataset", "d.jsonl"], 2, "which is meant?"),
    ]
    for options, status, message in cases:
        result = llmobs("replay", call.id, *options)
        assert (result.returncode, message in result.stderr) == (status, True), (options, result)
    assert len(workplace.openai.requests) == 1


def test_an_unknown_run_names_near_ones(workplace: Workplace, llmobs: Llmobs) -> None:
    (call,) = workplace.stored(lambda: workplace.app.chat("Hi"))
    result = llmobs("replay", f"{call.id[:-3]}xyz".replace("xyz", "000"))
    assert result.returncode == 1
    assert f"Did you mean {call.id!r}?" in result.stderr
    assert llmobs("replay").returncode == 2


def test_a_missing_key_and_another_server_are_told(
    workplace: Workplace, llmobs: Llmobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    (chat,) = workplace.stored(lambda: workplace.app.chat("Hi"), "chats")
    (call,) = workplace.stored(lambda: workplace.app.ask("Hi"), "calls")
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert (
        "ANTHROPIC_API_KEY isn't set. Set it, or replay what is recorded" in llmobs("replay", call.id).stderr
    )
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.groq.com/openai/v1")
    other = llmobs("replay", chat.id)
    assert (
        "was served by 'openai', and the client here talks to 'groq' (https://api.groq.com/openai/v1/)"
        in other.stderr
    )
    monkeypatch.delenv("OPENAI_API_KEY")
    assert "OPENAI_API_KEY isn't set" in llmobs("replay", chat.id).stderr
