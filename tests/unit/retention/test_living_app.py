"""An app that is still running: what it has not sealed yet is named, and goes once it has ended."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_llmobs.storage.store import Store
from tests.unit.cli.conftest import Outcome, clean_environment, llmobs  # noqa: F401 - a fixture

Llmobs = Callable[..., Outcome]
ROOT = Path(__file__).parents[3]
APP = """
import sys
from pathlib import Path
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer

spool = Store(Path(sys.argv[1])).spool()
for user in ("ann-4711", "bob-0815"):
    root = start_root(Tracer(project="production", sink=spool), "answer", inputs={"asked": user},
                      metadata={"user_id": user})
    root.end(outputs={"said": "Nothing."})
print("running", flush=True)
sys.stdin.readline()
spool.close()
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    running = subprocess.Popen(
        [sys.executable, "-c", APP, str(tmp_path / ".llmobs")],
        cwd=ROOT,
        env=clean_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "running\n"
    yield running
    running.kill()
    running.communicate()


@pytest.mark.parametrize("is_killed", [False, True])
def test_runs_of_a_living_app_are_named_and_go_once_it_has_ended(
    app: subprocess.Popen[str],
    is_killed: bool,
    tmp_path: Path,
    llmobs: Llmobs,  # noqa: F811
) -> None:
    store = Store(tmp_path / ".llmobs")

    early = llmobs("purge", "--user", "ann-4711", "--yes")

    assert early.returncode == 1
    told = " ".join(early.stdout.split())
    assert "1 run in .llmobs/spool/" in told
    assert "run this again once the process has sealed it, or has ended" in told
    if is_killed:
        app.kill()
    app.communicate("\n")
    late = llmobs("purge", "--user", "ann-4711", "--yes")
    assert late.returncode == 0, late.stdout + late.stderr
    assert [run.inputs for run in store.runs()] == [{"asked": "bob-0815"}]
    assert list((tmp_path / ".llmobs" / "purges").glob("unfinished-*")) == []
