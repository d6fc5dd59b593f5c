"""What is said around further sessions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_llmobs.plugin.confirming.announcement import Circumstances, first_lines, last_line, look_line
from pytest_llmobs.records.looks import Look, LookRequest, Rerun
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial


def ended(example: str, status: Any, **spent: Any) -> Trial:
    return Trial(
        suite="s", example_id=example, example_hash="h", repeat=1, nodeid="n", status=status, **spent
    )


def plan(name: str = "s", repeat: int = 1) -> SuitePlan:
    expected = [
        ExpectedTrial(example_id=f"e{n}", example_hash="h", repeat=1, nodeid=f"{name}[e{n}]")
        for n in range(4)
    ]
    return SuitePlan(name=name, path=name, expected=tuple(expected), total=4, repeat=repeat)


def known(
    *trials: Trial, plans: tuple[SuitePlan, ...] = (plan(),), most_passes: int = 3, control: bool = False
) -> Circumstances:
    return Circumstances(
        plans=plans,
        trials=trials,
        concurrency=2,
        most_passes=most_passes,
        control=control,
        is_known=lambda _, example: example == "e3",
    )


def one_pass(number: int = 2, suite: str = "s") -> Rerun:
    return Rerun(suite=suite, reason="pass", repeats={f"e{n}": [6] for n in range(4)}, number=number)


PASS = LookRequest(purpose="passes", reruns=[one_pass()])
SUSPECT = LookRequest(
    purpose="suspects", reruns=[Rerun(suite="s", reason="suspect", repeats={"e1": range(2, 17)})]
)
MISSING = LookRequest(purpose="passes", reruns=[Rerun(suite="s", reason="missing", repeats={"e2": [1]})])
SPENT = {"latency": 20.0, "llm_calls": 2, "total_cost": 0.03}


def test_what_failed_and_what_looking_again_may_take_is_said_before_it_starts() -> None:
    trials = [
        ended("e3", "failed", **SPENT),
        ended("e1", "failed", **SPENT),
        ended("e0", "passed", **SPENT),
        ended("e2", "passed", **SPENT),
    ]
    assert list(first_lines(PASS, known(*trials))) == [
        "failed so far in s: e1",  # e3 is known to fail
        "looking again: up to 3 x 4 + 15 x 1 trials before the verdict "
        "(about 54 model calls, about $0.8100, about 4 min)",
    ]


def test_the_accepted_code_is_part_of_what_looking_again_may_take() -> None:
    trials = [ended("e1", "failed", **SPENT), ended("e0", "passed", **SPENT)]
    assert list(first_lines(PASS, known(*trials, control=True)))[-1] == (
        "looking again: up to 3 x 4 + 15 x 1 trials before the verdict, and 12 of the accepted code if it would be red "
        "(about 78 model calls, about $1.17, about 6 min)"
    )


def test_of_suspects_alone_the_accepted_code_runs_five_trials_each() -> None:
    (_, line) = first_lines(SUSPECT, known(ended("e1", "failed"), control=True))
    assert line == (
        "looking again: up to 15 x 1 trials before the verdict, and 5 of the accepted code if it would be red"
    )


def test_missing_trials_alone_make_nothing_red() -> None:
    (line,) = first_lines(MISSING, known(ended("e1", "passed"), control=True))
    assert line == "looking again: up to 1 trial before the verdict"


def test_suspects_are_named_as_they_run_again() -> None:
    repeats = {f"e{n}": [2] for n in range(5)}
    request = LookRequest(purpose="suspects", reruns=[Rerun(suite="s", reason="suspect", repeats=repeats)])
    line = look_line(request, known(ended("e1", "failed")))
    assert line == "looking again at 5 suspects (e0, e1, e2 and 2 more): up to 5 trials of s"


def test_the_cap_bounds_what_may_come() -> None:
    lines = list(first_lines(PASS, known(ended("e1", "passed"), most_passes=1)))
    assert lines == ["looking again: up to 1 x 4 trials before the verdict"]


def test_repeats_that_a_suspect_has_had_count() -> None:
    lines = list(first_lines(PASS, known(ended("e1", "failed"), plans=(plan(repeat=3),))))
    assert lines[-1] == "looking again: up to 3 x 4 + 13 x 1 trials before the verdict"


def test_a_first_look_at_suspects_alone() -> None:
    lines = list(first_lines(SUSPECT, known(ended("e1", "failed", latency=1.0))))
    assert lines[-1] == "looking again: up to 15 x 1 trials before the verdict (about 8 s)"


@pytest.mark.parametrize(
    ("trial", "takes"),
    [
        ({}, ""),
        ({"latency": 3.0}, " (about 2 s)"),
        ({"llm_calls": 1, "unpriced": ("m",)}, " (about 1 model call, cost unknown)"),
        ({"llm_calls": 1, "total_cost": 0.5, "unpriced": ("m",)}, " (about 1 model call, at least $0.5000)"),
        ({"llm_calls": 1, "total_cost": 0.00001}, " (about 1 model call, less than $0.0001)"),
        ({"llm_calls": 1, "judge_hits": 2, "total_cost": 0.5}, " (about 3 model calls, at least $0.5000)"),
    ],
)
def test_it_says_no_more_than_is_known(trial: dict[str, Any], takes: str) -> None:
    (line,) = first_lines(MISSING, known(ended("e1", "passed", **trial)))
    assert line == f"looking again: up to 1 trial before the verdict{takes}"


BOTH = LookRequest(purpose="passes", reruns=[one_pass(3), *MISSING.reruns])
SEVERAL = LookRequest(purpose="passes", reruns=[one_pass(), one_pass(suite="t")])
CONTROL = LookRequest(
    purpose="control",
    reruns=[Rerun(suite="s", reason="control", repeats={"e1": range(1, 6)})],
    commit="1a2b3c4d5e6f7a8b",
)


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (PASS, "looking again, pass 2 of at most 4: 4 trials of s"),
        (BOTH, "looking again, pass 3 of at most 4: 4 trials, 1 missing trial once more of s"),
        (MISSING, "looking again: 1 missing trial once more of s"),
        (SEVERAL, "looking again, pass 2 of at most 4: 8 trials of 2 suites"),
        (SUSPECT, "looking again at 1 suspect (e1): up to 15 trials of s"),
        (
            CONTROL,
            "running the accepted code (commit 1a2b3c4): 5 trials of s (about 5 model calls, cost unknown)",
        ),
    ],
)
def test_each_session_says_in_a_line_what_it_runs(request_: LookRequest, line: str) -> None:
    circumstances = known(ended("e1", "failed", llm_calls=1), plans=(plan(), plan("t")))
    assert look_line(request_, circumstances) == line


def test_suites_with_unlike_repeats_have_no_pass_of_one_number() -> None:
    request = LookRequest(purpose="passes", reruns=[one_pass(), one_pass(4, suite="t")])
    line = look_line(request, known(plans=(plan(), plan("t", repeat=3))))
    assert line == "looking again: 8 trials of 2 suites"


def test_what_all_of_them_took_is_said_at_the_end() -> None:
    trial = ended("e1", "failed", llm_calls=1, total_cost=0.25)
    looks = [Look(purpose="passes", trials=[trial, trial]), Look(purpose="control", trials=[trial])]
    assert last_line(looks, 12.34) == "looked again: 3 trials, 3 model calls, $0.7500, 12.3 s"
    unpriced = replace(trial, unpriced=("m",))
    assert last_line([Look(purpose="passes", trials=[unpriced])], 1.0) == (
        "looked again: 1 trial, 1 model call, at least $0.2500, 1.0 s"
    )
    silent = replace(trial, total_cost=None, llm_calls=0)
    assert last_line([Look(purpose="passes", trials=[silent])], 1.0) == "looked again: 1 trial, 1.0 s"
