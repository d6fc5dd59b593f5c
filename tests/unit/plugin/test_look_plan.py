"""What a further session is told, and what its processes tell each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.plugin.confirming.answers import look_of, why_not_accepted
from pytest_llmobs.plugin.confirming.child_process import Ended
from pytest_llmobs.plugin.confirming.plan import (
    Answer,
    ConfirmingPlan,
    hand_over,
    leave_examples,
    left_examples,
    read_answer,
    read_plan,
    write_plan,
)
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.identity import new_identity
from pytest_llmobs.records.looks import LookRequest, Rerun, Suspicion
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.settings import Settings

SUITE = "test_app.py::test_answer[en]"
SUSPICION = Suspicion(metric="pass", sign=1.0, bound=0.0, passed=(False,), checkpoints=((8, 0), (16, 2)))
SUSPECTS = Rerun(
    suite=SUITE,
    reason="suspect",
    repeats={"e3": range(2, 17), "e4": range(2, 17)},
    suspicions={"e3": [SUSPICION], "e4": [SUSPICION]},
)


def new_plan(folder: Path, *reruns: Rerun, purpose: Any = "passes", **further: Any) -> ConfirmingPlan:
    return ConfirmingPlan(
        identity=new_identity(""),
        settings=Settings(max_calls=7, redact=("secrets", "pii")),
        purpose=purpose,
        reruns=reruns,
        rootdir="/project",
        out=str(folder / "answer.json"),
        **further,
    )


def ended(status: Any, repeat: int, **further: Any) -> Trial:
    trial = Trial(suite=SUITE, example_id="e3", example_hash="h", repeat=repeat, nodeid="n", status=status)
    return replace(trial, **further)


def test_it_runs_exactly_the_trials_that_are_named(tmp_path: Path) -> None:
    whole = Rerun(suite=SUITE, reason="pass", repeats={"e1": [3], "e2": [3]})
    missing = Rerun(suite=SUITE, reason="missing", repeats={"e1": [1]})
    module = Rerun(suite="test_app.py", reason="pass", repeats={"test_plain[x]": [2]})
    write_plan(tmp_path / "plan.json", new_plan(tmp_path, whole, missing, module))
    plan = read_plan(tmp_path / "plan.json")
    assert [number for number in range(5) if plan.wants(SUITE, "e1", number)] == [1, 3]
    assert [number for number in range(5) if plan.wants(SUITE, "e2", number)] == [3]
    assert not plan.wants(SUITE, "e9", 3)
    assert not plan.wants("test_app.py::test_answer[de]", "e1", 3)
    assert plan.numbers_of("test_app.py::test_answer") == {"e1": {1, 3}, "e2": {3}}
    assert plan.numbers_of("test_app.py::test_plain") == {"test_plain[x]": {2}}
    assert plan.numbers_of("test_app.py::test_ans") == {}
    assert plan.own_settings == Settings(
        experiment=True, confirm=0, repeat=1, max_calls=7, redact=("secrets", "pii")
    )


def test_what_one_worker_settles_no_other_runs_again(tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.json", new_plan(tmp_path, SUSPECTS, purpose="suspects"))
    one, other = (read_plan(tmp_path / "plan.json") for _ in range(2))
    one.note_ended(ended("failed", 2))
    one.note_ended(ended("passed", 3))
    assert not other.settled(SUITE, "e3")
    one.note_ended(ended("passed", 4))  # twice within its first four: flaky
    assert other.settled(SUITE, "e3")
    assert not other.settled(SUITE, "e4")
    assert not other.settled("another suite", "e3")


def test_examples_are_handed_over_as_they_are(tmp_path: Path) -> None:
    example = Example("e3", {"query": "Grüße"}, {"words": ["a"]}, {"tier": "critical"}, "hard")
    assert left_examples(tmp_path) == {}
    leave_examples(tmp_path, {SUITE: [example]})
    assert left_examples(tmp_path) == {SUITE: [example]}
    write_plan(tmp_path / "plan.json", new_plan(tmp_path, purpose="control", examples={SUITE: [example]}))
    (handed,) = read_plan(tmp_path / "plan.json").examples_of("test_app.py::test_answer")
    assert handed == example
    assert handed.hash == example.hash
    for name in ("examples.json", "plan.json"):
        assert tmp_path.joinpath(name).stat().st_mode & 0o077 == 0


def test_a_trial_that_was_not_needed_is_no_answer(tmp_path: Path) -> None:
    plan = new_plan(tmp_path, SUSPECTS, purpose="suspects")
    assert read_answer(plan) == Answer()
    words = "settled by its earlier trials"
    settled = ended("skipped", 3, not_run="settled", message=words)
    skipped = ended("skipped", 4, message=words)  # by the user, in the same words
    hand_over(plan, [skipped, settled], [SuitePlan(name=SUITE, path="p", metrics={"tone": "v1"})])
    answer = read_answer(plan)
    assert list(answer.trials) == [skipped]
    assert answer.metrics == {SUITE: {"tone": "v1"}}


def request(*reruns: Rerun, purpose: Any = "passes") -> LookRequest:
    return LookRequest(purpose=purpose, reruns=reruns, commit="1a2b3c")


def test_trials_that_did_not_run_are_named_and_those_nobody_needs_are_not(tmp_path: Path) -> None:
    plan = new_plan(tmp_path, SUSPECTS, purpose="suspects")
    trials = [ended("failed", 2), ended("passed", 3), ended("passed", 4)]
    for trial in trials:
        plan.note_ended(trial)
    look = look_of(request(SUSPECTS), plan, Answer(trials=trials), Ended(0, ""), None)
    assert look.error is None
    (note,) = look.notes
    assert note.startswith(
        "15 of 30 trials of a further session didn't run and count as missing, not as failed: e4"
    )


def test_a_session_that_crashed_shows_the_end_of_what_it_printed(tmp_path: Path) -> None:
    output = "\n".join(f"line {number}" for number in range(50))
    look = look_of(request(SUSPECTS), new_plan(tmp_path), Answer(), Ended(3, output), None)
    assert look.error is not None
    assert look.error.startswith("its session ended with status 3 and no result\n  line 20\n")
    assert look.error.endswith("line 49")
    assert look.notes == ()


@pytest.mark.parametrize(
    ("output", "status", "reason"),
    [
        (
            "=== ERRORS ===\nE   ModuleNotFoundError: No module named 'conf'\nmore",
            2,
            "ModuleNotFoundError: No module named 'conf'",
        ),
        ("ERROR: file or directory not found: tests/new\n", 4, "file or directory not found: tests/new"),
        ("no tests ran in 0.01s", 5, "its tests aren't there"),
        ("...\n", -9, "it was ended by signal 9"),
        ("no such option\n", 4, "no such option"),
        ("", 3, "it ended with status 3"),
    ],
)
def test_an_accepted_code_that_does_not_run_says_its_first_error(
    tmp_path: Path, output: str, status: int, reason: str
) -> None:
    gone = Ended(status, output)
    look = look_of(request(purpose="control"), new_plan(tmp_path, purpose="control"), Answer(), gone, None)
    assert why_not_accepted(look, tmp_path, gone) == f"it doesn't run from git: {reason}"


def test_a_module_of_today_s_spoils_the_control(tmp_path: Path) -> None:
    tmp_path.joinpath("foreign-17.json").write_text(
        '{"the module bot.app": "is an installed copy, /x/bot/app.py"}'
    )
    control = new_plan(tmp_path, purpose="control")
    answer = Answer(trials=[ended("passed", 1)], metrics={SUITE: {"tone": "v1"}, "another": {}})
    wanted = Rerun(suite=SUITE, reason="control", repeats={"e3": [1]})
    look = look_of(request(wanted, purpose="control"), control, answer, Ended(0, ""), None)
    assert (look.commit, look.metrics) == ("1a2b3c", {SUITE: {"tone": "v1"}})
    assert why_not_accepted(look, tmp_path, Ended(0, "")) == (
        "it doesn't run from git: the module bot.app is an installed copy, /x/bot/app.py"
    )
    tmp_path.joinpath("foreign-17.json").unlink()
    assert why_not_accepted(look, tmp_path, Ended(0, "")) is None
