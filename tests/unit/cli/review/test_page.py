"""docs/review.md shows the screen and the keys as they are."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from pytest_llmobs.cli.commands.review.terminal.legend import shown_keys
from pytest_llmobs.review.keys import Keymap
from tests.unit.cli.review.terminal.engine import make_queue

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "review.md"
UPDATE = "LLMOBS_UPDATE_README"


def keys() -> str:
    """Return the table of keys of a queue with the usual failure modes."""
    rows = ["| key | what it does |", "|---|---|"]
    for binding in Keymap(make_queue()).bindings:
        names = ", ".join(f"`{name}`" for name in shown_keys(binding).split(", "))
        rows.append(f"| {names} | {binding.command.help} |")
    return "\n".join(rows) + "\n"


def screen() -> str:
    """Return a screen that is approved."""
    golden = Path(__file__).parent / "terminal" / "golden" / "answered.80.txt"
    return f"```text\n{golden.read_text(encoding='utf-8')}```\n"


@pytest.mark.parametrize("part", [keys, screen])
def test_the_page_shows_what_there_is(part) -> None:
    text = PAGE.read_text(encoding="utf-8")
    mark = f"<!-- generated: {part.__name__} -->\n"
    (written,) = re.findall(f"{mark}(.*?)<!-- end -->", text, re.DOTALL)
    if os.environ.get(UPDATE):
        PAGE.write_text(text.replace(mark + written, mark + part()), encoding="utf-8")
    else:
        assert written == part(), f"docs/review.md is behind; {UPDATE}=1 writes it anew"
