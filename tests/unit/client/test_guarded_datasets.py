"""What a project asks of its datasets holds for every call: no leaks between splits, and what schemas say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.datasets.editing.schemas import set_schemas
from pytest_llmobs.datasets.leaks import LeakError
from pytest_llmobs.errors import DatasetError

TEXT = "I was charged twice for my order of last Tuesday and would like to have my money back"
SCHEMA = {"type": "object", "properties": {"query": {"type": "string", "maxLength": 5}}}
WRITTEN = '{"id": "a", "inputs": {"query": "Hello"}}\n\n{"id": "b", "inputs": {"query": "far too long"}}\n'


def example(id: str, end: str, split: str) -> dict[str, Any]:
    return {"id": id, "inputs": {"query": f"{TEXT}{end}"}, "split": split}


def guarded(tmp_path: Path, policy: str) -> Client:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nllm_leak_guard = {policy}\n")
    client = Client()
    client.create_dataset("golden")
    client.create_examples(dataset_name="golden", examples=[example("a", "", "train")])
    return client


def splits(client: Client) -> dict[str, Any]:
    return {each.id: each.split for each in client.list_examples(dataset_name="golden")}


def test_the_setting_guards_every_call(client: Client, tmp_path: Path) -> None:
    guarding = guarded(tmp_path, "refuse")
    calls: list[Callable[..., Any]] = [
        lambda **more: guarding.create_examples(
            dataset_name="golden", examples=[example("b", "!", "test")], **more
        ),
        lambda **more: guarding.create_example(
            {"query": f"{TEXT}?"}, dataset_name="golden", split="test", example_id="c", **more
        ),
    ]
    for call in calls:
        with pytest.raises(LeakError, match=r"asks nearly what 'a' \(split 'train'\)"):
            call()
    assert splits(guarding) == {"a": "train"}
    # a call may say otherwise
    calls[0](on_leak="move")
    calls[1](on_leak="off")
    assert splits(guarding) == {"a": "train", "b": "train", "c": "test"}
    for guarded_call in (
        lambda: guarding.update_example("b", split="test"),
        lambda: guarding.update_examples(dataset_name="golden", updates=[{"id": "b", "split": "test"}]),
        lambda: guarding.update_dataset_splits(dataset_name="golden", split_name="hard", example_ids=["c"]),
    ):
        with pytest.raises(LeakError):
            guarded_call()
    assert splits(guarding) == {"a": "train", "b": "train", "c": "test"}


def test_the_setting_moves(client: Client, tmp_path: Path) -> None:
    moving = guarded(tmp_path, "move")
    moving.create_examples(dataset_name="golden", examples=[example("b", "!", "test")])
    moving.update_example("b", split="test")
    assert splits(moving) == {"a": "train", "b": "train"}


def test_schemas_hold_for_whatever_is_evaluated(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "datasets"
    folder.mkdir()
    (folder / "golden.jsonl").write_text(WRITTEN)
    set_schemas(client.workspace.open_catalog(), "golden", SCHEMA)
    for data in (
        "golden",
        "datasets/golden.jsonl",
        client.list_examples(dataset_name="golden"),
        client.read_dataset(dataset_name="golden"),
    ):
        with pytest.raises(
            DatasetError, match=r"golden\.jsonl:3: 'b': /inputs/query is 'far too long', against maxLength: 5"
        ):
            client.evaluate(lambda inputs: inputs, data=data)
    # the part that keeps to it may be evaluated
    good = client.list_examples(dataset_name="golden", example_ids=["a"])
    assert len(client.evaluate(lambda inputs: inputs, data=good)) == 1
    # so may what it held once, before the schema was kept to
    old = client.read_dataset_version(dataset_name="golden", as_of="latest").as_of
    client.delete_example("b", dataset_name="golden")
    assert len(client.evaluate(lambda inputs: inputs, data="golden")) == 1
    then = client.list_examples(dataset_name="golden", as_of=old)
    assert len(client.evaluate(lambda inputs: inputs, data=then)) == 2
