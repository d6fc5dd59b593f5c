"""``llmobs export``, as users run it."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pytest_llmobs import Client
from pytest_llmobs.storage.store import Store
from tests.unit.cli.conftest import Outcome, write_trace
from tests.unit.cli.dataset.conftest import FIRST
from tests.unit.storage.filtering.stored import plain_run, store_of

Run = Callable[..., Outcome]
BETTER = "I have refunded the second charge; it is back in three days."


@pytest.fixture
def support(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "datasets").mkdir()
    file = tmp_path / "datasets" / "support.jsonl"
    file.write_text(FIRST)
    return file


@pytest.fixture
def production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Client]:
    """A store with one run that a reviewer has corrected: its id, and a client."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").touch()
    run_id = write_trace(Store(tmp_path / ".llmobs"), "production")
    client = Client()
    return run_id, client


# datasets


@pytest.mark.usefixtures("support")
@pytest.mark.parametrize("name", ["out.csv", "out.json", "out.jsonl", "out.parquet", "out.tsv"])
def test_the_suffix_says_the_form(name: str, llmobs: Run, tmp_path: Path) -> None:
    done = llmobs("export", "--dataset", "support", "--to", f"shared/{name}")

    assert (done.returncode, done.stdout) == (0, f"✓ shared/{name}\n")
    assert "3 examples of support (" in done.stderr
    assert llmobs("dataset", "import", f"shared/{name}", "--name", "again").returncode == 0
    again = (tmp_path / "datasets" / "again.jsonl").read_text().splitlines()
    assert list(map(json.loads, again)) == list(map(json.loads, FIRST.splitlines()))


@pytest.mark.usefixtures("support")
def test_a_folder_is_written_for_a_hub(llmobs: Run, tmp_path: Path) -> None:
    done = llmobs("export", "--dataset", "support", "--to", "hub", "--json")

    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert said["files"] == [
        "hub/README.md",
        "hub/data/base-00000-of-00001.parquet",
        "hub/data/hard-00000-of-00001.parquet",
    ]
    assert (said["form"], said["examples"]) == ("hf", 3)


@pytest.mark.usefixtures("support")
def test_a_split_alone_is_written(llmobs: Run, tmp_path: Path) -> None:
    assert llmobs("export", "--dataset", "support", "--split", "hard", "--to", "hard.jsonl").returncode == 0
    assert [json.loads(line)["id"] for line in (tmp_path / "hard.jsonl").read_text().splitlines()] == [
        "add-seats"
    ]

    done = llmobs("export", "--dataset", "support", "--split", "hrad", "--to", "x.jsonl")
    assert done.returncode == 1
    assert "no split 'hrad'. Did you mean 'hard'?" in done.stderr


def test_a_former_version_is_written(llmobs: Run, support: Path, tmp_path: Path) -> None:
    assert llmobs("dataset", "tag", "support", "v1").returncode == 0
    support.write_text(FIRST.splitlines()[0] + "\n")

    assert llmobs("export", "--dataset", "support", "--as-of", "v1", "--to", "v1.jsonl").returncode == 0
    assert len((tmp_path / "v1.jsonl").read_text().splitlines()) == 3


@pytest.mark.usefixtures("support")
def test_what_is_there_stays_unless_it_may_be_replaced(llmobs: Run, tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text("mine")

    done = llmobs("export", "--dataset", "support", "--to", "out.jsonl")

    assert done.returncode == 2
    assert "'out.jsonl' is there already. --overwrite replaces it." in done.stderr.replace("\n", " ")
    assert (tmp_path / "out.jsonl").read_text() == "mine"
    assert llmobs("export", "--dataset", "support", "--to", "out.jsonl", "--overwrite").returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "one of the arguments --dataset --pairs --chat --user is required"),
        (("--dataset", "support", "--pairs"), "argument --pairs: not allowed with argument --dataset"),
        (
            ("--dataset", "support", "--filter", "eq(name, 'x')"),
            "--filter says nothing about --dataset, which takes",
        ),
        (("--pairs", "--as-of", "v1"), "--as-of says nothing about --pairs, which takes"),
        (("--dataset", "support", "--as", "xslx"), "Unknown form 'xslx'."),
        (("--pairs", "--as", "csv"), "'csv' is no form of training data."),
        (("--dataset", ""), "--dataset is empty. Name one."),
    ],
)
@pytest.mark.usefixtures("support")
def test_what_makes_no_sense_is_told(words: tuple[str, ...], message: str, llmobs: Run) -> None:
    done = llmobs("export", *words, "--to", "out")

    assert done.returncode == 2
    assert message in done.stderr.replace("\n", " ")


# pairs


def test_corrections_become_pairs(llmobs: Run, production: tuple[str, Client], tmp_path: Path) -> None:
    run_id, client = production
    client.create_feedback(run_id, "wrong_fact", correction=BETTER, source_info={"reviewer": "ana"})

    done = llmobs("export", "--pairs", "--to", "pairs.jsonl")

    assert done.returncode == 0
    assert done.stdout == (
        "kind of failure  pairs    to 500\n"
        f"{'─' * 32}\n"
        "wrong_fact           1  499 more\n"
        "500 pairs: reached by 0 of 1 kind of failure\n"
        "✓ pairs.jsonl: 1 pair\n"
    )
    (row,) = map(json.loads, (tmp_path / "pairs.jsonl").read_text().splitlines())
    assert list(row) == ["prompt", "chosen", "rejected", "source_run_id", "reviewer", "agreement"]
    assert (row["chosen"], row["source_run_id"], row["reviewer"]) == (BETTER, run_id, "ana")
    assert stat.S_IMODE((tmp_path / "pairs.jsonl").stat().st_mode) == 0o600


