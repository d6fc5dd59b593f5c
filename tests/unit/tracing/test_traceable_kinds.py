"""``@traceable`` on callable objects, cached functions, methods of every kind, and under other decorators."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from pytest_llmobs.tracing import traceable
from tests.unit.tracing.memory import MemorySink


class Counter:
    """Counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, step: int) -> int:
        self.calls += step
        return self.calls


def test_a_callable_object_keeps_its_state_and_its_class(sink: MemorySink) -> None:
    class Holder:
        count = traceable(Counter())

    traced: Any = traceable("tool", name="counter")(Counter())
    assert (traced(1), traced.calls) == (1, 1)
    traced.calls = 10
    assert (traced(2), copy.copy(traced)(1)) == (12, 13)
    assert isinstance(traced, Counter)
    assert list(inspect.signature(traced).parameters) == ["step"]
    assert Holder().count(3) == 3
    assert sink.names() == ["counter", "counter", "counter", "Counter"]
    assert [run.inputs for run in sink.runs] == [{"step": 1}, {"step": 2}, {"step": 1}, {"step": 3}]


def test_a_cached_function_keeps_its_methods(sink: MemorySink) -> None:
    @traceable
    @functools.lru_cache
    def square(number: int) -> int:
        return number * number

    assert (square(3), square(3)) == (9, 9)
    assert square.cache_info().hits == 1
    assert [run.outputs for run in sink.runs] == [{"output": 9}] * 2


class Desk:
    prefix = "desk"

    def __init__(self, greeting: str) -> None:
        self.greeting = greeting

    @traceable
    def greet(self, name: str) -> str:
        return f"{self.greeting} {name}"

    @traceable
    @classmethod
    def title(cls, name: str) -> str:
        return f"{cls.prefix} {name}"

    @classmethod
    @traceable
    def shout(cls, name: str) -> str:
        return f"{cls.prefix} {name}!"

    @traceable
    @staticmethod
    def spell(name: str) -> str:
        return "-".join(name)

    @traceable
    def __call__(self, name: str) -> str:
        return self.greet(name)


@pytest.mark.parametrize(
    ("call", "name", "result"),
    [
        (lambda desk: desk.greet("Ann"), "greet", "hi Ann"),
        (lambda desk: Desk.title("Ann"), "title", "desk Ann"),
        (lambda desk: desk.shout("Ann"), "shout", "desk Ann!"),
        (lambda desk: desk.spell("Ann"), "spell", "A-n-n"),
        (lambda desk: desk("Ann"), "__call__", "hi Ann"),
    ],
)
def test_methods_of_every_kind_drop_self_and_cls(
    sink: MemorySink, call: Callable[[Desk], str], name: str, result: str
) -> None:
    assert call(Desk("hi")) == result
    assert sink.run(name).inputs == {"name": "Ann"}
    assert sink.run(name).outputs == {"output": result}


def test_stacked_under_another_decorator(sink: MemorySink) -> None:
    def twice(function: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(function)
        def doubled(*args: Any, **kwargs: Any) -> int:
            return 2 * function(*args, **kwargs)

        return doubled

    @traceable
    @twice
    def outer(number: int) -> int:
        return number

    @twice
    @traceable
    def inner(number: int) -> int:
        return number

    assert (outer(2), inner(2)) == (4, 4)
    assert sink.run("outer").outputs == {"output": 4}
    assert sink.run("inner").outputs == {"output": 2}
    assert sink.run("outer").inputs == {"number": 2}
