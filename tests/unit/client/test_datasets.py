"""What scripts written for LangSmith do with datasets."""

from __future__ import annotations

import io
import re
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import (
    ArgumentError,
    DatasetError,
    FilterError,
    LangSmithConflictError,
    LangSmithNotFoundError,
    LlmobsError,
    NotSupported,
)
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.workspace import load_dataset
from tests.unit.client.conftest import Write


@pytest.fixture
def golden(client: Client) -> Client:
    """Return a client with a dataset ``golden`` of three examples."""
    dataset = client.create_dataset("golden", description="Real tickets")
    client.create_examples(
        dataset_id=dataset.id,
        inputs=[{"query": "Where?"}, {"query": "Why?"}, {"query": "Who?"}],
        outputs=[{"answer": "Here"}, {"answer": "So"}, None],
        metadata=[{"tier": "gold", "tags": ["a", "b"]}, {"tier": "free"}, None],
        splits=["base", ["base", "hard"], None],
        ids=["where", "why", "who"],
    )
    return client


def ids(examples: Any) -> list[str]:
    return [example.id for example in examples]


def test_a_curation_script_runs_as_written(client: Client, write: Write) -> None:
    run_ids = [
        write(1, {"query": "Refund?"}, {"answer": "No"}),
        write(2, {"query": "Bill?"}, {"answer": "Yes"}),
    ]
    name = "curated"
    if not client.has_dataset(dataset_name=name):
        dataset = client.create_dataset(dataset_name=name, description="From production", data_type="kv")
    for run_id in run_ids:
        run = client.read_run(run_id)
        client.create_example(
            inputs=run.inputs,
            outputs=run.outputs,
            dataset_id=dataset.id,
            metadata={"source": "prod"},
            split="base",
        )
    first, second = client.list_examples(dataset_name=name)
    assert first.reference_outputs == {"answer": "No"}
    assert (first.dataset_id, first.dataset_name) == (dataset.id, name)
    assert client.read_dataset(dataset_name=name).example_count == 2
    assert client.read_example(second.id) == second
    client.delete_example(first.id)
    assert ids(client.list_examples(dataset_id=dataset.id)) == [second.id]


def test_what_a_client_returns_is_a_dataset_of_ours(golden: Client) -> None:
    dataset = golden.read_dataset(dataset_name="golden")
    assert isinstance(dataset, Dataset)
    assert dataset.id == dataset.name == "golden"
    assert dataset.description == "Real tickets"
    assert dataset.url is not None
    assert dataset.url.startswith("file://")
    assert isinstance(dataset.created_at, datetime)
    assert dataset.version == load_dataset(golden.workspace.dataset_folder / "golden.jsonl").version
    assert load_dataset(dataset) is dataset
    assert load_dataset(list(golden.list_examples(dataset_name="golden"))).name == "golden"


def test_a_file_of_the_client_is_found_by_its_name_alone(golden: Client) -> None:
    assert ids(load_dataset("golden.jsonl")) == ["where", "why", "who"]


def test_both_forms_of_create_examples_give_the_same(client: Client) -> None:
    client.create_dataset("lists")
    client.create_dataset("dicts")
    by_lists = client.create_examples(
        dataset_name="lists",
        inputs=[{"q": 1}],
        reference_outputs=[{"a": 1}],
        metadata=[{"m": 1}],
        splits=["s"],
        ids=["x"],
    )
    one = {"inputs": {"q": 1}, "reference_outputs": {"a": 1}, "metadata": {"m": 1}, "split": "s", "id": "x"}
    by_dicts = client.create_examples(dataset_name="dicts", examples=[one])

    assert by_lists["example_ids"] == by_dicts["example_ids"] == ["x"]
    assert by_lists["count"] == 1
    assert datetime.fromisoformat(by_lists["as_of"]).tzinfo is not None
    contents = [
        (client.workspace.dataset_folder / f"{name}.jsonl").read_text() for name in ("lists", "dicts")
    ]
    assert contents[0] == contents[1]
    assert ids(client.list_examples(dataset_name="lists", as_of=by_lists["as_of"])) == ["x"]
    assert client.create_examples(dataset_name="lists", examples=[])["count"] == 0


def test_an_example_is_moved_from_one_dataset_to_another(golden: Client) -> None:
    golden.create_dataset("other")
    golden.create_examples(dataset_name="other", examples=list(golden.list_examples(dataset_name="golden")))
    with pytest.raises(
        ArgumentError, match=r"Several datasets have an example 'why': golden, other. Say which one"
    ):
        golden.read_example("why")
    assert golden.read_example("why", dataset_name="other").outputs == {"answer": "So"}


