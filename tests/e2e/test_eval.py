"""``llmobs eval`` as users run it: over files, interrupted and mistaken."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from pytest_llmobs.reports.json import SCHEMA
from tests.e2e.conftest import plain_environment
from tests.e2e.here import llmobs_here, pytest_here

APP = """
import os, signal
from pathlib import Path

def answer(question):
    return "yes" if Path("better").exists() or question.endswith("?") else "no"

def impatient(question):
    if question == "Q3?" and not Path("patient").exists():
        Path("patient").touch()
        os.kill(os.getpid(), signal.SIGINT)
    with open("asked", "a") as file:
        file.write(question + "\\n")
    return "yes"

TEXT = "no function"
"""
CHECKS = """
def correct(outputs, reference_outputs):
    return outputs["output"] == reference_outputs["output"]

def share(suite):
    return 0.5
"""
EVAL = ("eval", "app:answer", "--data", "golden.jsonl", "--evaluators", "checks:correct")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    rows = []
    for number in range(6):
        row = {"id": f"q{number}", "inputs": {"question": f"Q{number}?"}, "outputs": {"output": "yes"}}
        rows.append(row | {"split": "hard" if number < 2 else "easy", "metadata": {"tier": number}})
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    files = {"app.py": APP, "checks.py": CHECKS, "golden.jsonl": lines, "pytest.ini": "[pytest]\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def llmobs(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return llmobs_here(folder, *words, **{"COLUMNS": "100", **variables})


def process(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pytest_llmobs.cli", *words],
        cwd=folder,
        env=plain_environment() | {"COLUMNS": "100"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_green_then_red_by_the_recorded_baseline(project: Path) -> None:
    first = process(project, *EVAL)
    assert (first.returncode, first.stderr) == (0, "")
    assert "NO BASELINE" in first.stdout
    assert llmobs(project, *EVAL, CI="true").returncode == 1
    recorded = llmobs(project, *EVAL, "--update-baseline")
    assert recorded.returncode == 0
    assert "6 examples × 5" in recorded.stdout
    assert llmobs(project, *EVAL, CI="true").returncode == 0
    (project / "app.py").write_text("def answer(question):\n    return 'no'\n", encoding="utf-8")
    red = process(project, *EVAL)
    assert red.returncode == 1
    assert "RED: correct regressed" in red.stdout
    assert "llmobs eval app:answer --data golden.jsonl" in red.stdout  # how to accept it


def test_a_baseline_of_what_ran_offline_is_recorded_by_a_command_that_asks(project: Path) -> None:
    done = llmobs(project, *EVAL, "--cassettes", "only")
    command = "llmobs eval app:answer --data golden.jsonl --evaluators checks:correct --cassettes reuse"
    assert f"record one  {command} --update-baseline" in done.stdout


def test_the_report_for_machines_keeps_to_its_schema(project: Path) -> None:
    done = llmobs(project, *EVAL, "--summary-evaluators", "checks:share", "--json")
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert document["verdict"]["word"] == "no baseline"
    assert document["suite_scores"][0]["score"] == 0.5


@pytest.mark.usefixtures("ctrl_c")
def test_an_interrupted_evaluation_says_how_it_goes_on_and_pays_for_nothing_twice(project: Path) -> None:
    words = ["eval", "app:impatient", "--data", "golden.jsonl", "--evaluators", "checks:correct"]
    stopped = process(project, *words, "--concurrency", "1")
    assert stopped.returncode == 130, stopped.stderr
    assert "Traceback" not in stopped.stderr
    (again,) = re.findall(r"go on  llmobs (.*)", stopped.stderr)
    (kept,) = map(int, re.findall(r"(\d) of 6 trials are finished", stopped.stderr))
    before = (project / "asked").read_text().splitlines()
    done = process(project, *shlex.split(again))
    assert done.returncode == 0, done.stderr
    asked = (project / "asked").read_text().splitlines()[len(before) :]
    assert len(asked) == 6 - kept
    assert {*before, *asked} == {f"Q{number}?" for number in range(6)}


def test_a_part_of_a_dataset_is_held_against_the_baseline_of_the_whole(project: Path) -> None:
    assert llmobs(project, *EVAL, "--update-baseline").returncode == 0
    part = llmobs(project, *EVAL, "--split", "hard")
    assert part.returncode == 0
    assert "GREEN (partial)" in part.stdout
    assert "2 of 6 examples" in llmobs(project, *EVAL, "--limit", "2").stdout


def test_what_an_evaluation_measured_can_be_accepted_later(project: Path) -> None:
    assert llmobs(project, *EVAL).returncode == 0
    accepted = llmobs(project, "baseline", "accept")
    assert accepted.returncode == 0, accepted.stderr
    assert list((project / "llm-baselines").glob("*.json"))
    assert "GREEN" in llmobs(project, *EVAL).stdout
    assert llmobs(project, "baseline", "prune").stdout == ""


def test_a_baseline_of_an_evaluation_is_nothing_that_pytest_misses(project: Path) -> None:
    assert llmobs(project, *EVAL, "--update-baseline").returncode == 0
    (project / "test_app.py").write_text(
        "import pytest\nfrom app import answer\n"
        "@pytest.mark.llm_dataset('golden.jsonl', target=answer)\n"
        "def test_app(example, llm_run):\n    assert llm_run.outputs['output'] == 'yes'\n",
        encoding="utf-8",
    )
    done = pytest_here(project, "--llm-experiment")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("eval", "ap:answer", "--data", "golden.jsonl"), "There is no module 'ap'"),
        (
            ("eval", "app:anser", "--data", "golden.jsonl"),
            "'app' has no target 'anser'. Did you mean 'answer'?",
        ),
        (("eval", "app:TEXT", "--data", "golden.jsonl"), "'app:TEXT' is a str, which can't be called."),
        (("eval", "app:answer", "--data", "goldn.jsonl"), "Did you mean 'golden.jsonl'?"),
        ((*EVAL, "--evaluators", "exact_mach"), "Unknown evaluator 'exact_mach'"),
        ((*EVAL, "--baseline", "nowhere"), "--baseline 'nowhere' is no file, no folder and no experiment."),
        ((*EVAL, "--min-mean", "correct"), "--min-mean 'correct' is no bound. Write METRIC=BOUND"),
        (
            (*EVAL[:-1], "exact_match", "--min-mean", "exact_mach=0.5"),
            "min_mean names 'exact_mach', which is no evaluator's key. Did you mean 'exact_match'?",
        ),
        ((*EVAL, "--must-pass", "correct:tier"), "--must-pass 'correct:tier' is no rule."),
        ((*EVAL, "--fail-on", "drift"), "Unknown value 'drift' for fail_on."),
        ((*EVAL, "--report", "htm"), "Unknown report 'htm' for --report."),
        ((*EVAL, "--split", "hrad"), "has no split 'hrad'. Did you mean 'hard'?"),
        ((*EVAL, "--experiment", "none"), "No experiment is called 'none'"),
    ],
)
def test_a_mistake_is_one_sentence_before_anything_runs(
    project: Path, words: tuple[str, ...], said: str
) -> None:
    done = llmobs(project, *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((project / ".llmobs").glob("experiments/*"))


def test_a_rule_about_a_metric_that_nothing_produced_is_red_and_shows_the_rest(project: Path) -> None:
    done = llmobs(project, *EVAL, "--min-mean", "corect=0.5")
    assert done.returncode == 1
    assert "names a metric that nothing produced. Did you mean 'correct'?" in " ".join(done.stdout.split())
    assert "min_mean names 'corect', which is no evaluator's key. Did you mean 'correct'?" in done.stderr


def test_must_pass_takes_numbers_as_the_dataset_has_them(project: Path) -> None:
    assert llmobs(project, *EVAL, "--must-pass", "correct:tier=3").returncode == 0


def test_reports_are_written_beside_the_one_for_machines(project: Path) -> None:
    done = llmobs(project, *EVAL, "--json", "--report", "html:report.html", "--report", "terminal")
    assert json.loads(done.stdout)["verdict"]["word"] == "no baseline"
    assert "report html: report.html" in done.stderr
    assert "! report terminal: --json is printed alone; name a file, terminal:PATH" in done.stderr
    assert (project / "report.html").is_file()


def test_a_page_for_the_browser_is_written_on_request(project: Path) -> None:
    done = llmobs(project, *EVAL, "--report", "html:report.html")
    assert done.returncode == 0
    assert (project / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
