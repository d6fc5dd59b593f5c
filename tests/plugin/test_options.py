from __future__ import annotations

import ast
from dataclasses import MISSING, fields
from typing import Any

import pytest

from pytest_llmobs.plugin.marks import DatasetMark
from pytest_llmobs.plugin.options import MARKERS
from pytest_llmobs.records.plans import GateRule


def stated(marker: str) -> dict[str, Any]:
    """Return the arguments that ``pytest --markers`` shows of a marker, with their defaults."""
    signature = marker.partition("): ")[0]
    function = ast.parse(f"def {signature}): ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    arguments = dict.fromkeys([argument.arg for argument in function.args.args], MISSING)
    for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        assert default is not None
        arguments[argument.arg] = ast.literal_eval(default)
    return arguments


@pytest.mark.parametrize(("name", "kind"), [("llm_dataset", DatasetMark), ("llm_gate", GateRule)])
def test_a_marker_is_shown_with_all_its_arguments_and_defaults(name: str, kind: type) -> None:
    marker = next(marker for marker in MARKERS if marker.startswith(f"{name}("))
    assert stated(marker) == {field.name: field.default for field in fields(kind)}