def test_an_example_is_made_of_a_run(client: Client, write: Write) -> None:
    run_id = write(1, {"query": "Refund?"}, {"answer": "No"})
    client.create_dataset("golden")
    first = client.create_example(dataset_name="golden", source_run_id=run_id, use_source_run_io=True)
    second = client.create_example_from_run(client.read_run(run_id), dataset_name="golden")
    assert first.inputs == second.inputs == {"query": "Refund?"}
    assert first.outputs == second.outputs == {"answer": "No"}
    assert first.source_run_id == second.source_run_id == run_id
    corrected = client.create_example(
        dataset_name="golden", source_run_id=run_id, use_source_run_io=True, outputs={"answer": "Yes"}
    )
    assert corrected.outputs == {"answer": "Yes"}
    with pytest.raises(ArgumentError, match="needs source_run_id"):
        client.create_example(dataset_name="golden", use_source_run_io=True)
    with pytest.raises(LlmobsError, match="No run"):
        client.create_example(dataset_name="golden", use_source_run_io=True, source_run_id=uuid.uuid4())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"outputs": [{}], "reference_outputs": [{}]}, "Both 'outputs' and 'reference_outputs' are given"),
        ({"outputs": [{}, {}]}, "outputs has 2 items, and inputs has 1"),
        ({"ids": []}, "ids has 0 items, and inputs has 1"),
        ({"output": [{}]}, "create_examples() got an unknown keyword 'output'. Did you mean 'outputs'?"),
        ({"examples": [{}]}, "Give either examples or inputs, not both"),
        ({"metadata": {"a": 1}}, "metadata is {'a': 1}, no list"),
    ],
)
def test_lists_that_make_no_sense_are_refused_as_value_errors(
    golden: Client, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        golden.create_examples(dataset_name="golden", inputs=[{"query": "x"}], **arguments)
    assert len(list(golden.list_examples(dataset_name="golden"))) == 3


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ({"inputs": {}, "outputs": {}, "reference_outputs": {}}, "Both 'outputs' and 'reference_outputs'"),
        ({"inputs": {}, "expected": {}}, "examples[0]: unknown key 'expected'"),
        ({"inputs": {}, "attachments": {"a": 1}}, "a dataset is a text file"),
        ({"outputs": {}}, "'inputs' is missing"),
        ({"inputs": "Hello"}, "'inputs' is 'Hello', not an object"),
        ("Hello", "examples[0] is 'Hello', no example"),
        ({"inputs": {"x": float("nan")}}, "inputs.x is nan"),
    ],
)
def test_an_example_that_is_none_is_refused(golden: Client, example: Any, message: str) -> None:
    with pytest.raises(LlmobsError, match=re.escape(message)):
        golden.create_examples(dataset_name="golden", examples=[example])


def test_a_single_example_is_checked_too(golden: Client) -> None:
    with pytest.raises(ValueError, match="'inputs' is missing"):
        golden.create_example(dataset_name="golden")
    with pytest.raises(ValueError, match="Both 'outputs' and"):
        golden.create_example({}, dataset_name="golden", outputs={}, reference_outputs={})
    with pytest.raises(ValueError, match="Give one of dataset_name and dataset_id"):
        golden.create_example({})
    with pytest.raises(ArgumentError, match=r"unknown keyword 'splits'. Did you mean 'split'"):
        golden.create_example({}, dataset_name="golden", splits=["a"])
    with pytest.raises(NotSupported, match="text file"):
        golden.create_example({}, dataset_name="golden", attachments={"a": ("text/plain", b"")})
    with pytest.raises(LangSmithConflictError):
        golden.create_example({}, dataset_name="golden", example_id="why")
    with pytest.raises(LangSmithNotFoundError, match=r"No dataset 'goldn'.*Did you mean 'golden'"):
        golden.create_example({}, dataset_name="goldn")
    with pytest.raises(LangSmithConflictError):
        golden.create_dataset("golden")


def test_examples_are_chosen_by_split_metadata_id_and_page(golden: Client) -> None:
    def chosen(**arguments: Any) -> list[str]:
        return ids(golden.list_examples(dataset_name="golden", **arguments))

    assert chosen(splits=["base"]) == ["where", "why"]
    assert chosen(splits=["hard", "base"]) == ["where", "why"]
    assert chosen(splits=[]) == []
    assert chosen(metadata={"tier": "gold"}) == ["where"]
    assert chosen(metadata={"tags": ["b"]}) == ["where"]
    assert chosen(example_ids=["who", "where"]) == ["where", "who"]
    assert chosen(offset=1, limit=1) == ["why"]
    assert chosen(limit=0) == []
    assert chosen(select=["id", "inputs"], include_attachments=True) == ["where", "why", "who"]
    assert ids(golden.list_examples(example_ids=["who"])) == ["who"]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ("""has(metadata, '{"tier": "gold"}')""", ["where"]),
        ("""exists(metadata, "tier")""", ["where", "why"]),
        ("""and(not(has(metadata, '{"tier": "gold"}')), exists(metadata, "tier"))""", ["why"]),
        ("""or(eq(metadata_value, "free"), not(exists(metadata, "tier")))""", ["why", "who"]),
        ("""and(eq(metadata_key, "tier"), eq(metadata_value, "free"))""", ["why"]),
    ],
)
def test_a_filter_is_that_of_runs(golden: Client, filter: str, expected: list[str]) -> None:
    assert ids(golden.list_examples(dataset_name="golden", filter=filter)) == expected


