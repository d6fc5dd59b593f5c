"""``AsyncClient``: what the client does, awaited."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path

import pytest

from pytest_llmobs import AsyncClient
from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import ArgumentError, NotFoundError, NotSupported
from tests.unit.client.conftest import Write, run_id


@pytest.fixture
def awaited(client: Client) -> AsyncClient:
    """Of the folder and the store that ``client`` has."""
    return AsyncClient(workspace=client.workspace)


def test_each_method_of_the_client_has_a_twin(awaited: AsyncClient) -> None:
    for name, _ in inspect.getmembers(Client, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.signature(getattr(AsyncClient, name)) == inspect.signature(getattr(Client, name))
    assert repr(awaited).startswith("AsyncClient(store=")


def test_a_script_reads_writes_and_lists(awaited: AsyncClient, write: Write) -> None:
    for number in range(5):
        write(number)

    async def script() -> None:
        run = await awaited.read_run(run_id(3))
        await awaited.create_feedback(run.id, key="user_rating", score=1.0)
        ids = [each.id async for each in awaited.list_runs(limit=4)]
        assert ids == [run_id(number) for number in (4, 3, 2, 1)]
        (rating,) = [each async for each in awaited.list_feedback(run_ids=[run.id])]
        assert rating.score == 1.0
        assert [each.id async for each in await awaited.runs.query(page_size=2)] == [*ids, run_id(0)]

        dataset = await awaited.create_dataset("golden")
        await awaited.create_examples(dataset_id=dataset.id, inputs=[{"q": "a"}, {"q": "b"}])
        assert [each.inputs["q"] async for each in awaited.list_examples(dataset_name="golden")] == ["a", "b"]
        results = await awaited.evaluate(lambda inputs: {"a": inputs["q"]}, data="golden")
        assert len(results) == 2
        await awaited.aclose()

    asyncio.run(script())


def test_mistakes_are_those_of_the_client(awaited: AsyncClient) -> None:
    async def script() -> None:
        with pytest.raises(NotFoundError):
            await awaited.read_run(run_id(1))
        with pytest.raises(ArgumentError, match="limt"):
            async for _ in awaited.list_runs(limt=4):
                pass
        with pytest.raises(NotSupported, match=r"client.share_run is not supported"):
            await awaited.share_run(run_id(1))

    asyncio.run(script())
    with pytest.raises(AttributeError, match=r"AsyncClient has no 'list_run'\. Did you mean 'list_runs'"):
        awaited.list_run  # noqa: B018


def test_a_list_that_is_left_early_reads_no_further(
    awaited: AsyncClient, write: Write, tmp_path: Path
) -> None:
    for number in range(3):
        write(number)

    async def first() -> str:
        async for run in awaited.list_runs():
            return str(run.id)
        return ""

    assert asyncio.run(first()) == run_id(2)
