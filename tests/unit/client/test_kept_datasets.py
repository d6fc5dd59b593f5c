"""``evaluate()`` keeps the examples that it uses, so that a later one can run on them again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs import Client, evaluate, load_dataset
from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.errors import ArgumentError, DatasetError, NotFoundError
from tests.unit.client.evaluating import App, client_in, stored

LINES = (
    '{"id": "one", "inputs": {"question": "one"}, "split": "easy"}\n'
    '{"id": "two", "inputs": {"question": "two"}, "split": "hard"}\n'
)


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClientBase:
    monkeypatch.chdir(tmp_path)
    return client_in(tmp_path)


@pytest.fixture
def golden(client: ClientBase) -> Path:
    file = client.workspace.dataset_folder / "golden.jsonl"
    file.parent.mkdir()
    file.write_text(LINES)
    return file


def run(client: ClientBase, data: Any) -> tuple[str, str, list[str]]:
    """Return the experiment's name, the version that it names, and the ids that ran."""
    name = evaluate(App(), data=data, client=client).experiment_name
    plan = stored(client, name).suites[0]
    return name, plan.dataset_version, list(plan.example_ids)


def test_an_evaluation_is_run_again_on_the_data_of_another(client: ClientBase, golden: Path) -> None:
    first, version, ids = run(client, "golden")
    golden.write_text(LINES.replace("two", "three"))
    assert run(client, "golden")[2] == ["one", "three"]
    assert run(client, f"golden@{first}")[1:] == (version, ids) == run(client, f"golden@{version}")[1:]
    assert [example.id for example in load_dataset("golden.jsonl", as_of=first)] == ids
    assert [example.id for example in load_dataset(f"golden.jsonl@{version[:8]}")] == ids


def test_a_part_names_the_version_of_the_whole(client: ClientBase, golden: Path) -> None:
    whole = run(client, "golden")[1]
    part = Client().list_examples(dataset_name="golden", splits=["hard"])
    assert run(client, part)[1:] == (whole, ["two"])


def test_files_lists_and_changed_datasets_are_kept(client: ClientBase, tmp_path: Path) -> None:
    beside = tmp_path / "beside.jsonl"
    beside.write_text(LINES)
    first, version, ids = run(client, "beside.jsonl")
    beside.write_text(LINES.replace("one", "four"))
    assert run(client, f"beside.jsonl@{first}")[1:] == (version, ids)
    listed = run(client, [{"id": "x", "inputs": {"question": "x"}}])[1]
    assert client.workspace.open_catalog().versions.has(listed)


def test_examples_are_kept_before_the_first_call_where_calls_come_one_by_one(client: ClientBase) -> None:
    versions = client.workspace.open_catalog().versions
    app = App(lambda question: ",".join(versions.all()))
    rows = list(evaluate(app, data=[{"inputs": {"question": "x"}}], client=client))
    assert rows[0]["run"].outputs == {"output": versions.all()[0]}


def test_examples_are_kept_where_calls_run_beside_each_other(client: ClientBase) -> None:
    results = evaluate(App(), data=[{"inputs": {"question": "x"}}], client=client, max_concurrency=2)
    version = stored(client, results.experiment_name).suites[0].dataset_version
    assert client.workspace.open_catalog().versions.all() == [version]


def test_a_version_that_isn_t_there_is_answered_with_those_that_are(client: ClientBase, golden: Path) -> None:
    _, version, _ = run(client, "golden")
    with pytest.raises(NotFoundError, match=rf"'golden' has no version 'v9'.*Versions: {version[:12]}\."):
        load_dataset("golden.jsonl", as_of="v9")
    with pytest.raises(DatasetError, match=r"No dataset 'golde\.jsonl'"):
        load_dataset("golde.jsonl@v9")
    with pytest.raises(ArgumentError, match="as_of='v1' is said of list: only files have versions"):
        load_dataset([{"inputs": {}}], as_of="v1")
    with pytest.raises(ArgumentError, match="where columns are named"):
        load_dataset("golden.jsonl", as_of=version, inputs=["question"])