def test_a_wrong_question_is_answered_with_what_there_is(golden: Client) -> None:
    with pytest.raises(
        DatasetError, match=r"golden has no split 'hrad'. Did you mean 'hard'. Known: base, hard"
    ):
        golden.list_examples(dataset_name="golden", splits=["hrad"])
    with pytest.raises(ArgumentError, match=r"splits is 'hard'. Give a list of names: \['hard'\]"):
        golden.list_examples(dataset_name="golden", splits="hard")
    with pytest.raises(FilterError, match="no field 'latency' to filter by"):
        golden.list_examples(dataset_name="golden", filter="gt(latency, 2)")
    with pytest.raises(FilterError, match=r"\^"):
        golden.list_examples(dataset_name="golden", filter="eq(id,")
    with pytest.raises(LangSmithNotFoundError, match=r"No example 'whi' in 'golden'. Did you mean 'why'"):
        golden.list_examples(dataset_name="golden", example_ids=["whi"])
    with pytest.raises(ArgumentError, match="limit is -1"):
        golden.list_examples(dataset_name="golden", limit=-1)
    with pytest.raises(ArgumentError, match=r"no field 'input'. Did you mean 'inputs'"):
        golden.list_examples(dataset_name="golden", select=["input"])
    with pytest.raises(LangSmithNotFoundError, match="No example 'nobody' in any dataset"):
        golden.read_example("nobody")


def test_examples_are_changed_in_part(golden: Client) -> None:
    answer = golden.update_example("why", outputs={"answer": "Because"}, split=["hard"])
    assert answer["message"] == "1 example updated"
    example = golden.read_example("why")
    assert example.inputs == {"query": "Why?"}
    assert example.outputs == {"answer": "Because"}
    assert (example.metadata, example.split) == ({"tier": "free"}, "hard")
    assert example.modified_at is not None
    golden.update_examples(
        updates=[{"id": "who", "metadata": {"tier": "new"}}, {"id": "where", "inputs": {"q": 1}}]
    )
    assert golden.read_example("who").metadata == {"tier": "new"}
    golden.update_examples(example_ids=["who"], metadata=[{"tier": "old"}], dataset_name="golden")
    assert golden.read_example("who").metadata == {"tier": "old"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Give either updates or example_ids"),
        ({"updates": []}, "updates is empty"),
        ({"updates": [{"inputs": {}}]}, "updates[0] has no 'id'"),
        ({"updates": [{"id": "who", "created_at": 1}]}, "unknown key 'created_at'"),
        ({"inputs": [{}]}, "'example_ids' is missing"),
        ({"update": [{}]}, "unknown keyword 'update'. Did you mean 'updates'"),
    ],
)
def test_an_update_that_says_nothing_is_refused(
    golden: Client, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError, match=re.escape(message)):
        golden.update_examples(**arguments)


def test_examples_are_removed_together(golden: Client) -> None:
    golden.delete_examples(["who", "why"])
    assert ids(golden.list_examples(dataset_name="golden")) == ["where"]
    with pytest.raises(NotSupported, match="stays in the store"):
        golden.delete_examples(["where"], hard_delete=True)


def test_versions_are_tagged_listed_and_compared(golden: Client) -> None:
    before = golden.read_dataset_version(dataset_name="golden", tag="latest")
    golden.update_dataset_tag(dataset_name="golden", as_of=before.as_of, tag="v1")
    golden.create_example({"query": "When?"}, dataset_name="golden", example_id="when")
    golden.update_example("why", outputs={})
    golden.delete_example("who")

    difference = golden.diff_dataset_versions(
        dataset_name="golden", from_version="v1", to_version=datetime.now(UTC)
    )
    assert difference.examples_added == ["when"]
    assert difference.examples_removed == ["who"]
    assert difference.examples_modified == ["why"]
    assert difference.dict()["examples_added"] == ["when"]
    assert golden.read_dataset_version(dataset_name="golden", tag="v1").version == before.version
    newest, *_, first = golden.list_dataset_versions(dataset_name="golden")
    assert newest.version == golden.read_dataset(dataset_name="golden").version
    assert first.version == Dataset("", ()).version
    assert [version.tags for version in golden.list_dataset_versions(dataset_name="golden", search="v1")] == [
        ["v1"]
    ]
    assert ids(golden.read_dataset(dataset_name="golden@v1")) == ["where", "why", "who"]
    assert golden.read_dataset(dataset_name="golden", as_of="v1").version == before.version
    assert ids(golden.list_examples(dataset_name="golden", as_of="v1")) == ["where", "why", "who"]
    assert golden.read_example("who", as_of="v1", dataset_name="golden").inputs == {"query": "Who?"}
    with pytest.raises(ValueError, match="Give one of as_of and tag"):
        golden.read_dataset_version(dataset_name="golden")


