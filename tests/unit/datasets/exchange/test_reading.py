"""What other tools write is read, and what isn't understood is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.exchange import Imported, read_foreign
from pytest_llmobs.datasets.exchange.reading import Choice
from pytest_llmobs.errors import DatasetError
from tests.unit.datasets.conftest import FORMATS

QUESTIONS = Columns(("question",), ("answer",))


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Imported]:
    """Read a file or folder below the current one; its files are written first."""
    monkeypatch.chdir(tmp_path)

    def read(source: str, files: dict[str, Any] | None = None, **choice: Any) -> Imported:
        for name, content in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, pa.Table):
                pq.write_table(content, path)
            else:
                path.write_text(content, encoding="utf-8", newline="")
        return read_foreign(Path(source), formats=FORMATS, choice=Choice(**choice))

    return read


def lines(*rows: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def qa(question: str) -> dict[str, str]:
    return {"question": question, "answer": "yes"}


# folders as Hugging Face has them


def test_the_split_is_the_files(read: Callable[..., Imported]) -> None:
    table = pa.table({"question": ["a?"], "answer": ["yes"]})
    files = {
        "hub/data/train-00000-of-00002.parquet": table,
        "hub/data/train-00001-of-00002.parquet": pa.table({"question": ["b?"], "answer": ["yes"]}),
        "hub/data/test_hard-00000-of-00001.parquet": pa.table({"question": ["c?"], "answer": ["no"]}),
    }

    imported = read("hub", files, columns=QUESTIONS)

    assert imported.form == "hf"
    splits = {example["inputs"]["question"]: example["split"] for example in imported.examples}
    assert splits == {"a?": "train", "b?": "train", "c?": "test_hard"}
    assert imported.files["hub/data/train-00001-of-00002.parquet"] == 1


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.jsonl", "train"),
        ("my-dataset.test.jsonl", "test"),
        ("validation/part-1.jsonl", "validation"),
        ("dev_2.jsonl", "dev"),
        ("hard.jsonl", "hard"),
    ],
)
def test_a_name_says_the_split_in_each_of_their_ways(
    name: str, split: str, read: Callable[..., Imported]
) -> None:
    imported = read(
        "hub",
        {f"hub/{name}": lines(qa("a?")), "hub/other.csv": "question,answer\nb?,no\n"},
        columns=QUESTIONS,
    )

    assert {example["inputs"]["question"]: example["split"] for example in imported.examples}["a?"] == split


def test_a_lone_file_that_names_none_has_no_split(read: Callable[..., Imported]) -> None:
    imported = read("hub", {"hub/data.csv": "question,answer\na?,yes\n"}, columns=QUESTIONS)

    assert "split" not in imported.examples[0]


CARD = """---
license: mit
configs:
- config_name: default
  data_files:
  - split: train
    path: "data.csv"
  - split: holdout
    path: ["more/*.jsonl"]
- config_name: other
  data_files: data.csv
