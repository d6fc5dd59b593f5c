"""Calibrating a judge, in this process: what is shown, and what is told before a judge is asked."""

from __future__ import annotations

import json

import pytest

JUDGES = """
from pathlib import Path
from pytest_llmobs.evaluators import Judge

def model(prompt):
    with Path("asked.txt").open("a") as file:
        file.write("x")
    return '{"reason": "it says so", "score": %s}' % ("0.9" if "sorry" in prompt.rpartition("<output")[2] else "0.2")

tone = Judge("tone", rubric="Is it kind?", model=model)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "judges.py").write_text(JUDGES)
    rows = [
        {"id": f"c{n}", "outputs": "sorry, it is on its way" if n % 2 else "no", "label": bool(n % 2)}
        for n in range(20)
    ]
    rows[3] |= {"label": False, "note": "it asks for nothing"}
    write(tmp_path, rows)
    return tmp_path


def write(folder, rows):
    (folder / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_people_and_judge_stand_side_by_side(llmobs, folder):
    done = llmobs("judge", "calibrate", "judges.py::tone", "--labels", "labels.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "tone: 20 cases",
        "agreement  0.950",
        "kappa      0.90 (95 % interval 0.46 to 0.98)",
        "",
        "people, then the judge →  False  True",
        "─────────────────────────────────────",
        "False                        10     1",
        "True                          ·     9",
        "",
        "worst disagreements",
        "  c3  sorry, it is on its way",
        "    people     False: it asks for nothing",
        "    judge      True: 0.9: it says so",
        "",
        "commit this  git add llm-baselines/judges/tone.json",
    ]
    committed = (folder / "llm-baselines" / "judges" / "tone.json").read_text()
    assert "on its way" not in committed
    assert "it asks for nothing" not in committed


@pytest.mark.parametrize("action", ["calibrate", "drift"])
def test_what_is_wrong_is_told_before_the_judge_is_asked(llmobs, folder, action):
    write(folder, [{"outputs": "no", "label": True}, {"outputs": "yes", "label": "good"}])
    done = llmobs("judge", action, "judges.py::tone", "--labels", "labels.jsonl")
    assert done.returncode == 2
    expected = {
        "calibrate": "labels.jsonl, line 2, case",
        "drift": "There is no calibration 'llm-baselines/judges/tone.json'. `llmobs judge calibrate` writes it.",
    }
    assert expected[action] in done.stderr
    assert not (folder / "asked.txt").exists()


def test_only_so_many_cases_are_shown(llmobs, folder):
    write(folder, [{"id": f"c{n:02}", "outputs": "no", "label": n > 3} for n in range(20)])
    llmobs("judge", "calibrate", "judges.py::tone", "--labels", "labels.jsonl")
    write(folder, [{"id": f"c{n:02}", "outputs": "no", "label": n > 3} for n in range(20)])
    (folder / "judges.py").write_text(JUDGES.replace('"0.2"', '"0.75"'))
    done = llmobs("judge", "drift", "judges.py::tone", "--labels", "labels.jsonl")
    assert "tone: 20 of 20 cases judged otherwise than then" in done.stdout
    assert done.stdout.splitlines()[-1] == "  … 10 more: --json"
