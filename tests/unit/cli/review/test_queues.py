"""``llmobs review``: which queues there are, a new one, and words that are neither action nor queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from pytest_llmobs.cli.commands.review import ACTIONS
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.records import Decision, Verdict
from pytest_llmobs.workspace import Workspace

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the folder a rootdir with a store, and ada the reviewer."""
    (tmp_path / "pytest.ini").touch()
    (tmp_path / ".llmobs").mkdir()
    monkeypatch.setenv("LLMOBS_REVIEWER", "ada")
    monkeypatch.delenv("LLMOBS_STORE", raising=False)
    return tmp_path


@pytest.fixture
def queues(shop: Path) -> Queues:
    return Workspace.find(shop).open_queues()


def run_id(number: int) -> str:
    return str(UUID(int=number, version=4))


def decide(queues: Queues, queue: str, number: int, reviewer: str, verdict: Verdict) -> None:
    decision = Decision(
        id=str(uuid4()),
        run_id=run_id(number),
        reviewer=reviewer,
        at=datetime.now(UTC),
        rubric="0123456789ab",
        verdict=verdict,
    )
    queues.decisions(queues.find(queue)).decide(decision)


def fill(queues: Queues, queue: str, numbers: range) -> None:
    runs = [{"run_id": run_id(number)} for number in numbers]
    queues.change_items(queue, lambda items, _: items.add(runs))


def test_queues_are_listed_with_what_waits(llmobs: Run, queues: Queues) -> None:
    made = llmobs("review", "create", "support")
    assert (made.returncode, made.stderr) == (0, "")
    assert max(map(len, made.stdout.splitlines())) <= 80
    queues.create("Complaints: old", description="From the client")
    fill(queues, "Complaints: old", range(5))
    decide(queues, "Complaints: old", 0, "ada", "accept")
    decide(queues, "Complaints: old", 0, "bob", "reject")
    decide(queues, "Complaints: old", 1, "ada", "accept")
    decide(queues, "Complaints: old", 9, "ada", "accept")
    done = llmobs("review")
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    old, support = json.loads(llmobs("review", "--json").stdout)
    assert (old["name"], old["file"], old["waiting"], old["for_me"], old["done"]) == (
        "Complaints: old",
        None,
        3,
        3,
        2,
    )
    assert old["disagreements"] == 1
    assert (support["name"], support["file"], support["waiting"]) == ("support", "queues/support.yaml", 0)


def test_what_one_has_reviewed_waits_for_others(llmobs: Run, queues: Queues) -> None:
    queues.create("support", overlap=1)
    fill(queues, "support", range(4))
    decide(queues, "support", 0, "ada", "accept")
    decide(queues, "support", 1, "ada", "accept")
    decide(queues, "support", 1, "bob", "accept")
    (line,) = json.loads(llmobs("review", "list", "--json").stdout)
    assert (line["waiting"], line["for_me"], line["done"]) == (3, 2, 1)
    (line,) = json.loads(llmobs("review", "list", "--reviewer", "bob", "--json").stdout)
    assert (line["waiting"], line["for_me"], line["done"]) == (3, 3, 1)


def test_a_broken_queue_is_a_line_and_no_end(llmobs: Run, shop: Path, queues: Queues) -> None:
    (shop / "queues").mkdir()
    (shop / "queues" / "broken.yaml").write_text("overlap: 120%", encoding="utf-8")
    queues.create("support")
    done = llmobs("review")
    assert done.returncode == 0
    assert done.stdout.splitlines()[2].split() == ["broken", "broken", "the", "store"]
    assert "queues/broken.yaml: overlap is '120%'" in done.stderr
    assert done.stdout.splitlines()[3].startswith("support")


def test_without_a_queue_it_is_said_how_to_make_one(llmobs: Run) -> None:
    done = llmobs("review")
    assert (done.returncode, done.stdout) == (0, "")
    assert "`llmobs review create NAME` writes a file for one" in " ".join(done.stderr.split())


def test_a_new_queue_is_a_file_that_is_never_overwritten(llmobs: Run, shop: Path) -> None:
    done = llmobs("review", "create", "angry customers")
    file = shop / "queues" / "angry customers.yaml"
    assert done.stdout.splitlines()[0].startswith("wrote queues/angry customers.yaml")
    assert "llmobs review 'angry customers'" in done.stdout
    assert "`llmobs review 'angry customers'` opens the queue" in file.read_text(encoding="utf-8")
    file.write_text("overlap: 0.5", encoding="utf-8")
    again = llmobs("review", "create", "angry customers")
    assert (again.returncode, again.stdout) == (2, "")
    assert "already" in again.stderr
    assert file.read_text(encoding="utf-8") == "overlap: 0.5"


