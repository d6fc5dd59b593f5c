"""``llmobs review agreement``: what it measures, and its exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.records import Decision
from pytest_llmobs.workspace import Workspace

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def queues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Queues:
    """Return the queues of a store, with one that is called support."""
    (tmp_path / "pytest.ini").touch()
    (tmp_path / ".llmobs").mkdir()
    monkeypatch.delenv("LLMOBS_STORE", raising=False)
    queues = Workspace.find(tmp_path).open_queues()
    queues.create("support")
    return queues


def decide(queues: Queues, **by_reviewer: str) -> None:
    """Keep a verdict a letter: ``a`` accept, ``r`` reject, a blank for none."""
    decisions = queues.decisions(queues.find("support"))
    for reviewer, letters in by_reviewer.items():
        for run, letter in enumerate(letters):
            if letter != " ":
                decisions.decide(
                    Decision(
                        id=str(uuid4()),
                        run_id=str(UUID(int=run, version=4)),
                        reviewer=reviewer,
                        at=datetime.now(UTC),
                        rubric="0123456789ab",
                        verdict="accept" if letter == "a" else "reject",
                    )
                )


def test_the_bar_counts_for_the_exit_status_only_where_it_is_stated(llmobs: Run, queues: Queues) -> None:
    decide(queues, ada="aaaarrrr", bob="aaarrrra")
    done = llmobs("review", "agreement", "support")
    assert (done.returncode, done.stderr) == (0, "")
    assert "κ 0.50 [-0.63, 0.85]: below 0.70, not exported" in done.stdout
    assert llmobs("review", "agreement", "support", "--least", "0.5").returncode == 0
    done = llmobs("review", "agreement", "support", "--least", "0.51")
    assert done.returncode == 1
    assert "below 0.51, not exported" in done.stdout


def test_unknown_agreement_is_below_a_stated_bar(llmobs: Run) -> None:
    assert llmobs("review", "agreement", "support").returncode == 0
    done = llmobs("review", "agreement", "support", "--least", "0.1")
    assert done.returncode == 1
    assert "agreement unknown: no two reviewers judged the same item" in done.stdout


@pytest.mark.parametrize("least", ["7", "high"])
def test_a_bar_that_is_none_is_a_mistake_in_the_command(llmobs: Run, least: str) -> None:
    done = llmobs("review", "agreement", "support", "--least", least)
    assert done.returncode == 2
    assert "--least" in done.stderr


def test_json_has_every_figure_and_the_gate(llmobs: Run, queues: Queues) -> None:
    decide(queues, ada="aarr", bob="aara")
    found = json.loads(llmobs("review", "agreement", "support", "--json", "--least", "0.9").stdout)
    assert found["gate"]["passes"] is False
    assert found["overall"]["coefficient"] == "cohen"
    assert found["overall"]["value"] == found["verdict"]["cohen"]["value"] == 0.5
    assert found["verdict"]["raw"]["value"] == 0.75
    assert {"alpha", "fleiss", "gwet"} <= found["verdict"].keys()
    assert [pair["name"] for pair in found["pairs"]] == ["ada, bob"]


def test_some_reviewers_are_compared_with_each_other_and_one_with_everybody(
    llmobs: Run, queues: Queues
) -> None:
    decide(queues, ada="aarr  ", bob="aara  ", cleo="  rrrr", dan="    rr")
    names = ("--reviewer", "ada", "--reviewer", "bob")
    two = json.loads(llmobs("review", "agreement", "support", "--json", *names).stdout)
    assert (two["reviewers"], two["reviewed"], two["overall"]["coefficient"]) == (["ada", "bob"], 4, "cohen")
    one = json.loads(llmobs("review", "agreement", "support", "--json", "--reviewer", "ada").stdout)
    assert (one["reviewers"], one["reviewed"]) == (["ada", "bob", "cleo"], 4)
    before = llmobs("review", "--reviewer", "bob", "agreement", "support", "--json", "--reviewer", "ada")
    assert json.loads(before.stdout) == two


def test_an_unknown_reviewer_or_queue_has_near_ones(llmobs: Run, queues: Queues) -> None:
    decide(queues, ada="aa", bob="ar")
    done = llmobs("review", "agreement", "support", "--reviewer", "adda")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "No reviewer 'adda' in the queue 'support'. Did you mean 'ada'? Known: ada, bob.\n"
    )
    done = llmobs("review", "agreement", "suport")
    assert done.returncode == 1
    assert "Did you mean 'support'?" in done.stderr
