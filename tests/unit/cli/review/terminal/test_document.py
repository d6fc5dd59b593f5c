"""Long texts are wrapped as far as they are read, and a place is found again at another width."""

from collections.abc import Iterator

import pytest

from pytest_llmobs.cli.commands.review.terminal.document import Document, columns_block, isolated, text_block
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

WORDS = " ".join(f"word{number}" for number in range(30_000))


def test_no_more_is_wrapped_than_is_seen() -> None:
    drawn = []

    def endless(page: Page) -> Iterator[str]:
        while True:
            drawn.append(page)
            yield "line"

    wrapped = Document([endless]).on(Page())
    assert len(wrapped.lines(0, 20)) == 20
    assert not wrapped.is_end(25)
    assert len(drawn) <= 30


def test_lines_of_a_long_text_are_those_of_the_whole() -> None:
    wrapped = Document([text_block("Answer", WORDS)]).on(Page(width=60))
    first = list(wrapped.lines(0, 20))
    assert first[0] == "Answer"
    assert first[1:] == cells.wrap(WORDS, 60)[:19]
    last = wrapped.last_start(10)
    assert list(wrapped.lines(last, 50)) == cells.wrap(WORDS, 60)[-10:]
    assert wrapped.is_end(last + 10)
    assert wrapped.clamped(10_000_000, 10) == last
    assert wrapped.clamped(-5, 10) == 0


@pytest.mark.parametrize("other", [40, 61, 200])
def test_a_place_is_found_again_at_another_width(other: int) -> None:
    document = Document([text_block("Question", "short"), text_block("Answer", WORDS)])
    before = document.on(Page(width=60))
    first_word = before.lines(1000, 1)[0].split()[0]
    place = before.place(1000)
    after = document.on(Page(width=other))
    assert first_word in after.lines(after.line_at(place), 1)[0].split()


def test_places_beyond_the_end_are_the_last_line() -> None:
    wrapped = Document([text_block("", "one\ntwo")]).on(Page())
    assert wrapped.line_at(10_000) == 1
    assert wrapped.place(99) == 6
    assert Document([]).on(Page()).line_at(5) == 0


def test_two_texts_stand_side_by_side_where_there_is_room() -> None:
    block = columns_block([("ada", "reject: wrong fact\n“no such fee”"), ("bob", "accept")])
    wide = Document([block]).on(Page(width=80))
    assert wide.lines(0, 1)[0].split() == ["ada", "bob"]
    assert "wrong fact" in wide.lines(1, 1)[0]
    assert "accept" in wide.lines(1, 1)[0]
    narrow = Document([block]).on(Page(width=60))
    assert list(narrow.lines(0, 9)) == ["ada", "reject: wrong fact", "“no such fee”", "", "bob", "accept"]


def test_right_to_left_lines_are_isolated_where_the_terminal_takes_it() -> None:
    assert isolated("שלום", Page()) == "\u2068שלום\u2069"
    assert isolated("plain, é, 你", Page()) == "plain, é, 你"
    assert isolated("שלום", Page(encoding="iso-8859-8")) == "שלום"


def test_direction_marks_of_the_text_itself_are_shown() -> None:
    lines = Document([text_block("Answer", "safe\u202etxt.exe\u2066 \x1b[2J")]).on(Page()).lines(0, 5)
    assert list(lines) == ["Answer", r"safe\u202etxt.exe\u2066 \x1b[2J"]
