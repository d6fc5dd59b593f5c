"""Type checkers know what the package hands out, though nothing of it is imported before it is used.

``mypy --strict`` reads this file too: a name that it can't see is an error here, as it would be in a user's test.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import assert_type

import pytest

from pytest_llmobs import evaluators
from pytest_llmobs.evaluators import Judge, all_of, builtin, evaluator, f1, required_keywords, tone
from pytest_llmobs.evaluators.composition import AllOf
from pytest_llmobs.evaluators.registry import EXPORTS
from pytest_llmobs.evaluators.rules.text import RequiredKeywords
from pytest_llmobs.evaluators.suite_measures import LabelMeasure


@evaluator(cheap=True)
def short(outputs: dict[str, str]) -> bool:
    return len(outputs["output"]) < 100


def test_ready_made_evaluators_have_types() -> None:
    assert_type(tone, Judge)
    assert_type(tone(votes=3), Judge)
    assert_type(required_keywords, RequiredKeywords)
    assert_type(f1(label="spam"), LabelMeasure)
    assert_type(all_of(required_keywords, "max_length", key="good"), AllOf)
    assert assert_type(short({"output": "x"}), bool)
    assert "tone" in builtin()


def test_wrong_options_are_seen() -> None:
    with pytest.raises(TypeError):
        Judge("tone", rubrik="x")  # type: ignore[call-arg]


def test_every_name_is_imported_as_itself_which_exports_it_to_strict_type_checkers() -> None:
    source = Path(str(evaluators.__file__)).read_text(encoding="utf-8")
    exported = re.findall(r"^    from [\w.]+ import (\w+) as \1$", source, re.MULTILINE)
    assert exported == list(EXPORTS)
