"""``client.runs``: LangSmith's newer methods, awaited and plain."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import ArgumentError, NotFoundError
from tests.unit.client.conftest import START, Write, run_id


@pytest.fixture
def seven(write: Write) -> None:
    for number in range(1, 8):
        write(number, {"q": number})


@pytest.mark.usefixtures("seven")
class TestPages:
    def test_a_page_and_the_cursor_to_the_next(self, client: Client) -> None:
        page = client.runs.query(project_ids=["production"], page_size=3)
        assert [run.id for run in page.items] == [run_id(7), run_id(6), run_id(5)]
        assert (page[0].id, page[-1].id) == (run_id(7), run_id(5))
        behind = client.runs.query(project_ids=["production"], page_size=3, cursor=page.next_cursor)
        assert [run.id for run in behind.items] == [run_id(4), run_id(3), run_id(2)]
        last = behind.get_next_page()
        assert [run.id for run in last.items] == [run_id(1)]
        assert (last.next_cursor, last.has_next_page()) == (None, False)
        with pytest.raises(ArgumentError, match="the last page"):
            last.get_next_page()

    def test_a_page_that_holds_them_all_is_the_last(self, client: Client) -> None:
        assert not client.runs.query(page_size=7).has_next_page()

    def test_iterating_reads_every_page(self, client: Client) -> None:
        runs = client.runs.query(page_size=2)
        assert [run.id for run in runs] == [run_id(number) for number in range(7, 0, -1)]
        assert [len(page.items) for page in runs.iter_pages()] == [2, 2, 2, 1]

    def test_it_can_be_awaited_and_iterated_asynchronously(self, client: Client) -> None:
        async def read() -> tuple[int, list[str], str]:
            page = await client.runs.query(page_size=4)
            ids = [run.id async for run in client.runs.query(page_size=4)]
            run = await client.runs.retrieve(run_id(1), project_id="production", start_time=START)
            return len(page.items), ids, run.id

        assert asyncio.run(read()) == (4, [run_id(number) for number in range(7, 0, -1)], run_id(1))

    def test_runs_that_started_together_are_on_one_page_each(self, client: Client, write: Write) -> None:
        at = int(START.timestamp() * 1_000_000)
        for number in range(20, 25):
            write(number, start_time=at, end_time=at)
        ids = [run.id for run in client.runs.query(page_size=1, max_start_time="2026-03-01T12:00:01Z")]
        assert ids == [run_id(number) for number in range(24, 19, -1)]

    def test_filters_have_their_newer_names(self, client: Client, write: Write) -> None:
        write(8, error="ValueError: no", status="error")
        assert [run.id for run in client.runs.query(has_error=True)] == [run_id(8)]
        assert [run.id for run in client.runs.query(ids=[run_id(2)], has_error=False)] == [run_id(2)]
        assert len([*client.runs.query(min_start_time="2026-03-01T12:00:07Z", is_root=True)]) == 2

    @pytest.mark.parametrize(
        ("asked", "message"),
        [
            ({"page_size": 0}, "page_size=0 must be a whole number, 1 or more"),
            ({"cursor": "later"}, "cursor='later' is none: take the next_cursor"),
            (
                {"project_id": "production"},
                r"runs.query\(\) got an unknown keyword 'project_id'. Did you mean 'project_ids'",
            ),
            ({"selects": ["INPUT"]}, "Did you mean 'inputs'"),
        ],
    )
    def test_mistakes_are_told(self, client: Client, asked: dict[str, Any], message: str) -> None:
        with pytest.raises(ArgumentError, match=message):
            client.runs.query(**asked)


class TestNames:
    def test_a_run_has_both_generations_names(self, client: Client, write: Write) -> None:
        columns = {"total_cost": 0.5, "metadata": {"thread_id": "t"}, "dataset": "golden", "example_id": "e1"}
        id = write(1, {"q": "x" * 200}, {"a": 1}, **columns)
        run = client.runs.retrieve(id, selects=["STATUS", "LATENCY_SECONDS"])
        assert (run.status, run.latency_seconds, run.project_id, run.thread_id) == (
            "SUCCESS",
            0.25,
            "production",
            "t",
        )
        assert (run.total_cost, run.is_root, run.error_preview) == (0.5, True, None)
        assert (run.reference_dataset_id, run.reference_example_id) == ("golden", "e1")
        assert run.inputs_preview.startswith('{"q": "xxx')
        assert (len(run.inputs_preview), run.outputs_preview) == (100, '{"a": 1}')
        assert run.latency == run.run.latency

    def test_an_error_is_previewed_by_its_last_line(self, client: Client, write: Write) -> None:
        id = write(1, error="Traceback\n  here\nValueError: no\n", status="error")
        run = client.runs.retrieve(id)
        assert (run.status, run.error_preview, run.outputs_preview) == ("ERROR", "ValueError: no", None)
        assert (run.run_type, run.run.run_type) == ("CHAIN", "chain")
        assert run.run.status == "error"

    def test_an_unknown_run_or_name_is_told(self, client: Client, write: Write) -> None:
        run = client.runs.retrieve(write(1))
        with pytest.raises(AttributeError, match="no_such_name"):
            _ = run.no_such_name
        with pytest.raises(NotFoundError):
            client.runs.retrieve(run_id(5))

    def test_its_url_is_a_command(self, client: Client) -> None:
        url = client.runs.get_url(run_id(1), project_id="p", trace_id=run_id(1))
        assert url.url == str(url) == f"llmobs show {run_id(1)}"
