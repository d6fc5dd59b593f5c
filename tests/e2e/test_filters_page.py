"""What docs/filters.md shows is what happens."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.storage.filtering.fields import markdown
from tests.e2e.conftest import ROOT
from tests.e2e.here import llmobs_here
from tests.e2e.test_readme import UPDATE, blocks
from tests.unit.storage.filtering.plain import PlainRun
from tests.unit.storage.filtering.stored import plain_run, store_of

PATH = ROOT / "docs" / "filters.md"
PAGE = PATH.read_text(encoding="utf-8")
DAY = 24 * 3600


def traced(number: int, seconds: int, **given: Any) -> list[PlainRun]:
    """Make a root run and the model call below it."""
    ids = [
        f"019ca9{number:02x}-{number * 4097 + call:04x}-7c1e-9d02-{number:06x}{call:06x}" for call in (0, 1)
    ]
    root = plain_run(seconds, name="support_agent", id=ids[0], trace_id=ids[0], **given)
    call = plain_run(seconds, name="messages.create", run_type="llm", model="claude-opus-4-5")
    call.columns |= {"id": ids[1], "trace_id": ids[0], "parent_id": ids[0]}
    return [root, call]


def rated(key: str, score: float) -> dict[str, Any]:
    return {"key": key, "score": score}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a store with two days of runs."""
    folder = tmp_path_factory.mktemp("page")
    usage = {"input_tokens": 1320, "output_tokens": 124, "total_cost": 0.0123}
    first = [
        *traced(1, 0, latency=2.1, feedback=[rated("user_rating", 1), rated("tone", 0.3)], **usage),
        *traced(2, 900, latency=7.4, status="error", error="Timeout: no answer within 7 s"),
    ]
    second = [
        *traced(3, DAY, latency=1.2, metadata={"env": "dev"}, **usage),
        *traced(4, DAY + 300, latency=3.4, metadata={"env": "prod"}, **usage),
        *traced(5, DAY + 600, latency=0.9, status="error", error="ValueError: no order"),
    ]
    second[2].feedback = [rated("user_rating", 0.2), rated("tone", 0.9)]
    store_of(folder, first, second).feedback.close()
    return folder


def test_the_table_is_that_of_the_fields() -> None:
    (found,) = re.findall(r"<!-- generated: fields -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)
    if os.environ.get(UPDATE):
        page = PATH.read_text(encoding="utf-8")
        PATH.write_text(
            page.replace(f"fields -->\n{found}<!--", f"fields -->\n{markdown()}<!--"), encoding="utf-8"
        )
    else:
        assert found == markdown(), f"docs/filters.md is behind; {UPDATE}=1 writes it anew"


def test_what_is_shown_is_the_one_printed(folder: Path) -> None:
    shown = [block.text for block in blocks(PAGE) if block.note == "printed"]
    assert shown
    for text in shown:
        printed = "".join(printed_by(line, folder) for line in text.splitlines() if line.startswith("$ "))
        if os.environ.get(UPDATE):
            page = PATH.read_text(encoding="utf-8")
            PATH.write_text(page.replace(text, printed), encoding="utf-8")
        else:
            assert without_times(printed) == without_times(text), f"{UPDATE}=1 writes it anew"


def printed_by(line: str, folder: Path) -> str:
    """Run a command of the page, and return it with what it prints."""
    words = shlex.split(line.removeprefix("$ "))
    assert words[0] == "llmobs"
    done = llmobs_here(folder, *words[1:], COLUMNS="100")
    return f"{line}\n{done.stdout}{done.stderr}"


def without_times(text: str) -> str:
    return re.sub(r" in [\d.]+ m?s\b", " in TIME", text)
