"""The viewer, as its modules are written and as a page ships it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from pytest_llmobs.reports.html.bundle import VIEWER, script

MODULES = sorted(VIEWER.rglob("*.js"))
_TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:function\*?|const|let|class) (\w+)", re.MULTILINE)
_READS_TEXT_AS_HTML = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "DOMParser",
    "createContextualFragment",
    "srcdoc",
    "eval(",
    "new Function",
)


def test_it_ships_at_most_60_kb() -> None:
    assert len(script().encode()) <= 60_000


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_every_module_is_shipped(module: Path) -> None:
    (name, *_) = _TOP_LEVEL.findall(module.read_text(encoding="utf-8"))
    assert re.search(rf"\b{name}\b", script())


def test_a_name_at_the_top_is_one_in_all_modules() -> None:
    names: Counter[str] = Counter()
    for module in MODULES:
        names.update(_TOP_LEVEL.findall(module.read_text(encoding="utf-8")))
    assert [name for name, number in names.items() if number > 1] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_no_module_reads_a_text_as_html(module: Path) -> None:
    source = module.read_text(encoding="utf-8")
    assert [way for way in _READS_TEXT_AS_HTML if way in source] == []


def test_nothing_of_a_module_s_layout_is_shipped() -> None:
    lines = script().splitlines()
    assert [
        line for line in lines if line != line.lstrip() or line.startswith(("//", "import ", "export "))
    ] == []
