"""What a notebook shows of ``evaluate()``: each keyword by its name, with its default."""

from __future__ import annotations

import inspect

import pytest

from pytest_llmobs import Client, aevaluate, evaluate
from pytest_llmobs.client.evaluation_setup.options import DEFAULTS, CallOptions


@pytest.mark.parametrize("function", [evaluate, aevaluate, Client.evaluate, Client.aevaluate])
def test_every_keyword_is_shown_with_its_default(function) -> None:
    parameters = inspect.signature(function).parameters

    assert "options" not in parameters
    assert parameters["max_concurrency"].default == 0
    assert parameters["error_handling"].default == "log"
    assert str(parameters["num_repetitions"]) == "num_repetitions: 'int' = 1"


def test_every_default_is_that_of_a_keyword_that_the_docstring_explains() -> None:
    assert DEFAULTS.keys() <= CallOptions.__annotations__.keys()
    assert evaluate.__doc__ is not None
    for name in CallOptions.__annotations__:
        assert f"``{name}" in evaluate.__doc__
