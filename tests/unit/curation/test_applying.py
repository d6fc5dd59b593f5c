from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmobs.curation.applying import apply, without_purged
from pytest_llmobs.curation.candidates import Found
from pytest_llmobs.curation.options import Options
from pytest_llmobs.curation.planning import plan
from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.errors import ConflictError, DatasetError
from pytest_llmobs.extensions import Extensions, standalone_manager
from tests.unit.curation.runs import failed, make_run, say

LATE = "My parcel is late by three days and the courier never rang the bell at my door"
REFUND = "I sent the shoes back two weeks ago and the money is still missing on my card"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(
        tmp_path / "datasets",
        tmp_path / ".llmobs",
        formats=lambda: Extensions(standalone_manager()).formats,
        prepare_store=lambda: None,
    )


def test_the_dataset_is_made_and_holds_the_examples(catalog: Catalog) -> None:
    runs = [failed(1, LATE), make_run(2, REFUND, outputs={"output": "Soon."})]
    changed = apply(
        plan(Found(runs), "support/regressions", None, Options(split="hard", filter="…")), catalog
    )
    examples = {example.source_run_id: example for example in catalog.examples("support/regressions")}
    assert {example.id for example in changed.examples} == {example.id for example in examples.values()}
    assert examples["run-1"].inputs == {"question": LATE}
    assert examples["run-1"].split == "hard"
    assert examples["run-1"].metadata["reason"] == "error: ValueError: no order"
    assert examples["run-2"].outputs == {}
    assert examples["run-2"].metadata["rejected_output"] == {"output": "Soon."}


def test_nothing_to_add_writes_nothing(catalog: Catalog) -> None:
    assert apply(plan(Found([]), "regressions", None), catalog).examples == ()
    assert not catalog.has("regressions")


def test_what_is_there_is_kept_and_curating_again_adds_nothing(catalog: Catalog) -> None:
    runs = [failed(1, LATE), failed(2, REFUND)]
    apply(plan(Found(runs[:1]), "regressions", None), catalog)
    again = plan(Found(runs), "regressions", catalog.examples("regressions"))
    apply(again, catalog)
    assert [example.source_run_id for example in catalog.examples("regressions")] == ["run-1", "run-2"]
    assert plan(Found(runs), "regressions", catalog.examples("regressions")).drafts == []


def test_of_two_who_curate_at_once_the_second_is_refused(catalog: Catalog) -> None:
    both = [plan(Found([failed(1, LATE)]), "regressions", None) for _ in range(2)]
    apply(both[0], catalog)
    with pytest.raises(ConflictError, match="has an example"):
        apply(both[1], catalog)
    assert len(catalog.examples("regressions")) == 1


def test_a_run_that_was_erased_meanwhile_is_left_out(catalog: Catalog) -> None:
    planned = plan(Found([failed(1, LATE), failed(2, REFUND)]), "regressions", None)
    apply(without_purged(planned, {"run-2"}), catalog)
    assert [example.source_run_id for example in catalog.examples("regressions")] == ["run-2"]


def test_a_near_duplicate_that_came_to_another_split_meanwhile_is_told(catalog: Catalog) -> None:
    planned = plan(Found([failed(1, LATE)]), "regressions", None, Options(split="train"))
    nearly = LATE.replace("three", "four")
    apply(plan(Found([failed(9, nearly)]), "regressions", None, Options(split="test")), catalog)
    with pytest.raises(DatasetError, match="test"):
        apply(planned, catalog)
    assert [example.source_run_id for example in catalog.examples("regressions")] == ["run-9"]


def test_examples_are_completed_unless_a_person_was_faster(catalog: Catalog) -> None:
    runs = [make_run(1, LATE), make_run(2, REFUND)]
    first = apply(plan(Found(runs), "regressions", None, Options(filter="…")), catalog)
    said = {run.id: [say("correction", correction=f"Better {run.id}.")] for run in runs}
    again = plan(Found(runs, said), "regressions", catalog.examples("regressions"))
    faster = next(example for example in first.examples if example.source_run_id == "run-1")
    changes.update(catalog, "regressions", [{"id": faster.id, "outputs": {"output": "Mine."}}])
    applied = apply(again, catalog)
    assert (applied.examples, [example.source_run_id for example in applied.completed]) == ((), ["run-2"])
    outputs = {example.source_run_id: example.outputs for example in catalog.examples("regressions")}
    assert outputs == {"run-1": {"output": "Mine."}, "run-2": {"output": "Better run-2."}}


def test_an_example_that_was_removed_meanwhile_is_not_completed(catalog: Catalog) -> None:
    first = apply(plan(Found([make_run(1, LATE)]), "regressions", None, Options(filter="…")), catalog)
    said = {"run-1": [say("correction", correction="At noon.")]}
    again = plan(Found([make_run(1, LATE)], said), "regressions", catalog.examples("regressions"))
    changes.remove(catalog, "regressions", [first.examples[0].id])
    assert apply(again, catalog).completed == ()


def test_the_correction_of_a_run_that_was_erased_meanwhile_is_written_nowhere(catalog: Catalog) -> None:
    apply(plan(Found([make_run(1, LATE)]), "regressions", None, Options(filter="…")), catalog)
    said = {"run-1": [say("correction", correction="At noon.")]}
    again = plan(Found([make_run(1, LATE)], said), "regressions", catalog.examples("regressions"))
    assert apply(without_purged(again, ()), catalog).completed == ()
