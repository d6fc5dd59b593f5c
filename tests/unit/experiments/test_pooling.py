"""Every stored experiment of accepted code is pooled into the baselines, red or green, and nothing else is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.baselines.file import load_baseline, save_baseline
from pytest_llmobs.baselines.paths import baseline_path
from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.experiments.accepted import accepted_code, usual_branch
from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.experiments.git import current_commit
from pytest_llmobs.experiments.pooling import Pool, PooledExperiment
from pytest_llmobs.experiments.references import baseline_of
from pytest_llmobs.experiments.stored import read_heads
from pytest_llmobs.records.experiments import Experiment, SessionEnd
from pytest_llmobs.records.looks import Look
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.suites import World


class History:
    """A repository with a store and a baseline; what happens in it happens on days of January."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder / ".llmobs")
        self.path = baseline_path(folder / "llm-baselines", World().plan.name)
        self.git("init", "-q", "-b", "main")
        self.commit("x = 1")

    def git(self, *words: str) -> None:
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        subprocess.run(["git", "-C", str(self.folder), *identity, *words], check=True, capture_output=True)

    def commit(self, code: str) -> None:
        (self.folder / "app.py").write_text(code)
        self.git("add", "app.py")
        self.git("commit", "-q", "--allow-empty", "-m", code)

    def ran(self, day: int, trials: Iterable[Trial], w: World | None = None, **more: Any) -> Experiment:
        """Store an experiment of the current commit."""
        fields: dict[str, Any] = {
            "name": f"day-{day}",
            "commit": current_commit(self.folder),
            "clean": True,
            "suites": ((w or World()).plan,),
            **more,
        }
        experiment = Experiment(
            started=f"2026-01-{day:02}T08:00:00+00:00",
            duration=1.0,
            trials=tuple(trials),
            **fields,
        )
        self.store.write_experiment(experiment.name, experiment_to_dict(experiment))
        return experiment

    def record(self, experiment: Experiment) -> None:
        baseline = baseline_of(experiment, World().plan.name)
        assert baseline is not None
        save_baseline(self.path, baseline)

    def pool(self, branch: str = "main", **more: Any) -> dict[str, PooledExperiment]:
        objection = accepted_code(self.folder, branch)
        pool = Pool(self.store, read_heads(self.store), objection, more.pop("since", None))
        return {pooled.experiment: pooled for pooled in pool.add_to(self.path, **more)}

    @property
    def baseline(self) -> Baseline:
        baseline = load_baseline(self.path)
        assert baseline is not None
        return baseline

    def days(self, example: str = "e000") -> list[str]:
        """Return the experiments that an example's passes come from."""
        return [self.baseline.sessions[key].experiment for key in self.baseline.rows[example].sessions]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def test_red_and_green_are_pooled_alike(history: History, world) -> None:
    w = world()
    history.record(history.ran(5, w.trials()))
    history.ran(6, w.trials())
    history.ran(7, w.trials(False), end=SessionEnd(exit_status=1))
    pooled = history.pool()
    assert [(each.red, each.passes, each.examples) for each in pooled.values()] == [
        (False, 0, 0),
        (False, 1, 3),
        (True, 1, 3),
    ]
    assert pooled["day-5"].objection == "in the baseline already"
    assert history.baseline.rows["e000"].passes == (1.0, 1.0, 0.0)
    assert history.days() == ["day-5", "day-6", "day-7"]


def test_twice_adds_nothing_twice(history: History, world) -> None:
    w = world()
    history.record(history.ran(5, w.trials()))
    history.ran(6, w.trials())
    history.pool()
    before = history.path.read_bytes()
    assert {each.objection for each in history.pool().values()} == {"in the baseline already"}
    assert history.path.read_bytes() == before


def test_a_dry_run_writes_nothing(history: History, world) -> None:
    w = world()
    history.record(history.ran(5, w.trials()))
    history.ran(6, w.trials())
    before = history.path.read_bytes()
    assert history.pool(dry_run=True)["day-6"].examples == 3
    assert history.path.read_bytes() == before


