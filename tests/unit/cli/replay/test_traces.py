"""``llmobs replay`` of a whole trace, through the function that it began with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.unit.cli.conftest import Outcome
from tests.unit.cli.replay.conftest import Workplace

Llmobs = Callable[..., Outcome]


def test_the_function_is_called_with_the_stored_inputs(workplace: Workplace, llmobs: Llmobs) -> None:
    root, _ = workplace.stored(lambda: workplace.app.answer("Why twice?", tier="free"))
    assert root.columns["entry_point"] == "replayed_app:answer"
    result = llmobs("replay", root.id)
    assert result.returncode == 0, result.stderr
    first, again = workplace.anthropic.requests
    assert again.body == first.body
    (new,) = workplace.replays(root)
    assert (new.name, dict(new.inputs)) == ("answer", {"question": "Why twice?", "tier": "free"})
    assert "Dear Ada, [-it was paid twice and we are sorry-]{+we refunded it at once+}." in result.stdout


def test_a_step_below_has_no_entry_point(workplace: Workplace, llmobs: Llmobs) -> None:
    runs = workplace.stored(lambda: workplace.app.careful("Why twice?"))
    step = next(run for run in runs if run.name == "answer")
    assert "entry_point" not in step.columns
    result = llmobs("replay", step.id)
    assert result.returncode == 2
    assert f"The whole trace: `llmobs replay {step.trace_id}`." in result.stderr
    assert llmobs("replay", step.id, "--target", "replayed_app:answer").returncode == 0


def test_model_and_parameters_reach_every_call_below(workplace: Workplace, llmobs: Llmobs) -> None:
    root, *_ = workplace.stored(lambda: asyncio.run(workplace.app.twice("Why?", "When?", tone="calm")))
    result = llmobs("replay", root.id, "--model", "claude-opus-4-6", "--set", "temperature=0")
    assert result.returncode == 0, result.stderr
    sent = [request.body for request in workplace.anthropic.requests[2:]]
    assert [body["model"] for body in sent] == ["claude-opus-4-6"] * 2
    assert [body["temperature"] for body in sent] == [0, 0]
    assert [body["messages"][0]["content"] for body in sent] == ["Why?", "When?"]


def test_a_model_reaches_the_calls_of_its_own_provider(workplace: Workplace, llmobs: Llmobs) -> None:
    root, *_ = workplace.stored(lambda: workplace.app.both("Why?"))
    result = llmobs("replay", root.id, "--model", "claude-opus-4-6")
    assert result.returncode == 0, result.stderr
    assert workplace.anthropic.requests[-1].body["model"] == "claude-opus-4-6"
    assert [request.body["model"] for request in workplace.openai.requests] == ["gpt-4o"] * 2


def test_a_model_that_no_call_of_the_trace_could_take_is_refused(
    workplace: Workplace, llmobs: Llmobs
) -> None:
    root, _ = workplace.stored(lambda: workplace.app.answer("Why?"))
    result = llmobs("replay", root.id, "--model", "gpt-4o")
    assert result.returncode == 2
    assert f"all model calls of {root.id!r} are anthropic's" in result.stderr
    assert llmobs("replay", root.id, "--set", "model=gpt-4o").returncode == 0
    assert [request.body["model"] for request in workplace.anthropic.requests] == [
        "claude-sonnet-4-6",
        "gpt-4o",
    ]


def test_a_change_that_reaches_no_call_is_told(workplace: Workplace, llmobs: Llmobs) -> None:
    (root,) = workplace.stored(lambda: workplace.app.remembered("Why again?"))
    assert llmobs("replay", root.id).returncode == 0
    result = llmobs("replay", root.id, "--model", "claude-opus-4-6", "--set", "temperature=0")
    assert result.returncode == 2
    assert "its code called no model: --model, --set changed nothing" in result.stderr


def test_a_system_prompt_of_two_calls_may_mean_either(workplace: Workplace, llmobs: Llmobs) -> None:
    root, *_ = workplace.stored(lambda: asyncio.run(workplace.app.twice("Why?", "When?")))
    (workplace.folder / "rude.md").write_text("Be rude.")
    result = llmobs("replay", root.id, "--system", "rude.md")
    assert result.returncode == 2
    assert "has 2 model calls below it, and --system replaces the prompt of one" in result.stderr


def test_the_code_pulls_the_commit_that_is_named(workplace: Workplace, llmobs: Llmobs) -> None:
    root, _ = workplace.stored(lambda: workplace.app.answer("Why twice?"))
    (workplace.folder / "prompts/support.md").write_text("Say {nothing}.")
    result = llmobs("replay", root.id, "--prompt", f"support:{workplace.hashes['brief'][:12]}")
    assert result.returncode == 0, result.stdout
    assert "Be brief. Greet Ada, who has the pro plan." in workplace.anthropic.requests[-1].body["system"]


def test_a_commit_that_the_code_does_not_fit_fails_the_run(workplace: Workplace, llmobs: Llmobs) -> None:
    root, _ = workplace.stored(lambda: workplace.app.answer("Why twice?"))
    result = llmobs("replay", root.id, "--prompt", f"support:{workplace.hashes['german'][:12]}")
    assert result.returncode == 1
    assert "'language' is missing" in result.stdout
    assert len(workplace.anthropic.requests) == 1


def test_a_prompt_that_is_not_in_the_trace_is_told_though_the_app_catches_all(
    workplace: Workplace, llmobs: Llmobs
) -> None:
    root, *_ = workplace.stored(lambda: asyncio.run(workplace.app.twice("Why?")))
    result = llmobs("replay", root.id, "--prompt", f"support:{workplace.hashes['brief'][:12]}")
    assert result.returncode == 2
    assert "sent holds no text that came of the prompt 'support'" in result.stderr
    careful, *_ = workplace.stored(lambda: workplace.app.careful("Why?"), "careful")
    hidden = llmobs("replay", careful.id, "--set", "model.x=1")
    assert "--set model.x leads into 'claude-sonnet-4-6', which has no parts." in hidden.stderr


def test_a_missing_recording_is_told_though_the_app_catches_all(workplace: Workplace, llmobs: Llmobs) -> None:
    root, *_ = workplace.stored(lambda: workplace.app.careful("Why?"))
    result = llmobs("replay", root.id, "--cassettes", "only")
    assert result.returncode == 1
    assert result.stderr.startswith("No recording of anthropic messages")
    assert llmobs("replay", root.id, "--cassettes", "reuse").returncode == 0
    assert llmobs("replay", root.id, "--cassettes", "only").returncode == 0
    assert len(workplace.anthropic.requests) == 2


def test_methods_blocks_and_processed_inputs_say_why_they_cannot(
    workplace: Workplace, llmobs: Llmobs
) -> None:
    method, *_ = workplace.stored(lambda: workplace.app.Agent().reply("Why?"), "method")
    assert "the object that it was called on isn't stored" in llmobs("replay", method.id).stderr
    block, *_ = workplace.stored(lambda: workplace.app.block("Why?"), "block")
    assert "it was begun by `trace(…)` or by a function within" in llmobs("replay", block.id).stderr
    private, *_ = workplace.stored(lambda: workplace.app.private("Why?"), "private")
    assert "logs its inputs through process_inputs" in llmobs("replay", private.id).stderr
    assert len(workplace.anthropic.requests) == 3


def test_a_function_that_is_not_traced_is_called_in_a_trace(workplace: Workplace, llmobs: Llmobs) -> None:
    block, *_ = workplace.stored(lambda: workplace.app.block("Why?"))
    assert llmobs("replay", block.id, "--target", "replayed_app:ask").returncode == 0
    (new,) = workplace.replays(block)
    assert new.name == "ask"


def test_inputs_that_do_not_fit_name_both_sides(workplace: Workplace, llmobs: Llmobs) -> None:
    root, _ = workplace.stored(lambda: workplace.app.answer("Why?"))
    result = llmobs("replay", root.id, "--target", "replayed_app:chat")
    assert result.returncode == 2
    assert "its parameters:   question\n  the run's inputs: question, tier" in result.stderr


def test_an_app_that_is_not_here_says_where_to_run(
    workplace: Workplace, llmobs: Llmobs, monkeypatch: object
) -> None:
    import sys

    root, _ = workplace.stored(lambda: workplace.app.answer("Why?"))
    del sys.modules["replayed_app"]
    result = llmobs("replay", root.id)
    assert result.returncode == 2
    assert "began with 'replayed_app:answer', which can't be imported here." in result.stderr
    assert "Run the command where the app's code lies" in result.stderr
