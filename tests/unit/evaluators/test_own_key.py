"""Which evaluators can score under their own key alone, so that a bound on another metric is a mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_llmobs.evaluators import Judge, all_of, builtin, exact_match, forbidden_phrases
from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.binding.own_key import scores_under_own_key
from pytest_llmobs.records.scores import Score


def says_nothing(outputs):  # type: ignore[no-untyped-def]
    return True


def truth(outputs: Any) -> bool | None:
    return True


async def label(outputs: Any) -> str:
    return "refund"


def own_name(outputs: Any) -> Score:
    return Score("another", 1.0)


def several(outputs: Any) -> list[dict[str, Any]]:
    return [{"key": "another", "score": 1}]


class Kind:
    def __init__(self, evaluate: Callable[..., Any]) -> None:
        self.evaluate = evaluate


@pytest.mark.parametrize(
    ("spec", "is_known"),
    [
        (truth, True),
        (label, True),
        (Kind(truth), True),
        ("exact_match", True),
        (exact_match, True),
        (forbidden_phrases, True),
        (Judge("tone", rubric="Is it polite?"), True),
        (says_nothing, False),
        (own_name, False),
        (several, False),
        (Kind(several), False),
        (all_of(several, key="both"), False),
    ],
)
def test_what_an_evaluator_says_of_its_result_tells(spec: Any, is_known: bool) -> None:
    assert scores_under_own_key(bind(spec, builtin())) is is_known
