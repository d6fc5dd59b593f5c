"""An erasure from its report to its receipt, in a store as apps and sessions leave it."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_llmobs.client import Client
from pytest_llmobs.storage.store import Store
from tests.unit.cli.conftest import Outcome, clean_environment, llmobs  # noqa: F401 - a fixture
from tests.unit.retention.shop import ANN, BOB, QUESTIONS, build, trace

ROOT = Path(__file__).parents[3]
Llmobs = Callable[..., Outcome]


KILLED = [1, 2, 3, 5, 8, 11, 14, 17, 20]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop to be copied."""
    folder = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        build(folder)
    return folder


@pytest.fixture
def shop(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture(scope="module")
def killed(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """Shops by the step before which an erasure of Ann was killed, and how it ended."""
    folder = tmp_path_factory.mktemp("killed")
    words = [sys.executable, "-m", "tests.unit.retention.shop", str(template), str(folder), ANN]
    done = subprocess.run(
        [*words, *map(str, KILLED)], cwd=ROOT, env=clean_environment(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def questions(folder: Path) -> list[str]:
    """Return what the runs of a store were asked."""
    return sorted(str(run.inputs) for run in Store(folder / ".llmobs").runs())


def texts(folder: Path) -> str:
    """Return the text of every file that is no Parquet."""
    content = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".parquet" and path.name != ".lock":
            content.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(content)


def assert_only_bob_is_left(folder: Path) -> None:
    assert len(questions(folder)) == 4
    assert not any(QUESTIONS[ANN] in question for question in questions(folder))
    left = texts(folder)
    for gone in (ANN, QUESTIONS[ANN], "ann"):
        assert f'"{gone}' not in left
    for kept in (QUESTIONS[BOB], BOB, '"bob"'):
        assert kept in left
    feedback = Store(folder / ".llmobs").feedback.current()
    assert feedback.num_rows == 1


def test_everything_of_a_person_goes_and_everybody_elses_stays(shop: Path, llmobs: Llmobs) -> None:  # noqa: F811
    done = llmobs("purge", "--user", ANN, "--yes", "--json")

    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert told["complete"]
    assert told["remaining"] == []
    numbers = {place["place"]: place["number"] for place in told["places"]}
    assert numbers == {
        "runs": 4,
        "feedback": 1,
        "judgements": 1,
        "cassettes": 1,
        "queues": 1,
        "decisions": 1,
        "calibration sets": 1,
        "reviews under way": 1,
        "experiments": 1,
        "baselines": 1,
        "datasets": 1,
        "versions": numbers["versions"],
    }
    assert_only_bob_is_left(shop)
    receipt = Path(told["receipt"]).read_text()
    for secret in (ANN, QUESTIONS[ANN], '"ann"'):
        assert secret not in receipt
    assert [path.name for path in (shop / ".llmobs" / "purges").iterdir()] == [Path(told["receipt"]).name]


def test_a_dry_run_changes_nothing(shop: Path, llmobs: Llmobs) -> None:  # noqa: F811
    before = texts(shop)

    done = llmobs("purge", "--user", ANN, "--dry-run")

    assert done.returncode == 0
    assert "Nothing was erased. To erase it: llmobs purge --user ann-4711 --yes" in done.stderr
    assert texts(shop) == before
    assert len(questions(shop)) == 8


@pytest.mark.parametrize("step", KILLED)
def test_killed_anywhere_a_second_run_finishes(
    killed: tuple[Path, dict[str, int]],
    step: int,
    llmobs: Llmobs,  # noqa: F811
) -> None:
    folder, ends = killed
    shop, end = folder / str(step), ends[str(step)]
    assert end in (-9, 0)

    again = llmobs("purge", "--user", ANN, "--yes", cwd=shop)

    assert again.returncode == (0 if end else 1), again.stdout + again.stderr
    assert_only_bob_is_left(shop)
    assert list((shop / ".llmobs" / "purges").glob("unfinished-*")) == []


def test_an_unknown_person_is_no_success(shop: Path, llmobs: Llmobs) -> None:  # noqa: F811
    done = llmobs("purge", "--user", "ann-471", "--yes")

    assert done.returncode == 1
    assert "Nothing found: nobody has the id 'ann-471'" in done.stderr
    assert not (shop / ".llmobs" / "purges").exists()


def test_another_key_names_the_person(shop: Path, llmobs: Llmobs) -> None:  # noqa: F811
    assert "4 runs" not in llmobs("purge", "--user", ANN, "--key", "customer", "--dry-run").stdout
    (shop / "pytest.ini").write_text("[pytest]\nllm_user_keys = customer, user_id\n")
    assert "4 runs" in llmobs("purge", "--user", ANN, "--dry-run").stdout


@pytest.mark.parametrize("hold", ["prod*", 'eq(name, "answer")'])
def test_what_is_held_is_named_and_kept(shop: Path, hold: str, llmobs: Llmobs) -> None:  # noqa: F811
    (shop / "pytest.ini").write_text(f"[pytest]\nllm_legal_hold =\n    {hold}\n")

    done = llmobs("purge", "--user", ANN, "--yes", "--json")

    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["held"] == {"runs": 2, "by": [hold]}
    assert len(questions(shop)) == 8
    assert '"ann"' in (shop / "datasets" / "golden.jsonl").read_text()


def test_a_filter_that_makes_no_sense_erases_nothing(shop: Path, llmobs: Llmobs) -> None:  # noqa: F811
    (shop / "pytest.ini").write_text("[pytest]\nllm_legal_hold = equals(name, 1)\n")

    done = llmobs("purge", "--user", ANN, "--yes")

    assert done.returncode == 2
    assert "llm_legal_hold" in done.stderr
    assert len(questions(shop)) == 8


def test_whoever_is_only_written_about_is_named(shop: Path, llmobs: Llmobs) -> None:  # noqa: F811
    (shop / "prompts").mkdir()
    (shop / "prompts" / "support.md").write_text(f"Be polite, most of all to {ANN}.\n")

    done = llmobs("purge", "--user", ANN, "--yes")

    assert done.returncode == 1
    assert "prompts/support.md: the id of the person" in done.stdout
    assert "most of all" in (shop / "prompts" / "support.md").read_text()


def test_old_traces_go_and_datasets_stay(shop: Path, llmobs: Llmobs) -> None:  # noqa: F811
    later = (datetime.now(UTC) - timedelta(microseconds=1)).isoformat()
    dataset = (shop / "datasets" / "golden.jsonl").read_text()
    trace(Store(shop / ".llmobs"), "production", "Is this a new question, asked today?", BOB)

    done = llmobs("purge", "--older-than", later, "--project", "production", "--yes")

    assert done.returncode == 0, done.stdout + done.stderr
    left = questions(shop)
    assert len(left) == 6
    assert (shop / "datasets" / "golden.jsonl").read_text() == dataset
    assert Store(shop / ".llmobs").feedback.current().num_rows == 0
    again = llmobs("purge", "--older-than", later, "--project", "production", "--yes")
    assert again.returncode == 1
    assert "Nothing found" in again.stderr


def test_what_is_too_old_goes_whole_and_a_hold_keeps_its_projects(shop: Path, llmobs: Llmobs) -> None:  # noqa: F811
    (shop / "pytest.ini").write_text("[pytest]\nllm_legal_hold = night*\n")
    by_now = datetime.now(UTC).isoformat()

    done = llmobs("purge", "--older-than", by_now, "--yes", "--json")

    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert told["held"] == {"runs": 4, "by": ["night*"]}
    assert len(questions(shop)) == 4
    assert Store(shop / ".llmobs").feedback.current().num_rows == 0
    assert list(shop.glob(".llmobs/runs/*")) == [shop / ".llmobs" / "runs" / "project=nightly"]


def test_nothing_is_that_old(shop: Path, llmobs: Llmobs) -> None:  # noqa: F811
    done = llmobs("purge", "--older-than", "2020-01-01", "--yes")

    assert done.returncode == 1
    assert "has no trace that began before 2020-01-01T00:00:00+00:00" in done.stderr
    assert len(questions(shop)) == 8
    unknown = llmobs("purge", "--older-than", "0d", "--project", "prod", "--yes")
    assert unknown.returncode == 1
    assert "Known: nightly, production." in unknown.stderr


@pytest.mark.parametrize(
    "words, reason",
    [
        (["--user", ANN], "Nobody can be asked here"),
        (["--user", ANN, "--yes", "--dry-run"], "Give one of them"),
        (["--user", ANN, "--project", "production", "--yes"], "--project goes with --older-than"),
        (["--older-than", "30d", "--key", "user", "--yes"], "--key goes with --user"),
        (["--older-than", "soon", "--yes"], "is no time"),
        (["--older-than", "2126-01-01", "--yes"], "lies in the future"),
        (["--user", " ", "--yes"], "--user is empty"),
        ([], "one of the arguments --user --older-than is required"),
    ],
)
def test_what_makes_no_sense_is_refused(words: list[str], reason: str, shop: Path, llmobs: Llmobs) -> None:  # noqa: F811
    done = llmobs("purge", *words)

    assert done.returncode == 2
    assert reason in done.stderr


def test_a_remote_store_is_erased_where_it_lies(shop: Path, llmobs: Llmobs) -> None:  # noqa: F811
    bucket = (shop.parent / f"{shop.name}-bucket").as_uri()
    assert llmobs("upload", bucket).returncode == 0

    told = llmobs("purge", "--user", ANN, "--dry-run")
    assert "uploaded to" in told.stdout
    done = llmobs("purge", "--user", ANN, "--yes", "--store", bucket)

    assert done.returncode == 0, done.stdout + done.stderr
    folder = shop.parent / f"{shop.name}-bucket"
    assert QUESTIONS[ANN] not in texts(folder)
    assert '"ann"' not in (folder / "experiments" / "nightly.json").read_text()
    assert len(list((shop / ".llmobs" / "purges").glob("2*.json"))) == 1


@pytest.mark.parametrize("answer, left", [("\n", 8), ("y\n", 4)])
def test_on_a_terminal_it_asks_and_no_is_the_answer(shop: Path, answer: str, left: int) -> None:
    controller, terminal = pty.openpty()
    asking = subprocess.Popen(
        [sys.executable, "-m", "pytest_llmobs.cli", "purge", "--user", ANN],
        cwd=shop,
        env=clean_environment(),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    os.write(controller, answer.encode())
    shown = read_all(controller)
    asking.wait()

    assert "Erase it? There is no way back. [y/N]" in shown
    assert len(questions(shop)) == left
    assert ("Nothing was erased" in shown) == (left == 8)


def read_all(descriptor: int) -> str:
    """Return what a terminal shows, until the process that writes to it has ended."""
    pieces = []
    while True:
        try:
            piece = os.read(descriptor, 4096)
        except OSError:  # Linux says so once nobody has it open
            piece = b""
        if not piece:
            os.close(descriptor)
            return b"".join(pieces).decode("utf-8", "replace")
        pieces.append(piece)


def test_a_baseline_that_knows_an_example_by_its_old_content_forgets_it(shop: Path, llmobs: Llmobs) -> None:  # noqa: F811
    with Client() as client:
        client.update_example("ann", inputs={"question": "What became of my complaint about the bicycle?"})

    done = llmobs("purge", "--user", ANN, "--yes")

    assert done.returncode == 0, done.stdout + done.stderr
    assert_only_bob_is_left(shop)