def test_only_the_first_session_of_an_experiment_counts(history: History, world) -> None:
    w = world()
    history.record(history.ran(5, w.trials()))
    further = Look(purpose="passes", trials=tuple(w.trials(False, start=1)))
    history.ran(6, w.trials(), looks=(further,))
    history.pool()
    assert history.baseline.rows["e000"].passes == (1.0, 1.0)


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "an interrupted one": ({"interrupted": True}, "interrupted"),
    "a partial one": ({"suites": (World(total=9).plan,)}, "partial"),
    "one outside git": ({"commit": None}, "of an unknown commit"),
    "one of uncommitted code": (
        {"clean": False, "commit": "abc123+dirty"},
        "run with uncommitted changes to abc123",
    ),
    "one of an unknown commit": (
        {"commit": "0123456789ab"},
        "of commit 0123456, which main doesn't have",
    ),
    "a part of one": ({"shard": "1/2", "name": "day-6.shard-1-of-2"}, "part 1/2 of another"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_says_nothing_of_accepted_code_is_named_with_the_reason(
    kind: str, history: History, world
) -> None:
    w = world()
    fields, reason = OTHERS[kind]
    history.record(history.ran(5, w.trials()))
    name = history.ran(6, w.trials(), **fields).name
    assert history.pool()[name].objection == reason
    assert history.days() == ["day-5"]


def test_changed_baselines_alone_make_no_code_uncommitted(history: History, world) -> None:
    w = world()
    history.record(history.ran(5, w.trials()))
    commit = current_commit(history.folder)
    history.ran(6, w.trials(), commit=f"{commit}+dirty", clean=True)
    assert history.pool()["day-6"].examples == 3


def test_documents_of_version_1_do_not_say_clean_and_say_dirty(history: History, world) -> None:
    w = world()
    history.record(history.ran(5, w.trials()))
    history.ran(6, w.trials(), clean=False)
    assert history.pool()["day-6"].examples == 3


def test_the_code_of_another_branch_is_not_accepted_until_it_is_merged(history: History, world) -> None:
    w = world()
    history.record(history.ran(5, w.trials()))
    history.git("checkout", "-q", "-b", "feature")
    history.commit("x = 2")
    history.ran(6, w.trials())
    assert history.pool()["day-6"].objection.endswith("which main doesn't have")
    history.git("checkout", "-q", "main")
    history.git("merge", "-q", "feature")
    assert history.pool()["day-6"].examples == 3


class TestRecordedAnew:
    """A baseline that was recorded anew isn't filled up with what the code did before."""

    def test_older_experiments_of_the_same_code_are_pooled(self, history: History, world) -> None:
        w = world()
        history.ran(4, w.trials())
        history.record(history.ran(5, w.trials()))
        history.pool()
        assert history.days() == ["day-4", "day-5"]

    def test_those_of_other_code_are_not_unless_a_date_asks_for_them(self, history: History, world) -> None:
        w = world()
        history.ran(3, w.trials(False))
        history.ran(4, w.trials(False))
        history.commit("x = 2")
        history.record(history.ran(5, w.trials()))
        assert history.pool()["day-4"].objection == (
            "3 examples recorded anew since, for other code (--since DATE adds to them)"
        )
        pooled = history.pool(since=datetime(2026, 1, 4, tzinfo=UTC))
        assert pooled["day-3"].objection == "older than --since says"
        assert history.days() == ["day-4", "day-5"]

    def test_newer_experiments_are_pooled_whatever_the_code(self, history: History, world) -> None:
        w = world()
        history.record(history.ran(5, w.trials()))
        history.commit("x = 2")
        history.ran(6, w.trials())
        history.pool()
        assert history.days() == ["day-5", "day-6"]


def test_examples_that_changed_get_nothing(history: History, world) -> None:
    w = world(4)
    edited = replace(w.plan.expected[1], example_hash="edited")
    expected = (w.plan.expected[0], edited, *w.plan.expected[2:])
    history.record(history.ran(5, world().trials()))
    history.ran(6, w.trials(), w.changed(expected=expected))
    pooled = history.pool()["day-6"]
    assert (pooled.examples, pooled.left_out) == (2, "1 example edited since, 1 example not in the baseline")


def test_an_experiment_of_quite_other_examples_is_none_of_it(history: History, world) -> None:
    history.record(history.ran(5, world().trials()))
    other = world(["a", "b"])
    history.ran(6, other.trials(), other)
    assert history.pool()["day-6"].objection == "without an example that the baseline has, unchanged"


def test_other_evaluators_are_named(history: History, world) -> None:
    history.record(history.ran(5, world().trials()))
    other = world(metrics={"tone": "v1"})
    history.ran(6, other.trials(), other)
    reason = "not of what was recorded, different: evaluator tone: none -> v1"
    assert history.pool()["day-6"].objection == reason


def test_a_baseline_of_version_1_is_not_given_its_own_passes_again(history: History, world) -> None:
    w = world()
    history.record(history.ran(5, w.trials()))
    session = history.baseline.sessions.popitem()[1]
    rows = {}
    for name, row in history.baseline.rows.items():
        rows[name] = replace(row, sessions={"unknown": 1})
    save_baseline(
        history.path,
        replace(
            history.baseline, rows=rows, sessions={"unknown": replace(session, commit=None, clean=False)}
        ),
    )
    history.ran(6, w.trials())
    pooled = history.pool()
    assert pooled["day-5"].objection == "in the baseline already"
    assert pooled["day-6"].examples == 3


class TestWhatWasSent:
    """Prompts are read from the traces in the store."""

    @pytest.fixture
    def trace(self, history: History) -> Callable[..., str]:
        """Write a trace of one model call, and return the root run's id."""

        def write(project: str, system: str) -> str:
            spool = history.store.spool(f"session-{project}")
            root = start_root(Tracer(project=project, sink=spool), "agent", inputs={"question": "Why?"})
            with root.activate():
                messages = [{"role": "user", "content": "Why?"}]
                inputs = {"system": system, "messages": messages}
                call = root.create_child("messages.create", run_type="llm", inputs=inputs)
                call.end(outputs={"role": "assistant", "content": "So."})
            root.end(outputs={"output": "So."})
            spool.close()
            return root.id

        return write

    def ran(self, history: History, day: int, run_id: str) -> Experiment:
        w = World(1)
        trials = [replace(trial, run_id=run_id, llm_calls=1) for trial in w.trials()]
        return history.ran(day, trials, w)

    def recorded(self, history: History, run_id: str) -> None:
        from pytest_llmobs.experiments.stored_trials import recalled

        experiment = self.ran(history, 5, run_id)
        history.store.seal()
        keys = {(trial.suite, trial.example_id) for trial in experiment.trials}
        trials = recalled(experiment.trials, history.store, experiment.name, keys)
        history.record(replace(experiment, trials=trials))
        assert "system" in history.baseline.rows["e000"].fingerprints

    def test_the_same_prompt_is_more_of_the_same(self, history: History, trace) -> None:
        self.recorded(history, trace("day-5", "Be kind."))
        self.ran(history, 6, trace("day-6", "Be kind."))
        assert history.pool()["day-6"].examples == 1

    def test_another_prompt_is_another_baseline(self, history: History, trace) -> None:
        self.recorded(history, trace("day-5", "Be kind."))
        self.ran(history, 6, trace("day-6", "Be brief."))
        reason = "not of what was recorded, different: system prompt (e000)"
        assert history.pool()["day-6"].objection == reason

    def test_where_the_traces_are_gone_nobody_can_tell(self, history: History, trace) -> None:
        self.recorded(history, trace("day-5", "Be kind."))
        self.ran(history, 6, "0198d6b2-0000-7000-8000-000000000000")
        assert history.pool()["day-6"].objection == "what was sent to models is not stored any more"


class TestUsualBranch:
    """What `--history` takes for the branch of accepted code."""

    def test_main_or_master_without_a_remote(self, history: History) -> None:
        assert usual_branch(history.folder) == "main"
        history.git("branch", "-m", "master")
        assert usual_branch(history.folder) == "master"
        history.git("branch", "-m", "trunk")
        assert usual_branch(history.folder) is None

    def test_the_remotes_own_word_is_taken(
        self, history: History, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        history.git("branch", "-m", "trunk")
        clone = tmp_path_factory.mktemp("clone")
        subprocess.run(
            ["git", "clone", "-q", str(history.folder), str(clone)], check=True, capture_output=True
        )
        assert usual_branch(clone) == "origin/trunk"

    def test_outside_git_there_is_none(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        assert usual_branch(tmp_path_factory.mktemp("bare")) is None
