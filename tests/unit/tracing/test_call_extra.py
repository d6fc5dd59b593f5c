"""``langsmith_extra=``: one call says more of its own run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest

from pytest_llmobs.tracing import active, get_current_run_tree, trace, traceable, tracing_context
from tests.unit.tracing.memory import MemorySink

ID = "a36092d2-4ad5-4fb4-9c0d-0dba9a2ed836"


@traceable(tags=["support"], metadata={"prompt": "v1", "tier": "free"})
def answer(question: str, **more: Any) -> str:
    return f"{question}: {sorted(more)}"


def test_a_call_names_its_own_run(sink: MemorySink) -> None:
    extra = {"run_id": UUID(ID), "name": "renamed", "tags": ["beta"], "metadata": {"tier": "gold"}}
    assert answer("why", langsmith_extra=extra) == "why: []"
    run = sink.run("renamed")
    assert (run.id, run.trace_id, list(run.tags)) == (ID, ID, ["support", "beta"])
    assert run.metadata == {"prompt": "v1", "tier": "gold"}
    assert run.inputs == {"question": "why"}


def test_the_next_call_is_as_the_decorator_says(sink: MemorySink) -> None:
    answer("why", langsmith_extra={"tags": ["beta"]})
    answer("how")
    assert [list(run.tags) for run in sink.runs] == [["support", "beta"], ["support"]]


def test_a_run_below_another_keeps_its_trace(sink: MemorySink) -> None:
    with trace("outer") as outer:
        answer("why", langsmith_extra={"run_id": ID})
    inner = sink.run("answer")
    assert (inner.id, inner.trace_id, inner.parent_id) == (ID, outer.trace_id, outer.id)


def test_a_call_names_its_parent_by_its_headers(sink: MemorySink) -> None:
    with trace("outer") as outer:
        carried = outer.to_headers()
    answer("why", langsmith_extra={"parent": carried})
    assert sink.run("answer").parent_id == outer.id


def test_a_call_names_the_project_of_its_trace(sink: MemorySink) -> None:
    answer("why", langsmith_extra={"project_name": "staging"})
    assert sink.run("answer").project == "staging"


def test_none_and_a_client_say_nothing(sink: MemorySink, caplog: pytest.LogCaptureFixture) -> None:
    answer("why", langsmith_extra=None)
    answer("how", langsmith_extra={"client": object()})
    assert len(sink.runs) == 2
    assert caplog.text == ""


def test_the_function_does_not_see_it_where_tracing_is_off() -> None:
    active.uninstall()
    with tracing_context(enabled=False):
        assert answer("why", langsmith_extra={"run_id": ID}) == "why: []"


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"metdata": {}}, "'metdata' has no effect. Did you mean 'metadata'?"),
        ({"ended": print}, "'ended' has no effect. Known: metadata, name, on_end, parent"),
        ({"replicas": []}, "'replicas' has no effect: a run is written once, to one store."),
        ({"run_id": "seven"}, "run_id='seven' is no UUID."),
        ("beta", "'beta' is no dict."),
    ],
)
def test_what_cannot_be_used_is_told_and_the_call_is_made(
    sink: MemorySink, caplog: pytest.LogCaptureFixture, extra: Any, told: str
) -> None:
    caplog.set_level(logging.WARNING)
    assert answer("why", langsmith_extra=extra) == "why: []"
    assert sink.run("answer").status == "success"
    assert f"langsmith_extra of a call of 'answer': {told}" in caplog.text


def test_older_names_and_the_example_are_taken(sink: MemorySink) -> None:
    with trace("outer") as outer:
        pass
    with trace("other") as other:
        extra = {
            "run_tree": other,
            "run_extra": {"metadata": {"tier": "gold"}},
            "reference_example_id": UUID(ID),
        }
        answer("why", langsmith_extra=extra)
    run = sink.run("answer")
    assert (run.parent_id, run.metadata["tier"], run.reference_example_id) == (other.id, "gold", ID)
    assert outer.id != other.id


def test_what_is_to_be_called_gets_the_run_that_has_ended(
    sink: MemorySink, caplog: pytest.LogCaptureFixture
) -> None:
    ended: list[Any] = []

    @traceable
    def words() -> Iterator[str]:
        yield "one"

    @traceable
    def broken() -> None:
        raise KeyError("plan")

    extra = {"on_end": ended.append}
    answer("why", langsmith_extra=extra)
    list(words(langsmith_extra=extra))  # type: ignore[call-arg]
    with pytest.raises(KeyError):
        broken(langsmith_extra=extra)  # type: ignore[call-arg]
    assert [(run.name, run.ended, run.written) for run in ended] == [
        (name, True, True) for name in ("answer", "words", "broken")
    ]
    assert answer("how", langsmith_extra={"on_end": lambda run: run.nothing}) == "how: []"
    assert "on_end of a call of 'answer' raised AttributeError" in caplog.text


def test_coroutines_and_generators_take_it_too(sink: MemorySink) -> None:
    @traceable
    async def later() -> str:
        run = get_current_run_tree()
        assert run is not None
        return run.id

    @traceable
    def words() -> Iterator[str]:
        yield "one"

    @traceable
    async def later_words() -> AsyncIterator[str]:
        yield "two"

    extra: Any = {"langsmith_extra": {"run_id": ID}}

    async def call() -> list[str]:
        return [await later(**extra), *[word async for word in later_words(**extra)]]

    assert asyncio.run(call()) == [ID, "two"]
    assert list(words(**{**extra, "langsmith_extra": {"tags": ["beta"]}})) == ["one"]
    assert list(sink.run("words").tags) == ["beta"]


def test_an_exception_that_is_handled_is_no_error_of_the_run(sink: MemorySink) -> None:
    @traceable(exceptions_to_handle=(KeyError,))
    def look_up(key: str) -> None:
        raise KeyError(key)

    with pytest.raises(KeyError):
        look_up("a")
    assert (sink.run("look_up").status, sink.run("look_up").error) == ("success", None)
