"""``Client().curate`` over a real store and real files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.client import Client
from pytest_llmobs.errors import ArgumentError, FilterError, NotFoundError
from tests.unit.client.conftest import Write

LATE = "My parcel is late by three days and the courier never rang the bell at my door"
REFUND = "I sent the shoes back two weeks ago and the money is still missing on my card"
CURATE: dict[str, Any] = {"project_name": "production", "dataset_name": "regressions", "embed": False}


@pytest.fixture
def failed(write: Write) -> list[str]:
    """Write two runs that raised and one that went well, and return the ids of the two."""
    failure = {"status": "error", "error": "ValueError: no order"}
    ids = [
        write(1, {"question": LATE}, **failure, metadata={"customer": "ana"}),
        write(2, {"question": REFUND}, {"output": "Soon."}, **failure, metadata={"customer": "ben"}),
    ]
    write(3, {"question": "Thanks!"}, {"output": "You're welcome."})
    return ids


def written(folder: Path) -> dict[str, dict[str, Any]]:
    lines = (folder / "datasets" / "regressions.jsonl").read_text(encoding="utf-8").splitlines()
    return {example["source_run_id"]: example for example in map(json.loads, lines)}


def test_the_plan_says_what_apply_writes(client: Client, failed: list[str], tmp_path: Path) -> None:
    curation = client.curate(**CURATE, split="hard")
    assert (curation.plan.found, curation.plan.is_new) == (2, True)
    assert not (tmp_path / "datasets").exists()
    applied = curation.apply()
    assert {example.source_run_id for example in applied.examples} == set(failed)
    assert written(tmp_path).keys() == set(failed)
    assert {example["split"] for example in written(tmp_path).values()} == {"hard"}
    assert client.curate(**CURATE, split="hard").plan.is_empty


def test_several_projects_and_a_filter_choose_runs(client: Client, failed: list[str], write: Write) -> None:
    other = write(4, {"question": "Which size am I?"}, project="staging", status="error", error="KeyError: 7")
    asked = {**CURATE, "project_name": ["production", "staging"]}
    assert client.curate(**asked).plan.found == 3
    plan = client.curate(**asked, filter='search("size")').plan
    assert [draft["source_run_id"] for draft in plan.drafts] == [other]
    assert client.curate(**CURATE, limit=1).has_more


def test_outputs_are_kept_where_the_caller_says_so(client: Client, failed: list[str]) -> None:
    drafts = {
        draft["source_run_id"]: draft for draft in client.curate(**CURATE, keep_outputs=True).plan.drafts
    }
    assert drafts[failed[1]]["outputs"] == {"output": "Soon."}


def test_a_later_correction_completes_the_example(client: Client, failed: list[str], tmp_path: Path) -> None:
    client.curate(**CURATE).apply()
    client.create_feedback(failed[0], "correction", correction="It comes at noon.")
    applied = client.curate(**CURATE).apply()
    assert [example.source_run_id for example in applied.completed] == [failed[0]]
    assert written(tmp_path)[failed[0]]["outputs"] == {"output": "It comes at noon."}


def test_users_are_told_by_the_workspaces_setting(failed: list[str], client: Client, tmp_path: Path) -> None:
    assert {mode.recurrence.users for mode in client.curate(**CURATE).plan.modes} == {None}
    (tmp_path / "pytest.ini").write_text("[pytest]\nllm_user_keys = customer\n", encoding="utf-8")
    modes = Client(store=client.store.root).curate(**CURATE).plan.modes
    assert sum(mode.recurrence.users or 0 for mode in modes) == 2


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"project_name": "prodution"}, NotFoundError, "production"),
        ({"project_name": []}, ArgumentError, "No project is named"),
        ({"dataset_name": "../x"}, ArgumentError, "../x"),
        ({"filter": "eq(nmae, 1)"}, FilterError, "name"),
        ({"cap": -1}, ArgumentError, "cap is -1"),
        ({"on_leak": "mvoe"}, ArgumentError, "move"),
    ],
)
@pytest.mark.usefixtures("failed")
def test_what_makes_no_sense_is_told(
    client: Client, given: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        client.curate(**{**CURATE, **given})