def test_what_is_refused_is_named(llmobs: Run, production: tuple[str, Client], tmp_path: Path) -> None:
    run_id, client = production
    client.create_feedback(run_id, "wrong_tone", correction="We will look into it!")

    done = llmobs("export", "--pairs", "--to", "pairs.jsonl")

    assert done.returncode == 1
    assert f"✗ run {run_id}: chosen and" in done.stdout
    assert "1 refused: chosen and rejected nearly the same" in done.stdout
    assert "No pair, and nothing written." in done.stderr
    assert not (tmp_path / "pairs.jsonl").exists()


def test_a_project_alone_is_asked(llmobs: Run, production: tuple[str, Client]) -> None:
    run_id, client = production
    client.create_feedback(run_id, "wrong_fact", correction=BETTER)

    assert llmobs("export", "--pairs", "--project", "production", "--to", "pairs.parquet").returncode == 0
    assert llmobs("export", "--pairs", "--filter", 'eq(name, "other")', "--to", "none.jsonl").returncode == 1
    done = llmobs("export", "--pairs", "--project", "prodction", "--to", "none.jsonl")
    assert done.returncode == 1
    assert "Did you mean 'production'?" in done.stderr


def test_pairs_are_read_as_parquet(llmobs: Run, production: tuple[str, Client], tmp_path: Path) -> None:
    run_id, client = production
    client.create_feedback(run_id, "wrong_fact", correction=BETTER)

    assert llmobs("export", "--pairs", "--to", "pairs.parquet").returncode == 0
    assert pq.read_table(tmp_path / "pairs.parquet")["chosen"].to_pylist() == [BETTER]


# conversations


def test_good_runs_become_lines_of_messages(
    llmobs: Run, production: tuple[str, Client], tmp_path: Path
) -> None:
    run_id, client = production
    client.create_feedback(run_id, "thumb", score=1)

    done = llmobs("export", "--chat", "--to", "chat.jsonl")

    assert (done.returncode, done.stdout) == (0, "✓ chat.jsonl: 1 conversation\n")
    (line,) = map(json.loads, (tmp_path / "chat.jsonl").read_text().splitlines())
    assert line["messages"][-1] == {"role": "assistant", "content": "We will look into it."}


def test_a_filter_chooses_the_models_own_calls(
    llmobs: Run, production: tuple[str, Client], tmp_path: Path
) -> None:
    done = llmobs("export", "--chat", "--filter", 'eq(run_type, "llm")', "--to", "chat.jsonl")

    assert done.returncode == 0
    (line,) = map(json.loads, (tmp_path / "chat.jsonl").read_text().splitlines())
    assert line["messages"] == [
        {"role": "system", "content": "You help."},
        {"role": "user", "content": "I was charged twice."},
        {"role": "assistant", "content": "We will look into it."},
    ]


@pytest.mark.usefixtures("production")
def test_without_a_good_word_nothing_is_learnt(llmobs: Run, tmp_path: Path) -> None:
    done = llmobs("export", "--chat", "--to", "chat.jsonl")

    assert done.returncode == 1
    assert "No conversation, and nothing written." in done.stderr
    assert not (tmp_path / "chat.jsonl").exists()


# a person


@pytest.fixture
def people(tmp_path: Path) -> None:
    """Write two runs of one person, and one of somebody else."""
    (tmp_path / "pytest.ini").touch()
    runs = []
    for number, user in enumerate(("ann", "ben", "ann")):
        asked = {"question": f"Question {number} of {user}"}
        runs.append(plain_run(number, project="production", inputs=asked, metadata={"user_id": user}))
    store_of(tmp_path, runs).feedback.close()


@pytest.mark.usefixtures("people")
def test_everything_about_a_person_is_written(llmobs: Run, tmp_path: Path) -> None:
    done = llmobs("export", "--user", "ann", "--to", "out/ann")

    assert done.returncode == 0
    assert "✓ out/ann: runs.jsonl 2, feedback.jsonl 0, examples.jsonl 0, media 0" in done.stdout
    file = tmp_path / "out" / "ann" / "runs.jsonl"
    questions = [json.loads(line)["inputs"]["question"] for line in file.read_text().splitlines()]
    assert sorted(questions) == ["Question 0 of ann", "Question 2 of ann"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    numbers = json.loads(llmobs("export", "--user", "ben", "--to", "ben", "--json").stdout)["numbers"]
    assert numbers["runs.jsonl"] == 1


@pytest.mark.usefixtures("people")
def test_of_somebody_unknown_nothing_is_found(llmobs: Run, tmp_path: Path) -> None:
    done = llmobs("export", "--user", "an", "--to", "out")

    assert (done.returncode, done.stdout) == (1, "")
    assert "Nothing found: nobody has the id 'an'" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("people")
def test_a_persons_folder_is_new_or_empty(llmobs: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert llmobs("export", "--user", "ann", "--to", "out").returncode == 0
    for more in ((), ("--overwrite",)):
        done = llmobs("export", "--user", "ben", "--to", "out", *more)
        assert done.returncode == 2
        assert "empty" in done.stderr
    assert "ann" in (tmp_path / "out" / "runs.jsonl").read_text()
