from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage import experiment_files
from pytest_llmobs.storage.store import Store


def test_an_experiment_comes_back_as_it_was_written(store: Store) -> None:
    document = {"name": "a/b", "started": "2026-01-01T00:00:00Z", "means": {"tone": 0.5, "größe": None}}
    path = store.write_experiment("a/b", document)
    assert path.name == "a%2Fb.json"
    assert store.read_experiment("a/b") == document
    assert "größe" in path.read_text(encoding="utf-8")


def test_experiments_are_listed_by_their_start(store: Store) -> None:
    for name, started in (("late", "2026-02-01"), ("early", "2026-01-01")):
        store.write_experiment(name, {"name": name, "started": started})
    assert [document["name"] for document in store.experiments()] == ["early", "late"]


def test_a_store_that_does_not_exist_has_no_experiments(store: Store) -> None:
    assert store.experiments() == []
    assert not store.root.exists()


def test_writing_replaces_whole_files_and_leaves_nothing_behind(store: Store) -> None:
    store.write_experiment("a", {"n": 1})
    store.write_experiment("a", {"n": 2})
    assert store.read_experiment("a") == {"n": 2}
    assert [path.name for path in store.layout.experiments.iterdir()] == ["a.json"]


def test_an_unwritable_document_leaves_the_old_one(store: Store) -> None:
    store.write_experiment("a", {"n": 1})
    with pytest.raises(StoreError, match="Can't write the experiment"):
        store.write_experiment("a", {"n": object()})
    assert store.read_experiment("a") == {"n": 1}
    assert [path.name for path in store.layout.experiments.iterdir()] == ["a.json"]


def test_an_unknown_name_gets_the_nearest(store: Store) -> None:
    store.write_experiment("brave-otter", {})
    with pytest.raises(StoreError) as caught:
        store.read_experiment("brave-oter")
    assert (
        str(caught.value)
        == "Unknown experiment 'brave-oter'. Did you mean 'brave-otter'? Known: brave-otter."
    )


@pytest.mark.parametrize("text", ["{", "[1]", "\x00"])
def test_a_broken_file_is_named_and_left_out(store: Store, told: list[str], text: str) -> None:
    store.write_experiment("b", {"name": "b"})
    path = store.write_experiment("a", {})
    path.write_text(text)
    with pytest.raises(
        StoreError, match=r"The experiment '.*a\.json' can't be read: .* Delete it or restore it"
    ):
        store.read_experiment("a")
    assert store.experiments() == [{"name": "b"}] == store.experiments(heads=True)
    (message,) = told
    assert message.startswith(f"The experiment {str(path)!r} can't be read: ")
    assert message.endswith(" Delete it or restore it. It is left out.")


def test_a_newer_schema_asks_for_an_upgrade(store: Store) -> None:
    path = store.write_experiment("a", {})
    path.write_text(json.dumps({"schema": experiment_files.SCHEMA_VERSION + 1}))
    with pytest.raises(StoreError, match=r"written by a newer version \(schema 2, this one reads up to 1\)"):
        store.read_experiment("a")


def test_a_folder_in_the_way_is_an_error(store: Store, tmp_path: Path) -> None:
    store.write_experiment("b", {})
    store.layout.experiment("a").mkdir()
    with pytest.raises(StoreError, match="Can't write the experiment"):
        store.write_experiment("a", {})


def test_the_head_of_a_document_leaves_the_trials_out(store: Store) -> None:
    table = {"columns": ["message"], "rows": [['a "trials": \n"trials": ']]}
    document = {
        "name": "a",
        "notes": ['"trials": ', "\n"],
        "trials": table,
        "confirmation": table,
        "looks": [{"purpose": "passes", "trials": table}, {"purpose": "control", "trials": table}],
        "settings": {},
    }
    path = store.write_experiment("a", document)
    assert experiment_files.read(path) == document
    assert experiment_files.read(path, head=True) == {
        key: document[key] for key in ("name", "notes", "settings")
    }
    assert store.experiments(heads=True) == [experiment_files.read(path, head=True)]


def test_what_was_written_in_one_line_is_read_whole(store: Store) -> None:
    path = store.write_experiment("a", {})
    path.write_text('{"schema": 1, "name": "a", "trials": {}}\n')
    assert experiment_files.read(path, head=True) == {"name": "a", "trials": {}}


@pytest.mark.parametrize("looks", [[], [{"purpose": "passes"}], [{"purpose": "passes"}, {"error": "]"}]])
def test_any_number_of_looks_is_read_as_it_was_written(tmp_path: Path, looks: list[dict[str, str]]) -> None:
    document = {"name": "a", "looks": looks}
    experiment_files.write(tmp_path / "a.json", document)
    assert experiment_files.read(tmp_path / "a.json") == document
    assert experiment_files.read(tmp_path / "a.json", head=True) == {"name": "a"}


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1203])
def test_a_table_of_any_length_is_read_as_it_was_written(tmp_path: Path, count: int) -> None:
    rows = [[f"e{number}", {"tone": number / 7}, None] for number in range(count)]
    document = {"name": "a", "trials": {"columns": ["id", "scores", "message"], "rows": rows}}
    experiment_files.write(tmp_path / "a.json", document)
    assert experiment_files.read(tmp_path / "a.json") == document
    assert len((tmp_path / "a.json").read_text().splitlines()) == 3  # a line a key
