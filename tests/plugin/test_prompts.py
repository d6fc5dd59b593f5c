"""A prompt of the registry in an experiment: trials, baseline and red build name its commits."""

from __future__ import annotations

import json

import pytest

from pytest_llmobs.experiments.prompt_verdicts import verdicts_by_commit
from pytest_llmobs.storage.store import Store
from tests.e2e.test_readme import ROOT, blocks
from tests.plugin.conftest import Project

PAGE = ROOT / "docs" / "prompts.md"

APP = """
from pytest_llmobs import pull_prompt, traceable

@traceable(run_type="llm")
def complete(system, query):
    return f"{system} You asked: {query}"

def answer(name, query):
    return complete(pull_prompt("greeting").format(name=name), query)
"""

ANSWER = """
from pathlib import Path

def answer(name, query):
    return complete(Path("prompt.txt").read_text().replace("{name}", name), query)
"""


def test_a_red_build_names_both_commits(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada Lovelace")
    project.write(app=APP)
    file = project.path / "prompts" / "greeting.md"
    file.parent.mkdir()
    file.write_text("Dear {name}, we read this.\n")
    project.record("-q", "-o", "llm_baseline_repeat=3").assert_outcomes(passed=9)
    (old,) = (path.stem for path in file.parent.joinpath(".commits", "greeting").iterdir())
    baseline, _ = project.baselines  # and its texts
    (session,) = json.loads(baseline.read_text())["sessions"].values()
    assert session["prompts"] == {"greeting": old}

    file.write_text("Hello {name}, we read this.\n")
    assert project.llmobs("prompts", "commit", "greeting", "-m", "Say hello").returncode == 0
    result = project.experiment("-q", "--llm-confirm=0")
    assert result.ret == 1
    new = project.summary["prompts"]["test_app.py::test_answer"]["greeting"]
    result.stdout.fnmatch_lines(
        [
            f"* prompt greeting {new[:12]}",
            "*same change in all 3 examples*",
            f'    prompt greeting: {old[:12]} -> {new[:12]}, "Say hello"',
            "    - Dear ⟨name⟩, we read this.",
            "    + Hello ⟨name⟩, we read this.",
            f"  prompt diff  llmobs prompts diff greeting {old[:12]} {new[:12]}",
        ]
    )
    (page,) = [block.text for block in blocks(PAGE.read_text(encoding="utf-8")) if block.note == "red"]
    assert set(page.splitlines()) - {"…"} <= set(result.outlines)
    store = Store(project.path / ".llmobs")
    runs = list(store.runs(project.summary["name"]))
    assert {run.metadata.get("prompt.greeting") for run in runs if run.name != "greets"} == {new}
    verdicts = verdicts_by_commit(store, "greeting")
    assert [verdicts[hash][0].verdict for hash in (old, new)] == ["recorded", "red"]


def test_a_copy_in_the_code_is_told_by_its_text(project: Project) -> None:
    text = "You are the support agent of Acme.\nGreet {name} by name, and be kind.\n"
    project.write(app=APP.partition("def answer")[0] + ANSWER)
    folder = project.path / "prompts"
    folder.mkdir()
    (folder / "greeting.md").write_text(text)
    project.prompt(text)
    result = project.experiment("-q", "--llm-confirm=0")
    result.stdout.fnmatch_lines(["* · prompt greeting ???????????? (matched)"])
    (used,) = project.summary["prompts"].values()
    assert used["greeting"].endswith(" (matched)")
    assert not (folder / ".commits").exists()  # nobody has pulled it
