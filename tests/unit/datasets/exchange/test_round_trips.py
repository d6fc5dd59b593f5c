"""Whatever a dataset holds comes back from every form as it was; what a form can't hold is refused by name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_llmobs.datasets.base import Row
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.csv import Csv
from pytest_llmobs.datasets.exchange import FORMS, read_foreign, write_foreign
from pytest_llmobs.datasets.json import Json
from pytest_llmobs.datasets.jsonl import Jsonl
from pytest_llmobs.datasets.parquet import Parquet
from pytest_llmobs.datasets.rows import row_of
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.records.examples import Dataset, Example, canonical_json

READERS = [Jsonl(), Json(), Csv(), Parquet()]
LASTING = [name for name, form in FORMS.items() if not form.loses]
"""Forms that hold whole examples."""
SUFFIXES = {"langsmith": ".json", "hf": ""}

TRICKY = [
    "",
    " ",
    "42",
    "-0",
    "007",
    "1e999",
    "NaN",
    "true",
    "null",
    '"quoted"',
    "[1]",
    '["a"',
    "{",
    "{'a'}",
    "=1+1",
    "+49",
    "@me",
    "-",
    "a,b",
    "a;b",
    "a\tb",
    "a\nb",
    "a\r\nb",
    "a\rb",
    "\ufeffmark",
    "é",
    "😀",
    "\u2028",
    "\x00",
    "sep=;",
    "id",
    "'",
    '"',
    "\\n",
]
TEXTS = st.one_of(st.sampled_from(TRICKY), st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([0, 2**63 - 1, 2**63, -(2**63) - 1, 10**40]),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.recursive(
    st.one_of(st.none(), TEXTS, NUMBERS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
COLUMN = st.one_of(TEXTS, NUMBERS, st.integers(), st.lists(TEXTS, max_size=2), VALUES)
OBJECTS = st.dictionaries(
    st.one_of(st.sampled_from(["query", "tier", "a.b", "id"]), TEXTS), COLUMN, max_size=3
)
SPLITS = st.one_of(st.none(), st.sampled_from(["base", "hard", "train", "test"]))
IDS = st.lists(
    st.one_of(st.sampled_from(["a", "17", "double-charge", "null", "é"]), st.uuids().map(str)),
    min_size=1,
    max_size=4,
    unique=True,
)


@st.composite
def datasets(draw: Any) -> Dataset:
    examples = []
    for id in draw(IDS):
        outputs, metadata = draw(OBJECTS), draw(OBJECTS)
        run = draw(st.one_of(st.none(), st.just("0199-17"), st.just("17")))
        examples.append(Example(id, draw(OBJECTS), outputs, metadata, draw(SPLITS), source_run_id=run))
    return Dataset("support", tuple(examples))


def read_back(path: Path) -> dict[str, str]:
    drafts = read_foreign(path, formats=READERS).examples
    examples = check_rows([Row(draft, "back") for draft in drafts], Columns(), "back", may_ask_the_same=True)
    return {example.id: canonical_json(row_of(example)) for example in examples}


@pytest.mark.parametrize("form", LASTING)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(dataset=datasets())
def test_a_dataset_comes_back_as_it_was(form: str, dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / f"support{SUFFIXES.get(form, f'.{form}')}"
    write_foreign(dataset, path, form, overwrite=True)

    assert read_back(path) == {example.id: canonical_json(row_of(example)) for example in dataset.examples}


def refusal(example: Example, path: Path, form: str) -> str:
    with pytest.raises(DatasetError) as error:
        write_foreign(Dataset("support", (example,)), path, form)
    assert not path.exists()
    return str(error.value)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", date(2026, 11, 30), {1, 2}])
def test_what_json_has_no_form_for_is_refused_by_name(form: str, value: Any, tmp_path: Path) -> None:
    message = refusal(Example("a", {"deep": [{"x": value}]}), tmp_path / "out", form)

    assert "support, example 1 ('a'): inputs.deep[0].x is" in message


@pytest.mark.parametrize("form", ["csv", "tsv", "hf"])
def test_several_splits_are_refused_where_there_is_one_place_for_them(form: str, tmp_path: Path) -> None:
    message = refusal(Example("a", {"q": "x"}, split=("base", "hard")), tmp_path / "out", form)

    assert "example 'a' belongs to several splits, ['base', 'hard']" in message
    assert "Use another form: jsonl, json" in message


@pytest.mark.parametrize("form", ["jsonl", "json", "parquet", "langsmith"])
def test_several_splits_come_back_where_there_is_place(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{SUFFIXES.get(form, f'.{form}')}"
    examples = (Example("a", {"q": "x"}, split=("hard", "base")), Example("b", {"q": "y"}, split="base"))

    write_foreign(Dataset("support", examples), path, form)

    assert read_back(path) == {example.id: canonical_json(row_of(example)) for example in examples}


def test_a_splits_name_that_no_hub_takes_is_refused(tmp_path: Path) -> None:
    message = refusal(Example("a", {"q": "x"}, split="hard cases"), tmp_path / "out", "hf")

    assert "example 'a' belongs to the split 'hard cases'" in message


@pytest.mark.parametrize("key", ["dataset_split", "llmobs_id"])
def test_metadata_that_would_mean_something_else_to_langsmith_is_refused(key: str, tmp_path: Path) -> None:
    message = refusal(Example("a", {"q": "x"}, metadata={key: "x"}), tmp_path / "out", "langsmith")

    assert f"example 'a': its metadata has {key!r}" in message


@pytest.mark.parametrize("form", FORMS)
def test_two_examples_of_one_id_are_named_both(form: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as error:
        write_foreign(
            Dataset("support", (Example("a", {"q": "x"}), Example("a", {"q": "y"}))), tmp_path / "o", form
        )

    assert "support, example 2 ('a'): the id 'a' is taken already, by support, example 1 ('a')" in str(
        error.value
    )


@pytest.mark.parametrize("form", LASTING)
def test_times_come_back(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{SUFFIXES.get(form, f'.{form}')}"
    made = datetime(2026, 11, 30, 12, 0, 0, 123456, UTC)
    examples = (Example("a", {"q": "x"}, created_at=made), Example("b", {"q": "y"}, modified_at=made))

    write_foreign(Dataset("support", examples), path, form)

    assert read_back(path) == {example.id: canonical_json(row_of(example)) for example in examples}


CONTENTS = st.one_of(
    st.sampled_from([text for text in TRICKY if text]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
)
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant"]), "content": CONTENTS}
)
TALKS = st.lists(st.tuples(st.lists(MESSAGES, min_size=1, max_size=3), CONTENTS), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(talks=TALKS)
def test_conversations_come_back_from_lines_of_messages(talks: Any, tmp_path: Path) -> None:
    examples = []
    for number, (asked, said) in enumerate(talks):
        answer = {"message": {"role": "assistant", "content": said}}
        examples.append(Example(f"e{number}", {"messages": asked}, answer))

    exported = write_foreign(
        Dataset("talks", tuple(examples)), tmp_path / "talks.jsonl", "chat", overwrite=True
    )

    again = read_foreign(tmp_path / "talks.jsonl", formats=READERS)
    assert again.form == "chat"
    assert [(draft["inputs"], draft["outputs"]) for draft in again.examples] == [
        (example.inputs, example.outputs) for example in examples
    ]
    assert "ids, splits and metadata have no place in it" in exported.notes[0]


@pytest.mark.parametrize("form", LASTING)
def test_a_dataset_without_examples_is_written(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{SUFFIXES.get(form, f'.{form}')}"
    if form == "hf":
        path = tmp_path / "folder"

    assert write_foreign(Dataset("support", ()), path, form).examples == 0
