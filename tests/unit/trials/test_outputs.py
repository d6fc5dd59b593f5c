"""What a target returns, what a test logs and what a traced function returns are the same outputs."""

from __future__ import annotations

from collections import OrderedDict, UserDict
from dataclasses import dataclass
from typing import Any

import pydantic
import pydantic.v1
import pytest

from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.llm_run import LlmRun
from pytest_llmobs.trials.outputs import as_outputs
from pytest_llmobs.trials.scoring import Scorer
from pytest_llmobs.trials.workers import Workers
from tests.unit.tracing.memory import MemorySink


class Place(pydantic.BaseModel):
    city: str


class Reply(pydantic.BaseModel):
    text: str
    places: list[Place] = []

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def asked(self) -> str:
        raise AssertionError("code of the user's was run")

    @pydantic.field_serializer("text")
    def shout(self, text: str) -> str:
        raise AssertionError("code of the user's was run")


class OldReply(pydantic.v1.BaseModel):
    text: str


class Words(pydantic.RootModel[list[str]]):
    pass


@dataclass
class Plain:
    text: str


VALUES: list[tuple[Any, Any]] = [
    ({"a": 1}, {"a": 1}),
    (OrderedDict(a=1), {"a": 1}),
    (Reply(text="hi", places=[Place(city="Bern")]), {"text": "hi", "places": [{"city": "Bern"}]}),
    (OldReply(text="hi"), {"text": "hi"}),
    (Words(["a", "b"]), {"output": ["a", "b"]}),
    (Plain("hi"), {"output": {"text": "hi"}}),
    ("hi", {"output": "hi"}),
    (["a"], {"output": ["a"]}),
    (None, {"output": None}),
]


@pytest.mark.parametrize(("value", "expected"), VALUES, ids=lambda value: type(value).__name__)
def test_the_three_ways_agree(value: Any, expected: Any) -> None:
    assert capture.decode(capture.encode(dict(as_outputs(value)))) == expected  # a target's
    assert capture.decode(capture.encode_outputs(value)) == expected  # a traced function's
    run = llm_run()
    run.log_outputs(value)  # a test's
    assert capture.decode(capture.encode(run.outputs)) == expected
    assert run.root is not None
    assert run.root.outputs == expected


def test_evaluators_see_dicts_in_place_of_models() -> None:
    assert as_outputs(Reply(text="hi", places=[Place(city="Bern")]))["places"] == [{"city": "Bern"}]


def test_other_mappings_are_dicts() -> None:
    assert as_outputs(UserDict(a=1)) == {"a": 1}


def test_a_model_that_holds_itself_is_kept() -> None:
    class Loop(pydantic.BaseModel):
        inner: Any = None

    loop = Loop()
    loop.inner = loop
    assert as_outputs(loop) == {"output": loop}


def llm_run() -> LlmRun:
    tracer = Tracer(project="unit", sink=MemorySink())
    root = start_root(tracer, "test", collect=True)
    scorer = Scorer(tracer, Workers(1), timeout=5.0, budget=None)
    return LlmRun(root, None, [], scorer, lambda spec: bind(spec, {}))
