"""A judge gates only where people were asked whether it can be trusted."""

from __future__ import annotations

import subprocess

import pytest

from tests.plugin.conftest import Project

JUDGES = """
from pytest_llmobs.evaluators import Judge

def model(prompt):
    return '{"reason": "it says so", "score": %s}' % ("true" if "Dear" in prompt else "false")

polite = Judge("polite", rubric="Is it polite?", scale="boolean", model=model)
"""
SUITE = """
import pytest
from app import answer
from judges import polite

@pytest.mark.llm_gate(polite, calibrated=0.7)
@pytest.mark.llm_dataset("golden.jsonl", target=answer, evaluators=[polite])
def test_answer(example, llm_run):
    pass
"""


@pytest.fixture
def judged(project: Project) -> Project:
    project.path.joinpath("judges.py").write_text(JUDGES)
    project.write(test_app=SUITE)
    rows = [{"outputs": f"Dear {n}, welcome.", "label": True} for n in range(10)]
    rows += [{"outputs": f"No, {n}.", "label": False} for n in range(10)]
    project.dataset(rows, "labels.jsonl")
    return project


def calibrate(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    return project.llmobs("judge", "calibrate", "judges.py::polite", "--labels", "labels.jsonl", *arguments)


def test_it_refuses_to_gate_without_a_calibration(judged: Project) -> None:
    result = judged.experiment()
    assert result.ret == 1
    text = " ".join(result.stdout.str().split())
    assert "refuses to gate: Judge 'polite' is not calibrated" in text
    assert "llmobs judge calibrate FILE::NAME --labels LABELS" in text


def test_it_gates_once_calibrated_and_says_how_well(judged: Project) -> None:
    done = calibrate(judged)
    assert done.returncode == 0, done.stderr
    assert "agreement  1.000" in done.stdout
    assert "kappa      1.00 (95 % interval 0.62 to 1.00)" in done.stdout
    assert "git add llm-baselines/judges/polite.json" in done.stdout
    assert judged.experiment().ret == 0


def test_it_refuses_again_once_the_rubric_changed(judged: Project) -> None:
    calibrate(judged)
    judged.path.joinpath("judges.py").write_text(JUDGES.replace("Is it polite?", "Is it kind?"))
    result = judged.process("--llm-experiment")  # one that hasn't read the source yet
    assert result.ret == 1
    assert "stale: the rubric, criteria or examples changed" in " ".join(result.stdout.str().split())


def test_it_refuses_a_judge_that_agrees_too_little(judged: Project) -> None:
    rows = [{"outputs": f"Dear {n}", "label": n % 2 == 0} for n in range(10)]
    judged.dataset(
        [*rows, {"outputs": "No.", "label": False}, {"outputs": "Yes.", "label": True}], "labels.jsonl"
    )
    done = calibrate(judged, "--least", "0.7")
    assert done.returncode == 1
    assert "worst disagreements" in done.stdout
    assert judged.experiment().ret == 1


def test_drift_is_measured_against_the_committed_file(judged: Project) -> None:
    calibrate(judged)
    same = judged.llmobs("judge", "drift", "judges.py::polite", "--labels", "labels.jsonl")
    assert same.returncode == 0
    assert "0 of 20 cases judged otherwise than then" in same.stdout
    judged.path.joinpath("judges.py").write_text(JUDGES.replace('"Dear" in', '"No," in'))
    moved = judged.llmobs("judge", "drift", "judges.py::polite", "--labels", "labels.jsonl", "--least", "0.7")
    assert moved.returncode == 1
    assert "20 of 20 cases judged otherwise than then" in moved.stdout


@pytest.mark.parametrize(
    ("judge", "message"),
    [
        ("judges.py", "names no judge. Write MODULE:NAME or FILE::NAME"),
        ("judge.py::polite", "There is no file 'judge.py'. Did you mean 'judges.py'?"),
        ("judges.py::polit", "'judges' has no judge 'polit'. Did you mean 'polite'?"),
    ],
)
def test_a_mistake_is_named(judged: Project, judge: str, message: str) -> None:
    done = judged.llmobs("judge", "calibrate", judge, "--labels", "labels.jsonl")
    assert done.returncode == 2
    assert message in done.stderr


def test_verdicts_are_kept_and_hits_are_shown_but_never_while_recording(judged: Project) -> None:
    judged.path.joinpath("judges.py").write_text(
        JUDGES.replace("    return", "    with open('asked.txt', 'a') as file: file.write('x')\n    return")
    )
    asked = judged.path / "asked.txt"
    judged.experiment()
    assert len(asked.read_text()) == 3
    again = judged.experiment()
    assert len(asked.read_text()) == 3
    assert "3 verdicts from the cache" in again.stdout.str()
    recorded = judged.record()
    assert "by the last experiment about 30 model calls" in recorded.stdout.str()
    assert len(asked.read_text()) == 3 + 15
    judged.experiment("-o", "llm_judge_cache=false")
    assert len(asked.read_text()) == 18 + 3
