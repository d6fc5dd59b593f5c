"""A line that is written: letters are moved over and deleted whole, and what isn't text stays out of the screen."""

import pytest

from pytest_llmobs.cli.commands.review.terminal.key_reader import PASTE, Key
from pytest_llmobs.cli.commands.review.terminal.line_editor import LineEditor
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page


def typed(line: LineEditor, *names: str) -> str:
    for name in names:
        line.press(Key(name, name if len(name) == 1 else ""))
    return line.text


def test_it_writes_moves_and_deletes() -> None:
    line = LineEditor()
    assert typed(line, "a", "b", "ArrowLeft", "c") == "acb"
    assert typed(line, "Backspace") == "ab"
    assert typed(line, "Delete") == "a"
    assert typed(line, "Home", "x", "End", "y") == "xay"
    assert typed(line, "Ctrl+A", "Delete", "Ctrl+E", "Backspace") == "a"
    assert typed(line, "Ctrl+U") == ""
    assert typed(line, "Backspace", "Delete", "ArrowLeft", "ArrowRight", "Ctrl+W", "F1") == ""


@pytest.mark.parametrize("letter", ["👩‍👩‍👧", "🇩🇪", "e\u0301", "你", "👍🏽"])
def test_a_letter_of_several_characters_is_one_letter(letter: str) -> None:
    line = LineEditor.of(f"a{letter}b")
    typed(line, "ArrowLeft", "ArrowLeft")
    assert line.cursor == 1
    assert typed(line, "Delete") == "ab"
    line = LineEditor.of(f"a{letter}")
    assert typed(line, "Backspace") == "a"


def test_a_word_goes_at_once() -> None:
    line = LineEditor.of("two more words  ")
    assert typed(line, "Ctrl+W") == "two more "
    assert typed(line, "Ctrl+W") == "two "
    typed(line, "Home", "ArrowRight")
    assert typed(line, "Ctrl+K") == "t"


def test_pasted_lines_become_one_where_one_is_written() -> None:
    line = LineEditor()
    line.press(Key(PASTE, "one\r\ntwo\rthree"))
    assert line.text == "one two three"
    line = LineEditor(has_lines=True)
    line.press(Key(PASTE, "one\r\ntwo"))
    line.press(Key("Ctrl+J"))
    assert line.text == "one\ntwo\n"
    assert typed(LineEditor(), "Ctrl+J") == ""


@pytest.mark.parametrize(
    "text", ["short", "你好" * 200, "x" * 1000, "\x1b[2J" * 50, "a\nb" * 99, "", "שלום" * 60]
)
@pytest.mark.parametrize("room", [5, 20, 60])
def test_what_is_seen_fits_and_is_harmless(text: str, room: int) -> None:
    for cursor in (0, len(text) // 2, len(text)):
        seen, column = LineEditor(text, cursor, has_lines=True).seen(room, Page())
        assert cells.width(seen) <= room
        assert 0 <= column < room
        assert "\x1b" not in seen
        assert "\n" not in seen


def test_the_cursor_stands_behind_what_is_before_it() -> None:
    seen, column = LineEditor("hello world", 5).seen(40, Page())
    assert seen[:column] == "hello"
    assert LineEditor("a\nb", 3).seen(40, Page())[0] == "a⏎b"
    assert LineEditor("a\nb", 3).seen(40, Page(encoding="ascii"))[0] == r"a\nb"
