"""axe-core finds nothing that keeps a reader out, in both themes, on a wide page and on a narrow one."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.unit.reports.conftest import GALLERY

GRAVE_ONES = """async (options) => {
  const lines = [];
  // what axe-core found in order is worth no list, which would cost more than finding it
  for (const { impact, help, nodes } of (await axe.run({ ...options, resultTypes: ["violations"] })).violations) {
    if (["moderate", "serious", "critical"].includes(impact)) {
      lines.push(`${impact}: ${help}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 100)).join(" ")}`);
    }
  }
  return lines;
}"""
COLOURS = ["color-contrast", "link-in-text-block"]
"""All that can differ between the themes, of what axe-core looks for by default."""
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
    """Returns what axe-core finds in a page, a line each: first in light, then of its colours in the dark."""

    def found(file, fragment, key="", **options):
        # axe-core is a script of its own, which the report's policy rightly refuses
        page = opened.page(file, fragment, bypass_csp=True, **options)
        if key:
            page.keyboard.press(key)
            expect(page.get_by_role("dialog")).to_be_visible()
        page.evaluate(axe)
        lines = page.evaluate(GRAVE_ONES, {})
        page.emulate_media(color_scheme="dark")
        return lines + page.evaluate(GRAVE_ONES, {"runOnly": COLOURS})

    return found


@pytest.mark.parametrize(
    ("fragment", "key"),
    [
        ("", ""),
        ("#/?filter=status%3Afailed", ""),
        ("#/trial/5?diff=off", ""),
        ("#/trial/0?run=0%2C1", ""),
        ("#/?filter=foo%3Abar%20tone_quality<x%20csv", ""),
        ("#/?filter=csv", "?"),
        ("#/trial/0", "?"),
    ],
)
def test_nothing_keeps_readers_out(red_file, findings, fragment, key) -> None:
    """On both pages, with what is unfolded in them, their mistakes and their dialogs."""
    assert findings(red_file, fragment, key) == []


@pytest.mark.parametrize("fragment", ["#/?filter=csv", "#/trial/0"])
def test_nothing_keeps_readers_out_of_a_narrow_page(red_file, findings, fragment) -> None:
    assert findings(red_file, fragment, viewport=NARROW) == []


@pytest.mark.parametrize(
    "name", ["green", "no_baseline_in_ci", "drifted", "interrupted", "many_suites", "nothing"]
)
def test_nothing_keeps_readers_out_of_other_verdicts(opened, findings, name) -> None:
    assert findings(opened.file(GALLERY[name]()), "") == []


def test_the_outline_has_one_title_and_no_gaps(open_red) -> None:
    page = open_red()
    levels = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4')].map((node) => Number(node.tagName[1]))"
    )
    assert levels.count(1) == 1
    assert levels[0] == 1
    steps = [after - before for before, after in pairwise(levels)]
    assert max(steps) == 1
