"""``llmobs prompts ab``: what it returns, and what it says to mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_llmobs.cli import main
from pytest_llmobs.prompts.splitting.split import Split
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer

SPLIT = Split("support", {"control": 50, "treatment": 50}, "support")


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Serve users, a trace each; those of an arm may be lost."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def serve(users: int, losing: str = "") -> None:
        spool = Store(tmp_path / ".llmobs").spool()
        tracer = Tracer(project="production", sink=spool)
        for user in range(users):
            if SPLIT.variant(str(user)) != losing or user % 3:
                run = start_root(tracer, "answer", inputs={})
                run.add_stamps(SPLIT.entries(str(user)))
                run.end({})
        spool.close()

    return serve


def test_it_compares_the_arms(serve: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    serve(60)
    assert main(["prompts", "ab", "support", "--since", "1h"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("A/B test of support\nproduction · since 2")
    assert "the shares are what the weights and chance would give" in printed


def test_a_broken_assignment_is_exit_status_1(
    serve: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    serve(900, losing="treatment")
    assert main(["prompts", "ab", "support"]) == 1
    assert "✗ assignment is broken: control has" in capsys.readouterr().out
    assert main(["prompts", "ab", "support", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["broken"] is True
    assert document["findings"] == []


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["suport"], 1, "A/B test of the prompt 'suport'. Did you mean 'support'? Known: support."),
        (["support", "--metric", "latncy"], 1, "has a value of 'latncy'. Did you mean 'latency'?"),
        (["support", "--project", "prod"], 1, "Unknown project 'prod'"),
        (["support", "--since", "yesterday"], 2, "--since 'yesterday' is no time."),
        (["support", "--detect", "0"], 2, "'0' is no size of a difference. Write 0.05, or 5% for a share"),
        (["support", "--detect", "-5%"], 2, "expected one argument"),
        (["support", "--detect", "a lot"], 2, "'a lot' is no size of a difference."),
        ([], 2, "the following arguments are required: NAME"),
    ],
)
def test_mistakes_are_named(
    serve: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    status: int,
    said: str,
) -> None:
    serve(6)
    assert main(["prompts", "ab", *words]) == status
    assert said in capsys.readouterr().err


def test_the_help_says_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prompts", "ab", "--help"]) == 0
    printed = capsys.readouterr().out
    assert "(default: 10%)" in printed
    assert "--metric KEY" in printed
