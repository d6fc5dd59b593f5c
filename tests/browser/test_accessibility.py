"""axe-core finds nothing that keeps a reader out, in both themes, on a wide page and on a narrow one."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from tests.browser.experiments import support_red
from tests.unit.reports.conftest import GALLERY

GRAVE = ("moderate", "serious", "critical")
NARROW = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core: the file that ``LLMOBS_AXE`` names, else npm's in the checkout."""
    root = Path(__file__).parents[2]
    path = Path(os.environ.get("LLMOBS_AXE") or root / "node_modules" / "axe-core" / "axe.min.js")
    if not path.is_file():
        if os.environ.get("LLMOBS_EXPECT_BROWSER"):
            pytest.fail(f"there is no axe-core at {path}")
        pytest.skip("needs axe-core: `npm install --no-save axe-core`, or LLMOBS_AXE=PATH/axe.min.js")
    return path.read_text(encoding="utf-8")


@pytest.fixture
def findings(opened, axe):
    """Returns what axe-core finds in a page, a line each."""

    def found(file, fragment, key="", **options):
        # axe-core is a script of its own, which the report's policy rightly refuses
        page = opened.page(file, fragment, bypass_csp=True, **options)
        if key:
            page.keyboard.press(key)
        page.evaluate(axe)
        lines = []
        for violation in page.evaluate("axe.run()")["violations"]:
            if violation["impact"] in GRAVE:
                places = [node["html"][:100] for node in violation["nodes"][:3]]
                lines.append(f"{violation['impact']}: {violation['help']}: {places}")
        return lines

    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("fragment", ["", "#/?filter=status%3Afailed", "#/trial/0", "#/trial/5?diff=off"])
def test_nothing_keeps_readers_out(opened, findings, scheme, fragment) -> None:
    file = opened.file(*support_red())
    assert findings(file, fragment, color_scheme=scheme) == []


@pytest.mark.parametrize(
    ("fragment", "key"), [("#/?filter=foo%3Abar%20tone_quality<x", ""), ("", "?"), ("#/trial/0", "?")]
)
def test_nothing_keeps_readers_out_of_mistakes_and_dialogs(opened, findings, fragment, key) -> None:
    assert findings(opened.file(*support_red()), fragment, key, color_scheme="dark") == []


@pytest.mark.parametrize("fragment", ["", "#/trial/0"])
def test_nothing_keeps_readers_out_of_a_narrow_page(opened, findings, fragment) -> None:
    file = opened.file(*support_red())
    assert findings(file, fragment, viewport=NARROW) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_readers_out_of_an_open_trace(opened, findings, scheme) -> None:
    file = opened.file(*support_red())
    assert findings(file, "#/trial/0?run=0%2C1", color_scheme=scheme) == []


@pytest.mark.parametrize(
    "name", ["green", "no_baseline_in_ci", "drifted", "interrupted", "many_suites", "nothing"]
)
def test_nothing_keeps_readers_out_of_other_verdicts(opened, findings, name) -> None:
    assert findings(opened.file(GALLERY[name]()), "") == []


def test_the_outline_has_one_title_and_no_gaps(opened) -> None:
    page = opened.page(opened.file(*support_red()))
    levels = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4')].map((node) => Number(node.tagName[1]))"
    )
    assert levels.count(1) == 1
    assert levels[0] == 1
    steps = [after - before for before, after in pairwise(levels)]
    assert max(steps) == 1
