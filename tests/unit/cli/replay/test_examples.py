"""``llmobs replay --dataset``: old against new, as the gate compares."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

import pytest

from pytest_llmobs.records.runs import Run
from tests.unit.cli.conftest import Outcome
from tests.unit.cli.replay.conftest import Workplace

Llmobs = Callable[..., Outcome]
QUESTIONS = [f"Why {number}?" for number in range(6)]


@pytest.fixture
def replies() -> list[str]:
    """The app was sorry six times, and isn't any more."""
    return [*["Dear Ada, we are sorry."] * 6, "Dear Ada, no."]


@pytest.fixture(autouse=True)
def checks(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("replayed_checks")
    exec('def sorry(outputs):\n    return "sorry" in str(outputs)\n', module.__dict__)
    exec('def polite(outputs):\n    return "Dear" in str(outputs)\n', module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)


def write(workplace: Workplace, sources: Sequence[str | None], name: str = "golden.jsonl") -> None:
    lines = []
    for number, source in enumerate(sources):
        row = {"id": f"e{number}", "inputs": {"question": f"Why {number}?"}, "source_run_id": source}
        lines.append(json.dumps({key: value for key, value in row.items() if value is not None}))
    (workplace.folder / name).write_text("\n".join(lines))


def asked(workplace: Workplace) -> list[Run]:
    runs = workplace.stored(lambda: [workplace.app.answer(question) for question in QUESTIONS])
    return [run for run in runs if run.parent_id is None]


def test_a_change_for_the_worse_is_red(workplace: Workplace, llmobs: Llmobs) -> None:
    write(workplace, [run.id for run in asked(workplace)])
    result = llmobs("replay", "--dataset", "golden.jsonl", "--evaluators", "replayed_checks:sorry,polite")
    assert result.returncode == 1, result.stderr
    assert "evaluate::golden.jsonl::llmobs.replay" in result.stdout
    lines = result.stdout.splitlines()
    assert any(line.startswith("✗ sorry") and line.endswith("▼ REGRESSED") for line in lines)
    assert any(line.startswith("  polite") and line.endswith("→ NEUTRAL") for line in lines)
    assert not any(line.startswith("  accept ") for line in lines)
    # what was put out then is scored without a call
    assert len(workplace.anthropic.requests) == 12


def test_no_change_is_green_and_each_trial_names_its_run(workplace: Workplace, llmobs: Llmobs) -> None:
    sources = [run.id for run in asked(workplace)]
    write(workplace, sources)
    result = llmobs(
        *("replay", "--dataset", "golden.jsonl", "--evaluators", "replayed_checks:polite"),
        *("--model", "claude-opus-4-6", "--limit", "3", "--repeat", "2"),
    )
    assert result.returncode == 0, result.stdout
    assert "6 trials" in result.stdout
    sent = [request.body["model"] for request in workplace.anthropic.requests[6:]]
    assert sent == ["claude-opus-4-6"] * 6
    store = workplace.store
    (name,) = [name for name in store.experiment_names() if name.startswith("replay-now")]
    new = [run.columns["replay_of"] for run in store.runs(name, is_root=True)]
    assert sorted(new) == sorted(sources[:3] * 2)


def test_a_model_call_of_an_example_is_scored_by_its_reply(workplace: Workplace, llmobs: Llmobs) -> None:
    (call,) = workplace.stored(lambda: workplace.app.ask("Why 0?"))
    write(workplace, [call.id])
    result = llmobs("replay", "--dataset", "golden.jsonl", "--evaluators", "replayed_checks:polite", "--json")
    metrics = json.loads(result.stdout)["suites"][0]["metrics"]
    means = {metric["metric"]: (metric["baseline"], metric["candidate"]) for metric in metrics}
    assert means["polite"] == (1.0, 1.0)


def test_a_mistake_in_the_command_is_not_taken_for_runs_that_are_gone(
    workplace: Workplace, llmobs: Llmobs
) -> None:
    (call,) = workplace.stored(lambda: workplace.app.ask("Why 0?"))
    write(workplace, [call.id])
    command = ("replay", "--dataset", "golden.jsonl", "--evaluators", "replayed_checks:polite")
    result = llmobs(*command, "--set", "model.x=1")
    assert "e0: --set model.x leads into 'claude-sonnet-4-6', which has no parts." in result.stderr
    result = llmobs(*command, "--target", "replayed_app:nobody")
    assert (result.returncode, "'nobody'" in result.stderr) == (2, True)
    assert "isn't stored any more" not in result.stderr


def test_examples_without_a_run_are_listed_and_counted(workplace: Workplace, llmobs: Llmobs) -> None:
    root, *_ = asked(workplace)
    gone = root.id[:-4] + "0000"
    write(workplace, [root.id, None, gone])
    result = llmobs("replay", "--dataset", "golden.jsonl", "--evaluators", "replayed_checks:polite")
    assert "llmobs: 2 of 3 examples can't be replayed:\n  e1: it was made of no run\n" in result.stderr
    assert f"  e2: the run that it was made of isn't stored any more: {gone}" in result.stderr
    write(workplace, [None])
    nothing = llmobs("replay", "--dataset", "golden.jsonl", "--evaluators", "replayed_checks:polite")
    assert nothing.returncode == 1
    assert "No example of 'golden.jsonl' was made of a run that can be made again." in nothing.stderr


def test_mistakes_are_told_before_anything_is_sent(workplace: Workplace, llmobs: Llmobs) -> None:
    root, *_ = asked(workplace)
    write(workplace, [root.id])
    assert "name what gives them, --evaluators" in llmobs("replay", "--dataset", "golden.jsonl").stderr
    unknown = llmobs("replay", "--dataset", "golden.jsonl", "--evaluators", "replayed_checks:sory")
    assert (unknown.returncode, "Did you mean 'sorry'?" in unknown.stderr) == (2, True)
    missing = llmobs("replay", "--dataset", "goldn.jsonl", "--evaluators", "replayed_checks:sorry")
    assert (missing.returncode, "No dataset 'goldn.jsonl'." in missing.stderr) == (2, True)
    assert len(workplace.anthropic.requests) == 6


def test_a_trial_is_replayed_by_its_target(workplace: Workplace, llmobs: Llmobs) -> None:
    write(workplace, [None])
    llmobs(
        "eval",
        "replayed_app:chat",
        "--data",
        "golden.jsonl",
        "--evaluators",
        "replayed_checks:polite",
        "--name",
        "x",
    )
    store = workplace.store
    (name,) = store.experiment_names()
    (trial,) = [run for run in store.runs(name, is_root=True) if "example_id" in run.columns]
    assert trial.columns["entry_point"] == "replayed_app:chat"
    assert llmobs("replay", trial.id).returncode == 0
    first, again = workplace.openai.requests
    assert again.body == first.body
