"""``llmobs baseline add`` as users run it, and ``llmobs drift`` over what it has added."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.baselines.file import load_baseline, save_baseline
from pytest_llmobs.baselines.paths import baseline_path
from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.experiments.references import baseline_of
from pytest_llmobs.storage.store import Store
from tests.unit.cli.conftest import SUITE, Outcome, committed, git, make_experiment

MAIN = ("baseline", "add", "--branch", "main")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A baseline and a store; the experiment of the baseline, a red one of accepted code, and one of a branch's."""
    commit = committed(tmp_path)
    store = Store(tmp_path / ".llmobs")
    experiments = {
        "calm-heron": (make_experiment("calm-heron", "2026-11-20T10:00:00+00:00"), commit),
        "brave-otter": (make_experiment("brave-otter", "2026-11-21T10:00:00+00:00", red=True), commit),
        "vivid-comet": (make_experiment("vivid-comet", "2026-11-22T10:00:00+00:00"), "0123456789ab"),
    }
    for experiment, code in experiments.values():
        trials = [replace(trial, llm_calls=0) for trial in experiment.trials]
        ran = replace(experiment, trials=trials, commit=code, clean=True)
        store.write_experiment(ran.name, experiment_to_dict(ran))
        if ran.name == "calm-heron":
            baseline = baseline_of(ran, SUITE)
            assert baseline is not None
            save_baseline(baseline_path(tmp_path / "llm-baselines", SUITE), baseline)
    return store


def test_what_was_added_and_what_was_not_is_told(llmobs: Callable[..., Outcome], store: Store) -> None:
    done = llmobs(*MAIN)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        SUITE,
        "+ brave-otter, 2026-11-21 10:00 UTC, red: 1 pass to 1 example",
        "· 1 experiment not added, in the baseline already: calm-heron",
        "· 1 experiment not added, of commit 0123456, which main doesn't have:",
        "  vivid-comet",
    ]
    assert done.stderr == "Added 1 experiment. Commit this: git add -A llm-baselines\n"


def test_a_second_time_adds_nothing(llmobs: Callable[..., Outcome], store: Store, tmp_path: Path) -> None:
    llmobs(*MAIN)
    before = {path.name: path.read_bytes() for path in (tmp_path / "llm-baselines").iterdir()}
    done = llmobs(*MAIN)
    assert (done.returncode, done.stderr) == (0, "Nothing was added.\n")
    assert {path.name: path.read_bytes() for path in (tmp_path / "llm-baselines").iterdir()} == before


def test_a_dry_run_adds_nothing(llmobs: Callable[..., Outcome], store: Store, tmp_path: Path) -> None:
    assert llmobs(*MAIN, "--dry-run").stderr == "1 experiment would be added.\n"
    baseline = load_baseline(baseline_path(tmp_path / "llm-baselines", SUITE))
    assert baseline is not None
    assert baseline.repeat == 1


def test_machines_are_told_the_same(llmobs: Callable[..., Outcome], store: Store) -> None:
    pooled = json.loads(llmobs(*MAIN, "--json").stdout)
    assert [(each["experiment"], each["examples"], each["objection"]) for each in pooled] == [
        ("calm-heron", 0, "in the baseline already"),
        ("brave-otter", 1, ""),
        ("vivid-comet", 0, "of commit 0123456, which main doesn't have"),
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("baseline", "add"), "the following arguments are required: --branch"),
        (("baseline", "add", "--branch", "trunk"), "git knows no commit 'trunk' here. Check its name with"),
        ((*MAIN, "--since", "yesterday"), "'yesterday' is no date; write one as 2026-11-30"),
        ((*MAIN, "--dir", "elsewhere"), "There is no folder 'elsewhere'"),
        (
            (*MAIN, "--dir", ".llmobs"),
            "There is no baseline in '.llmobs'. --llm-update-baseline records one.",
        ),
    ],
)
def test_what_makes_no_sense_is_said(
    words: tuple[str, ...], message: str, llmobs: Callable[..., Outcome], store: Store
) -> None:
    done = llmobs(*words)
    assert done.returncode == 2
    assert message in done.stderr


def test_since_a_date(llmobs: Callable[..., Outcome], store: Store) -> None:
    done = llmobs(*MAIN, "--since", "2026-11-22")
    assert "· 2 experiments not added, older than --since says: calm-heron, brave-otter" in done.stdout


class TestDrift:
    """How far accepted code moved, from the committed baselines alone."""

    def test_one_session(self, llmobs: Callable[..., Outcome], store: Store, tmp_path: Path) -> None:
        commit = git(tmp_path, "rev-parse", "--short=12", "HEAD")
        done = llmobs("drift")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines() == [
            SUITE,
            "  accepted code, 1 session, 1 example",
            " · pass  1.00",
            "",
            f"  2026-11-20 10:00 UTC {commit[:7]} (1 pass)",
            " ! one day only: --llm-update-baseline=add on another one says how far it moves",
        ]

    def test_two_sessions(self, llmobs: Callable[..., Outcome], store: Store) -> None:
        llmobs(*MAIN)
        lines = llmobs("drift").stdout.splitlines()
        assert lines[1] == "  accepted code, 2 sessions, 1 example"
        assert lines[2].startswith(" · pass  1.00 0.00 (p = ")

    def test_machines_are_told_the_same(self, llmobs: Callable[..., Outcome], store: Store) -> None:
        llmobs(*MAIN)
        (drift,) = json.loads(llmobs("drift", "--json").stdout)
        assert (drift["suite"], drift["examples"], drift["has_days"]) == (SUITE, 1, False)
        assert drift["metrics"][0]["means"] == [1.0, 0.0]
        assert [each["experiment"] for each in drift["sessions"].values()] == ["calm-heron", "brave-otter"]

    def test_a_fresh_clone_has_no_store(
        self, llmobs: Callable[..., Outcome], store: Store, tmp_path: Path
    ) -> None:
        store.root.rename(tmp_path / "moved")
        done = llmobs("drift")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(SUITE)

    def test_a_suite_may_be_named(self, llmobs: Callable[..., Outcome], store: Store) -> None:
        assert llmobs("drift", "support_agent").stdout.startswith(SUITE)
        done = llmobs("drift", "nowhere")
        assert (done.returncode, done.stderr) == (
            2,
            f"llmobs: No suite's name holds 'nowhere'. Known: {SUITE}.\n",
        )
