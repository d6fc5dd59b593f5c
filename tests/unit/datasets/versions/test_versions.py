"""What a dataset was: by tag, by hash, by time, and what changed since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.datasets.versions.as_of import examples_at, resolve
from pytest_llmobs.datasets.versions.differences import DatasetDiff, difference
from pytest_llmobs.datasets.versions.moments import observe, versions
from pytest_llmobs.errors import ArgumentError, NotFoundError, StoreError
from tests.unit.datasets.editing.conftest import START, draft


@pytest.fixture
def edited(catalog: Catalog) -> Catalog:
    """Return a catalog whose dataset ``golden`` had two examples, then a changed one, then one less."""
    catalog.create("golden", {})
    changes.add(catalog, "golden", [draft("a", id="a"), draft("b", id="b")], "x")
    changes.update(catalog, "golden", [{"id": "a", "outputs": {"answer": 1}}])
    changes.remove(catalog, "golden", ["b"])
    return catalog


def ids(catalog: Catalog, as_of: datetime | str | None) -> list[str]:
    return [example.id for example in examples_at(catalog, "golden", as_of)]


def test_every_change_is_a_version_with_its_time_and_its_content(edited: Catalog) -> None:
    every = versions(edited, "golden")
    assert [ids(edited, version.as_of) for version in every] == [["a"], ["a", "b"], ["a", "b"], []]
    assert [ids(edited, version.version[:9]) for version in every] == [["a"], ["a", "b"], ["a", "b"], []]
    assert every[0].version == edited.dataset("golden").version
    assert sorted([version.as_of for version in every], reverse=True) == [version.as_of for version in every]


def test_a_time_between_two_changes_means_the_earlier_one(edited: Catalog) -> None:
    newest, before, *_ = versions(edited, "golden")
    moment = newest.as_of - timedelta(microseconds=1)
    assert resolve(edited, "golden", moment) == before
    assert resolve(edited, "golden", moment.isoformat()) == before
    local = moment.astimezone().replace(tzinfo=None)
    assert resolve(edited, "golden", local) == before
    with pytest.raises(NotFoundError, match="had no version yet at 2026-03-01T11:00:00"):
        resolve(edited, "golden", START - timedelta(hours=1))


def test_a_tag_stands_for_a_version_until_it_is_moved(edited: Catalog) -> None:
    second = versions(edited, "golden")[2]
    edited.beside.set_tag("golden", "prod", second.version)
    assert (edited.folder / ".tags" / "golden" / "prod").read_text() == f"{second.version}\n"
    assert ids(edited, "prod") == ["a", "b"]
    assert resolve(edited, "golden", "prod").tags == ["prod"]
    edited.beside.set_tag("golden", "prod", versions(edited, "golden")[0].version)
    assert ids(edited, "prod") == ["a"]


def test_an_unknown_version_is_answered_with_what_there_is(edited: Catalog) -> None:
    edited.beside.set_tag("golden", "prod", versions(edited, "golden")[0].version)
    with pytest.raises(NotFoundError) as caught:
        resolve(edited, "golden", "prd")
    assert str(caught.value).startswith(
        "The dataset 'golden' has no version 'prd': it is no hash, tag, git revision, experiment or time. "
        "Did you mean 'prod'? Tags: latest, prod. Versions: "
    )
    assert str(caught.value).endswith("Git knows none: the file lies in no git repository.")
    with pytest.raises(ArgumentError, match="as_of is 3, of type int"):
        resolve(edited, "golden", 3)  # type: ignore[arg-type]
    edited.beside.set_tag("golden", "elsewhere", "f" * 16)
    with pytest.raises(
        NotFoundError,
        match="'elsewhere' stands for version ffffffffffffffff, which neither this store nor git",
    ):
        resolve(edited, "golden", "elsewhere")


def test_what_was_edited_by_hand_is_a_version_once_somebody_looks(
    edited: Catalog, write: Callable[..., Path]
) -> None:
    write("golden.jsonl", '{"id": "by hand", "inputs": {}}\n')
    version, _ = observe(edited, "golden")
    assert versions(edited, "golden")[0].version == version
    changes.remove(edited, "golden", ["by hand"])
    assert ids(edited, version) == ["by hand"]


def test_a_change_that_is_undone_is_a_version_again(edited: Catalog) -> None:
    changes.add(edited, "golden", [draft("b", id="b")], "x")
    every = versions(edited, "golden")
    assert every[0].version == every[2].version
    assert every[0].as_of > every[2].as_of


def test_a_dataset_that_is_made_anew_has_no_past(edited: Catalog) -> None:
    edited.delete("golden")
    edited.create("golden", {})
    assert len(versions(edited, "golden")) == 1


def test_a_dataset_built_one_by_one_takes_little_more_than_itself(catalog: Catalog) -> None:
    catalog.create("golden", {})
    for number in range(120):
        changes.add(catalog, "golden", [draft("x" * 1000, id=str(number))], "x")
    stored = sum(file.stat().st_size for file in (catalog.folder.parent / ".llmobs").rglob("*.jsonl"))
    assert stored < 4 * (catalog.folder / "golden.jsonl").stat().st_size
    for number, version in enumerate(reversed(versions(catalog, "golden"))):
        assert len(catalog.versions.examples(version.version)) == number


def test_content_that_is_lost_or_damaged_is_said_with_its_file(edited: Catalog) -> None:
    newest = versions(edited, "golden")[0]
    (file,) = (edited.folder.parent / ".llmobs" / "datasets").glob(
        f"{versions(edited, 'golden')[1].version}.jsonl"
    )
    file.write_text("{")
    with pytest.raises(StoreError, match=f"{file.name}.*is damaged"):
        edited.versions.examples(newest.version)
    file.unlink()
    with pytest.raises(NotFoundError, match=f"no '.*{file.name}'.*check out its commit"):
        edited.versions.examples(newest.version)


def test_a_line_of_the_history_that_a_crash_tore_costs_nothing_else(edited: Catalog) -> None:
    before = versions(edited, "golden")
    history = edited.folder.parent / ".llmobs" / "datasets" / "history" / "golden.jsonl"
    with history.open("a") as file:
        file.write('{"version": "01')
    changes.add(edited, "golden", [draft("c", id="c")], "x")
    assert versions(edited, "golden")[1:] == before


def test_the_store_is_for_its_owner_alone(edited: Catalog) -> None:
    for path in (edited.folder.parent / ".llmobs" / "datasets").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


def test_a_difference_names_what_changed(edited: Catalog) -> None:
    first, last = versions(edited, "golden")[2], versions(edited, "golden")[0]
    earlier = examples_at(edited, "golden", first.version)
    later = examples_at(edited, "golden", last.version)
    assert difference(earlier, later) == DatasetDiff(["a"], [], ["b"])
    assert difference(later, earlier) == DatasetDiff(["a"], ["b"], [])
    assert difference(later, later) == DatasetDiff([], [], [])
