"""``@traceable`` on callable objects, cached functions, methods of every kind, and under other decorators."""

from __future__ import annotations

import abc
import copy
import functools
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from pytest_llmobs.errors import LlmobsError
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


class Shop:
    """What @traceable finds in a class besides functions."""

    @traceable
    @property
    def above(self) -> str:
        """Read."""
        return "above"

    @property
    @traceable
    def below(self) -> str:
        return "below"

    @traceable(name="renamed")
    @functools.cached_property
    def cached(self) -> list[str]:
        return ["cached"]

    def add(self, one: int, other: int) -> int:
        return one + other

    add_two = traceable(functools.partialmethod(add, 2))


def test_properties_and_partial_methods(sink: MemorySink) -> None:
    shop = Shop()
    assert (shop.above, shop.below, shop.add_two(3)) == ("above", "below", 5)
    assert shop.cached is shop.cached
    assert sink.names() == ["above", "below", "add", "renamed"]
    assert sink.run("add").inputs == {"one": 2, "other": 3}
    assert Shop.above.__doc__ == "Read."
    with pytest.raises(AttributeError):
        shop.above = "new"  # type: ignore[misc]


def test_a_dispatching_function_dispatches(sink: MemorySink) -> None:
    @traceable
    @functools.singledispatch
    def kind(value: object) -> str:
        return "object"

    @kind.register
    def _(value: int) -> str:
        return "int"

    assert (kind(1), kind("a")) == ("int", "object")
    assert sink.names() == ["kind", "kind"]


def test_an_abstract_method_stays_abstract() -> None:
    class Base(abc.ABC):
        @traceable
        @abc.abstractmethod
        def answer(self) -> str: ...

    with pytest.raises(TypeError, match="abstract"):
        Base()  # type: ignore[abstract]


async def _called() -> None: ...


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, r"@traceable got <NoneType object>, which can't be called\. It takes functions, methods, "),
        (5, r"@traceable got <int object>, which can't be called\. "),
        (
            functools.singledispatchmethod(len),
            r"below another decorator \(singledispatchmethod\) it gets the function",
        ),
        (property(None, setattr), r"@traceable got a property that can't be read"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_can_not_be_traced_is_refused_at_once(value: Any, message: str) -> None:
    with pytest.raises(LlmobsError, match=message):
        traceable(value)


def test_a_coroutine_is_refused_in_place_of_its_function() -> None:
    coroutine = _called()
    with pytest.raises(LlmobsError, match=r"got a coroutine of '_called': pass the function"):
        traceable(coroutine)
    coroutine.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": 5}, r"traceable got name=5; it must be a text\."),
        ({"tags": 5}, r"traceable got tags=5; it must be a list of texts\."),
        ({"tags": ["a", 5]}, r"traceable got tags=\['a', 5\]; it must be a list of texts\."),
        ({"metadata": [1]}, r"traceable got metadata=\[1\]; it must be a dict\."),
        ({"enabled": "no"}, r"traceable got enabled='no'; it must be True, False or None\."),
        ({"process_inputs": {}}, r"traceable got process_inputs=\{\}; it must be a function\."),
    ],
)
def test_options_of_the_wrong_type_are_refused_at_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(LlmobsError, match=message):
        traceable(**options)


def test_a_single_tag_is_one_tag(sink: MemorySink) -> None:
    traceable(name="tagged", tags="vip")(len)("")  # type: ignore[arg-type]
    assert sink.run("tagged").tags == ["vip"]