def test_splits_are_listed_and_changed(golden: Client) -> None:
    assert golden.list_dataset_splits(dataset_name="golden") == ["base", "hard"]
    golden.update_dataset_splits(dataset_name="golden", split_name="new", example_ids=["who"])
    golden.update_dataset_splits(dataset_name="golden", split_name="hard", example_ids=["why"], remove=True)
    assert golden.list_dataset_splits(dataset_name="golden") == ["base", "new"]


def test_datasets_are_listed_by_what_is_asked(golden: Client) -> None:
    golden.create_dataset("chats", data_type="chat", metadata={"team": "a", "year": 2026})
    assert [dataset.name for dataset in golden.list_datasets()] == ["chats", "golden"]
    assert [dataset.name for dataset in golden.list_datasets(dataset_name_contains="GOLD")] == ["golden"]
    assert [dataset.name for dataset in golden.list_datasets(data_type="chat")] == ["chats"]
    assert [dataset.name for dataset in golden.list_datasets(metadata={"team": "a"})] == ["chats"]
    assert [dataset.name for dataset in golden.list_datasets(limit=1)] == ["chats"]
    assert list(golden.list_datasets(dataset_name="gold")) == []
    assert [dataset.name for dataset in golden.list_datasets(dataset_ids=["golden"])] == ["golden"]


CSV = "question,answer,note\nWhere?,Here,x\nWhy?,,y\n"


def test_a_csv_file_becomes_a_dataset(client: Client, tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_text(CSV)
    dataset = client.upload_csv(str(tmp_path / "faq.csv"), ["question"], ["answer"], description="FAQ")
    assert (dataset.name, dataset.description) == ("faq", "FAQ")
    assert [(example.inputs, example.outputs) for example in dataset] == [
        ({"question": "Where?"}, {"answer": "Here"}),
        ({"question": "Why?"}, {}),
    ]
    again = client.upload_csv(("faq.csv", io.BytesIO(CSV.encode())), ["question"], ["answer"], name="again")
    assert [example.inputs for example in again] == [example.inputs for example in dataset]
    with pytest.raises(LangSmithConflictError, match="'faq' is there already"):
        client.upload_csv(str(tmp_path / "faq.csv"), ["question"], ["answer"])
    with pytest.raises(DatasetError, match="no column 'questoin'"):
        client.upload_csv(str(tmp_path / "faq.csv"), ["questoin"], [], name="x")
    with pytest.raises(ArgumentError, match=r"csv_file is 3. Give a path"):
        client.upload_csv(3, ["question"], [])
    with pytest.raises(ArgumentError, match="input_keys names no column"):
        client.upload_csv(str(tmp_path / "faq.csv"), [], [])


def test_a_data_frame_becomes_a_dataset(client: Client) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "question": ["Where?", "Why?"],
            "count": [1, 2],
            "score": [0.1, float("nan")],
            "day": pandas.to_datetime(["2026-01-31", None]),
            "tags": [["a"], None],
        }
    )
    dataset = client.upload_dataframe(frame, "frame", ["question", "count"], ["score", "day", "tags"])
    first, second = dataset
    assert first.inputs == {"question": "Where?", "count": 1}
    assert first.outputs == {"score": 0.1, "day": "2026-01-31T00:00:00", "tags": ["a"]}
    assert second.outputs == {}
    with pytest.raises(ArgumentError, match="no column 'anser'"):
        client.upload_dataframe(frame, "x", ["question"], ["anser"])
    with pytest.raises(ArgumentError, match=r"df is \[\], no data frame"):
        client.upload_dataframe([], "x", ["question"], [])


def test_an_example_that_was_read_can_be_given_back(golden: Client) -> None:
    example = golden.read_example("why")
    assert isinstance(example, Example)
    golden.create_dataset("copy")
    golden.create_examples(dataset_name="copy", examples=[example])
    assert golden.read_example("why", dataset_name="copy") == example


def test_datasets_load_neither_arrow_nor_pandas(golden: Client) -> None:
    import subprocess

    program = (
        "import sys; from pytest_llmobs.client.client import Client; client = Client(); "
        "client.create_example({'a': 1}, dataset_name='golden'); "
        "print(sorted({'pyarrow', 'pandas', 'anthropic', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
