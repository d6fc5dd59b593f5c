"""Real stores with real runs and experiments, and the command run as users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pytest_llmobs.cli import main
from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.records.decisions import Decision, ExampleRow, MetricRow
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer

SUITE = "tests/test_support.py::test_support_agent"
NODEID = f"{SUITE}[double-charge]"

CONSOLE = ("COLUMNS", "NO_COLOR", "FORCE_COLOR")
"""Environment variables that change what a console is."""


def make_experiment(name: str, started: str, *, red: bool = False, run_id: str | None = None) -> Experiment:
    expected = ExpectedTrial(example_id="double-charge", example_hash="h", repeat=1, nodeid=NODEID)
    plan = SuitePlan(name=SUITE, path="tests/test_support.py", expected=(expected,), total=1)
    trial = Trial(
        suite=SUITE,
        example_id="double-charge",
        example_hash="h",
        repeat=1,
        nodeid=NODEID,
        status="failed" if red else "passed",
        scores={"tone_quality": TrialScore(score=0.31, comment="Cold reply.")},
        message="assert 0.31 >= 0.7" if red else None,
        run_id=run_id,
        total_cost=0.0123,
        total_tokens=1444,
        llm_calls=1,
    )
    row = MetricRow(
        suite=SUITE,
        metric="pass",
        verdict="REGRESSED" if red else "NEUTRAL",
        baseline=1.0,
        candidate=0.0 if red else 1.0,
        delta=-1.0 if red else 0.0,
        n=1,
        expected=1,
        red=red,
    )
    broken = ExampleRow(
        suite=SUITE,
        example_id="double-charge",
        metric="pass",
        state="broken",
        nodeid=NODEID,
        baseline=(1.0,) * 5,
        candidate=(0.0,) * 4,
        comment="assert 0.31 >= 0.7",
        run_id=run_id,
        red=True,
    )
    return Experiment(
        name=name,
        started=started,
        duration=1.5,
        suites=(plan,),
        trials=(trial,),
        commit="921dd62f522ce20cacdc4a643b924e6371436e6a",
        decision=Decision(metrics=(row,), examples=(broken,) if red else ()),
    )


def write_trace(store: Store, project: str) -> str:
    """Write one trace of two runs and return its root's id."""
    spool = store.spool("session")
    root = start_root(
        Tracer(project=project, sink=spool),
        "support_agent",
        inputs={"question": "I was charged twice.", "customer_name": "Ana"},
        columns={"suite": SUITE, "example_id": "double-charge"},
    )
    with root.activate():
        call = root.create_child(
            "messages.create",
            run_type="llm",
            inputs={"system": "You help.", "messages": [{"role": "user", "content": "I was charged twice."}]},
        )
        call.end(
            outputs={"role": "assistant", "content": [{"type": "text", "text": "We will look into it."}]}
        )
    root.end(outputs={"output": "We will look into it."})
    spool.close()
    return root.id


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with a green and, later, a red experiment; the red one has a trace."""
    store = Store(tmp_path / ".llmobs")
    run_id = write_trace(store, "brave-otter")
    for experiment in (
        make_experiment("calm-heron", "2026-11-22T10:00:00+00:00"),
        make_experiment("brave-otter", "2026-11-23T16:14:05+00:00", red=True, run_id=run_id),
    ):
        store.write_experiment(experiment.name, experiment_to_dict(experiment))
    return store


@pytest.fixture
def run_id(store: Store) -> str:
    return next(run.id for run in store.runs(is_root=True))


@dataclass(frozen=True)
class Outcome:
    """What a command came to; as ``subprocess.CompletedProcess`` names it."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def llmobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Run the command in this process, on 80 columns, in ``tmp_path`` unless told otherwise."""
    for name in CONSOLE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    # what a command imports of the user's is gone after the test
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(sys.modules, "judges", None)

    def call(*words: str, cwd: Path = tmp_path) -> Outcome:
        monkeypatch.chdir(cwd)
        capsys.readouterr()
        status = main(words)
        return Outcome(status, *capsys.readouterr())

    return call


@pytest.fixture
def process(tmp_path: Path) -> Callable[..., Outcome]:
    """Run the command in a process of its own, as a user does."""

    def call(*words: str, cwd: Path = tmp_path, **environment: str) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "pytest_llmobs.cli", *words],
            cwd=cwd,
            env=clean_environment(**environment),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call


def clean_environment(**more: str) -> dict[str, str]:
    dropped = (*CONSOLE, "PYTHONIOENCODING", "PYTHONUTF8")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "PYTHONIOENCODING": "utf-8", "COLUMNS": "80", **more}


@pytest.fixture
def sliding(store: Store) -> Callable[[int], None]:
    """Write green experiments whose pass rate slides from one to the next."""

    def write(count: int) -> None:
        for number in range(count):
            base = make_experiment(f"slide-{number}", f"2026-02-{number + 1:02d}T00:00:00+00:00")
            rows = [replace(row, candidate=1.0 - 0.02 * number) for row in base.decision.metrics]
            named = replace(base, decision=Decision(metrics=rows))
            store.write_experiment(named.name, experiment_to_dict(named))

    return write


@pytest.fixture
def older(store: Store) -> Callable[[int], None]:
    """Write more experiments, all older than those of ``store``."""

    def write(count: int) -> None:
        base = make_experiment("x", "2026-01-01T00:00:00+00:00")
        for number in range(count):
            named = replace(
                base, name=f"old-{number:02d}", started=f"2026-01-{number + 1:02d}T00:00:00+00:00"
            )
            store.write_experiment(named.name, experiment_to_dict(named))

    return write


def git(folder: Path, *words: str) -> str:
    """Run git and return what it says."""
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout.strip()


def committed(folder: Path) -> str:
    """Make a folder a repository, commit a line of code on its branch main, and return the commit."""
    git(folder, "init", "-q", "-b", "main")
    (folder / "app.py").write_text("x = 1\n", encoding="utf-8")
    git(folder, "add", "app.py")
    git(folder, "commit", "-qm", "Begin")
    return git(folder, "rev-parse", "--short=12", "HEAD")
