"""What ``llmobs prompts ab`` prints."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pytest_llmobs.experiments.splits.assignments import Assignments, ServedRun
from pytest_llmobs.experiments.splits.comparison import compare_arms
from pytest_llmobs.experiments.splits.metrics import Detect
from pytest_llmobs.prompts.splitting.notes import NotedArm
from pytest_llmobs.reports.pages.prompts.ab import comparison_text
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
WEIGHTS = {"control": 80, "treatment": 20}


def runs_of(arms: Mapping[str, int], weights: Mapping[str, float] = WEIGHTS) -> list[ServedRun]:
    runs: list[ServedRun] = []
    for arm, users in arms.items():
        for _ in range(users):
            number = len(runs)
            runs.append(
                ServedRun(
                    id=f"run-{number}",
                    trace_id=f"trace-{number}",
                    start_time=START + timedelta(seconds=number),
                    latency=1.0,
                    failed=False,
                    scores={},
                    noted=NotedArm(arm, f"user-{number}", weights),
                )
            )
    return runs


def printed(
    runs: list[ServedRun], rates: Mapping[str, float] | None = None, width: int = 80, several: int = 0
) -> str:
    chance = random.Random(1)
    values = {}
    if rates:
        values["user_rating"] = {run.id: float(chance.random() < rates[run.noted.arm]) for run in runs}
        values["latency"] = {run.id: 1 + chance.random() for run in runs}
        values["cost"] = {run.id: 0.0012 + chance.random() / 1_000 for run in runs}
    assignments = Assignments(runs=runs, top_of={}, of_several_users=several)
    comparison = compare_arms("support", assignments, values, Detect(0.1, relative=True))
    return comparison_text(comparison, "production", START.isoformat(), Page(width=width))


PAGE = """\
A/B test of support
production · since 2026-11-23 12:00 UTC · 2,000 users · 2,000 runs

arm        users  share  meant   runs
─────────────────────────────────────
control    1,600  80.0%  80.0%  1,600
treatment    400  20.0%  20.0%    400
✓ the shares are what the weights and chance would give (p 1)

metric          users   mean       Δ     95 % interval      p   Holm    more
────────────────────────────────────────────────────────────────────────────
user_rating
  control       1,600  0.691
  treatment       400  0.818  +0.127  +0.078 to +0.176  <.001  <.001  enough
latency (s)
  control       1,600  1.498
  treatment       400  1.498   0.000  −0.032 to +0.032   .994   .994  enough
cost/1,000 ($)
  control       1,600  1.705
  treatment       400  1.694  −0.012  −0.043 to +0.020   .466   .932  enough

▲ user_rating: treatment is higher by 0.127 (p <.001)

Δ: from control, over users' means. Holm: p adjusted for 3 differences. Both
hold for one look, at a number of users planned beforehand: who looks again and
again finds differences that aren't there.
more: users still needed to find a difference of 10 % of control's mean in four
tests of five; a user comes with 1.0 runs.
"""


def test_the_page() -> None:
    text = printed(runs_of({"control": 1_600, "treatment": 400}), {"control": 0.7, "treatment": 0.8})
    assert text == PAGE.removesuffix("\n")


def test_a_broken_assignment_is_told_before_the_metrics_and_names_no_winner() -> None:
    text = printed(runs_of({"control": 1_000, "treatment": 400}), {"control": 0.6, "treatment": 0.8})
    alarm, metrics = text.index("✗ assignment is broken: control has 71.4%"), text.index("user_rating")
    assert alarm < metrics
    assert "Usual causes" in text
    assert "is higher" not in text


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("arm", ["treatment", "a-very-long-name-of-an-arm-that-somebody-thought-of", "処理"])
def test_no_line_is_wider_than_the_page(width: int, arm: str) -> None:
    runs = runs_of({"control": 900, arm: 100}, {"control": 80, arm: 20})
    text = printed(runs, {"control": 0.6, arm: 0.8}, width, several=3)
    assert max(map(cells.width, text.splitlines())) <= width


def test_what_is_left_out_is_named() -> None:
    runs = runs_of({"control": 8, "treatment": 4})
    runs[1] = replace(runs[1], noted=NotedArm("treatment", "user-0", {"control": 1, "treatment": 1}))
    runs[2] = replace(runs[2], noted=NotedArm("control", "user-2", {"control": 1, "treatment": 1}))
    runs[3] = replace(runs[3], noted=NotedArm("control", "user-3", {}))
    runs[4] = replace(runs[4], noted=NotedArm("control", None, WEIGHTS))
    for number, commit in ((5, "0123456789abcdef"), (6, "ba9876543210fedc")):
        runs[number] = replace(runs[number], commits=(commit,))
    lines = " ".join(printed(runs, several=2, width=200).split())
    assert "2 commits" in lines
    assert (
        "! control stands for several commits, as where a tag was moved, and mixes them: 0123456789ab, ba"
        in lines
    )
    assert "! the weights changed: control 80, treatment 20; then control 1, treatment 1." in lines
    assert "! left out: 1 user given several arms" in lines
    assert "! left out: 1 run that says nothing of the user" in lines
    assert "! left out: 2 traces of several users at once" in lines
    assert "! not in the check of the shares: 1 user whose run says nothing of the weights" in lines


@pytest.mark.parametrize(
    ("arms", "rates", "said"),
    [
        ({"control": 9}, {"control": 0.5}, "fewer than two arms have users: nothing to compare yet"),
        (
            {"control": 1, "treatment": 1},
            {"control": 1, "treatment": 0},
            "too little to compare: a test takes two",
        ),
        ({"control": 1, "treatment": 1}, None, "too few users to check the shares"),
        (
            {"control": 80, "treatment": 20},
            {"control": 0.5, "treatment": 0.5},
            "no difference that chance doesn't",
        ),
    ],
)
def test_too_little_is_a_sentence(arms: dict[str, int], rates: dict[str, float] | None, said: str) -> None:
    text = printed(runs_of(arms), rates)
    assert said in " ".join(text.split())
    assert "nan" not in text.lower()


def test_nobody_is_a_sentence_too() -> None:
    assert "0 users · 0 runs" in printed([], several=2)
