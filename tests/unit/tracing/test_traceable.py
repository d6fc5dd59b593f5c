"""``@traceable`` on everything that can be called."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.tracing import get_current_run_tree, traceable
from tests.unit.tracing.memory import MemorySink


def test_logs_inputs_with_defaults_and_the_result(sink: MemorySink) -> None:
    @traceable
    def answer(question: str, tone: str = "kind") -> str:
        return f"{question}? {tone}!"

    assert answer("why") == "why? kind!"
    run = sink.run("answer")
    assert run.inputs == {"question": "why", "tone": "kind"}
    assert run.outputs == {"output": "why? kind!"}
    assert (run.run_type, run.status, run.project, run.parent_id) == ("chain", "success", "unit", None)
    assert run.latency is not None
    assert run.latency >= 0


@pytest.mark.parametrize(
    ("declared", "args", "kwargs", "inputs"),
    [
        (lambda a, /, b: 0, (1,), {"b": 2}, {"a": 1, "b": 2}),
        (lambda a, *rest: 0, (1, 2, 3), {}, {"a": 1, "rest": [2, 3]}),
        (lambda **more: 0, (), {"x": 1, "y": 2}, {"x": 1, "y": 2}),
        (lambda *, key=7: 0, (), {}, {"key": 7}),
        (
            lambda a, b=2, *rest, key, **more: 0,
            (1,),
            {"key": 3, "x": 4},
            {"a": 1, "b": 2, "rest": [], "key": 3, "x": 4},
        ),
        (lambda a, b, /: 0, (1, 2), {}, {"a": 1, "b": 2}),
        (functools.partial(lambda a, b, c: 0, 1, c=3), (2,), {}, {"b": 2, "c": 3}),
        (max, (3, 4), {}, {"args": [3, 4], "kwargs": {}}),
    ],
)
def test_binds_arguments(
    sink: MemorySink, declared: Callable[..., Any], args: Any, kwargs: Any, inputs: dict[str, Any]
) -> None:
    traceable(name="it")(declared)(*args, **kwargs)
    assert sink.run("it").inputs == inputs


def test_arguments_that_do_not_fit_raise_the_users_own_error(sink: MemorySink) -> None:
    @traceable
    def answer(question: str) -> None: ...

    with pytest.raises(TypeError, match=r"answer\(\) missing 1 required positional argument: 'question'"):
        answer()  # type: ignore[call-arg]
    run = sink.run("answer")
    assert run.inputs == {"args": [], "kwargs": {}}
    assert run.status == "error"


def test_a_dict_is_the_outputs_and_anything_else_is_wrapped(sink: MemorySink) -> None:
    traceable(lambda: {"a": 1})()
    traceable(lambda: [1])()
    traceable(lambda: None)()
    assert [run.outputs for run in sink.runs] == [{"a": 1}, {"output": [1]}, {"output": None}]


def test_a_model_is_dumped_and_a_dataclass_wrapped(sink: MemorySink) -> None:
    import pydantic

    class Reply(pydantic.BaseModel):
        text: str
        key: pydantic.SecretStr = pydantic.SecretStr("hush")

    @dataclass
    class Pair:
        left: int
        right: int

    traceable(lambda: Reply(text="hi"))()
    traceable(lambda: Pair(1, 2))()
    assert [run.outputs for run in sink.runs] == [
        {"text": "hi", "key": "**********"},
        {"output": {"left": 1, "right": 2}},
    ]


def test_later_mutation_does_not_rewrite_the_log(sink: MemorySink) -> None:
    @traceable
    def grow(items: list[int], seen: dict[str, list[int]]) -> list[int]:
        items.append(2)
        seen["items"] = items
        return items

    result = grow([1], {})
    result.append(3)
    run = sink.run("grow")
    assert run.inputs == {"items": [1], "seen": {}}
    assert run.outputs == {"output": [1, 2]}


def test_an_error_is_logged_with_its_traceback_and_raised_unchanged(sink: MemorySink) -> None:
    error = ValueError("no such order")

    @traceable
    def look_up() -> None:
        raise error

    with pytest.raises(ValueError, match="no such order") as caught:
        look_up()
    assert caught.value is error
    run = sink.run("look_up")
    assert run.status == "error"
    assert run.outputs is None
    assert run.error is not None
    assert run.error.startswith("Traceback (most recent call last):")
    assert run.error.endswith("ValueError: no such order")
    assert "in look_up" in run.error
    assert "calls/traceable.py" not in run.error


def test_calls_nest(sink: MemorySink) -> None:
    @traceable("tool")
    def inner() -> None: ...

    @traceable
    def outer() -> None:
        inner()

    outer()
    assert sink.names() == ["inner", "outer"]
    assert sink.parent_of("inner") == "outer"
    assert {run.trace_id for run in sink.runs} == {sink.run("outer").id}
    assert sink.run("inner").run_type == "tool"


def test_ids_sort_by_start_time(sink: MemorySink) -> None:
    @traceable
    def outer() -> None:
        for _ in range(3):
            traceable(name="step")(lambda: None)()

    outer()
    by_id = sorted(sink.runs, key=lambda run: run.id)
    assert [run.name for run in by_id] == ["outer", "step", "step", "step"]
    assert [run.start_time for run in by_id] == sorted(run.start_time for run in by_id)


@pytest.mark.asyncio
async def test_async_functions(sink: MemorySink) -> None:
    @traceable
    async def inner(number: int) -> int:
        await asyncio.sleep(0)
        return number

    @traceable
    async def outer() -> list[int]:
        return await asyncio.gather(*(inner(number) for number in range(3)))

    assert inspect.iscoroutinefunction(outer)
    assert await outer() == [0, 1, 2]
    (parent,) = {run.parent_id for run in sink.runs if run.name == "inner"}
    assert parent == sink.run("outer").id


@pytest.mark.asyncio
async def test_a_cancelled_call_is_an_error_and_still_cancelled(sink: MemorySink) -> None:
    @traceable
    async def wait() -> None:
        await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sink.run("wait").status == "error"
    assert "CancelledError" in (sink.run("wait").error or "")


@pytest.mark.asyncio
async def test_a_plain_function_that_returns_a_coroutine_ends_when_that_was_awaited(sink: MemorySink) -> None:
    async def reply() -> str:
        traceable(name="inside")(lambda: None)()
        return "hi"

    assert await traceable(name="lazy")(lambda *_: reply())() == "hi"
    assert sink.run("lazy").outputs == {"output": "hi"}
    assert sink.parent_of("inside") == "lazy"


@pytest.mark.asyncio
async def test_a_callable_object_with_an_async_call(sink: MemorySink) -> None:
    class Agent:
        async def __call__(self, question: str) -> str:
            return question

    traced = traceable(Agent())
    assert await traced("why") == "why"
    assert inspect.iscoroutinefunction(traced.__call__)
    assert sink.run("Agent").inputs == {"question": "why"}


def test_the_function_stays_what_it_was() -> None:
    def answer(question: str, *, tone: str = "kind") -> str:
        """Answer a question."""
        return question

    traced = traceable(answer)
    assert inspect.signature(traced) == inspect.signature(answer)
    assert traced.__doc__ == "Answer a question."
    assert traced.__wrapped__ is answer  # type: ignore[attr-defined]
    assert traced.__name__ == "answer"


def test_options(sink: MemorySink) -> None:
    @traceable(
        "retriever",
        name="search",
        tags=["fast"],
        metadata={"index": "docs"},
        project_name="elsewhere",
        process_inputs=lambda inputs: {"length": len(inputs["query"])},
        process_outputs=lambda documents: {"found": len(documents)},
    )
    def find(query: str) -> list[str]:
        traceable(name="below")(lambda: None)()
        return ["a", "b"]

    assert find("hello") == ["a", "b"]
    run, below = sink.run("search"), sink.run("below")
    assert (run.run_type, run.project) == ("retriever", "elsewhere")
    assert (run.inputs, run.outputs) == ({"length": 5}, {"found": 2})
    assert (below.tags, below.metadata, below.project) == (["fast"], {"index": "docs"}, "elsewhere")


def test_a_failing_processor_drops_what_it_should_have_processed(sink: MemorySink) -> None:
    def strict(inputs: dict[str, Any]) -> dict[str, Any]:
        raise KeyError("card")

    @traceable(process_inputs=strict, process_outputs=strict)
    def pay(card: str) -> dict[str, str]:
        return {"card": card}

    assert pay("4111") == {"card": "4111"}
    dropped = {"<dropped>": "strict raised KeyError"}
    assert (sink.run("pay").inputs, sink.run("pay").outputs) == (dropped, dropped)


def test_a_plain_function_with_reduce_fn_still_has_its_outputs_processed(sink: MemorySink) -> None:
    @traceable(
        reduce_fn=lambda chunks: {"joined": "".join(chunks)}, process_outputs=lambda outputs: {"masked": True}
    )
    def stream() -> Any:
        return iter(["a", "b"])

    @traceable(
        name="plain", reduce_fn=lambda chunks: chunks, process_outputs=lambda outputs: {"masked": True}
    )
    def no_stream() -> str:
        return "secret"

    assert list(stream()) == ["a", "b"]
    assert no_stream() == "secret"
    assert [run.outputs for run in sink.runs] == [{"masked": True}, {"masked": True}]


def test_the_current_run_is_the_functions_own(sink: MemorySink) -> None:
    @traceable
    def answer() -> str:
        run = get_current_run_tree()
        assert run is not None
        run.add_metadata({"tier": "gold"})
        run.add_tags(["vip", "vip"])
        run.add_outputs({"extra": 1})
        return run.id

    assert get_current_run_tree() is None
    run_id = answer()
    run = sink.run("answer")
    assert run.id == run_id
    assert (run.metadata, run.tags) == ({"tier": "gold"}, ["vip"])
    assert run.outputs == {"extra": 1, "output": run_id}


def test_tags_may_be_changed_in_place_as_in_langsmith(sink: MemorySink) -> None:
    @traceable(tags=["support"])
    def answer() -> None:
        run = get_current_run_tree()
        assert run is not None
        run.tags.extend(["vip", 7])
        below()
        run.tags.append("late")

    @traceable
    def below() -> None:
        run = get_current_run_tree()
        assert run is not None
        run.tags.remove("support")
        run.tags += ["below"]

    answer()
    assert sink.run("answer").tags == ["support", "vip", "7", "late"]
    assert sink.run("below").tags == ["vip", "7", "below"]


def test_an_unknown_run_type_is_refused_with_the_remedy() -> None:
    with pytest.raises(LlmobsError) as caught:
        traceable("retreiver")
    assert str(caught.value) == (
        "Unknown run type 'retreiver'. Did you mean 'retriever'? "
        "Known: chain, embedding, llm, parser, prompt, retriever, tool. To name a run, write name='retreiver'."
    )


def test_an_unknown_option_is_refused_with_the_remedy() -> None:
    with pytest.raises(
        LlmobsError,
        match=r"Unknown option 'tag' of traceable. Did you mean 'tags'\? Known: client, enabled, ",
    ):
        traceable(tag=["x"])  # type: ignore[call-overload]
