"""What a target's module imports within its functions is imported before the target's clock runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_llmobs.trials.warming import import_ahead

APP = """
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sdk_for_types

def helper():
    from sdk_late.client import Client
    import sdk_broken

def answer(q):
    return helper()

class Agent:
    def __call__(self, q):
        return helper()
"""
SDKS = ("sdk_late", "sdk_broken", "sdk_for_types", "sdk_unused")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    for name in SDKS:
        folder = tmp_path / name
        folder.mkdir()
        folder.joinpath("__init__.py").write_text("raise ImportError" if name == "sdk_broken" else "")
    tmp_path.joinpath("warming_app.py").write_text(APP)
    monkeypatch.syspath_prepend(tmp_path)
    import warming_app  # type: ignore[import-not-found]

    yield warming_app
    for name in ("warming_app", *SDKS):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("way", ["function", "partial", "object", "method"])
def test_what_its_module_imports_late_is_imported(app: Any, way: str) -> None:
    agent = app.Agent()
    targets = {
        "function": app.answer,
        "partial": partial(app.answer, q="x"),
        "object": agent,
        "method": agent.__call__,
    }
    assert import_ahead(targets[way], SDKS) == ["sdk_late"]
    assert [name for name in SDKS if name in sys.modules] == ["sdk_late"]
    assert import_ahead(targets[way], SDKS) == []


@pytest.mark.parametrize(
    "function",
    [len, "text", eval("lambda q: q", {"__name__": "nowhere"})],
    ids=["built in", "no function", "made at run time"],
)
def test_where_there_is_no_text_nothing_is_imported(function: Any) -> None:
    assert import_ahead(function, ["sdk_late"]) == []