---
# A dataset
"""


def test_the_card_says_which_file_is_which_split(read: Callable[..., Imported]) -> None:
    files = {
        "hub/README.md": CARD,
        "hub/data.csv": "question,answer\na?,yes\n",
        "hub/more/x.jsonl": lines(qa("b?")),
    }

    imported = read("hub", files, columns=QUESTIONS)

    assert [example["split"] for example in imported.examples] == ["train", "holdout"]


def test_a_configuration_is_chosen_by_its_name(read: Callable[..., Imported]) -> None:
    files = {
        "hub/README.md": CARD,
        "hub/data.csv": "question,answer\na?,yes\n",
        "hub/more/x.jsonl": lines(qa("b?")),
    }

    assert len(read("hub", files, columns=QUESTIONS, config="other").examples) == 1
    with pytest.raises(
        DatasetError, match=r"no configuration 'othr'. Did you mean 'other'\? Known: default, other."
    ):
        read("hub", columns=QUESTIONS, config="othr")


def test_a_card_may_not_lead_out_of_its_folder(read: Callable[..., Imported]) -> None:
    files = {
        "hub/README.md": CARD.replace("data.csv", "../data.csv"),
        "data.csv": "question,answer\na?,yes\n",
    }

    with pytest.raises(DatasetError, match=r"names '\.\./data\.csv', which lies outside"):
        read("hub", files, columns=QUESTIONS)


def test_an_unknown_split_is_answered_with_the_known_ones(read: Callable[..., Imported]) -> None:
    files = {"hub/train.jsonl": lines(qa("a?")), "hub/test.jsonl": lines(qa("b?"))}

    assert [e["split"] for e in read("hub", files, columns=QUESTIONS, only_splits=["test"]).examples] == [
        "test"
    ]
    with pytest.raises(DatasetError, match=r"no split 'tst'. Did you mean 'test'\? Known: test, train."):
        read("hub", columns=QUESTIONS, only_splits=["tst"])


def test_what_save_to_disk_wrote_is_read(tmp_path: Path, read: Callable[..., Imported]) -> None:
    folder = tmp_path / "saved" / "train"
    folder.mkdir(parents=True)
    table = pa.table({"question": ["a?", "b?"], "answer": ["yes", None]})
    with pa.ipc.new_stream(folder / "data-00000-of-00001.arrow", table.schema) as stream:
        stream.write_table(table)
    (folder / "state.json").write_text(
        '{"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": "train"}'
    )
    (folder / "dataset_info.json").write_text("{}")
    (tmp_path / "saved" / "dataset_dict.json").write_text('{"splits": ["train"]}')

    imported = read("saved", columns=QUESTIONS)

    assert imported.examples[0] == {
        "inputs": {"question": "a?"},
        "outputs": {"answer": "yes"},
        "split": "train",
    }
    assert "outputs" not in imported.examples[1]


def test_nested_features_lists_and_times_are_read(read: Callable[..., Imported]) -> None:
    from datetime import UTC, datetime

    table = pa.table(
        {
            "question": [{"text": "a?", "tags": ["x", "y"]}],
            "answer": pa.array([datetime(2026, 11, 30, tzinfo=UTC)], pa.timestamp("us", "UTC")),
        }
    )

    imported = read("hub", {"hub/data/train-00000-of-00001.parquet": table}, columns=QUESTIONS)

    assert imported.examples[0]["inputs"] == {"question": {"text": "a?", "tags": ["x", "y"]}}
    assert imported.examples[0]["outputs"] == {"answer": "2026-11-30T00:00:00+00:00"}


def test_binary_features_are_refused_by_name(read: Callable[..., Imported]) -> None:
    table = pa.table({"question": [{"bytes": b"\x89PNG", "path": "a.png"}], "answer": ["a cat"]})

    with pytest.raises(
        DatasetError, match=r"train-00000-of-00001.parquet, row 1: inputs.question.bytes is b'.*of type bytes"
    ):
        read("hub", {"hub/data/train-00000-of-00001.parquet": table}, columns=QUESTIONS)


def test_columns_that_nobody_explains_are_listed(read: Callable[..., Imported]) -> None:
    with pytest.raises(DatasetError) as error:
        read("hub", {"hub/train.jsonl": lines({"question": "a?", "level": 1, "answer": "yes"})})

    assert str(error.value) == (
        "hub/train.jsonl:1: nothing says which columns of hub are inputs. It has question, level, answer. "
        "Name them: --input-keys question --output-keys answer."
    )


def test_a_folder_without_examples_says_so(read: Callable[..., Imported]) -> None:
    with pytest.raises(DatasetError, match=r"hub holds no file of examples. Known: "):
        read("hub", {"hub/README.md": "# Nothing"})


def test_a_source_that_isnt_there_is_answered_with_a_near_one(read: Callable[..., Imported]) -> None:
    with pytest.raises(
        DatasetError, match=r"There is no file or folder 'trian.jsonl'. Did you mean 'train.jsonl'\?"
    ):
        read("trian.jsonl", {"train.jsonl": lines(qa("a?"))})


def test_a_part_that_is_json_text_is_the_object_it_says(read: Callable[..., Imported]) -> None:
    table = pa.table({"inputs": ['{"query": "a?", "context": null}'], "outputs": ["{broken"]})

    with pytest.raises(DatasetError, match=r"'outputs' is '\{broken', not an object"):
        read("hub", {"hub/data/train-00000-of-00001.parquet": table})
    imported = read("hub", {"hub/data/train-00000-of-00001.parquet": table.drop_columns("outputs")})
    assert imported.examples == [{"inputs": {"query": "a?", "context": None}, "split": "train"}]


# LangSmith's exports

OF_THE_API = {
    "id": "0703a989-2693-4039-a1f6-7281fc1b4cb0",
    "dataset_id": "9f73165c-d333-4d14-8f59-bd7eede5db08",
    "created_at": "2023-11-15T15:26:53.511629",
    "modified_at": "2023-11-15T15:26:53.511629+00:00",
    "inputs": {"question": "a?"},
    "outputs": {"reference": "no"},
    "metadata": {"dataset_split": ["base", "hard"], "tier": "pro"},
    "source_run_id": "b258b95a-9524-4da7-b758-c5481109322d",
    "attachments": None,
    "runs": [],
}


@pytest.mark.parametrize("name", ["export.json", "export.jsonl"])
def test_what_their_api_gives_is_read(name: str, read: Callable[..., Imported]) -> None:
    content = json.dumps([OF_THE_API]) if name.endswith("json") else lines(OF_THE_API)

    imported = read(name, {name: content})

    assert imported.form == "langsmith"
    (example,) = imported.examples
    assert {**example, "split": list(example["split"])} == {
        "id": "0703a989-2693-4039-a1f6-7281fc1b4cb0",
        "inputs": {"question": "a?"},
        "outputs": {"reference": "no"},
        "metadata": {"tier": "pro"},
        "split": ["base", "hard"],
        "created_at": "2023-11-15T15:26:53.511629+00:00",
        "modified_at": "2023-11-15T15:26:53.511629+00:00",
        "source_run_id": "b258b95a-9524-4da7-b758-c5481109322d",
    }


def test_attachments_are_refused_unless_they_may_go(read: Callable[..., Imported]) -> None:
    attached = {**OF_THE_API, "attachments": {"image": {"presigned_url": "https://x"}}}

    with pytest.raises(DatasetError, match=r"export.json:1: attachments \(image\): .*--without-attachments"):
        read("export.json", {"export.json": json.dumps([attached])})
    assert len(read("export.json", without_attachments=True).examples) == 1


@pytest.mark.parametrize(
    "content",
    [
        'input_question,output_reference,metadata_tier,metadata_dataset_split\na?,no,pro,"[""hard""]"\n',
        'inputs,outputs,metadata\n"{""question"": ""a?""}","{""reference"": ""no""}",'
        '"{""tier"": ""pro"", ""dataset_split"": [""hard""]}"\n',
        "id,inputs_question,outputs_reference,metadata_tier,dataset_split\n,a?,no,pro,hard\n",
    ],
)
def test_a_downloaded_table_is_read(content: str, read: Callable[..., Imported]) -> None:
    imported = read("export.csv", {"export.csv": content})

    assert imported.form == "langsmith"
    assert imported.examples == [
        {
            "inputs": {"question": "a?"},
            "outputs": {"reference": "no"},
            "metadata": {"tier": "pro"},
            "split": "hard",
        }
    ]


def test_a_column_called_alike_makes_no_export_of_theirs(read: Callable[..., Imported]) -> None:
    with pytest.raises(
        DatasetError, match=r"It has question, answer, input_tokens\. Name them: --input-keys question"
    ):
        read("e.csv", {"e.csv": "question,answer,input_tokens\na?,yes,3\n"})


def test_a_downloaded_jsonl_is_read(read: Callable[..., Imported]) -> None:
    content = lines({"inputs": {"question": "a?"}, "outputs": {"reference": "no"}})

    assert read("export.jsonl", {"export.jsonl": content}).examples == [
        {"inputs": {"question": "a?"}, "outputs": {"reference": "no"}}
    ]


# lines of messages

ASKED = {"role": "user", "content": "I was charged twice."}
SAID = {"role": "assistant", "content": "I have refunded one of them."}


def test_lines_of_messages_are_read(read: Callable[..., Imported]) -> None:
    content = lines({"messages": [ASKED, SAID], "tools": [{"type": "function"}]}, {"messages": [ASKED]})

    imported = read("chat.jsonl", {"chat.jsonl": content})

    assert imported.form == "chat"
    assert imported.examples == [
        {"inputs": {"messages": [ASKED], "tools": [{"type": "function"}]}, "outputs": {"message": SAID}},
        {"inputs": {"messages": [ASKED]}},
    ]


def test_what_else_a_line_says_is_metadata(read: Callable[..., Imported]) -> None:
    content = lines({"messages": [ASKED, SAID], "prompt_id": "p7", "split": "hard"})

    (example,) = read("chat.jsonl", {"chat.jsonl": content}).examples
    assert (example["metadata"], example["split"]) == ({"prompt_id": "p7"}, "hard")


def test_a_line_without_a_question_is_named(read: Callable[..., Imported]) -> None:
    with pytest.raises(DatasetError, match=r"chat.jsonl:1: 'messages' has nothing that was asked"):
        read("chat.jsonl", {"chat.jsonl": lines({"messages": [SAID]})})


# bad input


def test_both_places_of_an_id_are_named_across_files(read: Callable[..., Imported]) -> None:
    row = {"id": "a", "inputs": {"q": "x"}}

    with pytest.raises(
        DatasetError, match=r"hub/train.jsonl:1: the id 'a' is taken already, by hub/test.jsonl:1"
    ):
        read("hub", {"hub/train.jsonl": lines(row), "hub/test.jsonl": lines(row)})


def test_a_mark_semicolons_and_windows_line_ends_are_read(read: Callable[..., Imported]) -> None:
    imported = read("e.csv", {"e.csv": "\ufeffquestion;answer\r\na?;1,5\r\n"}, columns=QUESTIONS)

    assert imported.examples == [{"inputs": {"question": "a?"}, "outputs": {"answer": "1,5"}}]


def test_a_ragged_row_is_named_by_its_line(read: Callable[..., Imported]) -> None:
    with pytest.raises(DatasetError, match=r"e.csv:3: 3 cells under 2 columns"):
        read("e.csv", {"e.csv": "question,answer\na?,yes\nb?,no,really\n"}, columns=QUESTIONS)


def test_a_split_may_be_given_to_all(read: Callable[..., Imported]) -> None:
    files = {"hub/train.jsonl": lines(qa("a?")), "hub/test.jsonl": lines(qa("b?"))}

    imported = read("hub", files, columns=QUESTIONS, split="imported")

    assert {example["split"] for example in imported.examples} == {"imported"}