def test_the_folder_may_be_another_one(llmobs: Run, shop: Path) -> None:
    (shop / "pytest.ini").write_text("[pytest]\nllm_queue_dir = review/queues\n", encoding="utf-8")
    made = json.loads(llmobs("review", "create", "support", "--json").stdout)
    assert made == {"name": "support", "file": "review/queues/support.yaml"}
    llmobs("review", "create", "other", "--dir", "elsewhere")
    assert (shop / "elsewhere" / "other.yaml").is_file()
    assert [line["name"] for line in json.loads(llmobs("review", "--json").stdout)] == ["support"]


def test_a_file_beside_a_stored_queue_is_said_to_count(llmobs: Run, queues: Queues) -> None:
    queues.create("support")
    done = llmobs("review", "create", "support")
    assert done.returncode == 0
    assert "its items stay, and from now on the file's settings count" in " ".join(done.stderr.split())
    clash = llmobs("review", "create", "SUPPORT")
    assert clash.returncode == 2
    assert "in capitals alone" in clash.stderr


@pytest.mark.parametrize("name", [*ACTIONS, "a/b", "a:b", "x:disagreements", " ", "con"])
def test_a_name_that_means_something_else_is_refused(llmobs: Run, shop: Path, name: str) -> None:
    done = llmobs("review", "create", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert not (shop / "queues").exists()


@pytest.mark.parametrize(
    ("word", "meant"),
    [("suport", "support"), ("agrement", "agreement"), ("Support", "support"), ("lst", "list")],
)
def test_a_misspelt_word_gets_the_nearest_queue_or_action(llmobs: Run, word: str, meant: str) -> None:
    llmobs("review", "create", "support")
    done = llmobs("review", word)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"no action and no queue {word!r}. Did you mean {meant!r}? Known: agreement," in " ".join(
        done.stderr.split()
    )


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_is_there(llmobs: Run, name: str) -> None:
    done = llmobs("review", name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: llmobs review {name}")
    assert f"example: {ACTIONS[name].example}" in done.stdout


def test_a_queue_has_help_of_its_own(llmobs: Run) -> None:
    llmobs("review", "create", "support")
    shown = llmobs("review", "support", "--help").stdout
    assert shown.startswith("usage: llmobs review [-h]")
    assert "example: llmobs review support --reviewer ada" in shown


def test_help_names_every_action_and_queues(llmobs: Run) -> None:
    shown = llmobs("review", "--help").stdout
    for name, action in ACTIONS.items():
        assert f"  {name:9}  {action.help}" in shown
    assert "  QUEUE      review a queue" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_a_queue_that_is_not_there_has_help_too(llmobs: Run, flag: str) -> None:
    done = llmobs("review", "support", flag)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: llmobs review [-h]")


def test_without_the_queue_it_is_said_how_to_make_it(llmobs: Run) -> None:
    done = llmobs("review", "support")
    assert "`llmobs review create NAME` makes a queue." in " ".join(done.stderr.split())


def test_disagreements_misspelt_are_offered(llmobs: Run) -> None:
    llmobs("review", "create", "support")
    done = llmobs("review", "support:disagreement")
    assert done.returncode == 1
    assert "Did you mean 'support:disagreements'?" in " ".join(done.stderr.split())


def test_an_action_behind_its_queue_is_put_in_order(llmobs: Run) -> None:
    llmobs("review", "create", "angry customers")
    done = llmobs("review", "angry customers", "route", "--dry-run")
    assert done.returncode == 2
    assert (
        "The action 'route' stands before the queue: `llmobs review route 'angry customers' --dry-run`."
        in " ".join(done.stderr.split())
    )


def test_a_new_queue_takes_its_overlap_and_its_calibration(llmobs: Run, queues: Queues) -> None:
    done = llmobs("review", "create", "support", "--overlap", "12.5%", "--calibration", "20")
    assert done.returncode == 0
    support = queues.find("support")
    assert (support.overlap, support.calibration) == (0.125, 20)
    llmobs("review", "create", "other", "--overlap", "1")
    assert queues.find("other").overlap == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--overlap", "20"), "--overlap is 20; it must be a share from 0% to 100%"),
        (("--overlap", "half"), "--overlap is 'half'; it must be a share"),
        (("--calibration", "-1"), "--calibration is -1; it must be a whole number from 0 to 1000"),
    ],
)
def test_an_impossible_setting_writes_no_file(
    llmobs: Run, shop: Path, words: tuple[str, str], told: str
) -> None:
    done = llmobs("review", "create", "support", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in " ".join(done.stderr.split())
    assert not (shop / "queues").exists()
