"""The section at a session's end on terminals of every kind: narrow, wide, without colour, without Unicode."""

from __future__ import annotations

import re

import pytest

from pytest_llmobs.reports.text import cells
from tests.plugin.conftest import PLUGINS

TEST = """
import pytest

ROWS = [{"id": name, "inputs": {"q": "Hi"}} for name in ("返金-👩🏽\u200d💻", "🇩🇪", "double-charge")]

def polite(outputs):
    return 0.5

@pytest.mark.llm_dataset(ROWS, target=lambda q: "Sorry – 申し訳ございません", evaluators=[polite])
def test_bot(example, llm_run):
    assert llm_run.score(polite) > 0.7
"""


def section(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    """Return the lines of the section, as a session of its own writes them."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "PY_COLORS", "PYTHONIOENCODING", "CI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    pytester.makepyfile(test_bot=TEST)
    result = pytester.runpytest_subprocess(*PLUGINS, "-p", "no:cacheprovider", "--llm-experiment")
    lines = result.stdout.lines
    (start,) = [number for number, line in enumerate(lines) if "LLM experiment" in line]
    return lines[start:]


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(
    width: int, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = section(pytester, monkeypatch, COLUMNS=str(width))

    commands = re.compile(r"^  (look closer|rerun|accept|record one|the words)")
    assert [line for line in lines if cells.width(line) > width and not commands.search(line)] == []
    assert cells.width(lines[0]) == width


def test_colour_is_asked_for_and_refused_by_the_environment(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    colored = section(pytester, monkeypatch, FORCE_COLOR="1")
    plain = section(pytester, monkeypatch, FORCE_COLOR="1", NO_COLOR="1")

    assert any("\x1b[" in line for line in colored)
    assert not any("\x1b" in line for line in plain)


def test_a_stream_of_ascii_gets_ascii(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = section(pytester, monkeypatch, PYTHONIOENCODING="ascii:strict", PYTHONUTF8="0")

    assert [line for line in lines if not line.isascii()] == []
    assert [line for line in lines if "polite" in line and "0.500" in line]
    assert [line for line in lines if set(line) == {"-"}]  # the rule below the table's heading
