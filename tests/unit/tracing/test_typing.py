"""Type checkers see a traced function as what it was.

``mypy --strict`` reads this file too: an ``assert_type`` that doesn't hold is an error, and so is a ``type: ignore``
that nothing needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_type

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.tracing import trace, traceable


@traceable
def bare(question: str, *, tone: str = "kind") -> int:
    return len(question + tone)


@traceable("tool", name="x", tags=["a"], metadata={"a": 1})
async def called(question: str) -> list[int]:
    return [len(question)]


@traceable()
def stream(count: int) -> Iterator[str]:
    yield str(count)


class Desk:
    @traceable
    def greet(self, name: str) -> str:
        return name

    @classmethod
    @traceable
    def make(cls, name: str) -> Desk:
        return cls()


@pytest.mark.asyncio
async def test_results_keep_their_types() -> None:
    assert assert_type(bare("a", tone="b"), int) == 2
    assert assert_type(await called("a"), list[int]) == [1]
    assert list(assert_type(stream(1), Iterator[str])) == ["1"]
    assert assert_type(Desk().greet("a"), str) == "a"
    assert isinstance(assert_type(Desk.make("a"), Desk), Desk)
    with trace("x") as run:
        assert assert_type(run.id, str)


def test_wrong_arguments_are_seen() -> None:
    with pytest.raises(TypeError):
        bare(1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        bare("a", mood="b")  # type: ignore[call-arg]
    with pytest.raises(LlmobsError):
        traceable(tag=["a"])  # type: ignore[call-overload]
