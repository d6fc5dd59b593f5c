"""What of a filter reaches the files: they are skipped by their statistics, and no row is checked twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pytest_llmobs.records.conditions import RunFilter
from pytest_llmobs.storage.filtering.compilation import compiled
from pytest_llmobs.storage.parquet.report import ScanReport
from pytest_llmobs.storage.store import Store
from tests.unit.storage.filtering.stored import plain_run, run_id, store_of


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Four files of three runs; feedback on one run, trials in the last file."""
    files = [[plain_run(10 * file + number) for number in range(3)] for file in range(4)]
    files[1][1].feedback = [{"key": "user_rating", "score": 0.2}]
    for number, run in enumerate(files[3]):
        run.columns |= {"repeat": 1, "suite": "tests/test_a.py", "scores": {"tone": number / 2}}
    store = store_of(tmp_path, *files)
    yield store
    store.feedback.close()


def read(store: Store, text: str) -> ScanReport:
    report = ScanReport()
    list(store.runs(filter=RunFilter(text), report=report))
    return report


@pytest.mark.parametrize(
    ("text", "skipped"),
    [
        ('gt(start_time, "2026-03-01T12:00:10Z")', 1),
        (f'eq(id, "{run_id(21)}")', 3),
        (f'in(id, ["{run_id(10)}", "{run_id(22)}"])', 2),
        (f'eq(trace_id, "{run_id(0)}")', 3),
        # Only the file with the rated run, and that with trials.
        ('and(eq(feedback_key, "user_rating"), lt(feedback_score, 0.5))', 2),
        # A score has no comment: the trials needn't be looked at.
        ('and(eq(feedback_key, "user_rating"), search(feedback_comment, "x"))', 4),
        ("not(gt(latency, 2))", 0),
    ],
)
def test_files_are_skipped_by_their_statistics(store: Store, text: str, skipped: int) -> None:
    assert read(store, text).skipped_files == skipped


def test_a_trace_filter_skips_files_of_other_traces(store: Store) -> None:
    report = ScanReport()
    wanted = RunFilter(trace='and(eq(feedback_key, "user_rating"), lt(feedback_score, 0.5))')
    found = list(store.runs(filter=wanted, report=report))
    assert [run.id for run in found] == [run_id(11)]
    assert report.skipped_files == 3


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ('and(eq(status, "error"), gt(latency, 2), has(tags, "beta"), search("refund"))', []),
        ('or(neq(error, null), not(in(name, ["a"])))', []),
        ('and(gt(latency, 2), eq(metadata_key, "env"))', ["metadata"]),
        ('or(gt(latency, 2), eq(metadata_key, "env"))', ["latency", "metadata"]),
        ('eq(feedback_value, "good")', []),
        ('eq(feedback_key, "tone")', ["id", "repeat", "attempt", "scores"]),
    ],
)
def test_only_what_arrow_cannot_say_is_checked_row_by_row(
    store: Store, text: str, columns: Sequence[str]
) -> None:
    assert list(compiled(RunFilter(text), store).mask_columns) == columns


def test_keywords_and_filters_go_the_same_way(store: Store) -> None:
    by_keyword = compiled(None, store, keywords={"is_root": True, "name": "answer"})
    by_filter = compiled(RunFilter('and(eq(is_root, true), in(name, ["answer"]))'), store)
    assert str(by_keyword.pushdown) == str(by_filter.pushdown)
    assert compiled(None, store).pushdown is None


def test_a_project_is_a_column(store: Store) -> None:
    assert len(list(store.runs(filter=RunFilter('eq(project, "demo")')))) == 12
    assert list(store.runs(filter=RunFilter('neq(session_name, "demo")'))) == []
