"""Models, of pydantic's both versions and of others, are read as they are stored: nothing of the user's runs."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterable
from typing import Any

import pydantic
import pydantic.dataclasses
import pytest
from pydantic import v1

from pytest_llmobs.tracing import capture


def _captured(value: Any) -> Any:
    return json.loads(capture.encode([value, object()]))[0]


class Loose(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True, extra="allow")
    items: Any = None


class Costly(pydantic.BaseModel):
    a: int = 1
    text: str = "hello"
    hidden: str = pydantic.Field("x", exclude=True)
    _private: int = 4

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def answer(self) -> int:
        raise AssertionError("a computed field ran")

    @functools.cached_property
    def parsed(self) -> int:
        return 7

    @pydantic.field_serializer("a")
    def serialize(self, value: int) -> int:
        raise AssertionError("a serializer ran")

    @pydantic.model_serializer(mode="wrap")
    def serialize_all(self, handler: Any) -> Any:
        raise AssertionError("a serializer ran")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")

    def __hash__(self) -> int:
        raise AssertionError("hashed")

    __len__ = __bool__ = __iter__ = __repr__ = __str__ = __hash__  # type: ignore[assignment]


class Typed(pydantic.BaseModel):
    url: pydantic.HttpUrl
    key: pydantic.SecretStr
    raw: pydantic.SecretBytes
    lines: Iterable[int]


class Root(pydantic.RootModel[list[Any]]):
    pass


class Old(v1.BaseModel):
    a: int
    key: v1.SecretStr
    hidden: str = v1.Field("x", exclude=True)

    class Config:
        extra = "allow"

    @property
    def answer(self) -> int:
        raise AssertionError("a property ran")


class OldRoot(v1.BaseModel):
    __root__: list[int]


@pydantic.dataclasses.dataclass(slots=True)
class Slots:
    a: int = 3
    hidden: str = pydantic.Field("x", exclude=True)


def test_a_model_is_its_stored_fields() -> None:
    costly = Costly()
    costly.__dict__["parsed"] = 7  # as the cached property leaves it
    assert _captured(costly) == {"a": 1, "text": "hello"}
    assert _captured(Loose(items=1, more={"deep": Loose(items=[costly])})) == {
        "items": 1,
        "more": {"deep": {"items": [{"a": 1, "text": "hello"}]}},
    }


def test_what_a_model_holds_is_logged_as_text_and_secrets_are_not_shown() -> None:
    typed = Typed(url="https://example.com/a", key="k-1", raw=b"k-2", lines=iter([1]))  # type: ignore[arg-type]
    assert _captured(typed) == {
        "url": "https://example.com/a",
        "key": "**********",
        "raw": "**********",
        "lines": "<pydantic_core._pydantic_core.ValidatorIterator object>",
    }
    assert list(typed.lines) == [1]


def test_models_made_without_validation_and_root_models() -> None:
    assert _captured(Costly.model_construct(text=["not", "a", "text"])) == {
        "text": ["not", "a", "text"],
        "a": 1,
    }
    assert _captured(Root([1, {"a": Slots()}])) == [1, {"a": {"a": 3}}]


def test_version_1_and_dataclasses() -> None:
    assert _captured(Old(a=1, key="k-1", more=2)) == {"a": 1, "key": "**********", "more": 2}
    assert _captured(OldRoot(__root__=[1, 2])) == [1, 2]
    assert _captured(Slots()) == {"a": 3}


def test_a_model_is_the_outputs_itself() -> None:
    assert json.loads(capture.encode_outputs(Old(a=1, key="k"))) == {"a": 1, "key": "**********"}
    assert json.loads(capture.encode_outputs(Loose(items=1))) == {"items": 1}


@pytest.mark.parametrize("wrap", [lambda it: Loose(items=it), lambda it: Loose(items=[{"a": (it,)}]), Root])
def test_iterators_at_any_depth_stay_unread(wrap: Any) -> None:
    for kept in (iter([1, 2]), (n for n in (1, 2)), map(int, "12"), zip([1, 2], strict=True)):
        value = wrap([kept])
        assert b" object>" in capture.encode(value)
        assert len(list(kept)) == 2


class Query:
    """As SQLAlchemy's attributes."""

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        raise AssertionError("a query ran")


class Asked(type):
    def __getattribute__(cls, name: str) -> Any:
        if not name.startswith("__dataclass_"):
            raise AssertionError(f"the class was asked for {name}")
        return type.__getattribute__(cls, name)

    def __hash__(cls) -> int:
        raise AssertionError("hashed")

    def __eq__(cls, other: object) -> bool:
        raise AssertionError("compared")


def test_no_descriptor_and_no_metaclass_is_asked() -> None:
    fields = dataclasses.make_dataclass("Plain", [("id", int), ("name", str, "unnamed")])
    hidden = {"__dict__": property(Query().__get__), "__module__": Query(), "__class__": Query()}
    kind = Asked("Kind", (fields,), hidden)
    value = object.__new__(kind)
    fields.__dict__["__dict__"].__get__(value)["id"] = 7
    assert _captured(value) == {"id": 7, "name": "unnamed"}
    assert _captured(object.__new__(Asked("Kind", (), {"__module__": "app"}))) == "<app.Kind object>"


def test_a_field_that_is_not_there_costs_no_other() -> None:
    @dataclasses.dataclass(slots=True)
    class Half:
        a: int
        b: Any

    half = Half(1, memoryview(b"x"))
    half.b.release()
    del half.a
    assert _captured(half) == {"a": "<not set>", "b": "<memoryview object>"}


def test_structs_of_msgspec() -> None:
    msgspec = pytest.importorskip("msgspec", reason="it comes with the extra `dev`")
    kind = msgspec.defstruct("Kind", [("a", int), ("b", list)])
    assert _captured(kind(1, [iter([])])) == {"a": 1, "b": ["<list_iterator object>"]}
