"""Foreign text in every place that it may have: read as it was written, and nothing more than text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmobs.reports.markdown.inert import code, cut, fenced, names, prose
from pytest_llmobs.reports.markdown.room import fitting
from pytest_llmobs.reports.text.page import Page
from tests.unit.reports.markdown.rendered import Rendered

PAGE = Page(width=100)
# all signs of markup, and of what services refer by, thick enough to meet
WORDS = """http://a.b www.a.b @ana #1 GH-2 :+1: <b> </code> <!-- --> &lt; ]( ``` a@b.c"""
MARKUP = "\\`*_{}[]<>()#+-.!|~@:&\"'$=^/%?;, \n\t\r0a1bZé😀\u200d\x00\x1b\ud800\u2028"
SIGNS = st.sampled_from([*MARKUP, *WORDS.split(), "\n\n"])
TEXTS = st.lists(SIGNS, max_size=20).map("".join)
PLACES = {
    "an item": "- x {}",
    "a table": "| a | b |\n| :-- | --: |\n| 1 | {} |",
    "a summary": "<details><summary>x {}</summary>\n\n- y\n\n</details>",
    "a heading": "### 🔴 x {}",
    "a line": "x {} · y",
}


def shown(place: str, text: str) -> str:
    """Return what is read, without what the place itself has."""
    read = Rendered(PLACES[place].format(text))
    read.assert_inert()
    return "".join("".join([*read.texts, *read.codes]).replace("\u200b", "").split())


@pytest.mark.parametrize("written", [prose, code])
@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_foreign_text_is_read_as_it_was_written(place: str, written: Callable[[str, Page], str], text: str):
    around = shown(place, "")
    expected = "".join(PAGE.line(text).split())
    assert sorted(shown(place, written(text, PAGE))) == sorted(around + expected)


@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_a_block_ends_where_it_should_and_no_line_is_a_command(text: str):
    lines = PAGE.text(text).split("\n")
    block = fenced(lines, "diff")
    read = Rendered(f"before\n\n{block}\n\nafter")
    read.assert_inert()
    assert "".join("".join(read.codes).split()) == "".join("".join(lines).split())
    assert not any(line.startswith("/") for line in block.split("\n"))


def test_names_are_left_as_they_are_so_that_they_can_be_copied():
    assert code("tests/test_a.py::test_b[c-1]", PAGE) == "<code>tests/test_a.py::test_b&#91;c-1&#93;</code>"
    assert prose("required_keywords: 0.5", PAGE) == "required_keywords: 0.5"


def test_a_long_name_keeps_its_end_and_a_long_text_its_beginning():
    assert code(f"begin{'x' * 500}end", PAGE, 20) == "<code>beginxxxxx…xxxxxxend</code>"
    assert prose("word " * 100, PAGE, 10) == "word word…"
    assert cut("\u0301" * 50, 10) == "\u0301" * 9 + "…"


def test_names_beyond_the_most_are_counted():
    assert names(["a", "b", "c", "d"], PAGE, 2) == "<code>a</code>, <code>b</code>, … 2 more"
    assert names(["a", "b"], PAGE, 2) == "<code>a</code>, <code>b</code>"


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (31, "aaa\nbbb\n" + "c" * 23),
        (30, "aaa\nbbb\n- … 1 more part"),
        (22, "aaa\n- … 2 more parts"),
        (16, "- … 3 more parts"),
        (15, ""),
    ],
)
def test_parts_are_whole_or_counted(room: int, expected: str):
    assert fitting(["aaa", "bbb", "c" * 23], room, "part") == expected


@given(st.lists(st.text(min_size=1, max_size=30), max_size=30), st.integers(0, 400))
def test_what_is_cut_never_takes_more_than_its_room(parts: list[str], room: int):
    assert len(fitting(parts, room, "part", joint="\n\n")) <= room
