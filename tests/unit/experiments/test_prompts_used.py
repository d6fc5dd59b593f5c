"""From trials to the red build: which commits of prompts a suite used, and which its baseline did."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.baselines.changes import changes_of
from pytest_llmobs.baselines.file import load_baseline, parse_baseline
from pytest_llmobs.baselines.paths import baseline_path
from pytest_llmobs.experiments.compare import compare_experiments
from pytest_llmobs.experiments.conclude import Surroundings, conclude
from pytest_llmobs.experiments.documents import experiment_from_dict
from pytest_llmobs.prompts.committing import commit
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.records.decisions import PromptChange
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.json import document
from pytest_llmobs.reports.pages.comparison import comparison_text
from pytest_llmobs.reports.terminal.section import render
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.settings import Settings
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from tests.unit.suites import SUITE, World

OLD, NEW = "0123456789abcdef", "ba98765432100000"


@pytest.fixture
def suite(world: type[World]) -> World:
    return world(20)


def ran(suite: World, trials: Any, name: str = "calm-heron") -> Experiment:
    return Experiment(
        name=name,
        started="2026-11-30T15:00:00+00:00",
        duration=1.0,
        suites=(suite.plan,),
        trials=tuple(trials),
    )


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    """Surroundings of a session whose baselines lie in files, with a folder of prompts."""
    folder = tmp_path / "llm-baselines"
    return Surroundings(
        settings=Settings(experiment=True, confirm=0),
        store=Store(tmp_path / ".llmobs"),
        baseline_of=lambda name: load_baseline(baseline_path(folder, name)),
        baseline_folder=folder,
        find_summaries=lambda plan: (),
        redaction=Redaction([]),
        prompt_folder=tmp_path / "prompts",
    )


def record(suite: World, around: Surroundings, prompts: dict[str, str], **more: Any) -> None:
    settings = replace(around.settings, update_baseline="replace")
    conclude(ran(suite, suite.trials(prompts=prompts, **more)), replace(around, settings=settings))


def judged(suite: World, around: Surroundings, prompts: dict[str, str]) -> Experiment:
    """Return a session in which everything fails."""
    return conclude(ran(suite, suite.trials(False, prompts=prompts)), around).experiment


def test_the_baseline_of_a_session_names_its_prompts(suite, around):
    record(suite, around, {"support": OLD, "tone": f"{NEW} (matched)"})
    text = baseline_path(around.baseline_folder, SUITE).read_text()
    (session,) = json.loads(text)["sessions"].values()
    assert session["prompts"] == {"support": OLD, "tone": f"{NEW} (matched)"}
    baseline = around.baseline_of(SUITE)
    assert baseline is not None
    assert baseline.prompts == {"support": OLD, "tone": f"{NEW} (matched)"}
    session.pop("prompts")
    older = parse_baseline(text.replace('"prompts"', '"unknown to this version"'), "somewhere")
    assert older.prompts == {}


def test_the_document_says_in_its_head_which_prompts_each_suite_used(suite, around):
    experiment = judged(suite, around, {"support": NEW})
    assert experiment.prompts == {SUITE: {"support": NEW}}
    head = around.store.read_experiment("calm-heron")
    assert list(head).index("prompts") < list(head).index("trials")
    assert experiment_from_dict(head) == experiment


def test_a_red_build_names_both_commits_and_what_was_said_of_the_new_one(suite, around, monkeypatch):
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada Lovelace")
    record(suite, around, {"support": OLD})
    folder = PromptFolder(around.prompt_folder)
    folder.folder.mkdir()
    (folder.folder / "support.md").write_text("You are the support agent.\n")
    new = commit(folder, "support", "Ask for the order number").commit_hash
    experiment = judged(suite, around, {"support": new})
    change = PromptChange(
        suite=SUITE, name="support", before=OLD, after=new, description="Ask for the order number"
    )
    assert experiment.decision.prompts == (change,)
    line = f'prompt support: {OLD[:12]} -> {new[:12]}, "Ask for the order number"'
    broken = [row for row in experiment.decision.examples if row.red]
    assert {row.changes[0] for row in broken} == {line}
    text = render(experiment, width=100, color=False)
    assert line in text
    assert f"  prompt diff  llmobs prompts diff support {OLD[:12]} {new[:12]}\n" in text
    assert f" · prompt support {new[:12]}" in text.split("\n")[0] + text.split("\n")[1]
    told = document(digest(experiment))
    assert told["prompt_changes"] == (change,)
    assert told["suites"][0]["prompts"] == [{"name": "support", "commit_hash": new, "matched": False}]


@pytest.mark.parametrize(
    ("then", "now", "line"),
    [
        ({}, {"support": NEW}, f"prompt support: none in the baseline -> {NEW[:12]}"),
        (
            {"support": OLD},
            {"support": f"{NEW} (matched)"},
            f"prompt support: {OLD[:12]} -> {NEW[:12]} (matched)",
        ),
        (
            {"support": OLD},
            {"support": f"{OLD} (matched)"},
            f"prompt support: {OLD[:12]} -> {OLD[:12]} (matched), a copy that stands in the code",
        ),
        ({"support": f"{OLD}, {NEW}"}, {"support": NEW}, None),
        ({"support": OLD}, {"support": OLD}, None),
        ({"support": OLD}, {}, None),
    ],
)
def test_what_is_known_of_the_commits_is_said(suite, around, then, now, line):
    record(suite, around, then)
    baseline = around.baseline_of(SUITE)
    assert baseline is not None
    (trial, *_) = suite.trials(False, prompts=now)
    assert list(changes_of(baseline, trial)) == ([line] if line else [])


def test_a_prompt_that_nothing_uses_any_more_is_told_of_the_whole_suite(suite, around):
    record(suite, around, {"support": OLD})
    gone = PromptChange(suite=SUITE, name="support", before=OLD)
    assert judged(suite, around, {}).decision.prompts == (gone,)
    part = suite.changed(total=99)
    assert judged(part, around, {}).decision.prompts == ()


def test_a_comparison_names_the_commits_and_how_they_differ(suite):
    before = replace(
        ran(suite, suite.trials(prompts={"support": OLD}), "a"), prompts={SUITE: {"support": OLD}}
    )
    after = replace(
        ran(suite, suite.trials(prompts={"support": NEW}), "b"), prompts={SUITE: {"support": NEW}}
    )
    comparison = compare_experiments(before, after)
    text = comparison_text(before, after, comparison, Page(width=100))
    assert (
        f"prompt support: {OLD[:12]} -> {NEW[:12]}\n  llmobs prompts diff support {OLD[:12]} {NEW[:12]}\n"
        in text
    )


def test_a_variable_that_nobody_filled_is_warned_of(suite, around):
    record(suite, around, {})
    trials = suite.trials(unfilled={"support": "customer, tier"})
    experiment = conclude(ran(suite, trials), around).experiment
    assert not experiment.decision.red
    assert experiment.decision.notes == (
        f"{SUITE}: 20 trials sent a model the prompt 'support' in which {{customer}} and {{tier}} were never "
        "filled in: pull_prompt('support').format(customer=…, tier=…)",
    )
